//! Order books: levels with their sizes (L2), and every order in its queue (L3).
//!
//! Prices are ticks and sizes lots; a bid is [`Side::Buy`], an ask [`Side::Sell`]. Any tick of an `i64` may be used.

mod checksum;
mod feed;
mod id_map;
mod ladder;
mod measures;
mod order_book;
mod order_error;
mod order_queues;
mod repair;
mod sequence;
mod slab;
mod state_hash;
mod tail;
mod uncross;

pub use checksum::{Checksum, ChecksumError, ChecksumRule, ChecksumVerdict, NumberText};
pub use feed::BookError;
pub use measures::Sweep;
pub use order_book::{OrderBook, RestingOrder};
pub use order_error::OrderError;
pub use sequence::{Numbers, SequenceRule, Sequencer, Verdict};
pub use uncross::StampedBook;

use crate::orders::Side;
use ladder::{Keyed, Ladder};

/// How many blocks of 64 ticks the window of a side has, unless told otherwise: 16,384 ticks, 130 KB.
pub const WINDOW_BLOCKS: usize = 256;

/// A price and what rests there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Ticks.
    pub price: i64,
    /// Lots, above zero.
    pub size: i64,
}

/// The levels of both sides of one instrument's book.
///
/// Each side is a dense window of levels around its best one and an exact tail for the rest. Nothing is dropped, and
/// nothing is allocated once the tail has been as large as it gets. `BLOCKS` is a power of two, at least 8.
#[derive(Debug, Clone)]
pub struct Book<const BLOCKS: usize = WINDOW_BLOCKS> {
    sides: [Ladder<BLOCKS>; 2],
    /// The level of each side that only a quote has told of.
    quoted: [Option<i64>; 2],
    stale: bool,
}

/// A key grows towards the touch: the price of a bid, the complement of that of an ask. It is its own inverse.
#[inline]
const fn key_of(side: Side, price: i64) -> i64 {
    price ^ -(side as i64)
}

#[inline]
const fn level_of(side: Side, level: Keyed) -> Level {
    Level { price: key_of(side, level.key), size: level.size }
}

impl Book {
    /// An empty book with windows of [`WINDOW_BLOCKS`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<const BLOCKS: usize> Default for Book<BLOCKS> {
    fn default() -> Self {
        Self { sides: [Ladder::new(), Ladder::new()], quoted: [None; 2], stale: false }
    }
}

impl<const BLOCKS: usize> Book<BLOCKS> {
    /// Sets the size of a level; returns what it was before, 0 for none.
    ///
    /// A size of 0 removes the level, and so does one below (which [`Self::apply`] refuses).
    #[inline]
    pub fn set(&mut self, side: Side, price: i64, size: i64) -> i64 {
        self.sides[side as usize].set(key_of(side, price), size.max(0))
    }

    /// The same for a size of at least 0 that does not take the best level away, as most do not; `None`, and nothing is done,
    /// for others and wherever that takes more than a look.
    #[inline(always)]
    pub fn set_in_place(&mut self, side: Side, price: i64, size: i64) -> Option<i64> {
        self.sides[side as usize].set_in_place(key_of(side, price), size)
    }

    /// Takes the best level of a side away if it has that price and the next one is no worse than a limit; the size it had.
    /// `None`, and nothing is done, for others and wherever that takes more than a look.
    #[inline(always)]
    pub fn drop_best(&mut self, side: Side, price: i64, limit: i64) -> Option<i64> {
        self.sides[side as usize].drop_best(key_of(side, price), key_of(side, limit))
    }

    /// Whether a level of that price would cross the best one of the other side.
    #[must_use]
    #[inline]
    pub const fn would_cross(&self, side: Side, price: i64) -> bool {
        // The complement of the other side's greatest key is its price as a key of this side.
        key_of(side, price) > !self.sides[side.opposite() as usize].top()
    }

    /// The size of a level, 0 where there is none.
    #[must_use]
    #[inline]
    pub fn size(&self, side: Side, price: i64) -> i64 {
        self.sides[side as usize].size(key_of(side, price))
    }

    /// The best level of a side, which is kept: reading it costs nothing.
    #[must_use]
    #[inline]
    pub const fn best(&self, side: Side) -> Option<Level> {
        match self.sides[side as usize].best() {
            Some(best) => Some(level_of(side, best)),
            None => None,
        }
    }

    /// The prices of the best bid and the best ask; of an empty side the one that no other is worse than.
    #[must_use]
    #[inline]
    pub const fn best_prices(&self) -> (i64, i64) {
        let [bids, asks] = &self.sides;
        (key_of(Side::Buy, bids.top()), key_of(Side::Sell, asks.top()))
    }

    /// How many levels a side has.
    #[must_use]
    #[inline]
    pub const fn len(&self, side: Side) -> usize {
        self.sides[side as usize].levels()
    }

    /// Whether neither side has a level.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len(Side::Buy) == 0 && self.len(Side::Sell) == 0
    }

    /// The levels of a side, best first.
    #[inline]
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        let ladder = &self.sides[side as usize];
        let mut next = ladder.best();
        std::iter::from_fn(move || {
            let level = next?;
            next = ladder.below(level.key);
            Some(level_of(side, level))
        })
    }

    /// The first level of a side at this price or, where there is none, behind it (further from the touch).
    #[must_use]
    pub fn level_from(&self, side: Side, price: i64) -> Option<Level> {
        self.sides[side as usize].at_or_below(key_of(side, price)).map(|level| level_of(side, level))
    }

    /// Removes the levels of a side, or of both.
    pub fn clear(&mut self, side: Option<Side>) {
        for each in [Side::Buy, Side::Sell] {
            if side.is_none_or(|side| side == each) {
                self.sides[each as usize].clear();
                self.quoted[each as usize] = None;
            }
        }
    }

    /// Whether the best bid is above the best ask.
    ///
    /// Within a message this may be; after its last row it is a fault, of the venue or of what was received, and the
    /// book is not to be traded on. A venue whose books overlap by design has a [`StampedBook`].
    #[must_use]
    #[inline]
    pub const fn is_crossed(&self) -> bool {
        let (bid, ask) = self.best_prices();
        bid > ask
    }

    /// Whether the best bid is at the best ask.
    #[must_use]
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.touch().is_some_and(|(bid, ask)| bid.price == ask.price)
    }

    /// The best bid and the best ask, where there are both.
    #[must_use]
    #[inline]
    pub fn touch(&self) -> Option<(Level, Level)> {
        Some((self.best(Side::Buy)?, self.best(Side::Sell)?))
    }
}
