//! Simple moving average.

use super::batch::{self, Fresh};
use super::sums::{RollingSum, sliding_mean};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "sma",
    title: "simple moving average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Sma::new(p[0] as usize)?)),
};

/// The mean of the last `period` values. Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Sma {
    sum: RollingSum,
}

kept!(Sma { sum });

impl Sma {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    pub(super) fn unchecked(period: usize) -> Self {
        Self { sum: RollingSum::new(period) }
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> f64 {
        if x.is_finite() { self.sum.push(x) / self.sum.period() as f64 } else { f64::NAN }
    }
}

impl Fresh for Sma {
    fn fresh(&self) -> Self {
        Self::unchecked(self.sum.period())
    }
}

impl Indicator for Sma {
    fn lookback(&self) -> usize {
        self.sum.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Sma::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let period = self.sum.period();
        batch::run_sums(self, columns, out, |[source]: [&[f64]; 1], [value]: [&mut [f64]; 1]| {
            sliding_mean(source, period, value)
        });
    }
}
