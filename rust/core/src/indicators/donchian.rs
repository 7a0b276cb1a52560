//! Donchian channel.

use super::high_low::HighLow;
use super::rolling_fold::Window;
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "donchian",
    title: "Donchian channel: highest high, middle and lowest low of the last period bars, this bar included",
    inputs: &[Input::High, Input::Low],
    params: &[Param::period("period", 20.0)],
    outputs: &["upper", "middle", "lower"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Donchian)),
};

#[derive(Clone)]
struct Donchian;

impl Formula<2, 3> for Donchian {
    type Fold = HighLow;

    fn values(&self, window: Window<(f64, f64), 2>) -> [f64; 3] {
        let (high, low) = window.fold;
        [high, (high + low) / 2.0, low]
    }
}
