//! The type checker, which lowers expressions to the graph in the same walk and collects every fault.

use std::collections::HashMap;

use super::Fault;
use super::ast::{Binary, Count, Cross, Expr, Node, Trend, Unary};
use super::call::FUNCTIONS;
use super::graph::{Field, Frame, Graph, Id, Op};
use super::parse::{COUNT_MAX, parse};
use super::scope::{COLUMNS, Scope};
use crate::indicators::{CATALOG, find};
use crate::timeframe::{Timeframe, WEEK_NS};

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Number,
    Truth,
    /// A time of day.
    Clock,
}

impl Type {
    pub(super) const fn shown(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Truth => "a condition",
            Self::Clock => "a time of day",
        }
    }
}

/// A lowered expression; None where a fault stands in its place.
pub(super) type Lowered = Option<(Id, Type)>;

/// A named indicator's expression; None where its text has faults.
type Definition = Option<Expr>;

pub(super) struct Lowering<'a> {
    pub(super) scope: &'a Scope,
    pub(super) graph: Graph,
    pub(super) faults: Vec<Fault>,
    definitions: Vec<Definition>,
    /// The definitions that are being lowered.
    open: Vec<usize>,
    lowered: HashMap<(usize, Option<String>, usize), Lowered>,
}

impl<'a> Lowering<'a> {
    /// Reads the scope's definitions, on top of the graph of other scopes of that instrument; the faults are theirs,
    /// placed.
    pub(super) fn new(mut graph: Graph, scope: &'a Scope) -> (Self, Vec<Fault>) {
        let mut faults = scope.faults();
        let own = scope.instruments.iter().position(|name| *name == scope.instrument).unwrap_or(0);
        graph.frame(Frame { instrument: own, span_ns: scope.base_ns });
        let none = || scope.indicators.iter().map(|_| None).collect();
        let mut lowering =
            Self { scope, graph, faults: Vec::new(), definitions: none(), open: Vec::new(), lowered: HashMap::new() };
        if !faults.is_empty() {
            return (lowering, faults);
        }
        let texts: Vec<_> = scope.indicators.iter().map(super::scope::NamedIndicator::text).collect();
        for (place, text) in texts.iter().enumerate() {
            match text.as_deref().map(parse) {
                Ok((expr, found)) if found.is_empty() => lowering.definitions[place] = Some(expr),
                Ok((_, found)) => faults.extend(lowering.placed(place, text.as_deref().unwrap_or(""), found)),
                Err(found) => faults.extend(found.iter().cloned()),
            }
        }
        for (place, text) in texts.iter().enumerate() {
            lowering.definition(place, None, 0);
            let found = std::mem::take(&mut lowering.faults);
            if !found.is_empty() {
                faults.extend(lowering.placed(place, text.as_deref().unwrap_or(""), found));
                lowering.definitions[place] = None;
                lowering.lowered.retain(|key, _| key.0 != place);
            }
        }
        (lowering, faults)
    }

    fn placed(&self, place: usize, text: &str, faults: Vec<Fault>) -> Vec<Fault> {
        let name = self.scope.indicators[place].fault_name();
        faults.into_iter().map(|fault| fault.placed(&name, text)).collect()
    }

    pub(super) fn fault(&mut self, fault: Fault) -> Lowered {
        self.faults.push(fault);
        None
    }

    /// Lowers what must be of type `wanted`.
    pub(super) fn typed(&mut self, expr: &Expr, frame: usize, wanted: Type) -> Option<Id> {
        let (id, found) = self.lower(expr, frame)?;
        if found == wanted {
            return Some(id);
        }
        let fault = Fault::new(expr.span.clone(), format!("expected {}, found {}", wanted.shown(), found.shown()));
        let hint = match (wanted, found) {
            (Type::Truth, Type::Number) => Some("compare it: `x > 0`"),
            (Type::Clock, Type::Number) | (Type::Number, Type::Clock) => Some("a time of day is written 09:30"),
            _ => None,
        };
        self.faults.push(match hint {
            Some(hint) => fault.with_hint(hint),
            None => fault,
        });
        None
    }

