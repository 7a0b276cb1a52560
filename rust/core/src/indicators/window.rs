//! The last `period` values of a series, and their weighted sum.

use crate::keep::kept;

/// A ring of the last `period` values.
#[derive(Debug, Clone)]
pub(super) struct Window {
    ring: Vec<f64>,
    next: usize,
    full: bool,
}

kept!(Window { ring, next, full });

impl Window {
    pub(super) fn new(period: usize) -> Self {
        Self { ring: vec![0.0; period], next: 0, full: false }
    }

    pub(super) fn period(&self) -> usize {
        self.ring.len()
    }

    /// Whether `period` values were pushed.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether the last push completed a turn of the ring: it then holds its values from the oldest to the newest.
    pub(super) fn is_turn(&self) -> bool {
        self.next == 0 && self.full
    }

    /// The slots in the ring's own order; those never written hold 0.
    pub(super) fn slots(&self) -> &[f64] {
        &self.ring
    }

    /// Replaces the oldest value and returns it (0 while the window fills).
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.ring[self.next], x);
        self.next += 1;
        if self.next == self.ring.len() {
            self.next = 0;
            self.full = true;
        }
        old
    }
}

/// A running sum with weights 1 (oldest) to `period` (newest). Each turn of the ring also sums its own values from zero
/// and, once complete, that sum replaces the running one: rounding never outlives `period` updates.
#[derive(Debug, Clone)]
pub(super) struct WeightedSum {
    window: Window,
    plain: f64,
    weighted: f64,
    turn: Turn,
}

kept!(WeightedSum { window, plain, weighted, turn });

/// The sums of the turn under way, from zero.
#[derive(Debug, Clone, Default)]
struct Turn {
    count: f64,
    plain: f64,
    weighted: f64,
}

kept!(Turn { count, plain, weighted });

impl WeightedSum {
    pub(super) fn new(period: usize) -> Self {
        Self { window: Window::new(period), plain: 0.0, weighted: 0.0, turn: Turn::default() }
    }

    pub(super) fn period(&self) -> usize {
        self.window.period()
    }

    /// Adds a value, drops the oldest; the weighted sum, or NaN until the window is full.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        let old = self.window.push(x);
        self.turn.count += 1.0;
        self.turn.plain += x;
        self.turn.weighted += self.turn.count * x;
        self.weighted += self.window.period() as f64 * x - self.plain;
        self.plain += x - old;
        if self.window.is_turn() {
            (self.plain, self.weighted) = (self.turn.plain, self.turn.weighted);
            self.turn = Turn::default();
        }
        if self.window.is_full() { self.weighted } else { f64::NAN }
    }
}
