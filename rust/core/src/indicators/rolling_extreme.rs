//! Greatest and least value of a rolling window, and how long ago it occurred.

use super::finite::{self, checked};
use super::rolling_fold::{Fold, RollingFold, fold_windows};
use super::{Indicator, Input, Param, Spec};

const PARAMS: &[Param] = &[Param::period("period", 30.0)];

pub(super) const MIN: Spec = Spec {
    name: "rolling_min",
    title: "least value of the last period rows",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Box::new(RollingExtreme::<Least>(RollingFold::new(p[0] as usize)))),
};

pub(super) const MAX: Spec = Spec {
    name: "rolling_max",
    title: "greatest value of the last period rows",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Box::new(RollingExtreme::<Greatest>(RollingFold::new(p[0] as usize)))),
};

/// Folds to the least value.
pub(super) struct Least;
/// Folds to the greatest value.
pub(super) struct Greatest;

/// `a.max(b)` for finite values, in one instruction (the standard's rule for NaN takes three).
#[inline]
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// `a.min(b)` for finite values, in one instruction.
#[inline]
pub(super) fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

impl Fold<1> for Greatest {
    type Item = f64;
    const EMPTY: f64 = f64::NEG_INFINITY;

    fn item([x]: [f64; 1], _anchor: [f64; 1], _position: f64) -> f64 {
        x
    }

    fn join(older: f64, newer: f64) -> f64 {
        greater(older, newer)
    }
}

impl Fold<1> for Least {
    type Item = f64;
    const EMPTY: f64 = f64::INFINITY;

    fn item([x]: [f64; 1], _anchor: [f64; 1], _position: f64) -> f64 {
        x
    }

    fn join(older: f64, newer: f64) -> f64 {
        lesser(older, newer)
    }
}

/// The extreme of the last `period` values.
struct RollingExtreme<F: Fold<1, Item = f64>>(RollingFold<F, 1>);

impl<F: Fold<1, Item = f64> + Send> Indicator for RollingExtreme<F> {
    fn lookback(&self) -> usize {
        self.0.window() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row| [self.0.push(row).map_or(f64::NAN, |window| window.fold)]);
    }

    fn reset(&mut self) {
        self.0 = RollingFold::new(self.0.window());
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let window = self.0.window();
        finite::run(
            || Self(RollingFold::new(window)),
            columns,
            out,
            |columns, out| fold_windows::<F, 1, 1>(window, columns, out, |window| [window.fold]),
        );
    }
}
