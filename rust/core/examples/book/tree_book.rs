//! Yardstick: the usual book, a B-tree a side.

use std::collections::BTreeMap;

use crate::stream::Levels;

#[derive(Default)]
pub(crate) struct TreeBook {
    sides: [BTreeMap<i64, i64>; 2],
}

impl Levels for TreeBook {
    fn empty(&mut self) {
        self.sides = Default::default();
    }

    #[inline]
    fn set(&mut self, side: usize, price: i64, size: i64) {
        if size == 0 {
            self.sides[side].remove(&price);
        } else {
            self.sides[side].insert(price, size);
        }
    }

    #[inline]
    fn best(&self, side: usize) -> (i64, i64) {
        let levels = &self.sides[side];
        let best = if side == 0 { levels.last_key_value() } else { levels.first_key_value() };
        best.map_or((0, 0), |(price, size)| (*price, *size))
    }

    fn count(&self, side: usize) -> usize {
        self.sides[side].len()
    }
}