    pub(super) fn lower(&mut self, expr: &Expr, frame: usize) -> Lowered {
        match &expr.node {
            Node::Number(value) => Some((self.graph.constant(*value), Type::Number)),
            Node::Clock(seconds) => Some((self.graph.constant(f64::from(*seconds)), Type::Clock)),
            Node::Name { name, output } => self.name(expr, name, output.as_deref(), frame),
            Node::Call { name, args, output } => self.call(expr, name, args, output.as_deref(), frame),
            Node::Unary { op: Unary::Neg, of } => self.unary(Op::Neg, of, frame, Type::Number),
            Node::Unary { op: Unary::Not, of } => self.unary(Op::Not, of, frame, Type::Truth),
            Node::Binary { op, left, right } => self.binary(*op, left, right, frame),
            Node::Cross { way, left, right } => self.cross(*way, left, right, frame),
            Node::Within { of, bars } => {
                let (of, bars) = (self.typed(of, frame, Type::Truth), self.count(bars, 1, expr));
                Some((self.graph.value(Op::Within(bars?), frame, &[of?]), Type::Truth))
            }
            Node::Trend { way, of, bars } => {
                let (of, bars) = (self.typed(of, frame, Type::Number), self.count(bars, 1, expr));
                let op = if *way == Trend::Rising { Op::Rising(bars?) } else { Op::Falling(bars?) };
                Some((self.graph.value(op, frame, &[of?]), Type::Truth))
            }
            Node::Lag { of, bars } => {
                let (of, bars) = (self.lower(of, frame), self.count(bars, 0, expr));
                let ((of, found), bars) = (of?, bars?);
                Some((if bars == 0 { of } else { self.graph.value(Op::Lag(bars), frame, &[of]) }, found))
            }
            Node::At { of, timeframe } => self.at(expr, of, *timeframe, frame),
            Node::Of { instrument, of } => self.of(expr, instrument, of, frame),
            Node::Session { from, to } => Some((self.graph.value(Op::Session(*from, *to), frame, &[]), Type::Truth)),
            Node::Weekday(days) => Some((self.graph.value(Op::Weekday(days.0), frame, &[]), Type::Truth)),
            Node::Hole(parts) => {
                for part in parts {
                    self.lower(part, frame);
                }
                None
            }
        }
    }

    fn unary(&mut self, op: Op, of: &Expr, frame: usize, kind: Type) -> Lowered {
        let of = self.typed(of, frame, kind)?;
        Some((self.graph.value(op, frame, &[of]), kind))
    }

    fn binary(&mut self, op: Binary, left: &Expr, right: &Expr, frame: usize) -> Lowered {
        let code = match op {
            Binary::Or => Op::Or,
            Binary::And => Op::And,
            Binary::Gt => Op::Gt,
            Binary::Ge => Op::Ge,
            Binary::Lt => Op::Lt,
            Binary::Le => Op::Le,
            Binary::Eq => Op::Eq,
            Binary::Ne => Op::Ne,
            Binary::Add => Op::Add,
            Binary::Sub => Op::Sub,
            Binary::Mul => Op::Mul,
            Binary::Div => Op::Div,
        };
        let (operands, result) = match op {
            Binary::Or | Binary::And => (Type::Truth, Type::Truth),
            _ if op.is_comparison() => return self.comparison(code, left, right, frame),
            _ => (Type::Number, Type::Number),
        };
        let (left, right) = (self.typed(left, frame, operands), self.typed(right, frame, operands));
        Some((self.graph.value(code, frame, &[left?, right?]), result))
    }

    /// Compares numbers with numbers and times of day with times of day.
    fn comparison(&mut self, op: Op, left: &Expr, right: &Expr, frame: usize) -> Lowered {
        let is_clock = |expr: &Expr| matches!(&expr.node, Node::Clock(_)) || is_time(expr);
        let wanted = if is_clock(left) || is_clock(right) { Type::Clock } else { Type::Number };
        let (left, right) = (self.typed(left, frame, wanted), self.typed(right, frame, wanted));
        Some((self.graph.value(op, frame, &[left?, right?]), Type::Truth))
    }

    fn cross(&mut self, way: Cross, left: &Expr, right: &Expr, frame: usize) -> Lowered {
        let (left, right) = (self.typed(left, frame, Type::Number), self.typed(right, frame, Type::Number));
        let (left, right) = (left?, right?);
        let mut one = |now: Op, before: Op| {
            let now = self.graph.value(now, frame, &[left, right]);
            let before = self.graph.value(before, frame, &[left, right]);
            let before = self.graph.value(Op::Lag(1), frame, &[before]);
            self.graph.value(Op::And, frame, &[now, before])
        };
        let crossed = match way {
            Cross::Above => one(Op::Gt, Op::Le),
            Cross::Below => one(Op::Lt, Op::Ge),
            Cross::Either => {
                let (above, below) = (one(Op::Gt, Op::Le), one(Op::Lt, Op::Ge));
                self.graph.value(Op::Or, frame, &[above, below])
            }
        };
        Some((crossed, Type::Truth))
    }

