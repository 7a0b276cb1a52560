//! Rolling standard deviation.

use super::batch::{self, Fresh};
use super::moments::{Moments, sliding_moments};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "stddev",
    title: "population standard deviation of the last values",
    inputs: &[Input::Source],
    params: &[Param::period("period", 5.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(StdDev::new(p[0] as usize)?)),
};

/// The population standard deviation (divisor `period`) of the last `period` values. Batch and
/// streaming agree to 1e-12 relative to the source.
#[derive(Debug, Clone)]
pub(super) struct StdDev(Moments);

kept!(StdDev { 0 });

impl StdDev {
    /// A fresh deviation over `period` values.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(Moments::new(period)))
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> f64 {
        if x.is_finite() { self.0.push(x).1.sqrt() } else { f64::NAN }
    }
}

impl Fresh for StdDev {
    fn fresh(&self) -> Self {
        Self(Moments::new(self.0.period()))
    }
}

impl Indicator for StdDev {
    fn lookback(&self) -> usize {
        self.0.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = StdDev::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_sums(self, columns, out, |[source]: [&[f64]; 1], value: [&mut [f64]; 1]| {
            sliding_moments(source, self.0.period(), value, |[_, variance]| [variance.map(f64::sqrt)])
        });
    }
}
