//! Volume-weighted moving average.

use super::batch::{self, Fresh};
use super::weighted_mean::{VolumeMean, sliding_volume_mean};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "vwma",
    title: "volume-weighted moving average",
    inputs: &[Input::Source, Input::Volume],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Vwma::new(p[0] as usize)?)),
};

/// The mean of the last `period` values weighted by their volumes; NaN while the window has no volume.
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Vwma(VolumeMean);

kept!(Vwma { 0 });

impl Vwma {
    /// A fresh average over `period` rows.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(VolumeMean::new(period)))
    }

    /// Takes the next row; NaN until `period` rows were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64, volume: f64) -> f64 {
        if x.is_finite() && volume.is_finite() { self.0.push(x, volume) } else { f64::NAN }
    }
}

impl Fresh for Vwma {
    fn fresh(&self) -> Self {
        Self(VolumeMean::new(self.0.period()))
    }
}

impl Indicator for Vwma {
    fn lookback(&self) -> usize {
        self.0.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Vwma::update(self, row[0], row[1]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let period = self.0.period();
        let (mut products, mut sums) = (Vec::new(), Vec::new());
        batch::run_windows(self, columns, out, |[source, volume]: [&[f64]; 2], [value]: [&mut [f64]; 1]| {
            products.clear();
            products.extend(source.iter().zip(volume).map(|(x, volume)| x * volume));
            sliding_volume_mean(&products, volume, period, value, &mut sums)
        });
    }
}
