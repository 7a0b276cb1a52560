//! One side of a book: a dense window of levels around the touch, and an exact tail for those beyond it.
//!
//! Levels are found by a *key* that grows towards the touch: the price of a bid, the complement of the price of an ask.
//! Within the window a key's place is its lowest bits, so that the window moves without anything being copied: only
//! the levels that leave it go to the tail, and those that it now covers come from there. The window is moved when the
//! best level has drifted away from its place in it, and not before as many updates have gone beyond the window as the
//! last move had levels to carry and blocks to look at. Moves therefore cost a constant number of steps an update,
//! whatever the updates are.

use std::hint::select_unpredictable;

use super::tail::Tail;

/// Levels that share one word of the bitmap.
const BLOCK: i64 = 64;

/// A level by its key; a size of 0 stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keyed {
    pub(super) key: i64,
    pub(super) size: i64,
}

const NONE: Keyed = Keyed { key: i64::MIN, size: 0 };

/// Sizes by key. The window has `BLOCKS` blocks of 64 keys, a power of two, at least 8.
#[derive(Debug, Clone)]
pub(super) struct Ladder<const BLOCKS: usize> {
    /// The first key of the window, a multiple of [`BLOCK`].
    base: i64,
    best: Keyed,
    levels: usize,
    /// How many updates beyond the window must come before it may move again.
    debt: usize,
    occupied: Box<[u64; BLOCKS]>,
    sizes: Box<[[i64; BLOCK as usize]; BLOCKS]>,
    tail: Tail,
}

impl<const BLOCKS: usize> Ladder<BLOCKS> {
    const MASK: i64 = {
        assert!(BLOCKS.is_power_of_two() && BLOCKS >= 8, "a window is a power of two of blocks, at least 8");
        BLOCKS as i64 - 1
    };
    const WIDTH: i64 = BLOCKS as i64 * BLOCK;
    /// Where the best level stands in a window that was just placed: most of the window lies behind the touch.
    const HOME: i64 = Self::WIDTH / 8 * 7;
    /// How far the best level may drift from there.
    const DRIFT: i64 = Self::WIDTH / 16;

    pub(super) fn new() -> Self {
        // Zeroed by the system where it comes from there: what is never written to takes no memory.
        let sizes = bytemuck::zeroed_slice_box::<[i64; BLOCK as usize]>(BLOCKS);
        let occupied = vec![0; BLOCKS].into_boxed_slice();
        Self {
            base: 0,
            best: NONE,
            levels: 0,
            debt: 0,
            occupied: occupied.try_into().expect("as many words as blocks"),
            sizes: sizes.try_into().expect("as many blocks as blocks"),
            tail: Tail::new(),
        }
    }

    /// How many levels there are.
    pub(super) const fn levels(&self) -> usize {
        self.levels
    }

    /// The level with the greatest key.
    #[inline]
    pub(super) const fn best(&self) -> Option<Keyed> {
        if self.best.size == 0 { None } else { Some(self.best) }
    }

    /// The greatest key there is; the least possible one where there is none.
    #[inline]
    pub(super) const fn top(&self) -> i64 {
        self.best.key
    }

    /// The size of a level, 0 where there is none.
    #[inline]
    pub(super) fn size(&self, key: i64) -> i64 {
        if self.covers(key) { self.sizes[Self::block(key)][Self::slot(key)] } else { self.tail.size(key) }
    }

    /// Sets the size of a level, 0 to remove it, never below; returns the size before.
    #[inline]
    pub(super) fn set(&mut self, key: i64, size: i64) -> i64 {
        if !self.covers(key) {
            return self.set_beyond(key, size);
        }
        let (block, slot) = (Self::block(key), Self::slot(key));
        let before = std::mem::replace(&mut self.sizes[block][slot], size);
        // Whether a level comes, goes or stays is a coin toss to the processor: no branch.
        self.occupied[block] = self.occupied[block] & !(1 << slot) | u64::from(size != 0) << slot;
        self.count(before, size);
        self.touch(key, size);
        before
    }

    /// The same for a level of the window and a size of at least 0 that does not take the level with the greatest key away;
    /// `None`, and nothing is done, for others.
    #[inline(always)]
    pub(super) fn set_in_place(&mut self, key: i64, size: i64) -> Option<i64> {
        let is_best = key >= self.best.key;
        if size < i64::from(is_best) || !self.covers(key) {
            return None;
        }
        let (block, slot) = (Self::block(key), Self::slot(key));
        let before = std::mem::replace(&mut self.sizes[block][slot], size);
        self.occupied[block] = self.occupied[block] & !(1 << slot) | u64::from(size != 0) << slot;
        self.count(before, size);
        // Half of all updates are of the best level: no branch.
        self.best.key = select_unpredictable(is_best, key, self.best.key);
        self.best.size = select_unpredictable(is_best, size, self.best.size);
        Some(before)
    }

    /// Takes the level with the greatest key away if it is this one and the next, in the window as well, is not below the
    /// least; the size it had. `None`, and nothing is done, for others.
    #[inline(always)]
    pub(super) fn drop_best(&mut self, key: i64, least: i64) -> Option<i64> {
        if key != self.best.key || !self.covers(key) || key == self.base {
            return None;
        }
        let next = self.scan(key - 1).filter(|&next| next >= least)?;
        let (block, slot) = (Self::block(key), Self::slot(key));
        self.sizes[block][slot] = 0;
        self.occupied[block] &= !(1 << slot);
        self.levels -= 1;
        let best = Keyed { key: next, size: self.sizes[Self::block(next)][Self::slot(next)] };
        Some(std::mem::replace(&mut self.best, best).size)
    }

