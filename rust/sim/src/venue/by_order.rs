//! Our orders among recorded ones (L3): who is ahead of them is known, and so is what an execution would have filled.
//!
//! Ahead of an order of ours are the lots of the recorded orders that were at its price when it joined its queue, for as
//! long as they stay there. An execution of an order that came later, or at a worse price, would have been ours first.
//! One of an order ahead brings us forward.
//!
//! A trade is told by a [`Kind::Trade`] and by the [`Kind::Execute`] of the order that gave, which alone is matched. What a
//! trade tells beyond the executions of its time and price met orders that do not show, or outside of the book: of that,
//! ours get what is more than the lots ahead of them, which stay where they are. It is matched as the next row of the
//! book or the trades, or the next request, comes.

use tradenode_core::event::{Event, Kind};
use tradenode_core::orders::Side;

use super::market::Market;
use super::matching::Met;
use super::recorded::Part;

/// Orders that joined while the book was not known have this arrival: everything that a snapshot shows is ahead of them.
pub(super) const UNPLACED: u64 = u64::MAX;

/// What trades tell at a price beyond what executions do, below zero for the other way round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    price: i64,
    lots: i64,
    taker: Option<Side>,
}

/// The prints of one time.
#[derive(Debug, Default)]
pub(super) struct Prints {
    at: i64,
    of: Vec<Print>,
}

impl Prints {
    fn add(&mut self, price: i64, lots: i64, taker: Option<Side>) {
        match self.of.iter_mut().find(|print| print.price == price) {
            Some(print) => {
                print.lots += lots;
                print.taker = print.taker.or(taker);
            }
            None => self.of.push(Print { price, lots, taker }),
        }
    }
}

impl Market {
    /// Takes a row about a recorded order.
    #[cold]
    pub(super) fn on_order(&mut self, event: &Event) {
        self.settle_prints(event.ts_event);
        let Some(recorded) = &mut self.recorded else { return };
        let Some(change) = recorded.apply(event, &mut self.book) else {
            self.unsound |= self.book.is_stale();
            return;
        };
        let (side, gone, come) = (change.side, change.gone, change.come);
        self.advance(side, gone);
        self.fall_back(side, come);
        for part in [gone, come] {
            if !self.taken.is_empty() && part.lots > 0 {
                self.shrink_taken(side, part.price, self.book.size(side, part.price));
            }
        }
        self.watch_for_crossing(side, come.price, come.lots);
        if event.kind == Kind::Execute {
            self.prints.add(gone.price, -gone.lots, None);
            self.match_print(side, gone.price, gone.lots, Met::Behind(gone.arrival), event.ts_event);
        }
    }

    /// Lots that were ahead of some of our orders have gone.
    fn advance(&mut self, side: Side, part: Part) {
        for &slot in &self.resting[side as usize] {
            let order = &mut self.orders[slot];
            if order.ticks == part.price && order.arrival >= part.arrival {
                order.ahead.lose(part.lots);
            }
        }
    }

    /// Lots are ahead of some of our orders that were not told of before.
    fn fall_back(&mut self, side: Side, part: Part) {
        for &slot in &self.resting[side as usize] {
            let order = &mut self.orders[slot];
            if order.ticks == part.price && order.arrival >= part.arrival {
                order.ahead.gain(part.lots);
            }
        }
    }

    /// Takes note of a trade, whose order is told by a row of its own.
    pub(super) fn note_print(&mut self, event: &Event, taker: Option<Side>) {
        self.settle_prints(event.ts_event);
        self.prints.add(event.price, event.size, taker);
    }

    /// Matches what the trades of an earlier time tell beyond the executions of theirs.
    pub(super) fn settle_prints(&mut self, now: i64) {
        if self.prints.at == now {
            return;
        }
        self.prints.at = now;
        for place in 0..self.prints.of.len() {
            let Print { price, lots, taker } = self.prints.of[place];
            if let Some(taker) = taker
                && lots > 0
            {
                self.match_print(taker.opposite(), price, lots, Met::Hidden, now);
            }
        }
        self.prints.of.clear();
    }

    fn match_print(&mut self, side: Side, price: i64, lots: i64, met: Met, at: i64) {
        if self.is_sound()
            && self.resting[side as usize].first().is_some_and(|&first| self.orders[first].reaches(price))
        {
            self.trade_with(side, price, lots, met, at);
        }
    }

    /// The recorded orders of a side, or of both, are gone; a snapshot may follow, which shows those that stayed.
    #[cold]
    pub(super) fn clear_orders(&mut self, side: Option<Side>, at: i64) {
        self.settle_prints(at);
        let Some(recorded) = &mut self.recorded else { return };
        recorded.clear(side, self.resting.iter().any(|list| !list.is_empty()));
        for each in [Side::Buy, Side::Sell].into_iter().filter(|each| side.is_none_or(|side| side == *each)) {
            for &slot in &self.resting[each as usize] {
                self.orders[slot].ahead = Default::default();
            }
        }
    }

    /// A message has ended, and the book is known: orders that joined before it was are behind what is there now.
    #[cold]
    pub(super) fn place_orders(&mut self) {
        let Some(recorded) = &mut self.recorded else { return };
        recorded.end_message();
        if std::mem::take(&mut self.unplaced) {
            let arrival = recorded.arrivals();
            for &slot in self.resting.iter().flatten() {
                let order = &mut self.orders[slot];
                order.arrival = order.arrival.min(arrival);
            }
        }
    }
}
