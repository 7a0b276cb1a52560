//! The orders of one instrument's book, each in the queue of its price.

use super::id_map::IdMap;
use super::ladder::{Keyed, Ladder};
use super::order_queues::{Node, OrderQueues, Queue};
use super::slab::NONE;
use super::{Level, OrderError, WINDOW_BLOCKS, key_of};
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

/// Orders by price and time on both sides.
///
/// Nothing is allocated once as many orders and levels have been there as there ever will be at once. A message that
/// makes no sense is refused with the reason, and the book stays as it was. `BLOCKS` is as in [`super::Book`].
#[derive(Debug, Clone)]
pub struct OrderBook<const BLOCKS: usize = WINDOW_BLOCKS> {
    /// The number of a price's queue, plus one.
    sides: [Ladder<BLOCKS>; 2],
    queues: OrderQueues,
    ids: IdMap,
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
        Self { sides: [Ladder::new(), Ladder::new()], queues: OrderQueues::new(), ids: IdMap::new(), stale: false }
    }
}

impl<const BLOCKS: usize> OrderBook<BLOCKS> {
    /// Adds an order at the end of its price's queue.
    ///
    /// # Errors
    /// An id that is there already, a size that is not above zero, a level beyond 64 bits, a full book.
    #[inline]
    pub fn add(&mut self, order: RestingOrder) -> Result<(), OrderError> {
        let RestingOrder { id, side, price, size, own } = order;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if self.queues.nodes.is_full() || self.ids.is_full() {
            return Err(OrderError::Full { id });
        }
        let nodes = &self.queues.nodes;
        let cell = self.ids.vacancy(id, |place| nodes.get(place).id).ok_or(OrderError::Duplicate { id })?;
        let queue = match self.queue_at(side, price) {
            Some(queue) => self.with_room(queue, id, size)?,
            None => self.open(side, price),
        };
        let place = self.queues.add(queue, id, size, own);
        self.ids.fill(cell, id, place);
        Ok(())
    }

    /// Changes price and size of an order. At the same price with no larger size it keeps its place in the queue,
    /// otherwise it goes to the end. Returns whether it kept its place.
    ///
    /// # Errors
    /// An unknown id, a size that is not above zero, a level beyond 64 bits.
    pub fn modify(&mut self, id: u64, price: i64, size: i64) -> Result<bool, OrderError> {
        let (_, place) = self.find(id)?;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        let node = *self.queues.nodes.get(place);
        let Queue { side, price: old_price, .. } = *self.queues.queues.get(node.queue);
        if price == old_price && size <= node.size {
            self.queues.shrink(place, node.size - size);
            return Ok(true);
        }
        if price == old_price {
            self.with_room(node.queue, id, size - node.size)?;
        } else if let Some(queue) = self.queue_at(side, price) {
            self.with_room(queue, id, size)?;
        }
        self.leave(place);
        // Looked for again: it may have been the last of the queue that it returns to.
        let queue = self.queue_at(side, price).unwrap_or_else(|| self.open(side, price));
        self.queues.join(place, queue, size);
        Ok(false)
    }

    /// Takes a cancelled size off an order, which is gone with its last lot. Returns what is left.
    ///
    /// # Errors
    /// An unknown id, a size that is not above zero or above what is left.
    #[inline]
    pub fn cancel(&mut self, id: u64, size: i64) -> Result<i64, OrderError> {
        let (cell, place) = self.find(id)?;
        let left = self.queues.nodes.get(place).size;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if size > left {
            return Err(OrderError::TooLarge { id, size, left });
        }
        if size == left {
            self.discard(cell, place);
        } else {
            self.queues.shrink(place, size);
        }
        Ok(left - size)
    }

    /// Takes a filled size off an order, wherever it stands in its queue. Returns what is left.
    ///
    /// # Errors
    /// As [`Self::cancel`].
    #[inline]
    pub fn execute(&mut self, id: u64, size: i64) -> Result<i64, OrderError> {
        self.cancel(id, size)
    }

    /// Removes an order and returns it as it was.
    ///
    /// # Errors
    /// An unknown id.
    #[inline]
    pub fn remove(&mut self, id: u64) -> Result<RestingOrder, OrderError> {
        let (cell, place) = self.find(id)?;
        let order = self.resting(self.queues.nodes.get(place));
        self.discard(cell, place);
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
        let (_, place) = self.find(id).ok()?;
        Some(self.resting(self.queues.nodes.get(place)))
    }

