//! Rolling windows folded in constant time a row: sums and extremes without drift, cancellation or branches.
//!
//! The stream is cut into blocks of `window` rows. A window is the tail of one block and the head of the next, so its
//! fold is the suffix fold of the earlier block joined with the prefix fold of the later one (van Herk 1992, Gil and
//! Werman 1993, for extremes; it holds for any associative join). Nothing is ever subtracted: a sum over a window
//! holds that window's rounding only, whatever went before, and a window of zeros sums to zero. Items may be taken
//! relative to an anchor, the later block's first row. It lies in every window that the block completes, so that its
//! distance from a window's mean is bounded by the window's own spread: central moments from sums about the anchor
//! lose no more digits than `window` has, at any price, and those of a constant window are exactly 0.

use super::batch::is_finite;
use super::finite::STRETCH;
use crate::keep::{Blank, Keep, kept};

/// How rows of `N` values become items and how items join.
pub(super) trait Fold<const N: usize> {
    /// What is folded.
    type Item: Keep + Blank + Copy;
    /// Joins with any item to that item.
    const EMPTY: Self::Item;
    /// The item of `row`, `position` rows after the anchor (negative: before it).
    fn item(row: [f64; N], anchor: [f64; N], position: f64) -> Self::Item;
    /// Joins two neighbouring stretches.
    fn join(older: Self::Item, newer: Self::Item) -> Self::Item;
}

/// Folds rows to the sums of their columns.
#[derive(Clone)]
pub(super) struct Sums;

impl<const N: usize> Fold<N> for Sums {
    type Item = [f64; N];
    const EMPTY: [f64; N] = [0.0; N];

    fn item(row: [f64; N], _anchor: [f64; N], _position: f64) -> [f64; N] {
        row
    }

    fn join(older: [f64; N], newer: [f64; N]) -> [f64; N] {
        std::array::from_fn(|column| older[column] + newer[column])
    }
}

/// A full window: its fold, its newest row, and the anchor and the newest row's position behind the items.
#[derive(Clone, Copy)]
pub(super) struct Window<T, const N: usize> {
    pub(super) fold: T,
    pub(super) row: [f64; N],
    pub(super) anchor: [f64; N],
    pub(super) position: f64,
}

/// The streaming form.
#[derive(Clone)]
pub(super) struct RollingFold<F: Fold<N>, const N: usize> {
    window: usize,
    block: Vec<[f64; N]>,
    suffix: Vec<F::Item>,
    prefix: F::Item,
}

kept!([F: Fold<N>, const N: usize] RollingFold<F, N> { block, suffix, prefix });

impl<F: Fold<N>, const N: usize> RollingFold<F, N> {
    pub(super) fn new(window: usize) -> Self {
        debug_assert!(window > 0);
        Self { window, block: Vec::new(), suffix: Vec::new(), prefix: F::EMPTY }
    }

    pub(super) const fn window(&self) -> usize {
        self.window
    }

    /// Takes a row; `None` until the window is full.
    #[inline(always)] // a row handed over in memory is written number by number and read in pairs, which stalls
    pub(super) fn push(&mut self, row: [f64; N]) -> Option<Window<F::Item, N>> {
        if self.block.len() == self.window {
            self.close_block(row);
        }
        let anchor = *self.block.first().unwrap_or(&row);
        let position = self.block.len() as f64;
        self.block.push(row);
        self.prefix = F::join(self.prefix, F::item(row, anchor, position));
        let older = self.suffix.get(self.block.len()).copied().unwrap_or(F::EMPTY);
        let full = self.block.len() == self.window || !self.suffix.is_empty();
        full.then(|| Window { fold: F::join(older, self.prefix), row, anchor, position })
    }

    /// Folds the finished block's tails relative to the next block's first row.
    fn close_block(&mut self, anchor: [f64; N]) {
        self.suffix.resize(self.window, F::EMPTY);
        let (mut suffix, mut position) = (F::EMPTY, 0.0);
        for (slot, &row) in self.suffix.iter_mut().zip(&self.block).rev() {
            position -= 1.0;
            suffix = F::join(F::item(row, anchor, position), suffix);
            *slot = suffix;
        }
        self.prefix = F::EMPTY;
        self.block.clear();
    }
}

