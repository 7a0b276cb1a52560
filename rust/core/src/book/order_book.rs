//! The orders of one instrument's book, each in the queue of its price.

use super::id_map::IdMap;
use super::ladder::Ladder;
use super::slab::{NONE, Slab};
use super::{Level, OrderError, WINDOW_BLOCKS, key_of, level_of};
use crate::orders::Side;

/// A resting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestingOrder {
    /// The venue's number.
    pub id: u64,
    /// Its side.
    pub side: Side,
    /// Ticks.
    pub price: i64,
    /// What is left of it, lots, above zero.
    pub size: i64,
    /// Whether it is ours: the book keeps how much is ahead of it.
    pub own: bool,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    order: RestingOrder,
    queue: u32,
    previous: u32,
    next: u32,
    /// Grows with every order that joins a queue: who came first.
    arrival: u64,
    /// Lots ahead of an order of ours.
    ahead: i64,
}

/// The orders of one price, first come first.
#[derive(Debug, Clone, Copy)]
struct Queue {
    lots: i64,
    orders: u32,
    /// How many of them are ours.
    own: u32,
    first: u32,
    last: u32,
}

/// Orders by price and time on both sides.
///
/// Nothing is allocated once as many orders and levels have been there as there ever will be at once. A message that
/// makes no sense is refused with the reason, and the book stays as it was. `BLOCKS` is as in [`super::Book`].
#[derive(Debug, Clone)]
pub struct OrderBook<const BLOCKS: usize = WINDOW_BLOCKS> {
    /// The number of a price's queue, plus one.
    sides: [Ladder<BLOCKS>; 2],
    queues: Slab<Queue>,
    nodes: Slab<Node>,
    ids: IdMap,
    /// The places of our orders.
    own: Vec<u32>,
    arrivals: u64,
    pub(super) stale: bool,
}

impl OrderBook {
    /// An empty book with windows of [`WINDOW_BLOCKS`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<const BLOCKS: usize> Default for OrderBook<BLOCKS> {
    fn default() -> Self {
        Self {
            sides: [Ladder::new(), Ladder::new()],
            queues: Slab::new(),
            nodes: Slab::new(),
            ids: IdMap::new(),
            own: Vec::new(),
            arrivals: 0,
            stale: false,
        }
    }
}

impl<const BLOCKS: usize> OrderBook<BLOCKS> {
    /// Adds an order at the end of its price's queue.
    ///
    /// # Errors
    /// An id that is there already, a size that is not above zero, a level beyond 64 bits, a full book.
    pub fn add(&mut self, order: RestingOrder) -> Result<(), OrderError> {
        let RestingOrder { id, side, price, size, own } = order;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if self.ids.get(id).is_some() {
            return Err(OrderError::Duplicate { id });
        }
        if self.nodes.is_full() {
            return Err(OrderError::Full { id });
        }
        let queue = self.queue_at(side, price);
        if let Some(queue) = queue {
            self.check_room(queue, &order)?;
        }
        let node = Node { order, queue: NONE, previous: NONE, next: NONE, arrival: 0, ahead: 0 };
        let place = self.nodes.insert(node);
        self.ids.insert(id, place);
        if own {
            self.own.push(place);
        }
        self.join(place, queue);
        Ok(())
    }

    /// Changes price and size of an order. At the same price with no larger size it keeps its place in the queue,
    /// otherwise it goes to the end. Returns whether it kept its place.
    ///
    /// # Errors
    /// An unknown id, a size that is not above zero, a level beyond 64 bits.
    pub fn modify(&mut self, id: u64, price: i64, size: i64) -> Result<bool, OrderError> {
        let place = self.place(id)?;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        let before = self.nodes.get(place).order;
        if price == before.price && size <= before.size {
            self.shrink(place, before.size - size);
            return Ok(true);
        }
        let after = RestingOrder { price, size, ..before };
        if let Some(queue) = self.queue_at(before.side, price) {
            let grown = if price == before.price { size - before.size } else { size };
            self.check_room(queue, &RestingOrder { size: grown, ..after })?;
        }
        self.leave(place);
        self.nodes.get_mut(place).order = after;
        // Its old queue may be gone, and its new one may be that one.
        let queue = self.queue_at(after.side, price);
        self.join(place, queue);
        Ok(false)
    }

