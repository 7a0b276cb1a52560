//! Places that keep their number while they are in use and are used again afterwards.

/// The number of no place.
pub(super) const NONE: u32 = u32::MAX;

/// Items by the number of their place.
#[derive(Debug, Clone)]
pub(super) struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T: Copy> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }

    /// Whether every number is in use.
    pub(super) const fn is_full(&self) -> bool {
        self.free.is_empty() && self.items.len() >= NONE as usize
    }

    /// Puts an item in a free place of a slab that is not full.
    #[inline]
    pub(super) fn insert(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            return place;
        }
        self.items.push(item);
        // Every place can become free without an allocation.
        self.free.reserve(self.items.len());
        self.items.len() as u32 - 1
    }

    /// Frees a place that is in use.
    #[inline]
    pub(super) fn release(&mut self, place: u32) {
        self.free.push(place);
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> &T {
        &self.items[place as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.items[place as usize]
    }
}
