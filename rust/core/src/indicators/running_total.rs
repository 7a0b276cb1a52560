//! A running total, defined block by block so that whole columns need not wait for row after row.

use super::recursive::AHEAD;
use crate::keep::kept;

/// The sum of everything so far: the total before the block plus what the rows of the block add up to, so that
/// [`RunningTotal::blocks`] takes many rows at once and makes the bits of [`RunningTotal::push`].
#[derive(Debug, Clone, Default)]
pub(super) struct RunningTotal {
    base: f64,
    added: f64,
    /// The place of the next row in its block.
    row: usize,
}

kept!(RunningTotal { base, added, row });

impl RunningTotal {
    /// Whether a block begins with the next row.
    #[inline]
    pub(super) fn at_block(&self) -> bool {
        self.row == 0
    }

    /// Whether everything so far was finite; to be asked between blocks.
    pub(super) fn is_finite(&self) -> bool {
        self.base.is_finite()
    }

    /// Adds a value; the total.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        self.added += x;
        let total = self.base + self.added;
        self.row = (self.row + 1) % AHEAD;
        if self.row == 0 {
            (self.base, self.added) = (total, 0.0);
        }
        total
    }

    /// Replaces the values of whole blocks by their totals; only where [`RunningTotal::at_block`] is true.
    #[inline(never)]
    pub(super) fn blocks(&mut self, x: &mut [f64]) {
        for block in x.as_chunks_mut::<AHEAD>().0 {
            for row in 1..AHEAD {
                block[row] += block[row - 1];
            }
            *block = block.map(|added| self.base + added);
            self.base = block[AHEAD - 1];
        }
    }
}
