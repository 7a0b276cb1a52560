//! Where our orders are kept: in the book by price and arrival, and where they wait.

use tradenode_core::orders::Side;

use super::by_order::UNPLACED;
use super::market::{Market, height};
use super::order::{Order, Place};
use super::settings::BookSource;
use crate::models::queue::Ahead;

impl Market {
    /// Shows an order in the book, behind everything at its price.
    pub(super) fn enlist(&mut self, slot: u32, at: i64) {
        let (ahead, behind) = self.last_place(&self.orders[slot]);
        let arrival = self.last_arrival();
        let order = &mut self.orders[slot];
        order.place = Place::Resting;
        order.ahead = ahead;
        order.behind = if arrival == UNPLACED { -1 } else { behind };
        order.since = at;
        order.arrival = arrival;
        order.show();
        let (side, ticks) = (order.side, order.ticks);
        let orders = &self.orders;
        let list = &mut self.resting[side as usize];
        let place = list.partition_point(|&other| !orders[other].is_worse_than(ticks));
        list.insert(place, slot);
        self.respan(side);
    }

    /// Keeps between which prices our orders of a side rest, and from where on levels of the other reach them.
    fn respan(&mut self, side: Side) {
        let ticks = |slot: Option<&u32>| slot.map(|&slot| self.orders[slot].ticks);
        let list = &self.resting[side as usize];
        let ends = ticks(list.first()).zip(ticks(list.last()));
        let (least, width, reach) = ends.map_or((i64::MAX, 0, i64::MAX), |(best, worst)| {
            (best.min(worst), best.abs_diff(worst), height(side.opposite(), best))
        });
        let span = &mut self.spans[side as usize];
        (span.least, span.width) = (least, width);
        self.spans[side.opposite() as usize].reach = reach;
    }

    /// The place of an order that comes now, and how many lots are ahead of it, -1 where that is not known. Behind the best
    /// price quotes and trades do not tell what rests: it counts as behind everything that is told of its price first.
    fn last_place(&self, order: &Order) -> (Ahead, i64) {
        let told = match self.source {
            BookSource::Depth | BookSource::Orders => true,
            BookSource::Quotes => self.book.best(order.side).is_none_or(|best| !order.is_worse_than(best.price)),
            BookSource::Trades => false,
        };
        if !told {
            return (Ahead::unknown(), -1);
        }
        let size = self.book.size(order.side, order.ticks);
        (Ahead::last(size), if self.book.is_stale() { -1 } else { size })
    }

    /// The recorded order that came last before an order that comes now.
    fn last_arrival(&mut self) -> u64 {
        match &self.recorded {
            None => 0,
            Some(recorded) if recorded.is_known() && !self.book.is_stale() => recorded.arrivals(),
            Some(_) => {
                self.unplaced = true;
                UNPLACED
            }
        }
    }

    pub(super) fn unlist(&mut self, slot: u32) {
        let Order { place, side, .. } = self.orders[slot];
        let list = match place {
            Place::Resting => &mut self.resting[side as usize],
            Place::Waiting => &mut self.waiting,
            Place::Held => &mut self.held,
        };
        list.retain(|&other| other != slot);
        if place == Place::Resting {
            self.respan(side);
        }
    }

    /// Gives an order a slot.
    pub(super) fn admit(&mut self, order: &Order) -> u32 {
        self.next_expiry = self.next_expiry.min(order.expires());
        self.reducing += usize::from(order.reduce_only);
        self.orders.insert(order.id, *order)
    }

    /// Takes an order out of its list and frees its slot.
    pub(super) fn remove(&mut self, slot: u32) {
        self.unlist(slot);
        let order = &mut self.orders[slot];
        self.reducing -= usize::from(order.reduce_only);
        // Who has taken note of the slot finds out that the order is gone.
        let id = std::mem::take(&mut order.id);
        self.orders.end(id);
        self.orders.release(slot);
    }
}