    /// Takes a cancelled size off an order, which is gone with its last lot. Returns what is left.
    ///
    /// # Errors
    /// An unknown id, a size that is not above zero or above what is left.
    pub fn cancel(&mut self, id: u64, size: i64) -> Result<i64, OrderError> {
        let place = self.place(id)?;
        let left = self.nodes.get(place).order.size;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if size > left {
            return Err(OrderError::TooLarge { id, size, left });
        }
        if size == left {
            self.discard(place);
        } else {
            self.shrink(place, size);
        }
        Ok(left - size)
    }

    /// Takes a filled size off an order, wherever it stands in its queue. Returns what is left.
    ///
    /// # Errors
    /// As [`Self::cancel`].
    pub fn execute(&mut self, id: u64, size: i64) -> Result<i64, OrderError> {
        self.cancel(id, size)
    }

    /// Removes an order and returns it as it was.
    ///
    /// # Errors
    /// An unknown id.
    pub fn remove(&mut self, id: u64) -> Result<RestingOrder, OrderError> {
        let place = self.place(id)?;
        let order = self.nodes.get(place).order;
        self.discard(place);
        Ok(order)
    }

    /// Removes the orders of a side, or of both.
    pub fn clear(&mut self, side: Option<Side>) {
        for side in [Side::Buy, Side::Sell].into_iter().filter(|each| side.is_none_or(|side| side == *each)) {
            while let Some(order) = self.front(side) {
                // Found just now: it is there.
                let _ = self.remove(order.id);
            }
        }
    }

