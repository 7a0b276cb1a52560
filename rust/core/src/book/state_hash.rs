//! A hash of what a book holds, whatever the structure that holds it.

use super::{Book, Level};
use crate::orders::Side;

/// 64-bit FNV-1a over whole words: <http://www.isthe.com/chongo/tech/comp/fnv/>, eight bytes at a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateHash(u64);

impl StateHash {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        // A multiplication carries upwards only: high bits must reach the low ones as well.
        self.0 ^= self.0 >> 29;
    }

    /// The levels of a side, best first.
    pub(super) fn side(&mut self, levels: impl Iterator<Item = Level>) {
        let mut count = 0_u64;
        for level in levels {
            self.word(level.price as u64);
            self.word(level.size as u64);
            count += 1;
        }
        self.word(count);
    }

    pub(super) const fn finish(self) -> u64 {
        self.0
    }
}

impl<const BLOCKS: usize> Book<BLOCKS> {
    /// A hash over price and size of every level: bids best first and their number, then asks and theirs.
    ///
    /// The same levels give the same hash, in any process and with any window. A word `w` is taken in by
    /// `h = (h ^ w) * 0x100000001b3; h ^= h >> 29` modulo 2^64, beginning with `h = 0xcbf29ce484222325`.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = StateHash::new();
        hash.side(self.levels(Side::Buy));
        hash.side(self.levels(Side::Sell));
        hash.finish()
    }
}
