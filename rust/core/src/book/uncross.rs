//! A book whose sides may overlap by design, and the rule that takes them apart.

use super::{Book, WINDOW_BLOCKS};
use crate::orders::Side;

/// A book of a venue without one canonical book, with the message that last changed each level.
///
/// dYdX v4 has no such book: every validator matches on its own, and what its Indexer sends can overlap. Its
/// documentation ("How to uncross the orderbook") says: while the best bid is not below the best ask, drop the level
/// whose last change is older; where both are of one message, subtract the smaller size from both.
#[derive(Debug, Clone, Default)]
pub struct StampedBook<const BLOCKS: usize = WINDOW_BLOCKS> {
    book: Book<BLOCKS>,
    /// The same levels with the number of their message, plus one, instead of their size.
    stamps: Book<BLOCKS>,
}

impl<const BLOCKS: usize> StampedBook<BLOCKS> {
    /// The levels. Between [`Self::set`] and [`Self::uncross`] they may overlap.
    #[must_use]
    pub const fn book(&self) -> &Book<BLOCKS> {
        &self.book
    }

    /// Sets the size of a level as a message says; returns what it was before. Numbers of messages from 2^63 - 1 on are
    /// all one.
    pub fn set(&mut self, side: Side, price: i64, size: i64, message: u64) -> i64 {
        let stamp = if size > 0 { i64::try_from(message).unwrap_or(i64::MAX).saturating_add(1) } else { 0 };
        self.stamps.set(side, price, stamp);
        self.book.set(side, price, size)
    }

    /// Removes the levels of a side, or of both.
    pub fn clear(&mut self, side: Option<Side>) {
        self.book.clear(side);
        self.stamps.clear(side);
    }

    /// Takes the sides apart: afterwards the best bid is below the best ask. Returns how many levels were removed.
    pub fn uncross(&mut self) -> usize {
        let mut removed = 0;
        while let Some((bid, ask)) = self.book.touch().filter(|(bid, ask)| bid.price >= ask.price) {
            let bid_stamp = self.stamps.size(Side::Buy, bid.price);
            let ask_stamp = self.stamps.size(Side::Sell, ask.price);
            let (bid_left, ask_left) = match bid_stamp.cmp(&ask_stamp) {
                std::cmp::Ordering::Less => (0, ask.size),
                std::cmp::Ordering::Greater => (bid.size, 0),
                std::cmp::Ordering::Equal => (bid.size - bid.size.min(ask.size), ask.size - bid.size.min(ask.size)),
            };
            for (side, price, left, stamp) in
                [(Side::Buy, bid.price, bid_left, bid_stamp), (Side::Sell, ask.price, ask_left, ask_stamp)]
            {
                self.book.set(side, price, left);
                self.stamps.set(side, price, if left == 0 { 0 } else { stamp });
                removed += usize::from(left == 0);
            }
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Level;

    fn overlapping(bid_message: u64, ask_message: u64) -> StampedBook {
        let mut book = StampedBook::default();
        book.set(Side::Buy, 99, 7, 0);
        book.set(Side::Buy, 101, 5, bid_message);
        book.set(Side::Sell, 100, 3, ask_message);
        book.set(Side::Sell, 102, 4, 0);
        book
    }

    #[test]
    fn the_older_level_goes() {
        let mut book = overlapping(1, 2);
        assert_eq!(book.uncross(), 1);
        assert_eq!(book.book().touch(), Some((Level { price: 99, size: 7 }, Level { price: 100, size: 3 })));
        let mut book = overlapping(2, 1);
        assert_eq!(book.uncross(), 1);
        assert_eq!(book.book().touch(), Some((Level { price: 101, size: 5 }, Level { price: 102, size: 4 })));
    }

    #[test]
    fn levels_of_one_message_lose_the_smaller_size() {
        let mut book = overlapping(1, 1);
        assert_eq!(book.uncross(), 1);
        assert_eq!(book.book().touch(), Some((Level { price: 101, size: 2 }, Level { price: 102, size: 4 })));
        book.set(Side::Sell, 101, 2, 1);
        assert!(book.book().is_locked());
        assert_eq!(book.uncross(), 2);
        assert_eq!(book.book().touch(), Some((Level { price: 99, size: 7 }, Level { price: 102, size: 4 })));
        assert_eq!(book.uncross(), 0);
    }
}
