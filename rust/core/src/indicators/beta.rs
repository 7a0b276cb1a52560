//! Rolling beta.

use super::rolling_fold::{Fold, RollingFold};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "beta",
    title: "beta: slope of the other series' returns on this one's over the last period returns",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 5.0)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(Beta { last: None, returns: RollingFold::new(p[0] as usize) })),
};

/// Covariance of both series' one-row returns over the variance of the first one's, TA-Lib's order: the source is the
/// market, the other series the asset. A return after a value of 0 is 0; beta is 0 where the source's returns are
/// constant.
#[derive(Clone)]
struct Beta {
    last: Option<[f64; 2]>,
    returns: RollingFold<Products, 2>,
}

/// Sums of x, y, x x and x y relative to the anchor.
#[derive(Clone)]
struct Products;

impl Fold<2> for Products {
    type Item = [f64; 4];
    const EMPTY: [f64; 4] = [0.0; 4];

    fn item(row: [f64; 2], anchor: [f64; 2], _position: f64) -> [f64; 4] {
        let (x, y) = (row[0] - anchor[0], row[1] - anchor[1]);
        [x, y, x * x, x * y]
    }

    fn join(older: [f64; 4], newer: [f64; 4]) -> [f64; 4] {
        std::array::from_fn(|sum| older[sum] + newer[sum])
    }
}

impl Step<2, 1> for Beta {
    fn lookback(&self) -> usize {
        self.returns.window()
    }

    fn step(&mut self, row: [f64; 2]) -> [f64; 1] {
        let Some(last) = self.last.replace(row) else { return [f64::NAN] };
        let change = |at: usize| if last[at] == 0.0 { 0.0 } else { row[at] / last[at] - 1.0 };
        let Some(window) = self.returns.push([change(0), change(1)]) else { return [f64::NAN] };
        let period = self.returns.window() as f64;
        let [x, y, xx, xy] = window.fold;
        let spread = xx - x * x / period;
        [if spread > xx * f64::EPSILON * period { (xy - x * y / period) / spread } else { 0.0 }]
    }
}
