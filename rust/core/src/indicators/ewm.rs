//! Exponentially weighted mean seeded with the first value.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "ewm",
    title: "exponential moving average seeded with the first value, as pandas ewm(span, adjust=False)",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Ewm::new(p[0] as usize)?)),
};

/// Recursive mean with weight 2/(period+1), seeded with the first value and undefined for `period` - 1 rows: what
/// pandas computes as `ewm(span=period, adjust=False, min_periods=period).mean()`. Batch and streaming agree to 1e-12
/// relative.
#[derive(Debug, Clone)]
pub struct Ewm {
    average: Recursive,
    period: usize,
    missing: usize,
}

impl Ewm {
    /// A fresh mean of span `period`.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    fn unchecked(period: usize) -> Self {
        Self { average: Recursive::exponential_from_first(period), period, missing: period - 1 }
    }

    /// Takes the next value; NaN until `period` values were seen.
    #[inline]
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let mean = self.average.push(x);
        if self.missing == 0 {
            return mean;
        }
        self.missing -= 1;
        f64::NAN
    }
}

impl Fresh for Ewm {
    fn fresh(&self) -> Self {
        Self::unchecked(self.period)
    }
}

impl Indicator for Ewm {
    fn lookback(&self) -> usize {
        self.period - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Ewm::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Ewm {
    type Scans = Scan;

    fn scans(&self) -> Option<Self::Scans> {
        self.average.scan()
    }

    fn step(scan: &mut Scan, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        scan.run(source, value);
    }

    fn all_finite(scan: &Scan) -> Option<bool> {
        Some(scan.is_finite())
    }

    fn resume(&mut self, scan: &Scan) {
        self.average.resume(scan);
    }
}
