//! The last values of a series side by side in memory, oldest first.

use crate::keep::kept;

/// The last `period` values; pushing moves them once in a while, a constant cost a value.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    period: usize,
    values: Vec<f64>,
}

kept!(Recent { values });

impl Recent {
    pub(super) const fn new(period: usize) -> Self {
        Self { period, values: Vec::new() }
    }

    /// Takes a value; the last `period` values, or nothing until there are as many.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> Option<&[f64]> {
        if self.values.len() >= 2 * self.period + 64 {
            self.values.drain(..self.values.len() - self.period);
        }
        self.values.push(x);
        self.values.len().checked_sub(self.period).map(|start| &self.values[start..])
    }
}
