//! For tests, the obviously right twin of the compiled program: walks the tree again for every row, in no hurry.

use std::cell::RefCell;
use std::collections::HashMap;

use super::ast::{Arg, Binary, Count, Cross, Expr, Node, Trend, Unary};
use super::scope::Scope;
use crate::bars::{BarColumns, Partial, resample};
use crate::indicators::{Input, find};

const NAN: f64 = f64::NAN;

/// An instrument and the interval of its bars.
type Frame = (usize, i64);
/// The outputs of calls, by their text and frame.
type Calls = HashMap<(String, Frame), Vec<Vec<f64>>>;

pub(super) struct Naive<'a> {
    pub(super) scope: &'a Scope,
    pub(super) bars: &'a [BarColumns],
    frames: RefCell<HashMap<Frame, BarColumns>>,
    calls: RefCell<Calls>,
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// `compute`, unless one of the values is undefined.
fn strict(values: &[f64], compute: impl Fn(&[f64]) -> f64) -> f64 {
    if values.iter().any(|value| value.is_nan()) { NAN } else { compute(values) }
}

impl<'a> Naive<'a> {
    pub(super) fn new(scope: &'a Scope, bars: &'a [BarColumns]) -> Self {
        Self { scope, bars, frames: RefCell::default(), calls: RefCell::default() }
    }

    /// The rule's value on every bar of the scope's instrument.
    pub(super) fn evaluate(&self, rule: &Expr) -> Vec<f64> {
        let own = self.scope.instruments.iter().position(|name| *name == self.scope.instrument).unwrap();
        (0..self.bars[own].ts.len()).map(|row| self.value(rule, (own, self.scope.base_ns), row as i64)).collect()
    }

    fn frame(&self, frame: Frame) -> BarColumns {
        let base = self.scope.base_ns;
        let make = || resample(&self.bars[frame.0].view(), base, frame.1, Partial::Drop).unwrap().bars;
        self.frames.borrow_mut().entry(frame).or_insert_with(make).clone()
    }

    fn count(&self, count: &Count) -> i64 {
        match count {
            Count::Fixed(bars) => i64::from(*bars),
            Count::Named(name) => self.scope.number(name).unwrap() as i64,
        }
    }

    fn value(&self, expr: &Expr, frame: Frame, row: i64) -> f64 {
        if row < 0 {
            return NAN;
        }
        let at = |expr: &Expr, row: i64| self.value(expr, frame, row);
        match &expr.node {
            Node::Number(value) => *value,
            Node::Clock(seconds) => f64::from(*seconds),
            Node::Name { name, output } => self.name(name, output.as_deref(), frame, row),
            Node::Call { name, args, output } => self.call(name, args, output.as_deref(), frame, row),
            Node::Unary { op: Unary::Neg, of } => -at(of, row),
            Node::Unary { op: Unary::Not, of } => strict(&[at(of, row)], |v| truth(v[0] == 0.0)),
            Node::Binary { op, left, right } => strict(&[at(left, row), at(right, row)], |v| binary(*op, v[0], v[1])),
            Node::Cross { way, left, right } => {
                let values = [at(left, row - 1), at(right, row - 1), at(left, row), at(right, row)];
                strict(&values, |v| {
                    let above = v[0] <= v[1] && v[2] > v[3];
                    let below = v[0] >= v[1] && v[2] < v[3];
                    truth(match way {
                        Cross::Above => above,
                        Cross::Below => below,
                        Cross::Either => above || below,
                    })
                })
            }
            Node::Within { of, bars } => {
                let values: Vec<f64> = (0..self.count(bars)).map(|back| at(of, row - back)).collect();
                strict(&values, |values| truth(values.contains(&1.0)))
            }
            Node::Trend { way, of, bars } => {
                let values: Vec<f64> = (0..=self.count(bars)).map(|back| at(of, row - back)).collect();
                let moved = |pair: &[f64]| if *way == Trend::Rising { pair[0] > pair[1] } else { pair[0] < pair[1] };
                strict(&values, |values| truth(values.windows(2).all(moved)))
            }
            Node::Lag { of, bars } => at(of, row - self.count(bars)),
            Node::At { of, timeframe } => self.aligned(of, frame, row, (frame.0, timeframe.ns())),
            Node::Of { instrument, of } => {
                let place = self.scope.instruments.iter().position(|name| name == instrument).unwrap();
                self.aligned(of, frame, row, (place, frame.1))
            }
            Node::Session { from, to } => {
                let now = (self.end(frame, row) / 1_000_000_000).rem_euclid(86_400);
                let (from, to) = (i64::from(*from), i64::from(*to));
                truth(if from < to { (from..to).contains(&now) } else { !(to..from).contains(&now) })
            }
            Node::Weekday(days) => {
                let day = (self.end(frame, row).div_euclid(86_400_000_000_000) + 3).rem_euclid(7);
                truth(days.iter().any(|known| known as i64 == day))
            }
            Node::Hole(_) => unreachable!("a tree with faults is not evaluated"),
        }
    }

    fn end(&self, frame: Frame, row: i64) -> i64 {
        self.frame(frame).ts[row as usize] + frame.1
    }

    /// When that bar is known to have closed: with the first base bar that closes at its end or later.
    fn told(&self, frame: Frame, row: i64) -> i64 {
        let end = self.end(frame, row);
        self.bars[frame.0].ts.iter().map(|ts| ts + self.scope.base_ns).find(|&close| close >= end).unwrap()
    }

