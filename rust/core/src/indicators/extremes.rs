//! The greatest and the least of the last values.

use super::sums::{LANES, fold_short};
use crate::keep::kept;

/// Candidates for the extreme of a window, best first: a monotonic queue in a ring of `period` slots.
#[derive(Debug, Clone)]
pub(super) struct Extreme {
    values: Vec<f64>,
    rows: Vec<u64>,
    head: usize,
    length: usize,
    row: u64,
    /// 1 for the maximum, -1 for the minimum (values are held with this sign).
    sign: f64,
}

kept!(Extreme { values, rows, head, length, row });

impl Extreme {
    pub(super) fn maximum(period: usize) -> Self {
        Self::signed(period, 1.0)
    }

    pub(super) fn minimum(period: usize) -> Self {
        Self::signed(period, -1.0)
    }

    fn signed(period: usize, sign: f64) -> Self {
        Self { values: vec![0.0; period], rows: vec![0; period], head: 0, length: 0, row: 0, sign }
    }

    pub(super) fn period(&self) -> usize {
        self.values.len()
    }

    /// Takes a finite value; the extreme of the values seen so far, at most the last `period`.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        let period = self.values.len();
        let x = self.sign * x;
        if self.length > 0 && self.row - self.rows[self.head] >= period as u64 {
            self.head = if self.head + 1 == period { 0 } else { self.head + 1 };
            self.length -= 1;
        }
        while self.length > 0 && self.values[self.slot(self.length - 1)] <= x {
            self.length -= 1;
        }
        let slot = self.slot(self.length);
        self.values[slot] = x;
        self.rows[slot] = self.row;
        self.length += 1;
        self.row += 1;
        self.sign * self.values[self.head]
    }

    fn slot(&self, position: usize) -> usize {
        let slot = self.head + position;
        if slot >= self.values.len() { slot - self.values.len() } else { slot }
    }
}

/// The greater of two finite values, in one instruction (the standard's rule for NaN takes three).
#[inline(always)]
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The lesser of two finite values, in one instruction.
#[inline(always)]
pub(super) fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Extremes over whole columns: room for intermediate levels, kept from chunk to chunk.
#[derive(Debug, Default)]
pub(super) struct Sliding {
    level: Vec<f64>,
    next: Vec<f64>,
}

impl Sliding {
    /// `y[i]` = greatest of `x[i .. i + period]`; `x` is longer than `y` by `period` - 1.
    #[inline(never)]
    pub(super) fn maximum(&mut self, x: &[f64], period: usize, y: &mut [f64]) {
        self.doubling(x, period, y, greater);
    }

    /// As `maximum`, the least.
    #[inline(never)]
    pub(super) fn minimum(&mut self, x: &[f64], period: usize, y: &mut [f64]) {
        self.doubling(x, period, y, lesser);
    }

    /// Each level holds the extremes of windows twice as wide as the level before; two windows of the last level cover
    /// the whole period.
    #[inline(always)]
    fn doubling(&mut self, x: &[f64], period: usize, y: &mut [f64], better: impl Fn(f64, f64) -> f64) {
        if period <= LANES {
            return fold_short(x, period, y, better, |extreme| extreme);
        }
        let pairs = |level: &[f64], width: usize, next: &mut Vec<f64>| {
            next.clear();
            next.extend(level.iter().zip(&level[width..]).map(|(&a, &b)| better(a, b)));
        };
        pairs(x, 1, &mut self.level);
        let mut width = 2;
        while 2 * width <= period {
            pairs(&self.level, width, &mut self.next);
            std::mem::swap(&mut self.level, &mut self.next);
            width *= 2;
        }
        for ((y, &a), &b) in y.iter_mut().zip(&self.level).zip(&self.level[period - width..]) {
            *y = better(a, b);
        }
    }
}
