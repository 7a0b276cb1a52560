//! The simulated venue: books made of recorded market data, and our orders in them.
//!
//! It is given market events and requests in the order of their times *at the venue* and answers with reports; it reads
//! no clock and draws no number. Orders come as [`Approved`] alone. Money is not its business: whoever runs it books the
//! fills.
//!
//! What fills a resting order: trades at its price once the queue ahead is used up, trades beyond its price, and levels of
//! the other side that come to its price. What fills an order that takes: the levels that are there as it arrives. While
//! the book is stale or crossed nothing fills.

mod by_order;
mod holding;
mod links;
mod lists;
mod market;
mod matching;
mod order;
mod recorded;
mod report;
mod requests;
mod settings;
mod take;
mod taken;
mod takeover;
mod waiting;

pub(crate) use recorded::Recorded;
pub use report::{End, Execution, Refused, Report, What};
pub use settings::{BookSource, Fills, Impact, SelfTrade, VenueSpec};
pub use takeover::VENUES_ORDERS;
use tradenode_core::book::Book;
use tradenode_core::event::{Event, Tape};
use tradenode_core::orders::Side;
use tradenode_core::orders::terms::Terms;
use tradenode_core::risk::Approved;

use market::Market;

/// What is asked of the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A new order.
    Submit(Approved, Terms),
    /// The end of an order.
    Cancel {
        /// The instrument's index.
        instrument: usize,
        /// The order's number.
        order: u64,
    },
    /// A new size, filled lots included, and price for an order, which keeps its number.
    Replace {
        /// The order's number.
        order: u64,
        /// What it is to be.
        by: Approved,
    },
    /// The end of all orders of an instrument.
    CancelAll {
        /// The instrument's index.
        instrument: usize,
    },
}

impl Request {
    /// The instrument's index.
    #[must_use]
    pub const fn instrument(&self) -> usize {
        match self {
            Self::Submit(approved, _) | Self::Replace { by: approved, .. } => approved.intent().instrument,
            Self::Cancel { instrument, .. } | Self::CancelAll { instrument } => *instrument,
        }
    }
}

/// An instrument as the venue trades it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listing {
    /// The size of a lot in base units, in which logarithmic queue models count.
    pub lot: f64,
    /// What its book is made of.
    pub source: BookSource,
}

/// Between which prices, both included, no touch concerns whoever keeps the accounts; ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// The lowest best bid.
    pub low: i64,
    /// The highest best ask.
    pub high: i64,
}

impl Band {
    /// All prices.
    pub const ALL: Self = Self { low: i64::MIN, high: i64::MAX };

    /// Whether the touch of a book lies outside.
    #[inline]
    pub(crate) fn is_left_by(&self, book: &Book) -> bool {
        book.best(Side::Buy).is_some_and(|bid| bid.price < self.low)
            || book.best(Side::Sell).is_some_and(|ask| ask.price > self.high)
    }
}

/// How far the rows of a tape are taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The last time at which one may happen, ns UTC.
    pub until: i64,
    /// The last time of receipt that one may have, as the tape has it.
    pub received: i64,
    /// Where the touch may be after each.
    pub band: Band,
}

/// The venue.
#[derive(Debug)]
pub struct Venue {
    markets: Vec<Market>,
}

impl Venue {
    /// A venue with these instruments and empty books.
    #[must_use]
    pub fn new(listings: &[Listing], spec: VenueSpec) -> Self {
        let market = |(index, listing): (usize, &Listing)| Market::new(index, listing.lot, listing.source, spec);
        Self { markets: listings.iter().enumerate().map(market).collect() }
    }

    /// Takes a row of an instrument's tape, whose [`Event::ts_event`] is not before that of anything taken before.
    #[inline]
    pub fn on_event(&mut self, instrument: usize, event: &Event) {
        let market = &mut self.markets[instrument];
        market.expire_until(event.ts_event);
        market.on_event(event);
    }

    /// Takes the rows of an instrument's checked tape from `first` on that are within reach, up to one that gives something
    /// to report, moves money or takes the touch out of the band; returns the row after them, and whether the last did one of
    /// the latter two. `clock` is the time of the first, and then of the last one taken.
    pub fn on_rows(
        &mut self,
        instrument: usize,
        tape: &Tape<'_>,
        first: usize,
        clock: &mut i64,
        reach: &Reach,
    ) -> (usize, bool) {
        self.markets[instrument].take_rows(tape, first, clock, reach)
    }

    /// When the time of an order is over next, `i64::MAX` for never.
    #[must_use]
    #[inline]
    pub fn next_expiry(&self) -> i64 {
        self.markets.iter().map(|market| market.next_expiry).min().unwrap_or(i64::MAX)
    }

    /// Ends the orders whose time is over now.
    pub fn expire(&mut self, now: i64) {
        self.markets.iter_mut().for_each(|market| market.expire_until(now));
    }

    /// Takes a request that arrives now.
    pub fn on_request(&mut self, request: &Request, now: i64) {
        let market = &mut self.markets[request.instrument()];
        market.expire_until(now);
        market.settle_prints(now);
        match request {
            Request::Submit(approved, terms) => market.submit(approved, *terms, now),
            Request::Cancel { order, .. } => market.cancel_order(*order, now),
            Request::Replace { order, by } => market.replace(*order, by, now),
            Request::CancelAll { .. } => market.cancel_every_order(now),
        }
    }

    /// Hands over what has happened to orders of an instrument since the last call.
    #[inline]
    pub fn reports(&mut self, instrument: usize) -> std::vec::Drain<'_, Report> {
        self.markets[instrument].out.drain(..)
    }

    /// Whether [`Venue::reports`] would give anything.
    #[must_use]
    #[inline]
    pub fn has_reports(&self, instrument: usize) -> bool {
        !self.markets[instrument].out.is_empty()
    }

    /// The public book of an instrument, as the venue has it.
    #[must_use]
    pub fn book(&self, instrument: usize) -> &Book {
        &self.markets[instrument].book
    }

    /// The price of an instrument's last trade in ticks, 0 before the first.
    #[must_use]
    pub fn last(&self, instrument: usize) -> i64 {
        self.markets[instrument].last
    }

    /// Lots held of an instrument: above zero long.
    #[must_use]
    pub fn position(&self, instrument: usize) -> i64 {
        self.markets[instrument].holding.net()
    }

    /// How many orders of an instrument live at the venue.
    #[must_use]
    pub fn open_orders(&self, instrument: usize) -> usize {
        self.markets[instrument].orders.len()
    }
}

#[cfg(test)]
mod tests;
