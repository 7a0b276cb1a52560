//! An indicator whose state passes from row to row: the streaming and the batch form of one step.

use super::Indicator;
use super::finite::{checked, scan};
use crate::keep::{Keep, kept};

/// A fresh or running state over rows of `N` values with `M` outputs.
pub(super) trait Step<const N: usize, const M: usize>: Keep + Clone + Send + Sync + 'static {
    /// How many leading outputs are NaN.
    fn lookback(&self) -> usize;
    /// Takes a row of finite values; NaN during the warm-up.
    fn step(&mut self, row: [f64; N]) -> [f64; M];
}

/// The indicator of a [`Step`]; batch and streaming run the same code.
pub(super) struct Scanned<S: Step<N, M>, const N: usize, const M: usize> {
    fresh: S,
    state: S,
}

kept!([S: Step<N, M>, const N: usize, const M: usize] Scanned<S, N, M> { state });

impl<S: Step<N, M>, const N: usize, const M: usize> Scanned<S, N, M> {
    pub(super) fn boxed(fresh: S) -> Box<dyn Indicator> {
        Box::new(Self { state: fresh.clone(), fresh })
    }
}

impl<S: Step<N, M>, const N: usize, const M: usize> Indicator for Scanned<S, N, M> {
    fn lookback(&self) -> usize {
        self.fresh.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row| self.state.step(row));
    }

    fn reset(&mut self) {
        self.state = self.fresh.clone();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let mut state = self.fresh.clone();
        scan(columns, out, move |row| state.step(row)); // moved, so that it lives in registers
    }
}
