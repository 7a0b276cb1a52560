//! An instrument as a desk sees it: its book and prices as they were received.

use tradenode_core::book::{Book, Level};
use tradenode_core::event::{Event, GAP, Kind, Status, Tape, side_number};
use tradenode_core::exact::Exact;
use tradenode_core::orders::Side;
use tradenode_core::risk::Market;

use super::glances::Glance;
use super::state::ViewState;
use crate::venue::{BookSource, Recorded};

/// An instrument as the desk sees it.
#[derive(Debug)]
pub struct View {
    /// The last trade's price in ticks, 0 before the first.
    pub last: i64,
    /// The mark price in ticks, 0 before the first.
    mark: i64,
    /// When something was last received of it, ns UTC.
    at: i64,
    status: Status,
    /// The book, as far as it was received.
    book: Book,
    /// What is seen in place of the book, where only the venue keeps one.
    glance: Option<Glance>,
    /// Of a view that was put back, until what it could be traded on has come anew: what it was worth.
    awaits: Option<f64>,
    source: BookSource,
    /// The orders of a book that is made of them.
    orders: Option<Box<Recorded>>,
}

impl View {
    pub(super) fn new(source: BookSource) -> Self {
        let orders = (source == BookSource::Orders).then(Box::default);
        let (book, status) = (Book::new(), Status::Trading);
        Self { last: 0, mark: 0, at: i64::MIN, status, book, glance: None, awaits: None, source, orders }
    }

    pub(super) fn state(&self) -> ViewState {
        ViewState { last: self.last, mid: Exact(self.mid()), mark: self.mark, at: self.at, status: self.status }
    }

    /// Takes over what is kept of a view. Its book is missing, as after a gap.
    pub(super) const fn restore(&mut self, state: &ViewState) {
        (self.last, self.mark, self.at, self.status) = (state.last, state.mark, state.at, state.status);
        self.awaits = Some(state.mid.0);
        if matches!(self.source, BookSource::Depth | BookSource::Orders) {
            self.book.note(GAP);
        }
    }

    /// Whether a row has brought what a view that was put back had to wait for.
    #[cold]
    fn still_awaits(&self, kind: Kind) -> bool {
        match self.source {
            BookSource::Depth | BookSource::Orders => self.book.is_stale(),
            BookSource::Quotes => self.book.touch().is_none(),
            BookSource::Trades => kind != Kind::Trade,
        }
    }

    pub(super) const fn source(&self) -> BookSource {
        self.source
    }

    /// Takes in what is seen of the book that the venue keeps; from then on there is no other.
    #[inline]
    pub(super) const fn see(&mut self, glance: &Glance) {
        self.last = glance.last;
        self.glance = Some(*glance);
    }

    /// The book, as far as it was received; `None` where nothing but the touch is looked at.
    #[must_use]
    #[inline]
    pub const fn book(&self) -> Option<&Book> {
        if self.glance.is_some() { None } else { Some(&self.book) }
    }

    /// The same, to be lent to the strategy for a call.
    #[inline]
    pub const fn book_mut(&mut self) -> &mut Book {
        &mut self.book
    }

    #[inline]
    pub(super) fn on_event(&mut self, event: &Event) {
        self.at = event.ts_recv;
        match (event.kind, event.side) {
            (Kind::Depth, Some(side)) if self.source != BookSource::Orders => {
                self.book.set(side, event.price, event.size);
                self.book.note(event.flags);
            }
            (Kind::Quote, _) if matches!(self.source, BookSource::Depth | BookSource::Orders) => {}
            (Kind::Trade, _) => self.last = event.price,
            (Kind::Mark, _) => self.mark = event.price,
            (Kind::Status, _) => self.status = Status::from_number(event.size).unwrap_or(Status::Halted),
            (Kind::Add | Kind::Modify | Kind::Cancel | Kind::Execute | Kind::Clear, _) if self.orders.is_some() => {
                self.on_order(event);
            }
            // A tape is checked before it is run: what a book refuses is not in it.
            _ => drop(self.book.apply(event)),
        }
        if self.awaits.is_some() && !self.still_awaits(event.kind) {
            self.awaits = None;
        }
    }

