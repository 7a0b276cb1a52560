//! Williams %R.

use super::high_low::HighLow;
use super::rolling_fold::Window;
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "williams_r",
    title: "Williams %R: how far the close lies below the highest high, -100 at the lowest low",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, WilliamsR)),
};

/// `-100 (highest - close) / (highest - lowest)`; 0 where the window has no range.
#[derive(Clone)]
struct WilliamsR;

impl Formula<3, 1> for WilliamsR {
    type Fold = HighLow;

    fn values(&self, window: Window<(f64, f64), 3>) -> [f64; 1] {
        let (high, low) = window.fold;
        let value = -100.0 * ((high - window.row[2]) / (high - low));
        [if high == low { 0.0 } else { value }]
    }
}
