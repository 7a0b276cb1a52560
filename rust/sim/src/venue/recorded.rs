//! The recorded orders of an instrument (L3): their levels go into a book of levels, their moves in the queues are told.

use rustc_hash::FxHashMap;
use tradenode_core::book::{Book, OrderBook, RestingOrder};
use tradenode_core::event::{Event, GAP, Kind};
use tradenode_core::orders::Side;

/// Recorded orders by price and time, and those of before a snapshot for as long as it lasts.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    orders: OrderBook,
    /// What was there as the book was cleared: an order that the snapshot shows again keeps its place before ours.
    cleared: FxHashMap<u64, Known>,
    /// Whether a message has ended since the book was cleared, or the tape began.
    known: bool,
}

/// An order, and when it joined its queue.
#[derive(Debug, Clone, Copy)]
struct Known {
    order: RestingOrder,
    arrival: u64,
}

/// Lots that left a queue, or joined it, with the order that came then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) price: i64,
    pub(super) lots: i64,
    pub(super) arrival: u64,
}

/// What a row has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(super) side: Side,
    pub(super) gone: Part,
    pub(super) come: Part,
}

impl Known {
    const fn part(&self, lots: i64) -> Part {
        Part { price: self.order.price, lots, arrival: self.arrival }
    }

    /// Whether an order shown by a snapshot is this one, with the place it had.
    fn stayed(&self, now: &RestingOrder) -> bool {
        (self.order.side, self.order.price) == (now.side, now.price) && now.size <= self.order.size
    }
}

impl Recorded {
    /// Takes a row about an order and sets the levels that it changes; `None` where nothing has.
    ///
    /// Orders that are not known were there before the tape, and are passed over. After a message that cannot be (an order
    /// that is there twice, more than what is left of one) the book is stale until the next snapshot.
    pub(crate) fn apply<const BLOCKS: usize>(&mut self, event: &Event, book: &mut Book<BLOCKS>) -> Option<Change> {
        let before = self.known(event.order_id);
        if before.is_none() && event.kind != Kind::Add {
            return None;
        }
        if self.orders.apply(event).is_err() {
            book.note(GAP);
            return None;
        }
        if event.kind == Kind::Add && !self.cleared.is_empty() {
            self.restore(event.order_id);
        }
        let after = self.known(event.order_id);
        let side = before.or(after)?.order.side;
        for known in before.iter().chain(&after) {
            let price = known.order.price;
            book.set(side, price, self.orders.size(side, price));
        }
        let (gone, come) = match (before, after) {
            (Some(old), Some(new)) if old.arrival == new.arrival => {
                (old.part(old.order.size - new.order.size), Part::default())
            }
            (old, new) => (whole(old), whole(new)),
        };
        Some(Change { side, gone, come })
    }

    /// Removes the orders of a side, or of both; with `keep` their places are remembered until the message ends.
    pub(crate) fn clear(&mut self, side: Option<Side>, keep: bool) {
        for each in [Side::Buy, Side::Sell].into_iter().filter(|each| side.is_none_or(|side| side == *each)) {
            if keep {
                let orders = self.orders.levels(each).flat_map(|level| self.orders.queue(each, level.price));
                let known = orders.filter_map(|order| self.known(order.id)).collect::<Vec<_>>();
                self.cleared.extend(known.into_iter().map(|known| (known.order.id, known)));
            }
            self.orders.clear(Some(each));
        }
        self.known = false;
    }

    /// A message has ended.
    pub(super) fn end_message(&mut self) {
        self.cleared.clear();
        self.known = true;
    }

    /// The number of the last order that joined a queue.
    pub(super) const fn arrivals(&self) -> u64 {
        self.orders.arrivals()
    }

    /// Whether the book is there, and no snapshot under way.
    pub(super) const fn is_known(&self) -> bool {
        self.known
    }

    fn known(&self, id: u64) -> Option<Known> {
        let order = self.orders.order(id)?;
        Some(Known { order, arrival: self.orders.arrival(id)? })
    }

    fn restore(&mut self, id: u64) {
        if let Some(old) = self.cleared.remove(&id)
            && self.orders.order(id).is_some_and(|now| old.stayed(&now))
        {
            self.orders.restore_arrival(id, old.arrival);
        }
    }
}

fn whole(known: Option<Known>) -> Part {
    known.map_or(Part::default(), |known| known.part(known.order.size))
}
