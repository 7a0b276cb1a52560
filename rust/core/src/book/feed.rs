//! Books as the events of a tape make them, and whether they can be trusted.

use thiserror::Error;

use super::{Book, OrderBook, OrderError, RestingOrder};
use crate::event::{Event, GAP, Kind, LAST, SNAPSHOT};
use crate::orders::Side;

/// An event that a book cannot take; the book is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BookError {
    /// A size below zero.
    #[error("negative size {size} at price {price}")]
    NegativeSize {
        /// Ticks.
        price: i64,
        /// Lots.
        size: i64,
    },
    /// A level of neither side.
    #[error("{kind:?} at price {price} without a side")]
    NoSide {
        /// What the event says.
        kind: Kind,
        /// Ticks.
        price: i64,
    },
}

impl<const BLOCKS: usize> Book<BLOCKS> {
    /// Applies a [`Kind::Depth`], [`Kind::Clear`] or [`Kind::Quote`]; other kinds leave the levels as they are.
    ///
    /// A quote removes the levels that are better than it and sets its own. The level of a quote that is replaced by
    /// another goes too, unless depth has told of it: a book that is fed nothing but quotes has one level a side.
    ///
    /// [`GAP`] on depth or clear makes the book stale; the row with [`SNAPSHOT`] and [`LAST`] that ends a snapshot makes
    /// it sound again. Quotes or trades that are missing leave a book as sound as it was.
    ///
    /// # Errors
    /// A negative size, a level without a side.
    #[inline]
    pub fn apply(&mut self, event: &Event) -> Result<(), BookError> {
        match event.kind {
            Kind::Depth => {
                let side = checked_side(event)?;
                self.set(side, event.price, event.size);
                if self.quoted[side as usize] == Some(event.price) {
                    self.quoted[side as usize] = None;
                }
            }
            Kind::Clear => self.clear(event.side),
            Kind::Quote => {
                self.quote(checked_side(event)?, event.price, event.size);
                return Ok(());
            }
            _ => return Ok(()),
        }
        self.note(event.flags);
        Ok(())
    }

    /// Takes note of the flags of a row of the book alone: for whoever applies the row itself with [`Self::set`].
    #[inline]
    pub const fn note(&mut self, flags: u8) {
        self.stale = is_stale_after(self.stale, flags);
    }

    /// Whether messages are missing that no snapshot has made up for yet. A stale book still takes what comes.
    #[must_use]
    #[inline]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    fn quote(&mut self, side: Side, price: i64, size: i64) {
        if size == 0 {
            return self.clear(Some(side));
        }
        self.remove_better(side, price);
        if let Some(quoted) = self.quoted[side as usize].filter(|quoted| *quoted != price) {
            self.set(side, quoted, 0);
            self.quoted[side as usize] = None;
        }
        if self.set(side, price, size) == 0 {
            self.quoted[side as usize] = Some(price);
        }
    }
}

impl<const BLOCKS: usize> OrderBook<BLOCKS> {
    /// Applies a [`Kind::Add`], [`Kind::Modify`], [`Kind::Cancel`], [`Kind::Execute`] or [`Kind::Clear`]; other kinds
    /// leave the orders, and whether the book is stale, as they are. No order of a tape is ours.
    ///
    /// # Errors
    /// As [`Self::add`], [`Self::modify`], [`Self::cancel`]; a new order without a side, another of the wrong side.
    pub fn apply(&mut self, event: &Event) -> Result<(), OrderError> {
        let (id, price, size) = (event.order_id, event.price, event.size);
        match event.kind {
            Kind::Add => {
                let side = event.side.ok_or(OrderError::NoSide { id })?;
                self.add(RestingOrder { id, side, price, size, own: false })?;
            }
            Kind::Modify | Kind::Cancel | Kind::Execute => {
                let order = self.order(id).ok_or(OrderError::Unknown { id })?;
                if let Some(given) = event.side.filter(|side| *side != order.side) {
                    return Err(OrderError::WrongSide { id, given });
                }
                match event.kind {
                    Kind::Modify => drop(self.modify(id, price, size)?),
                    Kind::Cancel if size == 0 => drop(self.remove(id)?),
                    Kind::Cancel => drop(self.cancel(id, size)?),
                    _ => drop(self.execute(id, size)?),
                }
            }
            Kind::Clear => self.clear(event.side),
            _ => return Ok(()),
        }
        self.stale = is_stale_after(self.stale, event.flags);
        Ok(())
    }

    /// Whether messages are missing that no snapshot has made up for yet.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }
}

#[inline]
const fn is_stale_after(stale: bool, flags: u8) -> bool {
    let complete = flags & (SNAPSHOT | LAST) == SNAPSHOT | LAST;
    !complete && (stale || flags & GAP != 0)
}