    fn aligned(&self, of: &Expr, reader: Frame, row: i64, source: Frame) -> f64 {
        if is_constant(of, self.scope) {
            return self.value(of, reader, row);
        }
        let is_known = |other: &i64| match reader.0 == source.0 {
            true => self.end(source, *other) <= self.end(reader, row),
            false => self.told(source, *other) <= self.told(reader, row),
        };
        let last = (0..self.frame(source).ts.len() as i64).filter(is_known).last();
        last.map_or(NAN, |last| self.value(of, source, last))
    }

    fn name(&self, name: &str, output: Option<&str>, frame: Frame, row: i64) -> f64 {
        if let Some(named) = self.scope.indicators.iter().find(|named| named.name == name) {
            let mut text = named.text().unwrap();
            if let Some(output) = output {
                text = format!("{text}.{output}");
            }
            return self.value(&Expr::parse(&text).unwrap(), frame, row);
        }
        if let Some(value) = self.scope.number(name) {
            return value;
        }
        let (bars, row) = (self.frame(frame), row as usize);
        let (open, high, low, close) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
        match name {
            "open" => open,
            "high" => high,
            "low" => low,
            "close" => close,
            "volume" => bars.volume[row],
            "hl2" => (high + low) / 2.0,
            "hlc3" => (high + low + close) / 3.0,
            "ohlc4" => (open + high + low + close) / 4.0,
            "time" => ((bars.ts[row] + frame.1) / 1_000_000_000).rem_euclid(86_400) as f64,
            _ => unreachable!("{name}"),
        }
    }

    fn call(&self, name: &str, args: &[Arg], output: Option<&str>, frame: Frame, row: i64) -> f64 {
        let values = || args.iter().map(|arg| self.value(&arg.value, frame, row)).collect::<Vec<_>>();
        match name {
            "abs" => values()[0].abs(),
            "log" => values()[0].ln(),
            "sqrt" => values()[0].sqrt(),
            "min" => strict(&values(), |v| v.iter().copied().fold(f64::INFINITY, |x, y| if y < x { y } else { x })),
            "max" => strict(&values(), |v| v.iter().copied().fold(f64::NEG_INFINITY, |x, y| if y > x { y } else { x })),
            _ => {
                let key = (Expr::new(Node::Call { name: name.to_owned(), args: args.to_vec(), output: None }), frame);
                let key = (key.0.to_string(), key.1);
                let known = self.calls.borrow().get(&key).cloned();
                let columns = known.unwrap_or_else(|| self.indicator(name, args, frame));
                self.calls.borrow_mut().insert(key, columns.clone());
                let place = find(name).unwrap().outputs.iter().position(|known| Some(*known) == output);
                columns[place.unwrap_or(0)][row as usize]
            }
        }
    }

    fn indicator(&self, name: &str, args: &[Arg], frame: Frame) -> Vec<Vec<f64>> {
        let spec = find(name).unwrap();
        let mut params: Vec<f64> = spec.params.iter().map(|param| param.default).collect();
        for (place, arg) in args.iter().enumerate().filter(|(_, arg)| arg.name.is_none()) {
            params[place] = self.value(&arg.value, frame, 0);
        }
        let series = |name: &str| args.iter().find(|arg| arg.name.as_deref() == Some(name)).map(|arg| &arg.value);
        let bars = self.frame(frame);
        let mut indicator = spec.build(&params).unwrap();
        let mut columns = vec![vec![NAN; bars.ts.len()]; spec.outputs.len()];
        for row in 0..bars.ts.len() {
            let input = |input: &Input| match input {
                Input::Source => series("source").map_or(bars.close[row], |of| self.value(of, frame, row as i64)),
                Input::Other => self.value(series("other").unwrap(), frame, row as i64),
                Input::Open => bars.open[row],
                Input::High => bars.high[row],
                Input::Low => bars.low[row],
                Input::Close => bars.close[row],
                Input::Volume => bars.volume[row],
                Input::Time => bars.ts[row] as f64 / 1e9,
            };
            let inputs: Vec<f64> = spec.inputs.iter().map(input).collect();
            let mut outputs = vec![NAN; spec.outputs.len()];
            indicator.update(&inputs, &mut outputs);
            for (column, value) in columns.iter_mut().zip(outputs) {
                column[row] = value;
            }
        }
        columns
    }
}

fn binary(op: Binary, left: f64, right: f64) -> f64 {
    match op {
        Binary::Or => truth(left == 1.0 || right == 1.0),
        Binary::And => truth(left == 1.0 && right == 1.0),
        Binary::Gt => truth(left > right),
        Binary::Ge => truth(left >= right),
        Binary::Lt => truth(left < right),
        Binary::Le => truth(left <= right),
        Binary::Eq => truth(left == right),
        Binary::Ne => truth(left != right),
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul => left * right,
        Binary::Div => left / right,
    }
}

/// Whether the value is the same on every bar, and known before the first.
fn is_constant(expr: &Expr, scope: &Scope) -> bool {
    match &expr.node {
        Node::Number(_) | Node::Clock(_) => true,
        Node::Name { name, .. } => scope.number(name).is_some(),
        Node::Unary { of, .. } | Node::At { of, .. } | Node::Of { of, .. } => is_constant(of, scope),
        Node::Binary { left, right, .. } => is_constant(left, scope) && is_constant(right, scope),
        Node::Call { name, args, .. } => {
            super::call::FUNCTIONS.contains(&name.as_str()) && args.iter().all(|arg| is_constant(&arg.value, scope))
        }
        Node::Lag { of, bars: Count::Fixed(0) } => is_constant(of, scope),
        _ => false,
    }
}