/// Where a batch reads its rows.
pub(super) trait Rows<const N: usize> {
    /// Called before the rows from `start` to `end` are first read, in order; `false` when one is not finite.
    fn load(&mut self, start: usize, end: usize) -> bool;
    /// The columns of `len` rows that were loaded, at most [`LOADED`] rows or [`LANES`] windows, and a window before.
    fn columns(&self, start: usize, len: usize) -> [&[f64]; N];
}

/// Rows read from columns as they are.
impl<const N: usize> Rows<N> for [&[f64]; N] {
    fn load(&mut self, start: usize, end: usize) -> bool {
        self.iter().all(|column| is_finite(&column[start..end]))
    }

    fn columns(&self, start: usize, len: usize) -> [&[f64]; N] {
        self.map(|column| &column[start..start + len])
    }
}

/// Rows loaded at once, unless [`LANES`] windows are more: few, so that memory delivers the next while they are folded.
const LOADED: usize = 128;

/// Blocks computed side by side: they are independent, and their chains of joins overlap.
const LANES: usize = 4;

/// Writes `finish` of every full window to `out` and NaN before the first; `false` when a row was not finite.
pub(super) fn fold_windows<F: Fold<N>, const N: usize, const M: usize>(
    window: usize,
    mut rows: impl Rows<N>,
    out: &mut [&mut [f64]; M],
    finish: impl Fn(Window<F::Item, N>) -> [f64; M],
) -> bool {
    let len = out[0].len();
    let full = window.min(len);
    out.iter_mut().for_each(|column| column[..full].fill(f64::NAN));
    if !rows.load(0, full) {
        return false;
    }
    if len < window {
        return true;
    }
    let leading = finish(leading_window::<F, N>(rows.columns(0, window)));
    for (column, value) in out.iter_mut().zip(leading) {
        column[window - 1] = value;
    }
    let lanes = if window > STRETCH { 1 } else { LANES };
    let stretch = window * lanes * (LOADED / (window * lanes)).max(1);
    let mut lane_suffix = vec![[F::EMPTY; LANES]; if lanes == LANES { window + 1 } else { 0 }];
    let mut suffix = vec![[F::EMPTY]; window + 1];
    let mut start = window;
    while start < len {
        let end = len.min(start + stretch);
        if !rows.load(start, end) {
            return false;
        }
        while lanes == LANES && start + window * LANES <= end {
            fold_blocks::<F, N, M, LANES>(&rows, start, window, &mut lane_suffix, out, &finish);
            start += window * LANES;
        }
        while start < end {
            let count = window.min(end - start);
            fold_blocks::<F, N, M, 1>(&rows, start, count, &mut suffix, out, &finish);
            start += count;
        }
    }
    true
}

/// The window of the first block: there is no earlier one.
fn leading_window<F: Fold<N>, const N: usize>(columns: [&[f64]; N]) -> Window<F::Item, N> {
    let row = |at: usize| columns.map(|column| column[at]);
    let (mut prefix, mut position) = (F::EMPTY, -1.0);
    for at in 0..columns[0].len() {
        position += 1.0;
        prefix = F::join(prefix, F::item(row(at), row(0), position));
    }
    Window { fold: F::join(F::EMPTY, prefix), row: row(columns[0].len() - 1), anchor: row(0), position }
}