    /// Takes the rows of a checked tape from `first` on that are received until a time; returns the row after them.
    pub(super) fn on_rows(&mut self, tape: &Tape<'_>, first: usize, until: i64) -> usize {
        let rows = tape.len();
        let (ts_recv, kinds, sides) = (&tape.ts_recv[..rows], &tape.kind[..rows], &tape.side[..rows]);
        let (flags, prices, sizes) = (&tape.flags[..rows], &tape.price[..rows], &tape.size[..rows]);
        let levels = self.source != BookSource::Orders;
        let mut row = first;
        while row < rows && ts_recv[row] <= until {
            if levels && kinds[row] == Kind::Depth as u8 {
                let side = if sides[row] == side_number(Some(Side::Buy)) { Side::Buy } else { Side::Sell };
                self.book.set(side, prices[row], sizes[row]);
                self.book.note(flags[row]);
            } else if kinds[row] == Kind::Trade as u8 {
                self.last = prices[row];
            } else {
                self.on_event(&tape.event(row));
            }
            row += 1;
        }
        if row > first {
            self.at = ts_recv[row - 1];
        }
        row
    }

    /// Takes a row about an order of a book that is made of orders.
    #[cold]
    fn on_order(&mut self, event: &Event) {
        let Some(orders) = &mut self.orders else { return };
        if event.kind == Kind::Clear {
            orders.clear(event.side, false);
            self.book.clear(event.side);
        } else {
            orders.apply(event, &mut self.book);
        }
        self.book.note(event.flags);
    }

    /// Whether the book can be traded on: neither stale nor crossed.
    #[must_use]
    #[inline]
    pub fn is_sound(&self) -> bool {
        match self.glance {
            Some(glance) => glance.sound,
            None => !self.book.is_stale() && !self.book.is_crossed() && self.awaits.is_none(),
        }
    }

    /// The best bid and ask of a book that can be traded on.
    #[must_use]
    #[inline]
    pub fn touch(&self) -> Option<(Level, Level)> {
        if self.is_sound() { self.best() } else { None }
    }

    /// The best bid and ask, whether they can be traded on or not.
    #[inline]
    fn best(&self) -> Option<(Level, Level)> {
        match self.glance {
            Some(glance) => glance.touch,
            None => self.book.touch(),
        }
    }

    /// The market as the risk gate judges by it.
    #[inline]
    pub(super) fn market(&self) -> Market {
        let touch = self.best().filter(|_| self.source != BookSource::Trades);
        Market {
            touch: touch.map(|(bid, ask)| (bid.price, ask.price)),
            mark: self.mark,
            at: self.at,
            broken: !self.is_sound(),
            stopped: matches!(self.status, Status::Halted | Status::Closed),
        }
    }

    /// What the instrument is worth now: the middle of the book or, where a side is empty, the last trade; ticks, 0 before
    /// either. A view that was put back is worth what it was until its book comes.
    #[must_use]
    pub fn mid(&self) -> f64 {
        match (self.awaits, self.best()) {
            (Some(before), _) => before,
            (None, Some((bid, ask))) if self.source != BookSource::Trades => {
                (bid.price as f64 + ask.price as f64) / 2.0
            }
            _ => self.last as f64,
        }
    }

    /// The same to the nearest whole tick, of one in the middle between two to the one further from zero.
    #[inline]
    pub(super) fn mid_ticks(&self) -> i64 {
        match (self.awaits, self.best()) {
            (Some(before), _) => before.round() as i64,
            (None, Some((bid, ask))) if self.source != BookSource::Trades => {
                let twice = bid.price + ask.price;
                (twice + twice.signum()) / 2
            }
            _ => self.last,
        }
    }
}
