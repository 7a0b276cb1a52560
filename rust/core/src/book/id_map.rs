//! From a venue's order id to the place of the order.

use super::slab::NONE;

/// The smallest number of cells.
const CELLS_MIN: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The upper half of the id's hash.
    hash: u32,
    /// [`NONE`] in an empty cell.
    place: u32,
}

const EMPTY: Cell = Cell { hash: 0, place: NONE };

/// A hash table with linear probing, at most half full, that leaves no marks where an id was removed: it grows with the
/// most ids it ever held and never again. The ids themselves stand with the orders, which are looked at where the hashes
/// agree: `id_of` tells the id at a place.
///
/// The hash is a multiplication by 2^64 over the golden ratio (Knuth, The Art of Computer Programming 3, section 6.4),
/// which spreads ids that count upwards evenly. It is the same in every process.
#[derive(Debug, Clone)]
pub(super) struct IdMap {
    /// A power of two, at most 2^32.
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

    /// Whether it cannot hold another id.
    pub(super) const fn is_full(&self) -> bool {
        self.len >= 1 << 31
    }

    /// The cell of an id and its place.
    #[inline]
    pub(super) fn find(&self, id: u64, id_of: impl Fn(u32) -> u64) -> Option<(usize, u32)> {
        let cell = self.probe(id, id_of);
        let place = self.cells[cell].place;
        (place != NONE).then_some((cell, place))
    }

    /// An empty cell for an id, `None` where it has one already. Only a map that is not full may be asked.
    #[inline]
    pub(super) fn vacancy(&mut self, id: u64, id_of: impl Fn(u32) -> u64) -> Option<usize> {
        if (self.len + 1) * 2 > self.cells.len() {
            self.grow();
        }
        let cell = self.probe(id, id_of);
        (self.cells[cell].place == NONE).then_some(cell)
    }

    /// Puts an id in the cell that [`Self::vacancy`] found for it.
    #[inline]
    pub(super) fn fill(&mut self, cell: usize, id: u64, place: u32) {
        self.cells[cell] = Cell { hash: hash_of(id), place };
        self.len += 1;
    }

    /// Removes the id in a cell.
    #[inline]
    pub(super) fn vacate(&mut self, mut hole: usize) {
        let (mask, shift) = (self.cells.len() - 1, self.shift());
        let mut cell = hole;
        loop {
            cell = (cell + 1) & mask;
            let found = self.cells[cell];
            if found.place == NONE {
                break;
            }
            // It may move back to the hole unless that lies before its home.
            let from_home = cell.wrapping_sub((found.hash >> shift) as usize) & mask;
            if from_home >= cell.wrapping_sub(hole) & mask {
                self.cells[hole] = found;
                hole = cell;
            }
        }
        self.cells[hole] = EMPTY;
        self.len -= 1;
    }

    /// By how much a hash is shifted to give the first cell to look at.
    #[inline]
    const fn shift(&self) -> u32 {
        u32::BITS - self.cells.len().trailing_zeros()
    }

    /// The cell of an id, or the empty one where it would be.
    #[inline]
    fn probe(&self, id: u64, id_of: impl Fn(u32) -> u64) -> usize {
        let (hash, mask) = (hash_of(id), self.cells.len() - 1);
        let mut cell = (hash >> self.shift()) as usize;
        loop {
            let found = self.cells[cell];
            if found.place == NONE || (found.hash == hash && id_of(found.place) == id) {
                return cell;
            }
            cell = (cell + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![EMPTY; self.cells.len() * 2];
        let cells = std::mem::replace(&mut self.cells, larger);
        let (mask, shift) = (self.cells.len() - 1, self.shift());
        for found in cells.into_iter().filter(|cell| cell.place != NONE) {
            let mut cell = (found.hash >> shift) as usize;
            while self.cells[cell].place != NONE {
                cell = (cell + 1) & mask;
            }
            self.cells[cell] = found;
        }
    }
}

#[inline]
const fn hash_of(id: u64) -> u32 {
    (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
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
            let ids: Vec<u64> = operations.iter().map(|(id, _, shift)| id << shift).collect();
            let id_of = |place: u32| ids[place as usize];
            for (place, (_, add, _)) in operations.into_iter().enumerate() {
                let id = ids[place];
                match twin.get(&id) {
                    None if add => {
                        let cell = map.vacancy(id, id_of).unwrap();
                        map.fill(cell, id, place as u32);
                        twin.insert(id, place as u32);
                    }
                    Some(_) if !add => {
                        map.vacate(map.find(id, id_of).unwrap().0);
                        twin.remove(&id);
                    }
                    found => {
                        prop_assert_eq!(map.find(id, id_of).map(|(_, place)| place), found.copied());
                        prop_assert_eq!(map.vacancy(id, id_of).is_none(), found.is_some());
                    }
                }
            }
            prop_assert_eq!(map.len(), twin.len());
            for (id, place) in twin {
                prop_assert_eq!(map.find(id, id_of).map(|(_, place)| place), Some(place));
            }
        }
    }

    /// Ids whose hashes agree: 2^32 times anything that the multiplication turns into nothing above.
    #[test]
    fn ids_with_one_hash_are_told_apart() {
        // The inverse of the multiplier modulo 2^64, times 1 and 2: their hashes are both 0.
        let inverse = 0xf1de_83e1_9937_733d_u64;
        assert_eq!(inverse.wrapping_mul(0x9e37_79b9_7f4a_7c15), 1);
        let ids = [inverse, inverse.wrapping_mul(2), inverse.wrapping_mul(3)];
        assert_eq!(ids.map(hash_of), [0; 3]);
        let id_of = |place: u32| ids[place as usize];
        let mut map = IdMap::new();
        for (place, id) in ids.into_iter().enumerate() {
            let cell = map.vacancy(id, id_of).unwrap();
            map.fill(cell, id, place as u32);
        }
        map.vacate(map.find(ids[1], id_of).unwrap().0);
        assert_eq!(ids.map(|id| map.find(id, id_of).map(|(_, place)| place)), [Some(0), None, Some(2)]);
    }
}
