//! The levels of a ladder that lie beyond its window, in the order of their keys.

use std::collections::BTreeMap;

/// Keys and sizes; every size is above zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    levels: BTreeMap<i64, i64>,
}

impl Tail {
    /// Sets the size of a level, 0 to remove it; returns the size before.
    pub(super) fn set(&mut self, key: i64, size: i64) -> i64 {
        let before = if size == 0 { self.levels.remove(&key) } else { self.levels.insert(key, size) };
        before.unwrap_or(0)
    }

    /// The size of a level, 0 where there is none.
    pub(super) fn size(&self, key: i64) -> i64 {
        self.levels.get(&key).copied().unwrap_or(0)
    }

    /// The level with the greatest key that is not above this one.
    pub(super) fn at_or_below(&self, key: i64) -> Option<(i64, i64)> {
        self.levels.range(..=key).next_back().map(|(key, size)| (*key, *size))
    }

    /// The smallest key.
    pub(super) fn lowest(&self) -> Option<i64> {
        self.levels.keys().next().copied()
    }

    /// Removes every level.
    pub(super) fn clear(&mut self) {
        self.levels.clear();
    }
}
