//! Rules compiled to a flat program, and how it is laid out for evaluation.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Fault;
use super::ast::Expr;
use super::form::Source;
use super::graph::{Frame, Graph, Id, Op, Value};
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
    compile_each(rules, std::slice::from_ref(scope)).map_err(|unsound| unsound.faults)
}

/// A scope under which rules do not compile.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsoundScope {
    /// Its place among the scopes.
    pub scope: usize,
    /// Every fault of the scope and of every rule under it.
    pub faults: Vec<Fault>,
}

/// Compiles the same rules under each of several scopes into one program, whose rules are those of the first scope, then
/// those of the second and so on: what the rules under several scopes need is computed once. The scopes differ in their
/// numbers alone; there is at least one.
///
/// # Errors
/// The first scope under which the rules do not compile.
pub fn compile_each(rules: &[Rule], scopes: &[Scope]) -> Result<Program, UnsoundScope> {
    let (mut graph, mut roots) = (Graph::default(), Vec::with_capacity(scopes.len() * rules.len()));
    for (place, scope) in scopes.iter().enumerate() {
        let (mut lowering, mut faults) = Lowering::new(graph, scope);
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
            return Err(UnsoundScope { scope: place, faults });
        }
        graph = lowering.graph;
    }
    let Some(first) = scopes.first() else {
        return Err(UnsoundScope { scope: 0, faults: vec![Fault::new(0..0, "there is no scope to compile under")] });
    };
    Ok(Program::of(&graph, &roots, first.base_ns, first.instruments.clone()))
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

/// For each value, how many of its frame's bars come before its first defined one.
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
    fn of(graph: &Graph, roots: &[(Id, Kind)], base_ns: i64, instruments: Vec<String>) -> Self {
        let ids: Vec<Id> = roots.iter().map(|root| root.0).collect();
        let (graph, ids) = graph.pruned(&ids);
        let roots: Vec<_> = ids.into_iter().zip(roots).map(|(id, (_, kind))| (id, *kind)).collect();
        let before = lookbacks(&graph);
        let lookback = roots.iter().map(|root| before[root.0]).max().unwrap_or(0);
        let plan = Plan::new(&graph, &roots);
        Self { graph, roots, base_ns, instruments, plan, lookback }
    }

    /// About how many bytes [`Program::evaluate`] holds over `rows` bars of the base timeframe: what it gives back, and
    /// the columns that bars of other instruments or timeframes hand over.
    #[must_use]
    pub fn footprint(&self, rows: usize) -> usize {
        let kept = self.plan.kept.iter().zip(&self.graph.values).filter(|(kept, _)| **kept);
        let spans = kept.map(|(_, value)| self.graph.frames[value.frame].span_ns);
        let kept: usize = spans.map(|span| 8 * rows / usize::try_from(span / self.base_ns).unwrap_or(1).max(1)).sum();
        let given = self.roots.iter().map(|(_, kind)| if *kind == Kind::Bool { rows / 8 } else { 8 * rows });
        kept + given.sum::<usize>()
    }

    /// How many bars of the base timeframe come before the first on which every rule is defined, where the bars of all
    /// instruments start together at the start of a higher bar, and have neither gaps nor undefined values.
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

    /// Whether the frame's bars are given, not made of others.
    pub(super) fn is_base(&self, frame: Frame) -> bool {
        frame.span_ns == self.base_ns
    }
}

/// The order of batch evaluation: one loop over blocks for each frame, those first that others read.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) loops: Vec<Loop>,
    /// Each value's register within its loop; the outputs of an indicator stand side by side.
    pub(super) register: Vec<usize>,
    /// Whether a register's value is kept as a whole column, for another frame.
    pub(super) kept: Vec<bool>,
    /// Whether a value is a comparison that is a rule's condition and nothing else: it has no register.
    pub(super) bare: Vec<bool>,
    /// For each rule that holds wherever an earlier one does not, and its values are defined, that one's place.
    pub(super) opposite: Vec<Option<usize>>,
    /// The values of those rules.
    pub(super) opposed: Vec<Id>,
}

