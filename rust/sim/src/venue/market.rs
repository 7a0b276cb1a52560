//! One instrument at the venue: the public book, our orders in it, and what its events do to them.

use std::collections::VecDeque;

use tradenode_core::book::Book;
use tradenode_core::event::{Event, GAP, Kind, LAST, Status};
use tradenode_core::orders::Side;

use super::by_order::Prints;
use super::holding::Holding;
use super::matching::Met;
use super::order::Order;
use super::recorded::Recorded;
use super::report::{End, Report, What};
use super::settings::{BookSource, VenueSpec};
use super::taken::Taken;
use crate::models::queue::Ahead;
use tradenode_core::slots::Slots;

/// What most levels of a side are compared with, without a look at our orders.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The least price, in ticks, at which orders of ours rest on the side, and how far up from there the greatest is.
    pub(super) least: i64,
    pub(super) width: u64,
    /// From where on a level reaches one of ours on the other side, as [`height`] tells.
    pub(super) reach: i64,
}

impl Span {
    /// No orders: at the price that it has all the same, there are none to look at.
    const EMPTY: Self = Self { least: i64::MAX, width: 0, reach: i64::MAX };

    #[inline]
    pub(super) const fn holds(&self, price: i64) -> bool {
        // One comparison: a price below wraps around to a large number.
        price.wrapping_sub(self.least) as u64 <= self.width
    }
}

/// A price of a side as a number that grows towards the other side.
#[inline]
pub(super) const fn height(side: Side, price: i64) -> i64 {
    price ^ -(side as i64)
}

/// How many ended orders a market remembers, for those that are tied to them and come later.
pub(super) const RECENT: usize = 1024;

#[derive(Debug)]
pub(crate) struct Market {
    pub(super) index: usize,
    pub(super) spec: VenueSpec,
    /// The size of a lot in base units.
    lot: f64,
    pub(super) book: Book,
    pub(super) source: BookSource,
    /// The orders of a book that is made of them, and what trades tell beyond them.
    pub(super) recorded: Option<Box<Recorded>>,
    pub(super) prints: Prints,
    /// Whether an order of ours joined while the recorded ones were not known.
    pub(super) unplaced: bool,
    pub(super) orders: Slots<Order>,
    /// The orders that ended last, and whether they were filled whole; at most [`RECENT`].
    pub(super) ended: VecDeque<(u64, bool)>,
    /// Our orders in the book, by side: best price first, at one price by arrival.
    pub(super) resting: [Vec<u32>; 2],
    pub(super) spans: [Span; 2],
    /// Those that wait for a price, and those that wait for another order; by arrival.
    pub(super) waiting: Vec<u32>,
    pub(super) held: Vec<u32>,
    pub(super) taken: Vec<Taken>,
    pub(super) holding: Holding,
    pub(super) last: i64,
    pub(super) mark: i64,
    pub(super) status: Status,
    /// Whether the book is stale, or was crossed at the end of the last message: nothing trades on it.
    pub(super) unsound: bool,
    /// Whether a level has reached an order of ours since the last whole and sound message.
    pub(super) crossing: bool,
    /// No order's time is over before this.
    pub(super) next_expiry: i64,
    pub(super) reducing: usize,
    pub(super) fills: u64,
    /// Our orders that a trade reaches, for as long as it does.
    pub(super) met: Vec<(u32, u64)>,
    pub(super) out: Vec<Report>,
}

