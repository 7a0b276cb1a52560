//! Rolling correlation.

use super::rolling_extreme::{greater, lesser};
use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "correlation",
    title: "Pearson correlation of two series over the last period rows; 0 where one is constant",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Correlation { per_row: 1.0 / p[0] })),
};

#[derive(Clone)]
struct Correlation {
    per_row: f64,
}

/// Sums of x, y, x x, y y and x y, where x and y are deviations from the anchor.
impl Fold<2> for Correlation {
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

impl Formula<2, 1> for Correlation {
    type Fold = Self;

    fn values(&self, window: Window<[f64; 5], 2>) -> [f64; 1] {
        let [x, y, xx, yy, xy] = window.fold;
        let (mean_x, mean_y) = (x * self.per_row, y * self.per_row);
        let value = (xy - x * mean_y) / ((xx - x * mean_x) * (yy - y * mean_y)).sqrt();
        [if xx > 0.0 && yy > 0.0 { greater(lesser(value, 1.0), -1.0) } else { 0.0 }]
    }
}
