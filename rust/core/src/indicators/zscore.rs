//! Z-score.

use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "zscore",
    title: "z-score: distance from the mean of the last period values, in their standard deviations",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, ZScore { per_row: 1.0 / p[0] })),
};

/// The standard score with the population's standard deviation (divisor `period`, as in `stddev` and the Bollinger
/// bands); 0 for a constant window.
#[derive(Clone)]
struct ZScore {
    per_row: f64,
}

/// Sums of deviations from the anchor and of their squares.
impl Fold<1> for ZScore {
    type Item = [f64; 2];
    const EMPTY: [f64; 2] = [0.0; 2];

    fn item([x]: [f64; 1], [anchor]: [f64; 1], _position: f64) -> [f64; 2] {
        [x - anchor, (x - anchor) * (x - anchor)]
    }

    fn join(older: [f64; 2], newer: [f64; 2]) -> [f64; 2] {
        [older[0] + newer[0], older[1] + newer[1]]
    }
}

impl Formula<1, 1> for ZScore {
    type Fold = Self;

    fn values(&self, window: Window<[f64; 2], 1>) -> [f64; 1] {
        let ([sum, squares], [x], [anchor]) = (window.fold, window.row, window.anchor);
        let mean = sum * self.per_row;
        let score = ((x - anchor) - mean) / (squares * self.per_row - mean * mean).sqrt();
        [if squares > 0.0 { score } else { 0.0 }]
    }
}
