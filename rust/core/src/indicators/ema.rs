//! Exponential moving average.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "ema",
    title: "exponential moving average, seeded with the simple average of the first period",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Ema::new(p[0] as usize)?)),
};

/// EMA with smoothing 2/(period+1), seeded with the mean of the first `period` values (TA-Lib's convention).
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Ema(Recursive);

impl Ema {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(Recursive::exponential(period)))
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub fn update(&mut self, x: f64) -> f64 {
        if x.is_finite() { self.0.push(x) } else { f64::NAN }
    }
}

impl Fresh for Ema {
    fn fresh(&self) -> Self {
        Self(self.0.fresh())
    }
}

impl Indicator for Ema {
    fn lookback(&self) -> usize {
        self.0.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Ema::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Ema {
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
