//! The checker's share for calls: functions, and indicators with their parameters, inputs and outputs.

use super::Fault;
use super::ast::{Arg, Expr, Node};
use super::graph::{Call, Field, Id, Op};
use super::lower::{Lowered, Lowering, Type};
use crate::indicators::{CATALOG, Input, Spec, find};

/// The functions of the language.
pub(super) const FUNCTIONS: [&str; 5] = ["abs", "log", "sqrt", "min", "max"];

/// The arguments of an indicator, sorted out.
struct Sorted<'a> {
    /// One for each parameter; None means the default.
    params: Vec<Option<&'a Expr>>,
    source: Option<&'a Expr>,
    other: Option<&'a Expr>,
}

impl Lowering<'_> {
    pub(super) fn call(
        &mut self,
        expr: &Expr,
        name: &str,
        args: &[Arg],
        output: Option<&str>,
        frame: usize,
    ) -> Lowered {
        if FUNCTIONS.contains(&name) {
            return self.function(expr, name, args, output, frame);
        }
        if let Some(spec) = find(name) {
            return self.indicator(expr, spec, args, output, frame);
        }
        for arg in args {
            self.lower(&arg.value, frame);
        }
        if self.scope.indicators.iter().any(|named| named.name == name) {
            let fault =
                Fault::new(expr.span.clone(), format!("`{name}` is named in the config and takes no arguments"));
            return self.fault(fault.with_hint(format!("write `{name}`")));
        }
        let span = expr.span.start..expr.span.end.min(expr.span.start + name.len());
        let fault = Fault::new(span, format!("`{name}` is neither an indicator nor a function"));
        let known = CATALOG.iter().map(|spec| spec.name).chain(FUNCTIONS);
        self.fault(fault.with_near_miss(name, known))
    }

    fn function(&mut self, expr: &Expr, name: &str, args: &[Arg], output: Option<&str>, frame: usize) -> Lowered {
        let values: Vec<Option<Id>> = args.iter().map(|arg| self.typed(&arg.value, frame, Type::Number)).collect();
        let (op, least, most) = match name {
            "abs" => (Op::Abs, 1, 1),
            "log" => (Op::Log, 1, 1),
            "sqrt" => (Op::Sqrt, 1, 1),
            "min" => (Op::Min, 2, usize::MAX),
            _ => (Op::Max, 2, usize::MAX),
        };
        let mut sound = true;
        let mut complain = |lowering: &mut Self, span, message: String| {
            lowering.faults.push(Fault::new(span, message));
            sound = false;
        };
        if args.len() < least || args.len() > most {
            let wanted = if most == 1 { "one argument" } else { "two arguments or more" };
            complain(self, expr.span.clone(), format!("`{name}` takes {wanted}, not {}", args.len()));
        }
        for arg in args.iter().filter(|arg| arg.name.is_some()) {
            complain(self, arg.value.span.clone(), format!("`{name}` takes no arguments by name"));
        }
        if let Some(output) = output {
            complain(self, expr.span.clone(), format!("`{name}` has no outputs, so no `{output}`"));
        }
        let values = values.into_iter().collect::<Option<Vec<Id>>>().filter(|_| sound)?;
        let first = values[0];
        if most == 1 {
            return Some((self.graph.value(op, frame, &[first]), Type::Number));
        }
        let fold = |found, &next: &Id| self.graph.value(op, frame, &[found, next]);
        Some((values[1..].iter().fold(first, fold), Type::Number))
    }

    fn indicator(
        &mut self,
        expr: &Expr,
        spec: &'static Spec,
        args: &[Arg],
        output: Option<&str>,
        frame: usize,
    ) -> Lowered {
        let before = self.faults.len();
        let sorted = self.sorted(spec, args, frame);
        let params = self.params(expr, spec, &sorted, frame);
        let inputs: Vec<Option<Id>> =
            spec.inputs.iter().map(|&input| self.input(expr, spec, input, &sorted, frame)).collect();
        let output = output.map_or(Some(0), |output| self.output(expr, spec, output));
        let (params, inputs) = (params?, inputs.into_iter().collect::<Option<Vec<Id>>>()?);
        let output = output.filter(|_| self.faults.len() == before)?;
        match spec.build(&params) {
            Ok(built) => {
                let call = Call { spec, params, inputs, frame, lookback: built.lookback() };
                Some((self.graph.call(call, output), Type::Number))
            }
            Err(error) => self.fault(Fault::new(expr.span.clone(), error.to_string())),
        }
    }

    /// Assigns the arguments to parameters and inputs.
    fn sorted<'b>(&mut self, spec: &'static Spec, args: &'b [Arg], frame: usize) -> Sorted<'b> {
        let mut sorted = Sorted { params: vec![None; spec.params.len()], source: None, other: None };
        for (position, arg) in args.iter().enumerate() {
            let place = match arg.name.as_deref() {
                None => sorted.params.get_mut(position),
                Some("source") if spec.inputs.contains(&Input::Source) => Some(&mut sorted.source),
                Some("other") if spec.inputs.contains(&Input::Other) => Some(&mut sorted.other),
                Some(name) => {
                    let named = spec.params.iter().position(|param| param.name == name);
                    named.map(|place| &mut sorted.params[place])
                }
            };
            match place {
                Some(place) if place.is_none() => *place = Some(&arg.value),
                Some(_) => {
                    let name = arg.name.as_deref().unwrap_or_default();
                    self.faults.push(Fault::new(arg.value.span.clone(), format!("`{name}` is given twice")));
                }
                None if matches!(arg.value.node, Node::Hole(_)) => {}
                None => {
                    self.lower(&arg.value, frame);
                    self.faults.push(surplus(spec, arg));
                }
            }
        }
        sorted
    }

    /// The parameters' values, each checked by itself.
    fn params(&mut self, expr: &Expr, spec: &'static Spec, sorted: &Sorted<'_>, frame: usize) -> Option<Vec<f64>> {
        let mut values = Vec::with_capacity(spec.params.len());
        for (param, given) in spec.params.iter().zip(&sorted.params) {
            let value = match given {
                None => Some(param.default),
                Some(given) => self.constant(given, spec.name, param.name, frame),
            };
            let span = given.map_or(&expr.span, |given| &given.span).clone();
            let checked = value.map(|value| param.check(spec.name, value).map(|()| value));
            match checked {
                Some(Ok(value)) => values.push(value),
                Some(Err(error)) => self.faults.push(Fault::new(span, error.to_string())),
                None => {}
            }
        }
        Some(values).filter(|values| values.len() == spec.params.len())
    }

    fn constant(&mut self, given: &Expr, indicator: &str, param: &str, frame: usize) -> Option<f64> {
        let id = self.typed(given, frame, Type::Number)?;
        let value = self.graph.as_constant(id);
        if value.is_none() {
            let message = format!("{indicator}: {param} must be a number that is known beforehand");
            let hint = format!("`{indicator}(..., source = ...)` names what it is computed of");
            self.faults.push(Fault::new(given.span.clone(), message).with_hint(hint));
        }
        value
    }

    fn input(
        &mut self,
        expr: &Expr,
        spec: &'static Spec,
        input: Input,
        sorted: &Sorted<'_>,
        frame: usize,
    ) -> Option<Id> {
        let op = match (input, sorted.source, sorted.other) {
            (Input::Source, Some(series), _) | (Input::Other, _, Some(series)) => {
                return self.typed(series, frame, Type::Number);
            }
            (Input::Other, _, None) => {
                let message = format!("{} needs a second series", spec.name);
                let hint = format!("write `{}(..., other = BTC-USD.close)`", spec.name);
                self.faults.push(Fault::new(expr.span.clone(), message).with_hint(hint));
                return None;
            }
            (Input::Source | Input::Close, ..) => Op::Column(Field::Close),
            (Input::Open, ..) => Op::Column(Field::Open),
            (Input::High, ..) => Op::Column(Field::High),
            (Input::Low, ..) => Op::Column(Field::Low),
            (Input::Volume, ..) => Op::Column(Field::Volume),
            (Input::Time, ..) => Op::Opened,
        };
        Some(self.graph.value(op, frame, &[]))
    }

    fn output(&mut self, expr: &Expr, spec: &'static Spec, output: &str) -> Option<usize> {
        let place = spec.outputs.iter().position(|known| *known == output);
        if place.is_none() {
            let message = format!("{} has no output `{output}`; it has {}", spec.name, spec.outputs.join(", "));
            let fault = Fault::new(expr.span.clone(), message);
            self.faults.push(fault.with_near_miss(output, spec.outputs.iter().copied()));
        }
        place
    }
}

/// An argument that the indicator has no place for.
fn surplus(spec: &'static Spec, arg: &Arg) -> Fault {
    let series = [(Input::Source, "source"), (Input::Other, "other")];
    let series = series.into_iter().filter(|(input, _)| spec.inputs.contains(input)).map(|(_, name)| name);
    let known: Vec<&str> = spec.params.iter().map(|param| param.name).chain(series).collect();
    let Some(name) = &arg.name else {
        let (most, plural) = (spec.params.len(), if spec.params.len() == 1 { "" } else { "s" });
        let message = format!("{} takes {most} argument{plural} by position", spec.name);
        let fault = Fault::new(arg.value.span.clone(), message);
        return if known.contains(&"source") { fault.with_hint("a series is given as `source = ...`") } else { fault };
    };
    let message = format!("{} has no parameter `{name}`; it has {}", spec.name, known.join(", "));
    Fault::new(arg.value.span.clone(), message).with_near_miss(name, known.into_iter())
}
