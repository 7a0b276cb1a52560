//! Orders in slots that stay theirs while they live, and where each is, by its number.
//!
//! The numbers of living orders are a sorted list: they are few beside all that ever were, and mostly come ascending.
//! Memory is bounded by the most that lived at once.

use std::ops::{Index, IndexMut};

/// Items by the number of their slot or by their own.
#[derive(Debug, Clone)]
pub struct Slots<T> {
    items: Vec<T>,
    free: Vec<u32>,
    /// Numbers with their slots, ascending.
    living: Vec<(u64, u32)>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new(), living: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// How many live.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.living.len()
    }

    /// Whether none lives.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    /// Those that live with their numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.living.iter().map(|&(number, slot)| (number, &self.items[slot as usize]))
    }

    /// The slot of a living item.
    #[inline]
    #[must_use]
    pub fn find(&self, number: u64) -> Option<u32> {
        self.place(number).ok().map(|place| self.living[place].1)
    }

    /// Puts an item in a slot; its number is not that of a living one.
    #[inline(always)]
    pub fn insert(&mut self, number: u64, item: T) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.items[slot as usize] = item;
                slot
            }
            None => {
                self.items.push(item);
                (self.items.len() - 1) as u32
            }
        };
        if self.living.last().is_none_or(|&(last, _)| last < number) {
            self.living.push((number, slot));
        } else {
            let place = self.place(number).unwrap_or_else(|place| place);
            self.living.insert(place, (number, slot));
        }
        slot
    }

    /// Ends the life of an item; it stays in its slot, which is returned, until that is released.
    #[inline]
    pub fn end(&mut self, number: u64) -> Option<u32> {
        self.place(number).ok().map(|place| self.living.remove(place).1)
    }

    /// Lets a slot be used again; it belongs to no living item.
    #[inline]
    pub fn release(&mut self, slot: u32) {
        self.free.push(slot);
    }

    #[inline]
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.living.binary_search_by_key(&number, |&(living, _)| living)
    }
}

impl<T> Index<u32> for Slots<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        &self.items[slot as usize]
    }
}

impl<T> IndexMut<u32> for Slots<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.items[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    use super::*;

    proptest! {
        #[test]
        fn slots_are_a_map_whose_memory_is_that_of_the_living(steps in proptest::collection::vec((any::<bool>(), 0..12_u64), 0..200)) {
            let (mut slots, mut map, mut most) = (Slots::default(), BTreeMap::new(), 0);
            for (step, (come, number)) in steps.into_iter().enumerate() {
                if come && !map.contains_key(&number) {
                    slots.insert(number, step);
                    map.insert(number, step);
                } else if let Some(slot) = slots.end(number) {
                    prop_assert_eq!(Some(slots[slot]), map.remove(&number));
                    slots.release(slot);
                } else {
                    prop_assert!(!map.contains_key(&number));
                }
                most = most.max(map.len());
                let found = |number| slots.find(number).map(|slot| slots[slot]);
                prop_assert!((0..12).all(|number| found(number) == map.get(&number).copied()));
                prop_assert_eq!((slots.len(), slots.items.len()), (map.len(), most));
            }
        }
    }
}
