//! Least-squares line through a rolling window: its last value, slope, intercept and coefficient of determination.

use super::extremes::lesser;
use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

const PARAMS: &[Param] =
    &[Param { name: "period", default: 14.0, min: 2.0, max: super::catalog::PERIOD_MAX, integer: true }];

pub(super) const VALUE: Spec = Spec {
    name: "linreg",
    title: "linear regression: the fitted line's value at this row",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Line::new(p[0], |line| line.mean + line.slope * line.half))),
};

pub(super) const SLOPE: Spec = Spec {
    name: "linreg_slope",
    title: "linear regression: the fitted line's rise a row",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Line::new(p[0], |line| line.slope))),
};

pub(super) const INTERCEPT: Spec = Spec {
    name: "linreg_intercept",
    title: "linear regression: the fitted line's value at the window's oldest row",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Line::new(p[0], |line| line.mean - line.slope * line.half))),
};

pub(super) const DETERMINATION: Spec = Spec {
    name: "linreg_r2",
    title: "linear regression: coefficient of determination, from 0 to 1; 0 for a constant window",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Determination::new(p[0]))),
};

/// Sums of the values and of values times position, both relative to the anchor.
#[derive(Clone)]
struct Moment;

impl Fold<1> for Moment {
    type Item = [f64; 2];
    const EMPTY: [f64; 2] = [0.0; 2];

    fn item([x]: [f64; 1], [anchor]: [f64; 1], position: f64) -> [f64; 2] {
        [x - anchor, (x - anchor) * position]
    }

    fn join(older: [f64; 2], newer: [f64; 2]) -> [f64; 2] {
        [older[0] + newer[0], older[1] + newer[1]]
    }
}

/// A fitted line: its value at the window's centre, its rise a row, and the rows from the centre to either end.
struct Fitted {
    mean: f64,
    slope: f64,
    half: f64,
}

/// The fit, and the figure of it that is put out.
#[derive(Clone)]
struct Line<F> {
    half: f64,
    per_row: f64,
    per_spread: f64,
    figure: F,
}

impl<F: Fn(Fitted) -> f64> Line<F> {
    fn new(period: f64, figure: F) -> Self {
        Self { half: (period - 1.0) / 2.0, per_row: 1.0 / period, per_spread: 1.0 / spread(period), figure }
    }
}

/// Sum of the squared distances of `period` rows from their centre.
fn spread(period: f64) -> f64 {
    period * (period * period - 1.0) / 12.0
}

impl<F: Fn(Fitted) -> f64 + Clone + Send + Sync + 'static> Formula<1, 1> for Line<F> {
    type Fold = Moment;

    fn values(&self, window: Window<[f64; 2], 1>) -> [f64; 1] {
        let [sum, moment] = window.fold;
        let centre = window.position - self.half;
        let slope = (moment - centre * sum) * self.per_spread;
        let mean = window.anchor[0] + sum * self.per_row;
        [(self.figure)(Fitted { mean, slope, half: self.half })]
    }
}

/// Squared correlation of the values with their positions.
#[derive(Clone)]
struct Determination {
    half: f64,
    per_row: f64,
    per_spread: f64,
}

impl Determination {
    fn new(period: f64) -> Self {
        Self { half: (period - 1.0) / 2.0, per_row: 1.0 / period, per_spread: 1.0 / spread(period) }
    }
}

/// Sums of deviations from the anchor, of deviations times position, and of squared deviations.
impl Fold<1> for Determination {
    type Item = [f64; 3];
    const EMPTY: [f64; 3] = [0.0; 3];

    fn item([x]: [f64; 1], [anchor]: [f64; 1], position: f64) -> [f64; 3] {
        let deviation = x - anchor;
        [deviation, deviation * position, deviation * deviation]
    }

    fn join(older: [f64; 3], newer: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|sum| older[sum] + newer[sum])
    }
}

impl Formula<1, 1> for Determination {
    type Fold = Self;

    fn values(&self, window: Window<[f64; 3], 1>) -> [f64; 1] {
        let [sum, moment, squares] = window.fold;
        let product = moment - (window.position - self.half) * sum;
        let share = product * product * self.per_spread / (squares - sum * sum * self.per_row);
        [if squares > 0.0 { lesser(share, 1.0) } else { 0.0 }]
    }
}