    /// The level with the greatest key that is not above this one.
    #[inline]
    pub(super) fn at_or_below(&self, key: i64) -> Option<Keyed> {
        let top = self.base + (Self::WIDTH - 1);
        if key > top {
            match self.tail.at_or_below(key) {
                Some((key, size)) if key > top => return Some(Keyed { key, size }),
                _ => {}
            }
        }
        if key >= self.base
            && let Some(key) = self.scan(key.min(top))
        {
            return Some(Keyed { key, size: self.sizes[Self::block(key)][Self::slot(key)] });
        }
        let below = key.min(self.base.checked_sub(1)?);
        self.tail.at_or_below(below).map(|(key, size)| Keyed { key, size })
    }

    /// The level after this one.
    #[inline]
    pub(super) fn below(&self, key: i64) -> Option<Keyed> {
        self.at_or_below(key.checked_sub(1)?)
    }

    /// The smallest key.
    pub(super) fn lowest(&self) -> Option<i64> {
        let tail = self.tail.lowest();
        if tail.is_some_and(|key| key < self.base) {
            return tail;
        }
        let in_window = (0..BLOCKS as i64).map(|block| self.base + block * BLOCK).find_map(|first| {
            let word = self.occupied[Self::block(first)];
            (word != 0).then(|| first + i64::from(word.trailing_zeros()))
        });
        in_window.or(tail)
    }

    /// Removes every level.
    pub(super) fn clear(&mut self) {
        if self.levels <= 1 {
            let last = self.best;
            if last.size != 0 {
                self.set(last.key, 0);
            }
            return;
        }
        for (word, sizes) in self.occupied.iter_mut().zip(self.sizes.iter_mut()) {
            if *word != 0 {
                (*word, *sizes) = (0, [0; BLOCK as usize]);
            }
        }
        self.tail.clear();
        (self.best, self.levels, self.debt) = (NONE, 0, 0);
    }

    #[inline]
    const fn covers(&self, key: i64) -> bool {
        // One comparison: a key below the base wraps around to a large number.
        (key.wrapping_sub(self.base) as u64) < Self::WIDTH as u64
    }

    #[inline]
    const fn block(key: i64) -> usize {
        ((key >> BLOCK.trailing_zeros()) & Self::MASK) as usize
    }

    #[inline]
    const fn slot(key: i64) -> usize {
        (key & (BLOCK - 1)) as usize
    }

    #[inline]
    fn count(&mut self, before: i64, size: i64) {
        self.levels = self.levels.wrapping_add(usize::from(size != 0)).wrapping_sub(usize::from(before != 0));
    }

    /// Keeps the best level after an update.
    #[inline]
    fn touch(&mut self, key: i64, size: i64) {
        if key < self.best.key {
            return;
        }
        if size != 0 {
            self.best = Keyed { key, size };
        } else if key == self.best.key {
            // A side of one level, as quotes make it, must not pay for a look through the whole window.
            self.best = if self.levels == 0 { NONE } else { self.below(key).unwrap_or(NONE) };
        }
    }

    /// The greatest occupied key of the window that is not above this one, which lies in the window.
    #[inline]
    fn scan(&self, key: i64) -> Option<i64> {
        let (mut block, first) = (key & !(BLOCK - 1), self.base);
        let mut word = self.occupied[Self::block(block)] & u64::MAX >> (BLOCK - 1 - (key & (BLOCK - 1)));
        while word == 0 {
            if block == first {
                return None;
            }
            block -= BLOCK;
            word = self.occupied[Self::block(block)];
        }
        Some(block + (BLOCK - 1 - i64::from(word.leading_zeros())))
    }

    #[cold]
    #[inline(never)]
    fn set_beyond(&mut self, key: i64, size: i64) -> i64 {
        if self.levels == 0 {
            if size == 0 {
                return 0;
            }
            self.base = Self::base_for(key);
            return self.set(key, size);
        }
        let before = self.tail.set(key, size);
        self.count(before, size);
        self.touch(key, size);
        self.debt = self.debt.saturating_sub(1);
        if self.debt == 0 && self.best.size != 0 && self.drift() > Self::DRIFT as u64 {
            self.move_window();
        }
        before
    }

    /// The base of a window in which this key is at home.
    fn base_for(key: i64) -> i64 {
        (key.saturating_sub(Self::HOME) & !(BLOCK - 1)).min(i64::MAX - (Self::WIDTH - 1))
    }

    fn drift(&self) -> u64 {
        Self::base_for(self.best.key).abs_diff(self.base)
    }

    /// Places the window where the best level is at home.
    fn move_window(&mut self) {
        let (old, new) = (self.base, Self::base_for(self.best.key));
        let mut carried = 0;
        for first in (0..BLOCKS as i64).map(|block| old + block * BLOCK) {
            if first.wrapping_sub(new) as u64 >= Self::WIDTH as u64 {
                carried += self.spill(first);
            }
        }
        self.base = new;
        let mut key = new + (Self::WIDTH - 1);
        while let Some((found, size)) = self.tail.at_or_below(key).filter(|(found, _)| *found >= new) {
            self.tail.set(found, 0);
            self.sizes[Self::block(found)][Self::slot(found)] = size;
            self.occupied[Self::block(found)] |= 1 << Self::slot(found);
            carried += 1;
            key = found;
        }
        self.debt = carried + BLOCKS;
    }

    /// Moves the levels of the block that begins at this key to the tail; returns how many.
    fn spill(&mut self, first: i64) -> usize {
        let block = Self::block(first);
        let mut word = std::mem::take(&mut self.occupied[block]);
        let levels = word.count_ones() as usize;
        while word != 0 {
            let slot = word.trailing_zeros();
            self.tail.set(first + i64::from(slot), std::mem::take(&mut self.sizes[block][slot as usize]));
            word &= word - 1;
        }
        levels
    }
}
