//! A hash of what a book holds, whatever the structure that holds it.

use super::{Book, Level, OrderBook};
use crate::orders::Side;

/// 64-bit FNV-1a over whole words: <http://www.isthe.com/chongo/tech/comp/fnv/>, eight bytes at a step.
#[derive(Debug, Clone, Copy)]
struct StateHash(u64);

impl StateHash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        // A multiplication carries upwards only: high bits must reach the low ones as well.
        self.0 ^= self.0 >> 29;
    }

    /// The levels of a side, best first.
    fn side(&mut self, levels: impl Iterator<Item = Level>) {
        let mut count = 0_u64;
        for level in levels {
            self.word(level.price as u64);
            self.word(level.size as u64);
            count += 1;
        }
        self.word(count);
    }

    const fn finish(self) -> u64 {
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

impl<const BLOCKS: usize> OrderBook<BLOCKS> {
    /// A hash over every order: for each level of the bids, best first, its price, the id and the size of its orders,
    /// first come first, and their number; then the number of levels; then the same of the asks. Made as
    /// [`Book::state_hash`] is.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = StateHash::new();
        for side in [Side::Buy, Side::Sell] {
            let mut levels = 0_u64;
            for level in self.levels(side) {
                hash.word(level.price as u64);
                let mut orders = 0_u64;
                for order in self.queue(side, level.price) {
                    hash.word(order.id);
                    hash.word(order.size as u64);
                    orders += 1;
                }
                hash.word(orders);
                levels += 1;
            }
            hash.word(levels);
        }
        hash.finish()
    }
}
