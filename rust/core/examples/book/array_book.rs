//! The floor: sizes in an array over every price that occurs, a bitmap over the array, the best price kept.
//!
//! It knows all prices beforehand, holds 8 bytes for each price in between, and checks nothing: what the machine can do.

use crate::stream::{Levels, Stream};

pub(crate) struct ArrayBook {
    lowest: i64,
    sizes: [Vec<i64>; 2],
    occupied: [Vec<u64>; 2],
    best: [usize; 2],
}

impl ArrayBook {
    pub(crate) fn covering(stream: &Stream) -> Self {
        let lowest = stream.prices.iter().min().map_or(0, |lowest| lowest & !63);
        // A block more on either side stands for an empty book.
        let width = stream.prices.iter().max().map_or(0, |highest| highest - lowest) as usize + 192;
        let words = width.div_ceil(64);
        let mut book = Self {
            lowest: lowest - 64,
            sizes: [vec![0; words * 64], vec![0; words * 64]],
            occupied: [vec![0; words], vec![0; words]],
            best: [0, words * 64 - 1],
        };
        book.empty();
        book
    }
}

impl Levels for ArrayBook {
    fn empty(&mut self) {
        for sizes in &mut self.sizes {
            sizes.fill(0);
        }
        for words in &mut self.occupied {
            words.fill(0);
        }
        let last = self.occupied[0].len() - 1;
        // The ends of the walks to the next best level.
        (self.occupied[0][0], self.occupied[1][last]) = (1, 1 << 63);
        self.best = [0, last * 64 + 63];
    }

    #[inline]
    fn set(&mut self, side: usize, price: i64, size: i64) {
        let place = (price - self.lowest) as usize;
        let (word, bit) = (place / 64, 1 << (place % 64));
        self.sizes[side][place] = size;
        let occupied = &mut self.occupied[side];
        if size != 0 {
            occupied[word] |= bit;
            let better = if side == 0 { place > self.best[0] } else { place < self.best[1] };
            if better {
                self.best[side] = place;
            }
            return;
        }
        occupied[word] &= !bit;
        if place == self.best[side] {
            let mut word = word;
            let step = if side == 0 { usize::MAX } else { 1 };
            while occupied[word] == 0 {
                word = word.wrapping_add(step);
            }
            let bits = occupied[word];
            let slot = if side == 0 { 63 - bits.leading_zeros() } else { bits.trailing_zeros() };
            self.best[side] = word * 64 + slot as usize;
        }
    }

    #[inline]
    fn best(&self, side: usize) -> (i64, i64) {
        (self.best[side] as i64 + self.lowest, self.sizes[side][self.best[side]])
    }

    fn count(&self, side: usize) -> usize {
        self.sizes[side].iter().filter(|size| **size != 0).count()
    }
}
