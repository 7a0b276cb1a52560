//! The largest fall of a curve of closed trades within a window that moves on.
//!
//! The window is a queue of two stacks: of the older trades every tail is joined, of the newer ones the whole. A step
//! costs constant time on average, whatever leaves the window. Joining takes only the greatest and least of quotients or
//! differences, and both are monotone in floats, too: the answer is to the last bit that of the whole list.

use serde::{Deserialize, Serialize};

/// How a fall is measured; either way less is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    /// What is left of the peak, a share; nothing of one at 0 or below.
    Share,
    /// What is left less the peak.
    Difference,
}

impl Measure {
    #[inline]
    pub(super) fn left(self, peak: f64, value: f64) -> f64 {
        match self {
            Self::Share if peak > 0.0 => (value / peak).max(0.0),
            Self::Share => 0.0,
            Self::Difference => value - peak,
        }
    }
}

/// A stretch of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    peak: f64,
    low: f64,
    left: f64,
}

impl Stretch {
    fn point(value: f64, measure: Measure) -> Self {
        Self { peak: value, low: value, left: measure.left(value, value) }
    }

    fn join(self, later: Self, measure: Measure) -> Self {
        Self {
            peak: self.peak.max(later.peak),
            low: self.low.min(later.low),
            left: self.left.min(later.left).min(measure.left(self.peak, later.low)),
        }
    }
}

/// A trade that moved the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    closed: i64,
    before: f64,
    after: f64,
}

impl Step {
    fn stretch(self, measure: Measure) -> Stretch {
        Stretch::point(self.before, measure).join(Stretch::point(self.after, measure), measure)
    }
}

/// What of it survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    measure: Measure,
    value: f64,
    steps: Vec<Step>,
}

/// The window.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub(super) struct Falls {
    measure: Measure,
    value: f64,
    /// The older ones, the youngest of them first, each joined with all before it here.
    older: Vec<(Step, Stretch)>,
    newer: Vec<Step>,
    joined: Option<Stretch>,
}

impl Falls {
    pub(super) fn new(measure: Measure, start: f64) -> Self {
        Self { measure, value: start, older: Vec::new(), newer: Vec::new(), joined: None }
    }

    /// Moves the curve by a trade.
    pub(super) fn add(&mut self, closed: i64, change: f64) {
        let step = Step { closed, before: self.value, after: self.value + change };
        self.value = step.after;
        self.push(step);
    }

    fn push(&mut self, step: Step) {
        let stretch = step.stretch(self.measure);
        self.joined = Some(self.joined.map_or(stretch, |joined| joined.join(stretch, self.measure)));
        self.newer.push(step);
    }

    /// Lets go of the trades that closed at `time` or before.
    pub(super) fn forget_to(&mut self, time: i64) {
        loop {
            if self.older.is_empty() {
                self.turn();
            }
            if self.older.last().is_none_or(|(step, _)| step.closed > time) {
                return;
            }
            self.older.pop();
        }
    }

    /// Makes the newer ones the older ones.
    fn turn(&mut self) {
        let mut after: Option<Stretch> = None;
        while let Some(step) = self.newer.pop() {
            let stretch = step.stretch(self.measure);
            let joined = after.map_or(stretch, |after| stretch.join(after, self.measure));
            self.older.push((step, joined));
            after = Some(joined);
        }
        self.joined = None;
    }

    /// Lets go of all trades; the curve stays where it is.
    pub(super) fn clear(&mut self) {
        self.older.clear();
        self.newer.clear();
        self.joined = None;
    }

    /// Whether it measures the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.measure == other.measure
    }

    pub(super) fn len(&self) -> usize {
        self.older.len() + self.newer.len()
    }

    /// What was left at the worst fall, by the measure; none without trades.
    pub(super) fn left(&self) -> Option<f64> {
        let older = self.older.last().map(|(_, joined)| *joined);
        let whole = match (older, self.joined) {
            (Some(older), Some(newer)) => Some(older.join(newer, self.measure)),
            (older, newer) => older.or(newer),
        };
        whole.map(|stretch| stretch.left)
    }
}

impl From<Kept> for Falls {
    fn from(kept: Kept) -> Self {
        let mut falls = Self::new(kept.measure, kept.value);
        kept.steps.into_iter().for_each(|step| falls.push(step));
        falls
    }
}

impl From<Falls> for Kept {
    fn from(falls: Falls) -> Self {
        let older = falls.older.iter().rev().map(|(step, _)| *step);
        let steps = older.chain(falls.newer.iter().copied()).collect();
        Self { measure: falls.measure, value: falls.value, steps }
    }
}

impl PartialEq for Falls {
    fn eq(&self, other: &Self) -> bool {
        Kept::from(self.clone()) == Kept::from(other.clone())
    }
}