#[inline]
fn checked_side(event: &Event) -> Result<Side, BookError> {
    if event.size < 0 {
        return Err(BookError::NegativeSize { price: event.price, size: event.size });
    }
    event.side.ok_or(BookError::NoSide { kind: event.kind, price: event.price })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Level;

    fn event(kind: Kind, side: Option<Side>, price: i64, size: i64, flags: u8) -> Event {
        Event { ts_event: 0, ts_recv: 0, kind, side, flags, price, size, sequence: 0, order_id: 0 }
    }

    fn bids(book: &Book) -> Vec<(i64, i64)> {
        book.levels(Side::Buy).map(|level| (level.price, level.size)).collect()
    }

    #[test]
    fn depth_sets_and_clear_removes() {
        let mut book = Book::new();
        for (price, size) in [(100, 5), (98, 7), (99, 2), (98, 0)] {
            book.apply(&event(Kind::Depth, Some(Side::Buy), price, size, 0)).unwrap();
        }
        book.apply(&event(Kind::Depth, Some(Side::Sell), 103, 1, 0)).unwrap();
        assert_eq!(bids(&book), [(100, 5), (99, 2)]);
        book.apply(&event(Kind::Trade, Some(Side::Sell), 50, 1, 0)).unwrap();
        book.apply(&event(Kind::Clear, Some(Side::Buy), 0, 0, 0)).unwrap();
        assert_eq!((bids(&book), book.best(Side::Sell)), (vec![], Some(Level { price: 103, size: 1 })));
        book.apply(&event(Kind::Clear, None, 0, 0, 0)).unwrap();
        assert!(book.is_empty());
    }

    #[test]
    fn quotes_alone_make_one_level_a_side() {
        let mut book = Book::new();
        for (price, size) in [(100, 5), (101, 6), (99, 7), (99, 8), (100, 1)] {
            book.apply(&event(Kind::Quote, Some(Side::Buy), price, size, 0)).unwrap();
            assert_eq!(bids(&book), [(price, size)]);
        }
        book.apply(&event(Kind::Quote, Some(Side::Buy), 0, 0, 0)).unwrap();
        assert_eq!(bids(&book), []);
    }

    #[test]
    fn a_quote_keeps_the_levels_behind_it_that_depth_told_of() {
        let mut book = Book::new();
        for (price, size) in [(100, 5), (99, 2), (98, 4)] {
            book.apply(&event(Kind::Depth, Some(Side::Buy), price, size, 0)).unwrap();
        }
        book.apply(&event(Kind::Quote, Some(Side::Buy), 99, 3, 0)).unwrap();
        assert_eq!(bids(&book), [(99, 3), (98, 4)]);
        book.apply(&event(Kind::Quote, Some(Side::Buy), 101, 1, 0)).unwrap();
        book.apply(&event(Kind::Depth, Some(Side::Buy), 101, 2, 0)).unwrap();
        book.apply(&event(Kind::Quote, Some(Side::Buy), 102, 1, 0)).unwrap();
        book.apply(&event(Kind::Quote, Some(Side::Buy), 103, 1, 0)).unwrap();
        assert_eq!(bids(&book), [(103, 1), (101, 2), (99, 3), (98, 4)]);
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut book = Book::new();
        book.apply(&event(Kind::Depth, Some(Side::Buy), 100, 5, 0)).unwrap();
        let refused = book.apply(&event(Kind::Depth, Some(Side::Buy), 100, -5, GAP));
        assert_eq!(refused.unwrap_err().to_string(), "negative size -5 at price 100");
        let refused = book.apply(&event(Kind::Quote, None, 100, 5, 0));
        assert_eq!(refused.unwrap_err().to_string(), "Quote at price 100 without a side");
        assert_eq!((bids(&book), book.is_stale()), (vec![(100, 5)], false));
    }

    #[test]
    fn a_gap_makes_a_book_stale_until_a_whole_snapshot_is_in() {
        let mut book = Book::new();
        let mut stale = |kind, flags| {
            book.apply(&event(kind, Some(Side::Buy), 100, 5, flags)).unwrap();
            book.is_stale()
        };
        assert!(!stale(Kind::Depth, LAST));
        assert!(!stale(Kind::Trade, GAP | LAST));
        assert!(!stale(Kind::Quote, GAP | LAST));
        assert!(stale(Kind::Depth, GAP | LAST));
        assert!(stale(Kind::Trade, SNAPSHOT | LAST));
        assert!(stale(Kind::Depth, LAST));
        assert!(stale(Kind::Clear, SNAPSHOT));
        assert!(stale(Kind::Depth, SNAPSHOT));
        assert!(!stale(Kind::Depth, SNAPSHOT | LAST));
        assert!(stale(Kind::Clear, GAP | SNAPSHOT));
        assert!(!stale(Kind::Depth, SNAPSHOT | LAST));
    }
}