    /// An order.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<RestingOrder> {
        self.ids.get(id).map(|place| self.nodes.get(place).order)
    }

    /// The lots ahead of an order in its queue: kept for ours, counted from the front for others.
    #[must_use]
    pub fn ahead(&self, id: u64) -> Option<i64> {
        let node = self.nodes.get(self.ids.get(id)?);
        if node.order.own {
            return Some(node.ahead);
        }
        let ahead = self.queue(node.order.side, node.order.price).take_while(|order| order.id != id);
        Some(ahead.map(|order| order.size).sum())
    }

    /// The best level of a side with the lots of all its orders.
    #[must_use]
    #[inline]
    pub fn best(&self, side: Side) -> Option<Level> {
        let best = self.sides[side as usize].best()?;
        Some(Level { price: level_of(side, best).price, size: self.queues.get(best.size as u32 - 1).lots })
    }

    /// The first order of the best level of a side.
    #[must_use]
    #[inline]
    pub fn front(&self, side: Side) -> Option<RestingOrder> {
        let best = self.sides[side as usize].best()?;
        Some(self.nodes.get(self.queues.get(best.size as u32 - 1).first).order)
    }

    /// The lots of all orders of a level, 0 where there is none.
    #[must_use]
    pub fn size(&self, side: Side, price: i64) -> i64 {
        self.queue_at(side, price).map_or(0, |queue| self.queues.get(queue).lots)
    }

    /// How many orders a level has.
    #[must_use]
    pub fn orders_at(&self, side: Side, price: i64) -> usize {
        self.queue_at(side, price).map_or(0, |queue| self.queues.get(queue).orders as usize)
    }

    /// How many orders there are on both sides.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no order.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The levels of a side, best first, with the lots of their orders.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        let ladder = &self.sides[side as usize];
        let mut next = ladder.best();
        std::iter::from_fn(move || {
            let level = next?;
            next = ladder.below(level.key);
            Some(Level { price: level_of(side, level).price, size: self.queues.get(level.size as u32 - 1).lots })
        })
    }

    /// The orders of a level, first come first.
    pub fn queue(&self, side: Side, price: i64) -> impl Iterator<Item = RestingOrder> {
        let mut next = self.queue_at(side, price).map_or(NONE, |queue| self.queues.get(queue).first);
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let node = self.nodes.get(next);
            next = node.next;
            Some(node.order)
        })
    }

    fn place(&self, id: u64) -> Result<u32, OrderError> {
        self.ids.get(id).ok_or(OrderError::Unknown { id })
    }

    #[inline]
    fn queue_at(&self, side: Side, price: i64) -> Option<u32> {
        (self.sides[side as usize].size(key_of(side, price)) as u32).checked_sub(1)
    }

    fn check_room(&self, queue: u32, order: &RestingOrder) -> Result<(), OrderError> {
        let RestingOrder { id, price, size, .. } = *order;
        let fits = self.queues.get(queue).lots.checked_add(size).is_some();
        fits.then_some(()).ok_or(OrderError::LevelOverflow { id, price, size })
    }

    /// Puts a node at the end of the queue of its price, which is made where there is none.
    fn join(&mut self, place: u32, queue: Option<u32>) {
        let order = self.nodes.get(place).order;
        let queue = queue.unwrap_or_else(|| {
            let queue = self.queues.insert(Queue { lots: 0, orders: 0, own: 0, first: NONE, last: NONE });
            self.sides[order.side as usize].set(key_of(order.side, order.price), i64::from(queue) + 1);
            queue
        });
        let joined = self.queues.get_mut(queue);
        let (last, ahead) = (joined.last, joined.lots);
        joined.lots += order.size;
        joined.orders += 1;
        joined.own += u32::from(order.own);
        joined.last = place;
        if last == NONE {
            joined.first = place;
        } else {
            self.nodes.get_mut(last).next = place;
        }
        self.arrivals += 1;
        let arrival = self.arrivals;
        let node = self.nodes.get_mut(place);
        *node = Node { order, queue, previous: last, next: NONE, arrival, ahead };
    }

    /// Takes a node out of its queue, which is gone with its last order.
    fn leave(&mut self, place: u32) {
        let Node { order, queue, previous, next, arrival, .. } = *self.nodes.get(place);
        let left = self.queues.get_mut(queue);
        left.lots -= order.size;
        left.orders -= 1;
        left.own -= u32::from(order.own);
        if previous == NONE {
            left.first = next;
        } else {
            self.nodes.get_mut(previous).next = next;
        }
        if next == NONE {
            left.last = previous;
        } else {
            self.nodes.get_mut(next).previous = previous;
        }
        let (orders, own) = (left.orders, left.own);
        if orders == 0 {
            self.sides[order.side as usize].set(key_of(order.side, order.price), 0);
            self.queues.release(queue);
        } else if own > 0 {
            self.advance(queue, arrival, order.size);
        }
    }

    /// Takes lots off a node that keeps some.
    fn shrink(&mut self, place: u32, lots: i64) {
        let node = self.nodes.get_mut(place);
        node.order.size -= lots;
        let (queue, arrival) = (node.queue, node.arrival);
        let shrunk = self.queues.get_mut(queue);
        shrunk.lots -= lots;
        if shrunk.own > 0 {
            self.advance(queue, arrival, lots);
        }
    }

    /// Our orders that came later than one that lost lots move forward.
    #[cold]
    fn advance(&mut self, queue: u32, arrival: u64, lots: i64) {
        for &place in &self.own {
            let node = self.nodes.get_mut(place);
            if node.queue == queue && node.arrival > arrival {
                node.ahead -= lots;
            }
        }
    }

    fn discard(&mut self, place: u32) {
        self.leave(place);
        let order = self.nodes.get(place).order;
        self.ids.remove(order.id);
        self.nodes.release(place);
        if order.own {
            self.own.retain(|own| *own != place);
        }
    }
}