/// The values of one frame, computed block by block.
#[derive(Clone, Default)]
pub(super) struct Loop {
    pub(super) frame: usize,
    /// What is computed, in order; an indicator once, with the output named first.
    pub(super) values: Vec<Id>,
    /// How many registers that takes.
    pub(super) registers: usize,
}

/// Whether a value lives in a register of a loop, rather than being a constant or a column of the bars.
pub(super) const fn is_register(op: Op) -> bool {
    !matches!(op, Op::Constant(_) | Op::Column(_))
}

/// Which values are comparisons that a rule consists of and that nothing else reads.
fn bare(graph: &Graph, roots: &[(Id, Kind)]) -> Vec<bool> {
    let mut bare = vec![false; graph.values.len()];
    for &(root, _) in roots {
        bare[root] = graph.values[root].op.opposite().is_some() && graph.values[root].frame == 0;
    }
    for needed in (0..graph.values.len()).flat_map(|id| graph.needs(id)) {
        bare[*needed] = false;
    }
    bare
}

/// For each bare comparison among the roots the earlier one that compares the same values the other way round.
fn opposites(graph: &Graph, roots: &[(Id, Kind)], bare: &[bool]) -> Vec<Option<usize>> {
    let mut known = HashMap::new();
    let opposite = |(place, &(root, _)): (usize, &(Id, Kind))| {
        let Value { op, args, .. } = graph.values[root];
        let found = bare[root].then(|| known.get(&(op.opposite()?, args)).copied()).flatten();
        if bare[root] && found.is_none() {
            known.entry((op, args)).or_insert(place);
        }
        found
    };
    roots.iter().enumerate().map(opposite).collect()
}

impl Plan {
    fn new(graph: &Graph, roots: &[(Id, Kind)]) -> Self {
        let bare = bare(graph, roots);
        let opposite = opposites(graph, roots, &bare);
        let opposing = roots.iter().zip(&opposite).filter(|(_, opposite)| opposite.is_some());
        let opposed = opposing.flat_map(|(root, _)| graph.values[root.0].args);
        let opposed = opposed.collect::<BTreeSet<Id>>().into_iter().collect();
        let own = graph.frames[0].instrument;
        let mut order: Vec<usize> = (0..graph.frames.len()).collect();
        // Other instruments never read this one, and a higher timeframe never reads a lower one.
        order.sort_by_key(|&frame| (graph.frames[frame].instrument == own, Reverse(graph.frames[frame].span_ns)));
        let (mut register, mut kept) = (vec![0; graph.values.len()], vec![false; graph.values.len()]);
        let mut loops: Vec<Loop> = order.iter().map(|&frame| Loop { frame, ..Loop::default() }).collect();
        let mut first_register = vec![None; graph.calls.len()];
        for (id, value) in graph.values.iter().enumerate().filter(|(id, value)| is_register(value.op) && !bare[*id]) {
            let Some(block_loop) = loops.iter_mut().find(|known| known.frame == value.frame) else { continue };
            if value.op == Op::Align {
                kept[value.args[0]] = is_register(graph.values[value.args[0]].op);
            }
            let next = block_loop.registers;
            let (call, output) =
                if let Op::Indicator(call, output) = value.op { (Some(call), output) } else { (None, 0) };
            let known = call.and_then(|call| first_register[call]);
            register[id] = known.unwrap_or(next) + output;
            if known.is_none() {
                block_loop.values.push(id);
                block_loop.registers += call.map_or(1, |call| graph.calls[call].spec.outputs.len());
            }
            if let Some(call) = call {
                first_register[call] = known.or(Some(next));
            }
        }
        Self { loops, register, kept, bare, opposite, opposed }
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Program of {} rules, {} indicators", self.rules(), self.indicators())
    }
}
