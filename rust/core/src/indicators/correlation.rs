//! Rolling correlation.

use super::batch::{self, Fresh};
use super::comoments::sliding_comoments;
use super::extremes::{greater, lesser};
use super::finite::checked;
use super::rolling_fold::{Fold, RollingFold};
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "correlation",
    title: "Pearson correlation of two series over the last period rows; 0 where one is constant",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Correlation(RollingFold::new(p[0] as usize)))),
};

/// Batch and streaming agree to 1e-12.
struct Correlation(RollingFold<Products, 2>);

kept!(Correlation { 0 });

struct Products;

/// Sums of x, y, x x, y y and x y, where x and y are deviations from the anchor.
impl Fold<2> for Products {
    type Item = [f64; 5];
    const EMPTY: [f64; 5] = [0.0; 5];

    fn item(row: [f64; 2], anchor: [f64; 2], _position: f64) -> [f64; 5] {
        let (x, y) = (row[0] - anchor[0], row[1] - anchor[1]);
        [x, y, x * x, y * y, x * y]
    }

    fn join(older: [f64; 5], newer: [f64; 5]) -> [f64; 5] {
        std::array::from_fn(|sum| older[sum] + newer[sum])
    }
}

/// The correlation, from sums of products about the means.
#[inline(always)]
fn coefficient(common: f64, spread_x: f64, spread_y: f64) -> f64 {
    greater(lesser(common / (spread_x * spread_y).sqrt(), 1.0), -1.0)
}

impl Correlation {
    fn push(&mut self, row: [f64; 2]) -> f64 {
        let per_row = 1.0 / self.0.window() as f64;
        let Some(window) = self.0.push(row) else { return f64::NAN };
        let [x, y, xx, yy, xy] = window.fold;
        if xx > 0.0 && yy > 0.0 {
            coefficient(xy - x * y * per_row, xx - x * x * per_row, yy - y * y * per_row)
        } else {
            0.0
        }
    }
}

impl Fresh for Correlation {
    fn fresh(&self) -> Self {
        Self(RollingFold::new(self.0.window()))
    }
}

impl Indicator for Correlation {
    fn lookback(&self) -> usize {
        self.0.window() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row| [self.push(row)]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_sums(self, columns, out, |series: [&[f64]; 2], [value]: [&mut [f64]; 1]| {
            sliding_comoments(series, self.0.window(), value, coefficient)
        });
    }
}
