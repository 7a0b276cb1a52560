//! From a venue's order id to the place of the order.

use super::slab::NONE;

/// The smallest number of cells.
const CELLS_MIN: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Cell {
    id: u64,
    /// [`NONE`] in an empty cell.
    place: u32,
}

const EMPTY: Cell = Cell { id: 0, place: NONE };

/// A hash table with linear probing, at most half full, that leaves no marks where an id was removed: it grows with the
/// most ids it ever held and never again.
///
/// The hash is a multiplication by 2^64 over the golden ratio (Knuth, The Art of Computer Programming 3, section 6.4),
/// which spreads ids that count upwards evenly. It is the same in every process.
#[derive(Debug, Clone)]
pub(super) struct IdMap {
    /// A power of two.
    cells: Vec<Cell>,
    len: usize,
}

impl IdMap {
    pub(super) fn new() -> Self {
        Self { cells: vec![EMPTY; CELLS_MIN], len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<u32> {
        let mut cell = self.home(id);
        loop {
            let found = self.cells[cell];
            if found.place == NONE {
                return None;
            }
            if found.id == id {
                return Some(found.place);
            }
            cell = self.after(cell);
        }
    }

    /// Adds an id that is not there.
    #[inline]
    pub(super) fn insert(&mut self, id: u64, place: u32) {
        if (self.len + 1) * 2 > self.cells.len() {
            self.grow();
        }
        self.put(Cell { id, place });
        self.len += 1;
    }

    /// Removes an id that is there.
    #[inline]
    pub(super) fn remove(&mut self, id: u64) {
        let mut hole = self.home(id);
        while self.cells[hole].id != id || self.cells[hole].place == NONE {
            hole = self.after(hole);
        }
        let mut cell = hole;
        loop {
            cell = self.after(cell);
            let found = self.cells[cell];
            if found.place == NONE {
                break;
            }
            // A cell may move back to the hole unless that lies before its home.
            let mask = self.cells.len() - 1;
            let from_home = cell.wrapping_sub(self.home(found.id)) & mask;
            if from_home >= cell.wrapping_sub(hole) & mask {
                self.cells[hole] = found;
                hole = cell;
            }
        }
        self.cells[hole] = EMPTY;
        self.len -= 1;
    }

    #[inline]
    fn home(&self, id: u64) -> usize {
        (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.cells.len().trailing_zeros())) as usize
    }

    #[inline]
    fn after(&self, cell: usize) -> usize {
        (cell + 1) & (self.cells.len() - 1)
    }

    #[inline]
    fn put(&mut self, new: Cell) {
        let mut cell = self.home(new.id);
        while self.cells[cell].place != NONE {
            cell = self.after(cell);
        }
        self.cells[cell] = new;
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![EMPTY; self.cells.len() * 2];
        for cell in std::mem::replace(&mut self.cells, larger) {
            if cell.place != NONE {
                self.put(cell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(operations in prop::collection::vec((0_u64..400, any::<bool>(), 0_u32..60), 0..2_000)) {
            let (mut map, mut twin) = (IdMap::new(), BTreeMap::new());
            for (place, (id, add, shift)) in operations.into_iter().enumerate() {
                let id = id << shift;
                match twin.get(&id) {
                    None if add => {
                        map.insert(id, place as u32);
                        twin.insert(id, place as u32);
                    }
                    Some(_) if !add => {
                        map.remove(id);
                        twin.remove(&id);
                    }
                    found => prop_assert_eq!(map.get(id), found.copied()),
                }
            }
            prop_assert_eq!(map.len(), twin.len());
            for (id, place) in twin {
                prop_assert_eq!(map.get(id), Some(place));
            }
        }
    }
}
