//! Rolling correlation.

use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "correlation",
    title: "Pearson correlation of two series over the last period rows; 0 where one is constant",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Correlation::new(p[0]))),
};

/// Sums of x, y, x x, y y and x y relative to the anchor.
#[derive(Clone)]
struct Products;

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

#[derive(Clone)]
struct Correlation {
    per_row: f64,
    /// The rounding of a sum of squares of `period` terms: a central square below it is that of a constant.
    rounding: f64,
}

impl Correlation {
    fn new(period: f64) -> Self {
        Self { per_row: 1.0 / period, rounding: f64::EPSILON * period }
    }
}

impl Formula<2, 1> for Correlation {
    type Fold = Products;

    fn values(&self, window: Window<[f64; 5], 2>) -> [f64; 1] {
        let [x, y, xx, yy, xy] = window.fold;
        let (along, across) = (xx - x * x * self.per_row, yy - y * y * self.per_row);
        let value = (xy - x * y * self.per_row) / (along * across).sqrt();
        let varied = along > xx * self.rounding && across > yy * self.rounding;
        [if varied { value.clamp(-1.0, 1.0) } else { 0.0 }]
    }
}
