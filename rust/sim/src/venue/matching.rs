//! What fills our resting orders, and what a fill does.

use tradenode_core::orders::Side;

use super::market::Market;
use super::order::Order;
use super::report::{End, Execution, What};
use super::settings::Fills;

/// How a trade reaches an order of ours at its price.
#[derive(Debug, Clone, Copy)]
pub(super) enum Met {
    /// Through the queue ahead of it, as far as that is known.
    Queue,
    /// It filled a recorded order that came then: ours, if it came before.
    Behind(u64),
    /// It filled nothing that shows: ours, as far as it is more than what is ahead.
    Hidden,
}

impl Met {
    #[inline]
    fn reached(self, order: &mut Order, size: i64) -> i64 {
        match self {
            Self::Queue => {
                order.ahead.trade(size);
                order.ahead.reached()
            }
            Self::Behind(arrival) if order.arrival < arrival => size,
            Self::Behind(_) => 0,
            Self::Hidden => (size - order.ahead.lots() as i64).max(0),
        }
    }
}

/// A fill, and what of its order matters to what follows from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filled {
    order: u64,
    group: u64,
    side: Side,
    lots: i64,
    ticks: i64,
    maker: bool,
    reduce_only: bool,
    left: i64,
    behind: i64,
    waited_ns: i64,
}

impl Filled {
    /// A fill of an order, which has been shrunk by it.
    #[inline]
    pub(super) const fn of(order: &Order, lots: i64, ticks: i64, maker: bool, at: i64) -> Self {
        let (behind, waited_ns) = if maker { (order.behind, at - order.since) } else { (-1, 0) };
        let Order { id, side, reduce_only, left, .. } = *order;
        let group = order.terms.links.group;
        Self { order: id, group, side, lots, ticks, maker, reduce_only, left, behind, waited_ns }
    }
}

impl Market {
    /// Levels have come to where our orders of the other side rest: whoever placed them would have met ours.
    #[cold]
    pub(super) fn meet_levels(&mut self, at: i64) {
        for side in [Side::Buy, Side::Sell] {
            let mut level = self.book.best(side);
            while let Some(reached) = level
                && let Some(&slot) = self.resting[side.opposite() as usize].first()
                && self.orders[slot].reaches(reached.price)
            {
                let order = self.orders[slot];
                let lots = match self.spec.fills {
                    Fills::Whole => order.left,
                    Fills::Partial => order.left.min(self.available(side, reached.price, at)),
                };
                if lots == 0 {
                    level = self.behind(side, reached);
                    continue;
                }
                let lots = self.execute(slot, lots, at);
                if self.spec.fills == Fills::Partial {
                    self.take_away(side, reached.price, lots, at);
                }
            }
        }
    }

    #[cold]
    pub(super) fn trade_with(&mut self, side: Side, price: i64, size: i64, by: Met, at: i64) {
        let (orders, list) = (&self.orders, &self.resting[side as usize]);
        let reaches = |slot: Option<&u32>| slot.is_some_and(|&slot| orders[slot].reaches(price));
        if !reaches(list.get(1)) {
            // Mostly it is one.
            if let Some(&first) = list.first().filter(|&first| reaches(Some(first))) {
                self.meet(first, price, size, size, by, at);
            }
            return;
        }
        let mut met = std::mem::take(&mut self.met);
        let orders = &self.orders;
        let reached = self.resting[side as usize].iter().take_while(|&&slot| orders[slot].reaches(price));
        met.extend(reached.map(|&slot| (slot, orders[slot].id)));
        let mut traded = size;
        for (slot, id) in met.drain(..) {
            // A fill may have ended another that is tied to it.
            if self.orders[slot].id == id {
                traded -= self.meet(slot, price, size, traded, by, at);
            }
        }
        self.met = met;
    }

    /// A trade of `size`, of which `traded` is not ours yet, meets one of our orders; how much of it is ours now.
    fn meet(&mut self, slot: u32, price: i64, size: i64, traded: i64, by: Met, at: i64) -> i64 {
        let order = &mut self.orders[slot];
        let reached = if order.is_better_than(price) { i64::MAX } else { by.reached(order, size) };
        let lots = match self.spec.fills {
            Fills::Whole if reached > 0 => order.left,
            Fills::Whole => 0,
            Fills::Partial => reached.min(order.shown).min(traded),
        };
        if lots == 0 {
            return 0;
        }
        self.execute(slot, lots, at).min(traded)
    }

    /// Fills an order that rests, at its price; returns how many lots, which is fewer where it may only reduce.
    fn execute(&mut self, slot: u32, lots: i64, at: i64) -> i64 {
        let lots = lots.min(self.reducible(&self.orders[slot]));
        if lots <= 0 {
            self.cancel(slot, End::NothingToReduce, at);
            return 0;
        }
        let order = &mut self.orders[slot];
        order.left -= lots;
        order.shown = (order.shown - lots).max(0);
        // By its parts: a copy of the whole would have to wait for those that have just been written.
        let fill = Filled::of(order, lots, order.ticks, true, at);
        if fill.left == 0 {
            self.remove(slot);
        } else if order.shown == 0 {
            self.replenish(slot, at);
        }
        self.book_fill(&fill, at);
        lots
    }

    /// The next part of an iceberg joins its level as the last.
    fn replenish(&mut self, slot: u32, at: i64) {
        self.unlist(slot);
        self.enlist(slot, at);
    }

    /// Reports a fill of what may have left the book already, and does what follows from it.
    pub(super) fn book_fill(&mut self, fill: &Filled, at: i64) {
        self.fills += 1;
        let Filled { order, group, side, lots, ticks, maker, reduce_only, left, behind, waited_ns } = *fill;
        self.holding.fill(side, reduce_only, lots);
        let number = self.fills;
        let execution = Execution { number, side, lots, ticks, maker, reduce_only, left, behind, waited_ns };
        self.report(at, order, What::Filled(execution));
        if group != 0 {
            self.cancel_group(group, order, at);
        }
        if self.reducing > 0 {
            self.drop_pointless(at);
        }
        if left == 0 {
            self.remember(order, true);
            self.release(order, at);
        }
    }

    /// How many lots of an order may still trade.
    pub(super) fn reducible(&self, order: &Order) -> i64 {
        if !order.reduce_only {
            return i64::MAX;
        }
        self.holding.reducible(order.side)
    }
}
