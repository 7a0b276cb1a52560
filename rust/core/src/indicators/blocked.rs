//! An indicator whose state passes from row to row for ever, with a form that takes blocks of rows at once.

use super::Indicator;
use super::finite::{checked, scan};
use super::recursive::AHEAD;
use crate::keep::{Keep, kept};

/// The most rows that [`Block::blocks`] is given: few enough for the first-level cache.
pub(super) const ROWS: usize = 512;

/// A fresh or running state over rows of `N` values with `M` outputs.
pub(super) trait Block<const N: usize, const M: usize>: Keep + Clone + Send + Sync + 'static {
    /// How many leading outputs are NaN.
    fn lookback(&self) -> usize;

    /// Takes a row of finite values; NaN during the warm-up.
    fn step(&mut self, row: [f64; N]) -> [f64; M];

    /// Whether the warm-up is over and a block begins with the next row.
    fn at_block(&self) -> bool;

    /// Takes whole blocks, a multiple of [`AHEAD`] rows and at most [`ROWS`], with the bits that `step` makes of them.
    fn blocks(&mut self, columns: [&[f64]; N], out: [&mut [f64]; M]);

    /// Whether every value so far was finite: one that is not, given to `blocks`, must never leave the state again.
    fn is_finite(&self) -> bool;
}

/// Takes more rows, by blocks wherever they fit and are finite.
pub(super) fn extend<S: Block<N, M>, const N: usize, const M: usize>(
    state: &mut S,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
) {
    let rows = columns[0].len();
    let columns: [&[f64]; N] = std::array::from_fn(|column| &columns[column][..rows]);
    let mut outputs = out.iter_mut();
    let mut out: [&mut [f64]; M] =
        std::array::from_fn(|_| outputs.next().map_or(Default::default(), |y| &mut y[..rows]));
    let mut row = 0;
    while row < rows {
        let whole = ROWS.min(rows - row) / AHEAD * AHEAD;
        let ready = whole > 0 && state.at_block();
        let span = row..row + if ready { whole } else { 1 };
        let input = columns.map(|x| &x[span.clone()]);
        let mut output = out.each_mut().map(|y| &mut y[span.clone()]);
        row = span.end;
        if !(ready && take_blocks(state, input, output.each_mut().map(|y| &mut **y))) {
            scan(&input, &mut output, |row| state.step(row));
        }
    }
}

/// Takes whole blocks; false, with the state as it was, where a row is not finite.
fn take_blocks<S: Block<N, M>, const N: usize, const M: usize>(
    state: &mut S,
    input: [&[f64]; N],
    output: [&mut [f64]; M],
) -> bool {
    let before = state.clone();
    state.blocks(input, output);
    let finite = state.is_finite();
    if !finite {
        *state = before;
    }
    finite
}

/// The indicator of a [`Block`]; batch and streaming agree to the bit.
pub(super) struct Blocked<S: Block<N, M>, const N: usize, const M: usize> {
    fresh: S,
    state: S,
}

kept!([S: Block<N, M>, const N: usize, const M: usize] Blocked<S, N, M> { state });

impl<S: Block<N, M>, const N: usize, const M: usize> Blocked<S, N, M> {
    pub(super) fn boxed(fresh: S) -> Box<dyn Indicator> {
        Box::new(Self { state: fresh.clone(), fresh })
    }
}

impl<S: Block<N, M>, const N: usize, const M: usize> Indicator for Blocked<S, N, M> {
    fn lookback(&self) -> usize {
        self.fresh.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row| self.state.step(row));
    }

    fn extend(&mut self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        extend(&mut self.state, columns, out);
    }

    fn reset(&mut self) {
        self.state = self.fresh.clone();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        extend(&mut self.fresh.clone(), columns, out);
    }
}