    fn count(&mut self, count: &Count, least: u32, expr: &Expr) -> Option<u32> {
        let (value, shown) = match count {
            Count::Fixed(bars) => (f64::from(*bars), bars.to_string()),
            Count::Named(name) => match self.scope.number(name) {
                Some(value) => (value, format!("`{name}`, which is {value},")),
                None => {
                    let fault = Fault::new(expr.span.clone(), format!("`{name}` is not a named number"));
                    let known = self.scope.numbers.iter().map(|(known, _)| known.as_str());
                    self.faults.push(fault.with_near_miss(name, known));
                    return None;
                }
            },
        };
        if value.fract() == 0.0 && value >= f64::from(least) && value <= f64::from(COUNT_MAX) {
            return Some(value as u32);
        }
        let message = format!("{shown} is not a whole number of bars from {least} to {COUNT_MAX}");
        let fault = Fault::new(expr.span.clone(), message);
        self.faults.push(if value < 0.0 { fault.with_hint("look-ahead cannot be written") } else { fault });
        None
    }

    fn at(&mut self, expr: &Expr, of: &Expr, timeframe: Timeframe, frame: usize) -> Lowered {
        let Frame { instrument, span_ns } = self.graph.frames[frame];
        let fits = timeframe.ns() % span_ns == 0 && (timeframe.ns() % WEEK_NS != 0 || fits_week(span_ns));
        if !fits {
            let own = Timeframe::from_ns(span_ns).map_or_else(|_| format!("{span_ns} ns"), |own| own.to_string());
            let message = format!("{timeframe} is not a multiple of {own}, the timeframe that it is read from");
            self.faults.push(Fault::new(expr.span.clone(), message));
            self.lower(of, frame);
            return None;
        }
        let from = self.graph.frame(Frame { instrument, span_ns: timeframe.ns() });
        let lowered = self.lower(of, from)?;
        Some(self.aligned(lowered, frame, from))
    }

    fn of(&mut self, expr: &Expr, name: &str, of: &Expr, frame: usize) -> Lowered {
        let here = self.graph.frames[frame];
        let own = self.graph.frames[0].instrument;
        let problem = match self.scope.instruments.iter().position(|known| known == name) {
            Some(instrument) if instrument == here.instrument => return self.lower(of, frame),
            Some(instrument) if here.instrument == own => {
                let from = self.graph.frame(Frame { instrument, ..here });
                let lowered = self.lower(of, from)?;
                return Some(self.aligned(lowered, frame, from));
            }
            Some(_) => {
                let inside = &self.scope.instruments[here.instrument];
                Fault::new(expr.span.clone(), format!("{name} cannot be read from inside an expression of {inside}"))
            }
            None => {
                let span = expr.span.start..of.span.start.max(expr.span.start);
                let known = &self.scope.instruments;
                let fault = Fault::new(span, format!("`{name}` is not one of the instruments"));
                let fault = fault.with_hint(format!("there are {}", known[..known.len().min(5)].join(", ")));
                fault.with_near_miss(name, known.iter().map(String::as_str))
            }
        };
        self.faults.push(problem);
        self.lower(of, frame);
        None
    }

    /// The value as the bars of `frame` see it.
    fn aligned(&mut self, (id, kind): (Id, Type), frame: usize, from: usize) -> (Id, Type) {
        if frame == from || self.graph.as_constant(id).is_some() {
            return (id, kind);
        }
        (self.graph.value(Op::Align, frame, &[id]), kind)
    }

    fn name(&mut self, expr: &Expr, name: &str, output: Option<&str>, frame: usize) -> Lowered {
        if let Some(place) = self.scope.indicators.iter().position(|named| named.name == name) {
            return self.expanded(expr, place, output, frame);
        }
        if find(name).is_some() {
            return self.call(expr, name, &[], output, frame);
        }
        let found = match self.scope.number(name) {
            Some(value) => Some((self.graph.constant(value), Type::Number)),
            None => self.column(name, frame),
        };
        match (found, output) {
            (Some(found), None) => Some(found),
            (Some(_), Some(output)) => {
                self.fault(Fault::new(expr.span.clone(), format!("`{name}` has no outputs, so no `{output}`")))
            }
            (None, _) => self.unknown(expr, name),
        }
    }

