//! The plain book of levels that the real one must equal: a B-tree a side.

use std::collections::BTreeMap;

use tradenode_core::book::{Level, Sweep};
use tradenode_core::orders::Side;

#[derive(Default)]
pub(crate) struct LevelsTwin {
    sides: [BTreeMap<i64, i64>; 2],
}

impl LevelsTwin {
    pub(crate) fn set(&mut self, side: Side, price: i64, size: i64) -> i64 {
        let levels = &mut self.sides[side as usize];
        if size == 0 { levels.remove(&price) } else { levels.insert(price, size) }.unwrap_or(0)
    }

    pub(crate) fn clear(&mut self, side: Option<Side>) {
        for each in [Side::Buy, Side::Sell] {
            if side.is_none() || side == Some(each) {
                self.sides[each as usize].clear();
            }
        }
    }

    pub(crate) fn size(&self, side: Side, price: i64) -> i64 {
        self.sides[side as usize].get(&price).copied().unwrap_or(0)
    }

    pub(crate) fn len(&self, side: Side) -> usize {
        self.sides[side as usize].len()
    }

    pub(crate) fn levels(&self, side: Side) -> Box<dyn Iterator<Item = Level> + '_> {
        let levels = self.sides[side as usize].iter().map(|(&price, &size)| Level { price, size });
        match side {
            Side::Buy => Box::new(levels.rev()),
            Side::Sell => Box::new(levels),
        }
    }

    pub(crate) fn level_from(&self, side: Side, price: i64) -> Option<Level> {
        self.levels(side).find(|level| not_better(side, level.price, price))
    }

    pub(crate) fn remove_better(&mut self, side: Side, price: i64) -> usize {
        let before = self.len(side);
        self.sides[side as usize].retain(|&each, _| not_better(side, each, price));
        before - self.len(side)
    }

    pub(crate) fn truncate(&mut self, side: Side, count: usize) -> usize {
        let worst: Vec<i64> = self.levels(side).skip(count).map(|level| level.price).collect();
        for price in &worst {
            self.sides[side as usize].remove(price);
        }
        worst.len()
    }

    pub(crate) fn depth(&self, side: Side, ticks: u64) -> i128 {
        let best = self.levels(side).next();
        let near = self.levels(side).filter(|level| level.price.abs_diff(best.unwrap().price) <= ticks);
        near.map(|level| i128::from(level.size)).sum()
    }

    pub(crate) fn sweep(&self, side: Side, size: i64, limit: Option<i64>) -> Sweep {
        let mut left = size;
        let mut sweep = Sweep::default();
        for level in self.levels(side) {
            let affordable = limit.is_none_or(|limit| !not_better(side, level.price, limit) || level.price == limit);
            if left > 0 && affordable {
                let taken = left.min(level.size);
                left -= taken;
                sweep.filled += taken;
                sweep.worst = Some(level.price);
                sweep.notional += i128::from(taken) * i128::from(level.price);
            }
        }
        sweep
    }

    /// The hash as `Book::state_hash` documents it, written down a second time.
    pub(crate) fn state_hash(&self) -> u64 {
        let mut words = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for level in self.levels(side) {
                words.extend([level.price as u64, level.size as u64]);
            }
            words.push(self.len(side) as u64);
        }
        hash_of(words)
    }
}

pub(crate) fn hash_of(words: Vec<u64>) -> u64 {
    words.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        let mixed = (hash ^ word).wrapping_mul(0x100_0000_01b3);
        mixed ^ mixed >> 29
    })
}

/// Whether a price of a side is the other price or behind it.
fn not_better(side: Side, price: i64, other: i64) -> bool {
    match side {
        Side::Buy => price <= other,
        Side::Sell => price >= other,
    }
}