/// Writes `count` rows of each of `L` neighbouring blocks, the first of which begins at `start`; `suffix` is scratch
/// of a window and one more, whose last stays empty. Exact slices keep bounds checks out of the loops.
fn fold_blocks<F: Fold<N>, const N: usize, const M: usize, const L: usize>(
    rows: &impl Rows<N>,
    start: usize,
    count: usize,
    suffix: &mut [[F::Item; L]],
    out: &mut [&mut [f64]; M],
    finish: &impl Fn(Window<F::Item, N>) -> [f64; M],
) {
    let window = suffix.len() - 1;
    let earlier: [[&[f64]; N]; L] = std::array::from_fn(|lane| rows.columns(start + lane * window - window, window));
    let later: [[&[f64]; N]; L] = std::array::from_fn(|lane| rows.columns(start + lane * window, count));
    let mut target = out.each_mut().map(|column| lanes_of::<L>(&mut column[start..], window, count));
    let anchor = later.map(|columns| columns.map(|column| column[0]));
    let (mut fold, mut position) = ([F::EMPTY; L], 0.0);
    for at in (0..window).rev() {
        position -= 1.0;
        for lane in 0..L {
            let row = earlier[lane].map(|column| column[at]);
            fold[lane] = F::join(F::item(row, anchor[lane], position), fold[lane]);
        }
        suffix[at] = fold;
    }
    (fold, position) = ([F::EMPTY; L], -1.0);
    let older = &suffix[1..=count];
    for at in 0..count {
        position += 1.0;
        for lane in 0..L {
            let (row, anchor) = (later[lane].map(|column| column[at]), anchor[lane]);
            fold[lane] = F::join(fold[lane], F::item(row, anchor, position));
            let values = finish(Window { fold: F::join(older[at][lane], fold[lane]), row, anchor, position });
            for (column, value) in target.iter_mut().zip(values) {
                column[lane][at] = value;
            }
        }
    }
}

/// Cuts `L` blocks of `window` rows from the front and keeps the first `count` of each.
fn lanes_of<const L: usize>(mut column: &mut [f64], window: usize, count: usize) -> [&mut [f64]; L] {
    std::array::from_fn(|_| {
        let end = window.min(column.len());
        let (block, rest) = std::mem::take(&mut column).split_at_mut(end);
        column = rest;
        &mut block[..count]
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keeps every row, and the place it was folded at: any slip in order, anchor or position shows.
    struct Trace;

    impl Fold<1> for Trace {
        type Item = (f64, f64, f64);
        const EMPTY: Self::Item = (0.0, 0.0, 0.0);

        fn item([x]: [f64; 1], [anchor]: [f64; 1], position: f64) -> Self::Item {
            (1.0, x - anchor, (x - anchor) * position)
        }

        fn join(older: Self::Item, newer: Self::Item) -> Self::Item {
            (older.0 + newer.0, older.1 + newer.1, older.2 + newer.2)
        }
    }

    proptest! {
        #[test]
        fn every_window_is_folded_once_in_both_forms(
            values in prop::collection::vec(-50i32..50, 0..400), window in 1usize..40
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let (mut counts, mut sums, mut moments) = (values.clone(), values.clone(), values.clone());
            let mut out = [&mut counts[..], &mut sums[..], &mut moments[..]];
            let show = |w: Window<(f64, f64, f64), 1>| {
                let (count, sum, moment) = w.fold;
                // back to plain sums: anchors and positions must cancel
                let weights = -0.5 * count * (count - 1.0);
                [count, sum + count * w.anchor[0], moment - sum * w.position + weights * w.anchor[0]]
            };
            prop_assert!(fold_windows::<Trace, 1, 3>(window, [&values[..]], &mut out, show));
            let mut stream = RollingFold::<Trace, 1>::new(window);
            for (i, &x) in values.iter().enumerate() {
                let streamed = stream.push([x]).map(show);
                if i + 1 < window {
                    prop_assert!(streamed.is_none() && counts[i].is_nan());
                    continue;
                }
                prop_assert_eq!(streamed, Some([counts[i], sums[i], moments[i]]));
                let part = &values[i + 1 - window..=i];
                prop_assert_eq!(counts[i], window as f64);
                prop_assert_eq!(sums[i], part.iter().sum::<f64>());
                let moment: f64 = part.iter().rev().zip(0..).map(|(x, back)| -x * f64::from(back)).sum();
                prop_assert_eq!(moments[i], moment);
            }
        }
    }

    #[test]
    fn a_row_that_is_not_finite_is_reported() {
        let mut column = vec![1.0; 3000];
        column[2900] = f64::INFINITY;
        let mut out = vec![0.0; 3000];
        let mut run = |len: usize| {
            fold_windows::<Trace, 1, 1>(7, [&column[..len]], &mut [&mut out[..len]], |window| [window.fold.1])
        };
        assert!(run(2900) && !run(2901) && !run(3000));
    }
}
