//! Linearly weighted moving average.

use super::batch::{self, Fresh};
use super::sums::{sliding_weighted_mean, weights};
use super::window::WeightedSum;
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "wma",
    title: "weighted moving average, weights 1 to period, the newest heaviest",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Wma::new(p[0] as usize)?)),
};

/// The mean of the last `period` values with weights 1 (oldest) to `period` (newest).
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Wma {
    sum: WeightedSum,
    weights: f64,
}

kept!(Wma { sum });

impl Wma {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    pub(super) fn unchecked(period: usize) -> Self {
        Self { sum: WeightedSum::new(period), weights: weights(period) }
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> f64 {
        if x.is_finite() { self.sum.push(x) / self.weights } else { f64::NAN }
    }
}

impl Fresh for Wma {
    fn fresh(&self) -> Self {
        Self::unchecked(self.sum.period())
    }
}

impl Indicator for Wma {
    fn lookback(&self) -> usize {
        self.sum.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Wma::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_sums(self, columns, out, |[source]: [&[f64]; 1], [value]: [&mut [f64]; 1]| {
            sliding_weighted_mean(source, self.sum.period(), value)
        });
    }
}
