//! What is read off a book: its top, depth, the price of a size, microprice, imbalance.

use super::{Book, Level};
use crate::orders::Side;

/// What taking a size from one side of a book would give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Lots taken, at most what was asked for.
    pub filled: i64,
    /// The last price that was needed, ticks; `None` where nothing was taken.
    pub worst: Option<i64>,
    /// Ticks times lots over everything taken.
    pub notional: i128,
}

impl Sweep {
    /// The mean price paid, in ticks; `None` where nothing was taken.
    #[must_use]
    pub fn mean_price(&self) -> Option<f64> {
        (self.filled > 0).then(|| self.notional as f64 / self.filled as f64)
    }
}

impl<const BLOCKS: usize> Book<BLOCKS> {
    /// Writes the best levels of a side, best first, to `out`; returns how many there were.
    pub fn top(&self, side: Side, out: &mut [Level]) -> usize {
        let mut written = 0;
        for (place, level) in out.iter_mut().zip(self.levels(side)) {
            *place = level;
            written += 1;
        }
        written
    }

    /// The lots that rest on a side within `ticks` of its best price: 0 is the best level alone.
    #[must_use]
    pub fn depth(&self, side: Side, ticks: u64) -> i128 {
        let Some(best) = self.best(side) else { return 0 };
        let near = self.levels(side).take_while(|level| level.price.abs_diff(best.price) <= ticks);
        near.map(|level| i128::from(level.size)).sum()
    }

    /// What a taker of `size` lots gets from this side of the book (a buyer takes [`Side::Sell`]), paying no worse than
    /// `limit`. The book stays as it is.
    #[must_use]
    pub fn sweep(&self, side: Side, size: i64, limit: Option<i64>) -> Sweep {
        let mut sweep = Sweep::default();
        let within = |level: &Level| {
            limit.is_none_or(|limit| match side {
                Side::Buy => level.price >= limit,
                Side::Sell => level.price <= limit,
            })
        };
        for level in self.levels(side).take_while(within) {
            if sweep.filled >= size {
                break;
            }
            let taken = level.size.min(size - sweep.filled);
            sweep.filled += taken;
            sweep.worst = Some(level.price);
            sweep.notional += i128::from(level.price) * i128::from(taken);
        }
        sweep
    }

    /// The touch weighted by the size on the *other* side, in ticks: (bid × ask size + ask × bid size) / both sizes.
    /// `None` where a side is empty.
    ///
    /// Also known as the weighted mid; Gatheral and Oomen, "Zero-intelligence realized variance estimation" (2010).
    #[must_use]
    pub fn microprice(&self) -> Option<f64> {
        let (bid, ask) = self.touch()?;
        let (bid_size, ask_size) = (bid.size as f64, ask.size as f64);
        Some((bid.price as f64 * ask_size + ask.price as f64 * bid_size) / (bid_size + ask_size))
    }

    /// (bids − asks) / (bids + asks) over the lots of the best `levels` of each side, from -1 to 1; `None` where there
    /// are none.
    #[must_use]
    pub fn imbalance(&self, levels: usize) -> Option<f64> {
        let lots = |side| self.levels(side).take(levels).map(|level| i128::from(level.size)).sum::<i128>();
        let (bids, asks) = (lots(Side::Buy), lots(Side::Sell));
        (bids + asks > 0).then(|| (bids - asks) as f64 / (bids + asks) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        let mut book = Book::new();
        for (side, price, size) in [
            (Side::Buy, 100, 6),
            (Side::Buy, 98, 10),
            (Side::Buy, 90, 1),
            (Side::Sell, 102, 2),
            (Side::Sell, 103, 5),
            (Side::Sell, 110, 20),
        ] {
            book.set(side, price, size);
        }
        book
    }

    #[test]
    fn a_sweep_pays_level_by_level() {
        let book = book();
        let sweep = book.sweep(Side::Sell, 9, None);
        assert_eq!(sweep, Sweep { filled: 9, worst: Some(110), notional: 2 * 102 + 5 * 103 + 2 * 110 });
        assert_eq!(sweep.mean_price(), Some(939.0 / 9.0));
        let limited = book.sweep(Side::Sell, 9, Some(103));
        assert_eq!(limited, Sweep { filled: 7, worst: Some(103), notional: 719 });
        assert_eq!(book.sweep(Side::Buy, 100, Some(91)).filled, 16);
        assert_eq!(book.sweep(Side::Buy, 0, None), Sweep::default());
        assert_eq!(book.sweep(Side::Buy, 1, Some(101)).mean_price(), None);
    }

    #[test]
    fn depth_counts_from_the_best_price() {
        let book = book();
        assert_eq!([0, 1, 2, 9, 10].map(|ticks| book.depth(Side::Buy, ticks)), [6, 6, 16, 16, 17]);
        assert_eq!(Book::new().depth(Side::Buy, 5), 0);
    }

    #[test]
    fn microprice_leans_to_the_thinner_side() {
        assert_eq!(book().microprice(), Some((100.0 * 2.0 + 102.0 * 6.0) / 8.0));
        assert_eq!(Book::new().microprice(), None);
    }

    #[test]
    fn imbalance_over_levels() {
        let book = book();
        assert_eq!(book.imbalance(1), Some(4.0 / 8.0));
        assert_eq!(book.imbalance(100), Some(-10.0 / 44.0));
        assert_eq!((book.imbalance(0), Book::new().imbalance(3)), (None, None));
    }

    #[test]
    fn top_fills_what_there_is() {
        let mut out = [Level::default(); 5];
        assert_eq!(book().top(Side::Sell, &mut out), 3);
        assert_eq!(out.map(|level| level.price), [102, 103, 110, 0, 0]);
        assert_eq!(book().top(Side::Buy, &mut out[..1]), 1);
    }

    #[test]
    fn crossed_and_locked_are_told_apart() {
        let mut book = book();
        assert!(!book.is_crossed() && !book.is_locked());
        book.set(Side::Buy, 102, 1);
        assert!(!book.is_crossed() && book.is_locked());
        book.set(Side::Buy, 103, 1);
        assert!(book.is_crossed() && !book.is_locked());
    }
}
