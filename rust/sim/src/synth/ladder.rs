//! The resting orders of one side: price levels with a queue each.

use std::collections::{BTreeMap, VecDeque};

use crate::random::Random;

/// A resting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resting {
    pub(super) id: u64,
    pub(super) size: i64,
}

#[derive(Debug, Clone, Default)]
struct Level {
    queue: VecDeque<Resting>,
    total: i64,
}

/// One side. Prices are kept so that the best is the greatest: asks are negated by the caller.
#[derive(Debug, Clone, Default)]
pub(super) struct Ladder {
    levels: BTreeMap<i64, Level>,
    orders: usize,
}

impl Ladder {
    pub(super) fn best(&self) -> Option<i64> {
        self.levels.last_key_value().map(|(rank, _)| *rank)
    }

    pub(super) fn levels(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn orders(&self) -> usize {
        self.orders
    }

    /// Every order, the best first.
    pub(super) fn each(&self) -> impl Iterator<Item = (i64, Resting)> {
        self.levels.iter().rev().flat_map(|(rank, level)| level.queue.iter().map(|order| (*rank, *order)))
    }

    /// Every level with its size, the best first.
    pub(super) fn totals(&self) -> impl Iterator<Item = (i64, i64)> {
        self.levels.iter().rev().map(|(rank, level)| (*rank, level.total))
    }

    /// Queues an order; the level's size is then this.
    pub(super) fn add(&mut self, rank: i64, order: Resting) -> i64 {
        let level = self.levels.entry(rank).or_default();
        level.queue.push_back(order);
        level.total += order.size;
        self.orders += 1;
        level.total
    }

    /// Removes one order of the level at `rank` or, where there is none, of the next better one; None without any.
    pub(super) fn cancel(&mut self, rank: i64, random: &mut Random) -> Option<(i64, Resting, i64)> {
        let (rank, level) = self.levels.range_mut(rank..).next()?;
        let rank = *rank;
        let order = level.queue.remove(random.below(level.queue.len()))?;
        level.total -= order.size;
        let left = level.total;
        self.orders -= 1;
        self.drop_empty(rank);
        Some((rank, order, left))
    }

    /// Fills up to `size` of the first order of the best level: its rank, its id, what was filled, what the level keeps.
    pub(super) fn fill(&mut self, size: i64) -> Option<(i64, u64, i64, i64)> {
        let (rank, level) = self.levels.iter_mut().next_back()?;
        let rank = *rank;
        let order = level.queue.front_mut()?;
        let (id, filled) = (order.id, size.min(order.size));
        order.size -= filled;
        level.total -= filled;
        let left = level.total;
        if order.size == 0 {
            level.queue.pop_front();
            self.orders -= 1;
        }
        self.drop_empty(rank);
        Some((rank, id, filled, left))
    }

    fn drop_empty(&mut self, rank: i64) {
        if self.levels.get(&rank).is_some_and(|level| level.queue.is_empty()) {
            self.levels.remove(&rank);
        }
    }
}
