//! Wilder's moving average.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "rma",
    title: "Wilder's moving average: exponential with weight 1/period",
    inputs: &[Input::Source],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Rma::new(p[0] as usize)?)),
};

/// The average of Wilder's RSI and ATR: weight 1/period, seeded with the mean of the first `period` values.
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Rma(Recursive);

impl Rma {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(Recursive::wilder(period)))
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub fn update(&mut self, x: f64) -> f64 {
        if x.is_finite() { self.0.push(x) } else { f64::NAN }
    }
}

impl Fresh for Rma {
    fn fresh(&self) -> Self {
        Self(self.0.fresh())
    }
}

impl Indicator for Rma {
    fn lookback(&self) -> usize {
        self.0.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Rma::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Rma {
    type Scans = Scan;

    fn scans(&self) -> Option<Self::Scans> {
        self.0.scan()
    }

    fn step(scan: &mut Scan, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        scan.run(source, value);
    }

    fn all_finite(scan: &Scan) -> Option<bool> {
        Some(scan.is_finite())
    }

    fn resume(&mut self, scan: &Scan) {
        self.0.resume(scan);
    }
}
