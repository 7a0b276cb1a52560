//! Volume-weighted average price of the last bars.

use super::batch::{self, Fresh};
use super::vwap::typical;
use super::weighted_mean::{VolumeMean, sliding_volume_mean};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "vwap_rolling",
    title: "volume-weighted average of the typical price over the last bars",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(VwapRolling::new(p[0] as usize)?)),
};

/// The typical price (high + low + close) / 3 of the last `period` bars weighted by volume; NaN while they have none.
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct VwapRolling(VolumeMean);

kept!(VwapRolling { 0 });

impl VwapRolling {
    /// A fresh average over `period` bars.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(VolumeMean::new(period)))
    }

    /// Takes the next bar; NaN until `period` bars were seen.
    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64, volume: f64) -> f64 {
        let price = typical(high, low, close);
        if price.is_finite() && volume.is_finite() { self.0.push(price, volume) } else { f64::NAN }
    }
}

impl Fresh for VwapRolling {
    fn fresh(&self) -> Self {
        Self(VolumeMean::new(self.0.period()))
    }
}

impl Indicator for VwapRolling {
    fn lookback(&self) -> usize {
        self.0.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = VwapRolling::update(self, row[0], row[1], row[2], row[3]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let period = self.0.period();
        let (mut products, mut sums) = (Vec::new(), Vec::new());
        batch::run_windows(self, columns, out, |[high, low, close, volume]: [&[f64]; 4], [value]: [&mut [f64]; 1]| {
            let rows = high.iter().zip(low).zip(close).zip(volume);
            products.clear();
            products.extend(rows.map(|(((high, low), close), volume)| typical(*high, *low, *close) * volume));
            sliding_volume_mean(&products, volume, period, value, &mut sums)
        });
    }
}
