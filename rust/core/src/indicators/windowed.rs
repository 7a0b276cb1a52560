//! An indicator that is a function of each full window: the streaming and the batch form of one formula.

use super::Indicator;
use super::batch::{self, Fresh};
use super::finite::checked;
use super::rolling_fold::{Fold, RollingFold, Window, fold_windows};
use crate::keep::kept;

/// The formula over rows of `N` values with `M` outputs.
pub(super) trait Formula<const N: usize, const M: usize>: Clone + Send + Sync + 'static {
    /// What is folded over the window.
    type Fold: Fold<N, Item: Send + Sync>;
    /// The outputs of a full window.
    fn values(&self, window: Window<<Self::Fold as Fold<N>>::Item, N>) -> [f64; M];
}

/// A formula over a rolling window of rows read as they come.
pub(super) struct Windowed<K: Formula<N, M>, const N: usize, const M: usize> {
    formula: K,
    state: RollingFold<K::Fold, N>,
}

kept!([K: Formula<N, M>, const N: usize, const M: usize] Windowed<K, N, M> { state });

impl<K: Formula<N, M>, const N: usize, const M: usize> Windowed<K, N, M> {
    pub(super) fn new(window: usize, formula: K) -> Self {
        Self { formula, state: RollingFold::new(window) }
    }

    pub(super) fn boxed(window: usize, formula: K) -> Box<dyn Indicator> {
        Box::new(Self::new(window, formula))
    }
}

impl<K: Formula<N, M>, const N: usize, const M: usize> Fresh for Windowed<K, N, M> {
    fn fresh(&self) -> Self {
        Self::new(self.state.window(), self.formula.clone())
    }
}

impl<K: Formula<N, M>, const N: usize, const M: usize> Indicator for Windowed<K, N, M> {
    fn lookback(&self) -> usize {
        self.state.window() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        let Self { formula, state } = self;
        checked(row, out, |row: [f64; N]| state.push(row).map_or([f64::NAN; M], |window| formula.values(window)));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (window, formula) = (self.state.window(), &self.formula);
        batch::run(self, columns, out, |_: Self, columns: [&[f64]; N], out: &mut [&mut [f64]; M]| {
            fold_windows::<K::Fold, N, M>(window, columns, out, |window| formula.values(window))
        });
    }
}
