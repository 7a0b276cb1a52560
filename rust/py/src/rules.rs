//! Expressions of the rule language in Python: what symbolic columns are made of.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::rules::{Arg, Binary, COUNT_MAX, Count, Cross, Days, Expr, Fault, Node, Trend, Unary};

/// The deepest tree that Python may build: one operator on another, as a running sum does.
const DEPTH_MAX: usize = 200;

#[pyclass(frozen, eq, module = "tradenode._core")]
struct RuleExpr {
    expr: Expr,
    /// How deep the tree is, as far as Python built it.
    depth: usize,
}

impl PartialEq for RuleExpr {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl RuleExpr {
    /// A node over `parts`.
    fn over(node: Node, parts: &[&Self]) -> PyResult<Self> {
        let depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
        if depth > DEPTH_MAX {
            let message = format!("the rule nests more than {DEPTH_MAX} operators in one another");
            return Err(PyValueError::new_err(message));
        }
        Ok(Self { expr: Expr::new(node), depth })
    }

    fn boxed(&self) -> Box<Expr> {
        Box::new(self.expr.clone())
    }
}

/// A number of bars that is `least` or more; what is negative would be a look into the future.
fn count(bars: i64, least: u32) -> PyResult<Count> {
    if bars < 0 {
        let message = format!("a number of bars is never negative, got {bars}: look-ahead cannot be written");
        return Err(PyValueError::new_err(message));
    }
    let known = u32::try_from(bars).ok().filter(|bars| (least..=COUNT_MAX).contains(bars));
    let refused = || PyValueError::new_err(format!("expected {least} to {COUNT_MAX} bars, got {bars}"));
    known.map(Count::Fixed).ok_or_else(refused)
}

fn refused(faults: &[Fault]) -> PyErr {
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| {
            let hint = fault.hint.as_ref().map_or(String::new(), |hint| format!(" (hint: {hint})"));
            format!("{:?}: {}{hint}", &fault.text[fault.span.clone()], fault.message)
        })
        .collect();
    PyValueError::new_err(lines.join("\n"))
}

#[pymethods]
impl RuleExpr {
    #[staticmethod]
    fn parse(text: &str) -> PyResult<Self> {
        // What the parser reads is bounded by itself; half is left for operators around it.
        Expr::parse(text).map(|expr| Self { expr, depth: DEPTH_MAX / 2 }).map_err(|faults| refused(&faults))
    }

    #[staticmethod]
    fn number(value: f64) -> PyResult<Self> {
        if !value.is_finite() {
            return Err(PyValueError::new_err(format!("a number in a rule is finite, got {value}")));
        }
        Ok(Self { expr: Expr::number(value), depth: 1 })
    }

    #[staticmethod]
    #[pyo3(signature = (name, output=None))]
    fn name(name: &str, output: Option<String>) -> PyResult<Self> {
        let read = Expr::parse(name).ok();
        if !read.is_some_and(|expr| matches!(expr.node, Node::Name { output: None, .. })) {
            return Err(PyValueError::new_err(format!("{name:?} is not a name of the rule language")));
        }
        Self::over(Node::Name { name: name.to_owned(), output }, &[])
    }

    #[staticmethod]
    fn call(name: &str, args: Vec<PyRef<'_, Self>>, named: Vec<(String, PyRef<'_, Self>)>) -> PyResult<Self> {
        let parts: Vec<&Self> = args.iter().chain(named.iter().map(|(_, arg)| arg)).map(|arg| &**arg).collect();
        let names = args.iter().map(|_| None).chain(named.iter().map(|(name, _)| Some(name.clone())));
        let args = names.zip(&parts).map(|(name, part)| Arg { name, value: part.expr.clone() }).collect();
        Self::over(Node::Call { name: name.to_owned(), args, output: None }, &parts)
    }

    #[staticmethod]
    fn session(start: &str, end: &str) -> PyResult<Self> {
        Self::parse(&format!("time in {start}..{end}")).map(|read| Self { depth: 1, ..read })
    }

    #[staticmethod]
    fn weekday(days: Vec<String>) -> PyResult<Self> {
        let days = Days::try_from(days).map_err(PyValueError::new_err)?;
        Self::over(Node::Weekday(days), &[])
    }

    /// The same indicator's output of that name.
    fn picked(&self, output: &str) -> PyResult<Self> {
        let mut expr = self.expr.clone();
        let mut inner = &mut expr;
        loop {
            match &mut inner.node {
                Node::At { of, .. } | Node::Of { of, .. } => inner = of,
                Node::Call { output: picked, .. } | Node::Name { output: picked, .. } => {
                    *picked = Some(output.to_owned());
                    return Ok(Self { expr, depth: self.depth });
                }
                _ => return Err(PyValueError::new_err(format!("{} has no outputs", self.expr))),
            }
        }
    }

    fn negated(&self) -> PyResult<Self> {
        Self::over(Node::Unary { op: Unary::Neg, of: self.boxed() }, &[self])
    }

    fn inverted(&self) -> PyResult<Self> {
        Self::over(Node::Unary { op: Unary::Not, of: self.boxed() }, &[self])
    }

    fn binary(&self, sign: &str, other: &Self) -> PyResult<Self> {
        let unknown = || PyValueError::new_err(format!("{sign:?} is not an operator between two values"));
        let op = Binary::of_sign(sign).ok_or_else(unknown)?;
        Self::over(Node::Binary { op, left: self.boxed(), right: other.boxed() }, &[self, other])
    }

    fn crossing(&self, way: &str, other: &Self) -> PyResult<Self> {
        let way = match way {
            "above" => Cross::Above,
            "below" => Cross::Below,
            "either" => Cross::Either,
            _ => return Err(PyValueError::new_err(format!("{way:?} is not above, below or either"))),
        };
        Self::over(Node::Cross { way, left: self.boxed(), right: other.boxed() }, &[self, other])
    }

    fn within(&self, bars: i64) -> PyResult<Self> {
        Self::over(Node::Within { of: self.boxed(), bars: count(bars, 1)? }, &[self])
    }

    fn trending(&self, way: &str, bars: i64) -> PyResult<Self> {
        let way = match way {
            "rising" => Trend::Rising,
            "falling" => Trend::Falling,
            _ => return Err(PyValueError::new_err(format!("{way:?} is not rising or falling"))),
        };
        let expr = self.expr.clone().trending(way, count(bars, 1)?);
        Self::over(expr.node, &[self])
    }

    fn lagged(&self, bars: i64) -> PyResult<Self> {
        let expr = self.expr.clone().lagged(count(bars, 0)?);
        Self::over(expr.node, &[self])
    }

    fn at(&self, timeframe: &str) -> PyResult<Self> {
        let timeframe = timeframe.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
        Self::over(Node::At { of: self.boxed(), timeframe }, &[self])
    }

    fn of(&self, instrument: &str) -> PyResult<Self> {
        if instrument.is_empty() || (instrument.contains('\'') && instrument.contains('"')) {
            return Err(PyValueError::new_err(format!("{instrument:?} cannot be an instrument's name")));
        }
        Self::over(Node::Of { instrument: instrument.to_owned(), of: self.boxed() }, &[self])
    }

    fn __str__(&self) -> String {
        self.expr.to_string()
    }

    fn __repr__(&self) -> String {
        format!("RuleExpr({:?})", self.expr.to_string())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.expr.to_string().hash(&mut hasher);
        hasher.finish()
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RuleExpr>()
}