    /// The lots ahead of an order in its queue: kept for ours, counted up for others.
    #[must_use]
    pub fn ahead(&self, id: u64) -> Option<i64> {
        self.find(id).ok().map(|(_, place)| self.queues.ahead(place))
    }

    /// When an order joined its queue, as a number: of two orders of a queue the one with the lower number came first.
    #[must_use]
    #[inline]
    pub fn arrival(&self, id: u64) -> Option<u64> {
        self.find(id).ok().map(|(_, place)| self.queues.nodes.get(place).arrival)
    }

    /// The number of the order that joined a queue last, 0 before the first; clearing the book leaves it.
    #[must_use]
    #[inline]
    pub const fn arrivals(&self) -> u64 {
        self.queues.arrivals
    }

    /// Gives an order the number of arrival that it had before the book was cleared. Its place in the queue, which the
    /// snapshot told, stays; an unknown order is passed over.
    pub fn restore_arrival(&mut self, id: u64, arrival: u64) {
        if let Ok((_, place)) = self.find(id) {
            self.queues.nodes.get_mut(place).arrival = arrival;
        }
    }

    /// The best level of a side with the lots of all its orders.
    #[must_use]
    #[inline]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.sides[side as usize].best().map(|best| self.level(best))
    }

    /// The first order of the best level of a side.
    #[must_use]
    #[inline]
    pub fn front(&self, side: Side) -> Option<RestingOrder> {
        let best = self.sides[side as usize].best()?;
        Some(self.resting(self.queues.nodes.get(self.queues.queues.get(best.size as u32 - 1).first)))
    }

    /// The lots of all orders of a level, 0 where there is none.
    #[must_use]
    pub fn size(&self, side: Side, price: i64) -> i64 {
        self.queue_at(side, price).map_or(0, |queue| self.queues.queues.get(queue).lots)
    }

    /// How many orders a level has.
    #[must_use]
    pub fn orders_at(&self, side: Side, price: i64) -> usize {
        self.queue_at(side, price).map_or(0, |queue| self.queues.queues.get(queue).orders as usize)
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
            Some(self.level(level))
        })
    }

    /// The orders of a level, first come first.
    pub fn queue(&self, side: Side, price: i64) -> impl Iterator<Item = RestingOrder> {
        let mut next = self.queue_at(side, price).map_or(NONE, |queue| self.queues.queues.get(queue).first);
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let node = self.queues.nodes.get(next);
            next = node.next;
            Some(self.resting(node))
        })
    }

    #[inline]
    fn find(&self, id: u64) -> Result<(usize, u32), OrderError> {
        let nodes = &self.queues.nodes;
        self.ids.find(id, |place| nodes.get(place).id).ok_or(OrderError::Unknown { id })
    }

    #[inline]
    fn resting(&self, node: &Node) -> RestingOrder {
        let queue = self.queues.queues.get(node.queue);
        RestingOrder { id: node.id, side: queue.side, price: queue.price, size: node.size, own: node.own }
    }

    /// A level whose number in the ladder is that of its queue.
    #[inline]
    fn level(&self, numbered: Keyed) -> Level {
        let queue = self.queues.queues.get(numbered.size as u32 - 1);
        Level { price: queue.price, size: queue.lots }
    }

    #[inline]
    fn queue_at(&self, side: Side, price: i64) -> Option<u32> {
        (self.sides[side as usize].size(key_of(side, price)) as u32).checked_sub(1)
    }

    #[inline]
    fn open(&mut self, side: Side, price: i64) -> u32 {
        let queue = self.queues.open(side, price);
        self.sides[side as usize].set(key_of(side, price), i64::from(queue) + 1);
        queue
    }

    /// The queue, where it can take so many lots more.
    #[inline]
    fn with_room(&self, queue: u32, id: u64, size: i64) -> Result<u32, OrderError> {
        let Queue { lots, price, .. } = *self.queues.queues.get(queue);
        if lots.checked_add(size).is_none() {
            return Err(OrderError::LevelOverflow { id, price, size });
        }
        Ok(queue)
    }

    #[inline]
    fn leave(&mut self, place: u32) {
        if let Some(closed) = self.queues.leave(place) {
            self.sides[closed.side as usize].set(key_of(closed.side, closed.price), 0);
        }
    }

    #[inline]
    fn discard(&mut self, cell: usize, place: u32) {
        self.leave(place);
        self.ids.vacate(cell);
        self.queues.nodes.release(place);
    }
}
