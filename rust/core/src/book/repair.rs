//! What can be said of a book without a message about it: levels that a trade has passed, levels beyond a depth.

use super::{Book, key_of};
use crate::orders::Side;

impl<const BLOCKS: usize> Book<BLOCKS> {
    /// Removes what a trade proves to be gone; returns how many levels.
    ///
    /// A taker gets the best price there is. A buyer who paid `price` therefore found no ask below it, a seller no bid
    /// above it: those levels of the side that was taken from are removed. The level at the price itself stays as it
    /// is, since the trade does not tell what is left of it, and so does the other side.
    pub fn trade_through(&mut self, taker: Side, price: i64) -> usize {
        self.remove_better(taker.opposite(), price)
    }

    /// Removes the levels of a side that are better than a price; returns how many.
    pub fn remove_better(&mut self, side: Side, price: i64) -> usize {
        let (ladder, bound) = (&mut self.sides[side as usize], key_of(side, price));
        let mut removed = 0;
        while let Some(best) = ladder.best().filter(|best| best.key > bound) {
            ladder.set(best.key, 0);
            removed += 1;
        }
        removed
    }

    /// Removes the worst levels of a side until it has no more than `levels`; returns how many were removed.
    ///
    /// A venue that sends a fixed depth says nothing of a level that falls out of it.
    pub fn truncate(&mut self, side: Side, levels: usize) -> usize {
        let ladder = &mut self.sides[side as usize];
        let mut removed = 0;
        while ladder.levels() > levels
            && let Some(key) = ladder.lowest()
        {
            ladder.set(key, 0);
            removed += 1;
        }
        removed
    }
}
