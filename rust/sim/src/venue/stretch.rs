//! Rows in stretches: what a tape tells of levels and trades, taken by column up to a row that brings something about.

use tradenode_core::event::{Event, Kind, LAST, Status, Tape, side_number, side_of};
use tradenode_core::orders::Side;

use super::Reach;
use super::market::{Market, height};
use super::settings::BookSource;

/// The columns of a tape that are of one length, which whoever walks through them then need not compare.
#[derive(Clone, Copy)]
struct Columns<'t> {
    ts_event: &'t [i64],
    ts_recv: &'t [i64],
    kinds: &'t [u8],
    sides: &'t [u8],
    flags: &'t [u8],
    prices: &'t [i64],
    sizes: &'t [i64],
}

impl<'t> Columns<'t> {
    #[inline]
    fn of(tape: &Tape<'t>) -> Self {
        let rows = tape.len();
        Self {
            ts_event: &tape.ts_event[..rows],
            ts_recv: &tape.ts_recv[..rows],
            kinds: &tape.kind[..rows],
            sides: &tape.side[..rows],
            flags: &tape.flags[..rows],
            prices: &tape.price[..rows],
            sizes: &tape.size[..rows],
        }
    }

    /// When a row happens, after one that happened at `before`.
    #[inline]
    fn at(&self, row: usize, before: i64) -> i64 {
        self.ts_event[row].max(before).min(self.ts_recv[row])
    }

    /// Whether a row that happens at a time is one not to be taken yet.
    #[inline]
    fn is_beyond(&self, row: usize, at: i64, reach: &Reach) -> bool {
        at > reach.until || self.ts_recv[row] > reach.received
    }

    /// Whether a row sets a level and tells nothing else but the end of its message.
    #[inline]
    fn is_plain(&self, row: usize) -> bool {
        (self.kinds[row] ^ Kind::Depth as u8) | (self.flags[row] & !LAST) == 0
    }
}

impl Market {
    /// Takes the rows of a checked tape from `first` on that are within reach, up to one that gives something to report,
    /// moves money or takes the touch out of the band; returns the row after them, and whether the last did one of the latter
    /// two. `clock` is the time of the first, and then of the last one taken.
    ///
    /// The same as [`Market::on_event`] row by row, for rows of levels without the rest of the row's columns.
    pub(crate) fn take_rows(&mut self, tape: &Tape<'_>, first: usize, clock: &mut i64, reach: &Reach) -> (usize, bool) {
        let columns = Columns::of(tape);
        let levels = self.source != BookSource::Orders;
        let (mut now, mut row, mut concerns) = (*clock, first, false);
        let mut calm = self.is_calm(reach);
        loop {
            if calm {
                let within;
                (row, now, within) = self.pass(&columns, row, now, reach);
                if !within {
                    break;
                }
            }
            if row == columns.kinds.len() {
                break;
            }
            let at = columns.at(row, now);
            if !calm && columns.is_beyond(row, at, reach) {
                break;
            }
            now = at;
            let (price, size) = (columns.prices[row], columns.sizes[row]);
            if calm && size == 0 && columns.is_plain(row) && self.drop_best(of_level(columns.sides[row]), price, reach)
            {
                row += 1;
                continue;
            }
            if levels && columns.is_plain(row) && at < self.next_expiry {
                self.on_depth(of_level(columns.sides[row]), price, size);
                calm = self.is_calm(reach);
                row += 1;
                if calm || columns.flags[row - 1] == 0 {
                    continue;
                }
                self.on_last(true, at);
                concerns = reach.band.is_left_by(&self.book);
            } else if calm && columns.kinds[row] == Kind::Trade as u8 {
                let taker = side_of(columns.sides[row]).or_else(|| self.taker_of(price));
                self.on_trade_by(taker, price, size, at);
                row += 1;
                // What it does besides moving ours forward is told.
                if self.out.is_empty() {
                    continue;
                }
            } else {
                let event = Event { ts_event: at, ..tape.event(row) };
                self.expire_until(at);
                self.on_event(&event);
                row += 1;
                concerns = matches!(event.kind, Kind::Mark | Kind::Funding)
                    || (event.flags & LAST != 0 && reach.band.is_left_by(&self.book));
            }
            if concerns || !self.out.is_empty() {
                break;
            }
            calm = self.is_calm(reach);
        }
        *clock = now;
        (row, concerns)
    }

    /// Takes rows in a calm market for as long as they leave it calm and bring nothing about: levels that neither take a best
    /// one away nor come to the other side, and trades that meet no order of ours. The row at which it stops, when the one
    /// before happened, and whether the row is not known to be beyond reach.
    #[inline(always)]
    fn pass(&mut self, columns: &Columns<'_>, first: usize, clock: i64, reach: &Reach) -> (usize, i64, bool) {
        let (mut row, mut now) = (first, clock);
        while row < columns.kinds.len() {
            let at = columns.at(row, now);
            if columns.is_beyond(row, at, reach) {
                return (row, now, false);
            }
            let (side, price) = (of_level(columns.sides[row]), columns.prices[row]);
            let reaches = height(side, price) >= self.spans[side as usize].reach;
            if columns.is_plain(row) {
                let size = columns.sizes[row];
                if reaches | self.book.would_cross(side, price) {
                    break;
                }
                let Some(before) = self.book.set_in_place(side, price, size) else { break };
                if self.spans[side as usize].holds(price) {
                    self.requeue(side, price, before, size);
                }
            } else if columns.kinds[row] == Kind::Trade as u8 && columns.sides[row] != 0 && !reaches {
                self.last = price;
            } else {
                break;
            }
            (row, now) = (row + 1, at);
        }
        (row, now, true)
    }

    /// Takes a best level away in a calm market, where the next one leaves it calm; whether it did.
    #[inline(always)]
    fn drop_best(&mut self, side: Side, price: i64, reach: &Reach) -> bool {
        let limit = if side == Side::Buy { reach.band.low } else { reach.band.high };
        let Some(before) = self.book.drop_best(side, price, limit) else { return false };
        if self.spans[side as usize].holds(price) {
            self.requeue(side, price, before, 0);
        }
        true
    }

    /// Whether rows of levels that leave the best prices where they are, and trades that meet none of ours, bring nothing about
    /// besides, whether they end a message or not: the book can be traded on, its levels have reached no order of ours, none
    /// waits, the touch is within the band and no order's time is over before all rows are taken.
    #[inline]
    fn is_calm(&self, reach: &Reach) -> bool {
        let (bid, ask) = self.book.best_prices();
        let unreached = |side: Side, best| height(side, best) < self.spans[side as usize].reach;
        // One jump for all, which is hardly ever guessed wrong.
        let sound = !self.book.is_stale() & !self.unsound & (bid <= ask) & (self.status == Status::Trading);
        sound
            & matches!(self.source, BookSource::Depth | BookSource::Quotes)
            & !self.crossing
            & unreached(Side::Buy, bid)
            & unreached(Side::Sell, ask)
            & self.waiting.is_empty()
            & self.taken.is_empty()
            & (reach.band.low <= bid)
            & (ask <= reach.band.high)
            & (reach.until < self.next_expiry)
    }
}

/// The side of a row that has one.
#[inline]
fn of_level(number: u8) -> Side {
    if number == side_number(Some(Side::Buy)) { Side::Buy } else { Side::Sell }
}
