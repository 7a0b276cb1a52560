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
mod stretch;
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
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, Side};
use tradenode_core::risk::Approved;

use market::Market;
use order::{Order, Place};

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

    /// Takes a request that arrives now; the index of the instrument that it is about.
    pub fn on_request(&mut self, request: &Request, now: i64) -> usize {
        match request {
            Request::Submit(approved, terms) => {
                self.submit(approved.id(), approved.intent(), *terms, now);
                approved.intent().instrument
            }
            Request::Cancel { instrument, order } => {
                self.cancel(*instrument, *order, now);
                *instrument
            }
            Request::Replace { order, by } => {
                self.replace(*order, by.intent(), now);
                by.intent().instrument
            }
            Request::CancelAll { instrument } => {
                self.at(*instrument, now).cancel_every_order(now);
                *instrument
            }
        }
    }

    /// Takes an order that arrives now. One of a run comes through [`Venue::on_request`], approved.
    pub(crate) fn submit(&mut self, order: u64, intent: &Intent, terms: Terms, now: i64) {
        self.at(intent.instrument, now).submit(order, intent, terms, now);
    }

    /// Takes a cancel that arrives now.
    pub(crate) fn cancel(&mut self, instrument: usize, order: u64, now: i64) {
        self.at(instrument, now).cancel_order(order, now);
    }

    /// Takes a new size, filled lots included, and price of an order, which arrive now.
    pub(crate) fn replace(&mut self, order: u64, by: &Intent, now: i64) {
        self.at(by.instrument, now).replace(order, by, now);
    }

    /// The market of an instrument at a time at which something is asked of it.
    fn at(&mut self, instrument: usize, now: i64) -> &mut Market {
        let market = &mut self.markets[instrument];
        market.expire_until(now);
        if market.recorded.is_some() {
            market.settle_prints(now);
        }
        market
    }

    /// Hands over what has happened to orders of an instrument since the last call.
    #[inline]
    pub fn reports(&mut self, instrument: usize) -> std::vec::Drain<'_, Report> {
        self.markets[instrument].out.drain(..)
    }

    /// The same as a list whose memory [`Venue::take_back`] wants back.
    #[inline]
    pub(crate) fn lend_reports(&mut self, instrument: usize) -> Vec<Report> {
        std::mem::take(&mut self.markets[instrument].out)
    }

    /// Takes the list of [`Venue::lend_reports`] back, to be used again.
    #[inline]
    pub(crate) fn take_back(&mut self, instrument: usize, mut reports: Vec<Report>) {
        reports.clear();
        self.markets[instrument].out = reports;
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

    /// Of each living order its number, instrument, lots, lots left, and whether it rests in the book; ascending.
    #[must_use]
    pub fn orders(&self) -> Vec<(u64, usize, i64, i64, bool)> {
        let of = |market: &Market| {
            let shown = |(id, order): (u64, &Order)| (id, order.lots, order.left, order.place == Place::Resting);
            market.orders.iter().map(shown).collect::<Vec<_>>()
        };
        let each = self.markets.iter().enumerate();
        let mut orders: Vec<_> = each
            .flat_map(|(index, market)| {
                of(market).into_iter().map(move |(id, lots, left, rests)| (id, index, lots, left, rests))
            })
            .collect();
        orders.sort_unstable();
        orders
    }

    /// How many orders of an instrument live at the venue.
    #[must_use]
    pub fn open_orders(&self, instrument: usize) -> usize {
        self.markets[instrument].orders.len()
    }
}

#[cfg(test)]
mod tests;
