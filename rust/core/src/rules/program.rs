//! Rules compiled to a flat program, and how it is laid out for evaluation.

use serde::{Deserialize, Serialize};

use super::Fault;
use super::ast::Expr;
use super::form::Source;
use super::graph::{Frame, Graph, Id, Op};
use super::lower::{Lowering, Type};
use super::parse::parse;
use super::scope::Scope;

/// A rule to compile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The name that its faults carry.
    pub name: String,
    /// What it says.
    pub source: Source,
    /// What it must come to.
    pub kind: Kind,
}

/// What a rule comes to on each bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A condition, which fires or not.
    Bool,
    /// A number, for instance a distance or a size.
    Number,
}

impl Rule {
    /// A rule from its text.
    #[must_use]
    pub fn new(name: &str, text: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), source: Source::Text(text.to_owned()), kind }
    }
}

/// Compiled rules: plain data, which [`Program::evaluate`] runs over columns and [`super::Machine`] bar by bar.
#[derive(Clone)]
pub struct Program {
    pub(super) graph: Graph,
    /// Each rule's value and kind.
    pub(super) roots: Vec<(Id, Kind)>,
    pub(super) base_ns: i64,
    pub(super) instruments: Vec<String>,
    pub(super) plan: Plan,
    lookback: usize,
}

/// Compiles rules for the scope's instrument; what several of them need is computed once.
///
/// # Errors
/// Every fault of the scope and of every rule.
pub fn compile(rules: &[Rule], scope: &Scope) -> Result<Program, Vec<Fault>> {
    let (mut lowering, mut faults) = Lowering::new(scope);
    let mut roots = Vec::with_capacity(rules.len());
    for rule in rules {
        let (text, expr, mut found) = read(rule, &mut faults);
        let wanted = if rule.kind == Kind::Bool { Type::Truth } else { Type::Number };
        let root = expr.and_then(|expr| lowering.typed(&expr, 0, wanted));
        found.append(&mut lowering.faults);
        found.sort_by_key(|fault| fault.span.start);
        faults.extend(found.into_iter().map(|fault| fault.placed(&rule.name, &text)));
        roots.extend(root.map(|root| (root, rule.kind)));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let ids: Vec<Id> = roots.iter().map(|root| root.0).collect();
    let (graph, ids) = lowering.graph.pruned(&ids);
    let roots: Vec<_> = ids.into_iter().zip(roots).map(|(id, (_, kind))| (id, kind)).collect();
    let lookback = roots.iter().map(|root| lookbacks(&graph)[root.0]).max().unwrap_or(0);
    let plan = Plan::new(&graph);
    Ok(Program { graph, roots, base_ns: scope.base_ns, instruments: scope.instruments.clone(), plan, lookback })
}

/// Every fault that [`compile`] would find.
#[must_use]
pub fn check(rules: &[Rule], scope: &Scope) -> Vec<Fault> {
    compile(rules, scope).err().unwrap_or_default()
}

/// A rule's text, its expression as far as it can be read, and the faults of that text; those of a form are placed.
fn read(rule: &Rule, faults: &mut Vec<Fault>) -> (String, Option<Expr>, Vec<Fault>) {
    if let Source::Text(text) = &rule.source {
        let (expr, found) = parse(text);
        return (text.clone(), Some(expr), found);
    }
    match rule.source.expr(&rule.name) {
        Ok(expr) => {
            let text = expr.to_string();
            let (expr, found) = parse(&text);
            (text, Some(expr), found)
        }
        Err(found) => {
            faults.extend(found);
            (String::new(), None, Vec::new())
        }
    }
}

/// For each value, how many of its frame's bars come before its first defined one, at the earliest.
fn lookbacks(graph: &Graph) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::with_capacity(graph.values.len());
    for (id, value) in graph.values.iter().enumerate() {
        let before = graph.needs(id).iter().map(|&needed| found[needed]).max().unwrap_or(0);
        found.push(match value.op {
            Op::Lag(bars) | Op::Rising(bars) | Op::Falling(bars) => before.saturating_add(bars as usize),
            Op::Within(bars) => before.saturating_add(bars as usize - 1),
            Op::Indicator(call, _) => before.saturating_add(graph.calls[call].lookback),
            Op::Align => {
                let spans = (graph.frames[graph.values[value.args[0]].frame], graph.frames[value.frame]);
                let ratio = usize::try_from(spans.0.span_ns / spans.1.span_ns).unwrap_or(usize::MAX);
                before.saturating_add(1).saturating_mul(ratio) - 1
            }
            _ => before,
        });
    }
    found
}

