//! Orders in the queues of their prices: who is first, how many lots there are, how many are ahead of ours.

use super::slab::{NONE, Slab};
use crate::orders::Side;

/// An order in its queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) id: u64,
    /// What is left of it, lots.
    pub(super) size: i64,
    /// Grows with every order that joins a queue: who came first.
    pub(super) arrival: u64,
    pub(super) queue: u32,
    previous: u32,
    pub(super) next: u32,
    pub(super) own: bool,
}

/// The orders of one price, first come first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queue {
    pub(super) price: i64,
    pub(super) lots: i64,
    pub(super) orders: u32,
    /// How many of them are ours.
    own: u32,
    pub(super) first: u32,
    last: u32,
    pub(super) side: Side,
}

/// An order of ours.
#[derive(Debug, Clone, Copy)]
struct Own {
    place: u32,
    /// Lots ahead of it.
    ahead: i64,
}

/// All queues of a book.
#[derive(Debug, Clone)]
pub(super) struct OrderQueues {
    pub(super) nodes: Slab<Node>,
    pub(super) queues: Slab<Queue>,
    own: Vec<Own>,
    pub(super) arrivals: u64,
}

impl OrderQueues {
    pub(super) const fn new() -> Self {
        Self { nodes: Slab::new(), queues: Slab::new(), own: Vec::new(), arrivals: 0 }
    }

    /// A new queue, which must be joined.
    pub(super) fn open(&mut self, side: Side, price: i64) -> u32 {
        self.queues.insert(Queue { price, lots: 0, orders: 0, own: 0, first: NONE, last: NONE, side })
    }

    /// A new order at the end of a queue; returns its place.
    #[inline]
    pub(super) fn add(&mut self, queue: u32, id: u64, size: i64, own: bool) -> u32 {
        let node = Node { id, size, arrival: 0, queue, previous: NONE, next: NONE, own };
        let place = self.nodes.insert(node);
        self.join(place, queue, size);
        place
    }

    /// Puts an order that is in no queue at the end of one, with so many lots.
    #[inline]
    pub(super) fn join(&mut self, place: u32, queue: u32, size: i64) {
        let joined = self.queues.get_mut(queue);
        let (last, ahead) = (joined.last, joined.lots);
        joined.lots += size;
        joined.orders += 1;
        joined.last = place;
        if last == NONE {
            joined.first = place;
        } else {
            self.nodes.get_mut(last).next = place;
        }
        self.arrivals += 1;
        let node = self.nodes.get_mut(place);
        *node = Node { size, arrival: self.arrivals, queue, previous: last, next: NONE, ..*node };
        if node.own {
            joined.own += 1;
            self.own.push(Own { place, ahead });
        }
    }

    /// Takes an order out of its queue; returns the queue where that was its last one, and which is free then.
    #[inline]
    pub(super) fn leave(&mut self, place: u32) -> Option<Queue> {
        let Node { size, arrival, queue, previous, next, own, .. } = *self.nodes.get(place);
        let left = self.queues.get_mut(queue);
        left.lots -= size;
        left.orders -= 1;
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
        if own {
            left.own -= 1;
            self.own.retain(|own| own.place != place);
        }
        if left.orders == 0 {
            let closed = *left;
            self.queues.release(queue);
            return Some(closed);
        }
        if left.own > 0 {
            self.advance(queue, arrival, size);
        }
        None
    }

    /// Takes lots off an order that keeps some.
    #[inline]
    pub(super) fn shrink(&mut self, place: u32, lots: i64) {
        let node = self.nodes.get_mut(place);
        node.size -= lots;
        let (queue, arrival) = (node.queue, node.arrival);
        let shrunk = self.queues.get_mut(queue);
        shrunk.lots -= lots;
        if shrunk.own > 0 {
            self.advance(queue, arrival, lots);
        }
    }

    /// The lots ahead of an order: kept for ours, counted for others.
    pub(super) fn ahead(&self, place: u32) -> i64 {
        let node = self.nodes.get(place);
        if node.own
            && let Some(own) = self.own.iter().find(|own| own.place == place)
        {
            return own.ahead;
        }
        let mut before = node.previous;
        let mut ahead = 0;
        while before != NONE {
            let node = self.nodes.get(before);
            ahead += node.size;
            before = node.previous;
        }
        ahead
    }

    /// Our orders that came later than one that lost lots move forward.
    #[cold]
    fn advance(&mut self, queue: u32, arrival: u64, lots: i64) {
        for own in &mut self.own {
            let node = self.nodes.get(own.place);
            if node.queue == queue && node.arrival > arrival {
                own.ahead -= lots;
            }
        }
    }
}