impl Market {
    pub(crate) fn new(index: usize, lot: f64, source: BookSource, spec: VenueSpec) -> Self {
        Self {
            index,
            spec,
            lot,
            book: Book::new(),
            source,
            recorded: (source == BookSource::Orders).then(Box::default),
            prints: Prints::default(),
            unplaced: false,
            orders: Slots::default(),
            ended: VecDeque::new(),
            resting: [Vec::new(), Vec::new()],
            spans: [Span::EMPTY; 2],
            waiting: Vec::new(),
            held: Vec::new(),
            taken: Vec::new(),
            holding: Holding::default(),
            last: 0,
            mark: 0,
            status: Status::Trading,
            unsound: false,
            crossing: false,
            next_expiry: i64::MAX,
            reducing: 0,
            fills: 0,
            met: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Whether orders can be matched on what is known of the market.
    pub(super) fn is_sound(&self) -> bool {
        !self.unsound && self.status == Status::Trading
    }

    /// Ends what had to end before now.
    #[inline]
    pub(crate) fn expire_until(&mut self, now: i64) {
        if now >= self.next_expiry {
            self.expire(now);
        }
    }

    /// Takes a row of the venue's tape.
    #[inline]
    pub(crate) fn on_event(&mut self, event: &Event) {
        self.unsound |= event.flags & GAP != 0 && event.kind.makes_book();
        match (event.kind, event.side) {
            (Kind::Depth, Some(side)) if self.source != BookSource::Orders => {
                self.on_depth(side, event.price, event.size)
            }
            (Kind::Trade, _) => self.on_trade(event),
            (Kind::Quote, Some(side)) if self.source == BookSource::Quotes => self.on_quote(side, event),
            (Kind::Clear, _) => {
                self.book.clear(event.side);
                self.clear_orders(event.side, event.ts_event);
                self.clear_taken(event.side);
            }
            (Kind::Add | Kind::Modify | Kind::Cancel | Kind::Execute, _) => self.on_order(event),
            (Kind::Mark, _) => self.mark = event.price,
            (Kind::Status, _) => self.on_status(event),
            _ => {}
        }
        if event.flags != 0 {
            self.on_flags(event);
        }
    }

    #[inline]
    fn on_flags(&mut self, event: &Event) {
        let makes_book = event.kind.makes_book();
        if makes_book {
            self.book.note(event.flags);
        }
        if event.flags & LAST != 0 {
            self.on_last(makes_book, event.ts_event);
        }
    }

    /// Where a message ends, the book is as the venue had it: only there is it looked at whether it can be trusted, what
    /// its levels reach and what waits for its price.
    #[inline]
    pub(super) fn on_last(&mut self, makes_book: bool, at: i64) {
        self.unsound = self.book.is_stale() || self.book.is_crossed();
        if makes_book && self.recorded.is_some() && !self.unsound {
            self.place_orders();
        }
        if !self.is_sound() {
            return;
        }
        if self.crossing {
            self.crossing = false;
            self.meet_levels(at);
        }
        if !self.waiting.is_empty() {
            self.set_off(at);
        }
    }

    #[inline(always)]
    pub(super) fn on_depth(&mut self, side: Side, price: i64, size: i64) {
        let before = self.book.set(side, price, size);
        if self.spans[side as usize].holds(price) {
            self.requeue(side, price, before, size);
        }
        if !self.taken.is_empty() {
            self.shrink_taken(side, price, size);
        }
        self.watch_for_crossing(side, price, size);
    }

    /// Takes note of a level that reaches an order of ours on the other side: what comes of it is seen when the message
    /// is whole.
    #[inline]
    pub(super) fn watch_for_crossing(&mut self, side: Side, price: i64, size: i64) {
        self.crossing |= (height(side, price) >= self.spans[side as usize].reach) & (size > 0);
    }

    /// A level has changed at which some of our orders may queue.
    pub(super) fn requeue(&mut self, side: Side, price: i64, before: i64, after: i64) {
        for &slot in &self.resting[side as usize] {
            let order = &mut self.orders[slot];
            if order.ticks == price {
                order.ahead.level(self.spec.queue, before, after, self.lot);
            }
        }
    }

    fn on_quote(&mut self, side: Side, event: &Event) {
        let before = self.book.size(side, event.price);
        if self.book.apply(event).is_err() {
            return;
        }
        self.requeue(side, event.price, before, event.size);
        for &slot in &self.resting[side as usize] {
            if self.orders[slot].is_better_than(event.price) {
                self.orders[slot].ahead = Ahead::last(0);
            }
        }
        self.shrink_taken(side, event.price, event.size);
        self.watch_for_crossing(side, event.price, event.size);
    }

    /// A trade reaches our orders at its price by their place in the queue, and first those at better prices.
    #[inline]
    fn on_trade(&mut self, event: &Event) {
        let taker = event.side.or_else(|| self.taker_of(event.price));
        match self.source {
            BookSource::Depth | BookSource::Quotes => {}
            BookSource::Orders => {
                self.last = event.price;
                return self.note_print(event, taker);
            }
            BookSource::Trades => self.show_trade(event.price, event.size),
        }
        self.on_trade_by(taker, event.price, event.size, event.ts_event);
    }

    /// The same by whoever took, where the book is as the trade leaves it.
    #[inline]
    pub(super) fn on_trade_by(&mut self, taker: Option<Side>, price: i64, size: i64, at: i64) {
        self.last = price;
        if let Some(taker) = taker
            && let Some(&first) = self.resting[taker.opposite() as usize].first()
            && self.orders[first].reaches(price)
            && size > 0
            && self.is_sound()
        {
            self.trade_with(taker.opposite(), price, size, Met::Queue, at);
        }
    }

    /// Where nothing else is known, a taker gets what the last trade was.
    fn show_trade(&mut self, price: i64, size: i64) {
        self.book.clear(None);
        self.clear_taken(None);
        self.book.set(Side::Buy, price, size);
        self.book.set(Side::Sell, price, size);
    }

    /// Who took where the data do not say: who must have met an order of ours before, the side whose best price it was, or
    /// the one that moved the price.
    pub(super) fn taker_of(&self, price: i64) -> Option<Side> {
        let passes = |taker: Side| {
            self.resting[taker.opposite() as usize]
                .first()
                .is_some_and(|&first| self.orders[first].is_better_than(price))
        };
        if let Some(taker) = [Side::Buy, Side::Sell].into_iter().find(|&taker| passes(taker)) {
            return Some(taker);
        }
        let (bid, ask) = self.book.touch()?;
        if price >= ask.price {
            Some(Side::Buy)
        } else if price <= bid.price {
            Some(Side::Sell)
        } else {
            None
        }
    }

    fn on_status(&mut self, event: &Event) {
        self.status = Status::from_number(event.size).unwrap_or(Status::Halted);
        if self.status == Status::Closed {
            self.cancel_all(End::Closed, event.ts_event);
        }
    }

    #[inline]
    pub(super) fn report(&mut self, at: i64, order: u64, what: What) {
        self.out.push(Report { at, instrument: self.index, order, what });
    }
}
