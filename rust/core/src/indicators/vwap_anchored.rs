//! Volume-weighted average price from a point in time.

use super::batch::{self, Fresh};
use super::vwap::Vwap;
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "vwap_anchored",
    title: "volume-weighted average of the typical price since a given time",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume, Input::Time],
    params: &[Param::real("anchor", 0.0, 0.0, 1e11)],
    outputs: &["value"],
    make: |p| Ok(Box::new(VwapAnchored::new(p[0])?)),
};

/// [`Vwap`] that starts with the first bar at or after `anchor`; NaN before. The rows before the anchor depend on the
/// data, so that they are no part of the lookback.
#[derive(Debug, Clone)]
pub struct VwapAnchored {
    anchor: f64,
    vwap: Vwap,
}

impl VwapAnchored {
    /// A fresh average; `anchor` in seconds since 1970 UTC.
    ///
    /// # Errors
    /// `anchor` not finite.
    pub fn new(anchor: f64) -> Result<Self, IndicatorError> {
        let anchor = IndicatorError::check_finite(SPEC.name, "anchor", anchor)?;
        Ok(Self { anchor, vwap: Vwap::default() })
    }

    /// Takes the next bar with its opening time in seconds since 1970 UTC.
    #[inline]
    pub fn update(&mut self, high: f64, low: f64, close: f64, volume: f64, time: f64) -> f64 {
        if time.is_finite() && time >= self.anchor { self.vwap.update(high, low, close, volume) } else { f64::NAN }
    }
}

impl Fresh for VwapAnchored {
    fn fresh(&self) -> Self {
        Self { anchor: self.anchor, vwap: Vwap::default() }
    }
}

impl Indicator for VwapAnchored {
    fn lookback(&self) -> usize {
        0
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = VwapAnchored::update(self, row[0], row[1], row[2], row[3], row[4]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_streaming::<Self, 5, 1>(self, columns, out);
    }
}