impl Program {
    /// How many bars of the base timeframe come before the first on which every rule can be defined: a lower bound,
    /// since a gap, a first higher bar that is cut off or another instrument's later start may add to it.
    #[must_use]
    pub const fn lookback(&self) -> usize {
        self.lookback
    }

    /// How many rules there are.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.roots.len()
    }

    /// How many different indicators the rules compute.
    #[must_use]
    pub fn indicators(&self) -> usize {
        self.graph.calls.len()
    }

    /// The frame of another timeframe or instrument's base bars.
    pub(super) fn is_base(&self, frame: Frame) -> bool {
        frame.span_ns == self.base_ns
    }
}

/// The order of batch evaluation.
///
/// An indicator needs whole columns and a loop over blocks makes them, so the two take turns: stage by stage, first the
/// indicators, then one loop for each frame.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// The calls of each stage.
    pub(super) calls: Vec<Vec<usize>>,
    /// The loops of each stage.
    pub(super) loops: Vec<Vec<Loop>>,
    /// The stage of each value.
    pub(super) stage: Vec<usize>,
    /// Each value's register within its loop.
    pub(super) register: Vec<usize>,
    /// Whether a register's value is kept as a whole column, for a later stage.
    pub(super) kept: Vec<bool>,
}

/// Values of one frame, computed block by block.
#[derive(Clone)]
pub(super) struct Loop {
    pub(super) frame: usize,
    pub(super) values: Vec<Id>,
}

/// Whether a value lives in a register of a loop, rather than being a constant or a column from the start.
pub(super) const fn is_register(op: Op) -> bool {
    !matches!(op, Op::Constant(_) | Op::Column(_) | Op::Indicator(..))
}

impl Plan {
    fn new(graph: &Graph) -> Self {
        let count = graph.values.len();
        let mut plan =
            Self { stage: vec![0; count], register: vec![0; count], kept: vec![false; count], ..Self::default() };
        let mut call_stage = vec![0; graph.calls.len()];
        for (id, value) in graph.values.iter().enumerate() {
            let whole = matches!(value.op, Op::Indicator(..) | Op::Align);
            let stage = graph.needs(id).iter().map(|&needed| {
                let is_late = whole && is_register(graph.values[needed].op);
                plan.stage[needed] + usize::from(is_late)
            });
            plan.stage[id] = stage.max().unwrap_or(0);
            if let Op::Indicator(call, _) = value.op {
                call_stage[call] = plan.stage[id];
            }
            for &needed in graph.needs(id) {
                plan.kept[needed] |= is_register(graph.values[needed].op) && plan.stage[needed] < plan.stage[id];
            }
        }
        let stages = plan.stage.iter().max().map_or(0, |last| last + 1);
        (plan.calls, plan.loops) = (vec![Vec::new(); stages], vec![Vec::new(); stages]);
        for (call, stage) in call_stage.into_iter().enumerate() {
            plan.calls[stage].push(call);
        }
        for (id, value) in graph.values.iter().enumerate().filter(|(_, value)| is_register(value.op)) {
            let loops = &mut plan.loops[plan.stage[id]];
            let place = loops.iter().position(|known| known.frame == value.frame).unwrap_or(loops.len());
            if place == loops.len() {
                loops.push(Loop { frame: value.frame, values: Vec::new() });
            }
            plan.register[id] = loops[place].values.len();
            loops[place].values.push(id);
        }
        plan
    }
}
