//! The levels of a ladder that lie beyond its window, in the order of their keys.

use super::slab::Slab;

/// The most levels of a chunk.
const ROOM: usize = 64;

/// Neighbouring levels.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    len: usize,
    keys: [i64; ROOM],
    sizes: [i64; ROOM],
}

/// A chunk's place in the order.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The smallest key of the chunk.
    first: i64,
    chunk: u32,
}

/// Keys and sizes in chunks: a B-tree of two floors. Two neighbouring chunks together are more than half of one, so that
/// there are never many; what they have held before is used again, so that levels may come and go without allocation.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    order: Vec<Entry>,
    chunks: Slab<Chunk>,
}

impl Chunk {
    const EMPTY: Self = Self { len: 0, keys: [0; ROOM], sizes: [0; ROOM] };

    /// How many keys are below this one.
    #[inline]
    fn below(&self, key: i64) -> usize {
        self.keys[..self.len].partition_point(|each| *each < key)
    }

    fn insert(&mut self, at: usize, key: i64, size: i64) {
        self.keys.copy_within(at..self.len, at + 1);
        self.sizes.copy_within(at..self.len, at + 1);
        (self.keys[at], self.sizes[at]) = (key, size);
        self.len += 1;
    }

    fn remove(&mut self, at: usize) {
        self.keys.copy_within(at + 1..self.len, at);
        self.sizes.copy_within(at + 1..self.len, at);
        self.len -= 1;
    }

    /// Moves the levels of another chunk to the end of this one.
    fn append(&mut self, other: &Self) {
        let end = self.len + other.len;
        self.keys[self.len..end].copy_from_slice(&other.keys[..other.len]);
        self.sizes[self.len..end].copy_from_slice(&other.sizes[..other.len]);
        self.len = end;
    }

    /// Takes the levels from a place on out of this chunk.
    fn split_off(&mut self, at: usize) -> Self {
        let mut upper = Self::EMPTY;
        upper.len = self.len - at;
        upper.keys[..upper.len].copy_from_slice(&self.keys[at..self.len]);
        upper.sizes[..upper.len].copy_from_slice(&self.sizes[at..self.len]);
        self.len = at;
        upper
    }
}

impl Tail {
    pub(super) const fn new() -> Self {
        Self { order: Vec::new(), chunks: Slab::new() }
    }

    /// Sets the size of a level, 0 to remove it; returns the size before.
    pub(super) fn set(&mut self, key: i64, size: i64) -> i64 {
        // The first chunk also takes what lies below it.
        let entry = self.order.partition_point(|entry| entry.first <= key).saturating_sub(1);
        let Some(Entry { chunk: place, .. }) = self.order.get(entry).copied() else {
            if size != 0 {
                let chunk = self.chunks.insert(Chunk::EMPTY);
                self.order.push(Entry { first: key, chunk });
                self.chunks.get_mut(chunk).insert(0, key, size);
            }
            return 0;
        };
        let chunk = self.chunks.get_mut(place);
        let at = chunk.below(key);
        if at < chunk.len && chunk.keys[at] == key {
            if size == 0 {
                let before = chunk.sizes[at];
                chunk.remove(at);
                self.shrunk(entry);
                return before;
            }
            return std::mem::replace(&mut chunk.sizes[at], size);
        }
        if size != 0 {
            self.insert(entry, at, key, size);
        }
        0
    }

    /// The size of a level, 0 where there is none.
    pub(super) fn size(&self, key: i64) -> i64 {
        self.at_or_below(key).filter(|(found, _)| *found == key).map_or(0, |(_, size)| size)
    }

    /// The level with the greatest key that is not above this one.
    pub(super) fn at_or_below(&self, key: i64) -> Option<(i64, i64)> {
        let entry = self.order.partition_point(|entry| entry.first <= key).checked_sub(1)?;
        let chunk = self.chunks.get(self.order[entry].chunk);
        let at = chunk.keys[..chunk.len].partition_point(|each| *each <= key) - 1;
        Some((chunk.keys[at], chunk.sizes[at]))
    }

    /// The smallest key.
    pub(super) fn lowest(&self) -> Option<i64> {
        self.order.first().map(|entry| entry.first)
    }

    /// Removes every level.
    pub(super) fn clear(&mut self) {
        for entry in self.order.drain(..) {
            self.chunks.release(entry.chunk);
        }
    }

    fn insert(&mut self, mut entry: usize, mut at: usize, key: i64, size: i64) {
        let chunk = self.chunks.get_mut(self.order[entry].chunk);
        if chunk.len == ROOM {
            let upper = chunk.split_off(ROOM / 2);
            let first = upper.keys[0];
            let place = self.chunks.insert(upper);
            self.order.insert(entry + 1, Entry { first, chunk: place });
            if at > ROOM / 2 {
                entry += 1;
                at -= ROOM / 2;
            }
        }
        let Entry { first, chunk } = &mut self.order[entry];
        *first = (*first).min(key);
        self.chunks.get_mut(*chunk).insert(at, key, size);
    }

    /// A chunk has lost a level: its entry follows, and neighbours that have become small are one.
    fn shrunk(&mut self, entry: usize) {
        let chunk = self.chunks.get(self.order[entry].chunk);
        if chunk.len == 0 {
            self.chunks.release(self.order.remove(entry).chunk);
        } else {
            self.order[entry].first = chunk.keys[0];
            self.merge(entry);
        }
        if let Some(lower) = entry.checked_sub(1) {
            self.merge(lower);
        }
    }

    /// Makes one of a chunk and the next where both together are no more than half of one.
    fn merge(&mut self, entry: usize) {
        let Some(&[lower, upper]) = self.order.get(entry..entry + 2) else { return };
        if self.chunks.get(lower.chunk).len + self.chunks.get(upper.chunk).len <= ROOM / 2 {
            let other = *self.chunks.get(upper.chunk);
            self.chunks.get_mut(lower.chunk).append(&other);
            self.order.remove(entry + 1);
            self.chunks.release(upper.chunk);
        }
    }
}
