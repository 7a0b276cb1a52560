//! Volume-weighted average price from a point in time.

use super::scanned::{Scanned, Step};
use super::vwap::Vwap;
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "vwap_anchored",
    title: "volume-weighted average of the typical price since a given time",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume, Input::Time],
    params: &[Param::real("anchor", 0.0, 0.0, 1e11)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(VwapAnchored { anchor: p[0], vwap: Vwap::default() })),
};

/// [`Vwap`] that starts with the first bar at or after `anchor`, in seconds since 1970 UTC; NaN before. The rows before
/// the anchor depend on the data, so that they are no part of the lookback.
#[derive(Clone)]
struct VwapAnchored {
    anchor: f64,
    vwap: Vwap,
}

kept!(VwapAnchored { vwap });

impl Step<5, 1> for VwapAnchored {
    fn lookback(&self) -> usize {
        0
    }

    fn step(&mut self, [high, low, close, volume, time]: [f64; 5]) -> [f64; 1] {
        [if time >= self.anchor { self.vwap.push([high, low, close, volume]) } else { f64::NAN }]
    }
}