    /// A fault for a name that means nothing.
    pub(super) fn unknown(&mut self, expr: &Expr, name: &str) -> Lowered {
        let span = expr.span.start..expr.span.end.min(expr.span.start + name.len());
        let mut fault = Fault::new(span, format!("`{name}` is not a column, an indicator or a named number"));
        let of_instrument = |known: &&String| known.split(['-', '/', ':']).any(|part| part == name);
        if let Some(known) = self.scope.instruments.iter().find(of_instrument) {
            fault = fault.with_hint(format!("write `{known}.close` for an instrument's close"));
        } else {
            fault = fault.with_near_miss(name, self.known_names().into_iter());
        }
        self.fault(fault)
    }

    fn known_names(&self) -> Vec<&'a str> {
        let scope = self.scope;
        let named = scope.indicators.iter().map(|named| named.name.as_str());
        let numbers = scope.numbers.iter().map(|(name, _)| name.as_str());
        let catalog = CATALOG.iter().map(|spec| spec.name);
        named.chain(numbers).chain(COLUMNS).chain(FUNCTIONS).chain(["time"]).chain(catalog).collect()
    }

    fn column(&mut self, name: &str, frame: usize) -> Lowered {
        if name == "time" {
            return Some((self.graph.value(Op::TimeOfDay, frame, &[]), Type::Clock));
        }
        let mut field = |field: Field| self.graph.value(Op::Column(field), frame, &[]);
        let parts: &[Field] = match name {
            "open" => return Some((field(Field::Open), Type::Number)),
            "high" => return Some((field(Field::High), Type::Number)),
            "low" => return Some((field(Field::Low), Type::Number)),
            "close" => return Some((field(Field::Close), Type::Number)),
            "volume" => return Some((field(Field::Volume), Type::Number)),
            "hl2" => &[Field::High, Field::Low],
            "hlc3" => &[Field::High, Field::Low, Field::Close],
            "ohlc4" => &[Field::Open, Field::High, Field::Low, Field::Close],
            _ => return None,
        };
        let parts: Vec<Id> = parts.iter().map(|&part| field(part)).collect();
        let (count, first) = (self.graph.constant(parts.len() as f64), parts[0]);
        let sum = parts[1..].iter().fold(first, |sum, &part| self.graph.value(Op::Add, frame, &[sum, part]));
        Some((self.graph.value(Op::Div, frame, &[sum, count]), Type::Number))
    }

    /// A named indicator where it is used. Its own faults are told once, at its definition.
    fn expanded(&mut self, expr: &Expr, place: usize, output: Option<&str>, frame: usize) -> Lowered {
        let before = std::mem::take(&mut self.faults);
        let lowered = self.definition(place, output, frame);
        let found = std::mem::replace(&mut self.faults, before);
        if let Some(fault) = found.into_iter().next() {
            let name = &self.scope.indicators[place].name;
            let message = format!("`{name}` cannot be read here: {}", fault.message);
            self.faults.push(Fault { span: expr.span.clone(), message, ..fault });
        }
        lowered
    }

    fn definition(&mut self, place: usize, output: Option<&str>, frame: usize) -> Lowered {
        let key = (place, output.map(str::to_owned), frame);
        if let Some(known) = self.lowered.get(&key) {
            return *known;
        }
        let name = &self.scope.indicators[place].name;
        if self.open.contains(&place) {
            return self.fault(Fault::new(0..0, format!("`{name}` is defined by itself")));
        }
        let mut expr = self.definitions[place].clone()?;
        if output.is_some_and(|output| !pick_output(&mut expr, output)) {
            return self.fault(Fault::new(0..0, format!("`{name}` is not an indicator with outputs to pick from")));
        }
        self.open.push(place);
        let lowered = self.lower(&expr, frame);
        self.open.pop();
        if lowered.is_some() {
            self.lowered.insert(key, lowered);
        }
        lowered
    }
}

fn is_time(expr: &Expr) -> bool {
    match &expr.node {
        Node::Name { name, output: None } => name == "time",
        Node::Lag { of, .. } | Node::At { of, .. } | Node::Of { of, .. } => is_time(of),
        _ => false,
    }
}

/// Weeks start on Monday, so that bars of 14 days would straddle them; a day, or a part of one, does not.
const fn fits_week(span_ns: i64) -> bool {
    span_ns % WEEK_NS == 0 || (WEEK_NS / 7) % span_ns == 0
}

/// Sets the output of the call within; false where there is none, or one that has its output already.
fn pick_output(expr: &mut Expr, wanted: &str) -> bool {
    match &mut expr.node {
        Node::Call { output: output @ None, .. } | Node::Name { output: output @ None, .. } => {
            *output = Some(wanted.to_owned());
            true
        }
        Node::At { of, .. } | Node::Of { of, .. } | Node::Lag { of, .. } => pick_output(of, wanted),
        _ => false,
    }
}
