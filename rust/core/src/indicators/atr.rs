//! Average true range.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{AHEAD, Recursive, Scan};
use super::true_range::{self, range};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "atr",
    title: "average true range, Wilder's",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Atr::new(p[0] as usize)?)),
};

/// Wilder's average of the true range, seeded with the mean of the first `period` ranges (TA-Lib's convention: the
/// first bar has no range). Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Atr {
    average: Recursive,
    previous: f64,
}

impl Atr {
    /// A fresh average over `period` ranges.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    pub(super) fn unchecked(period: usize) -> Self {
        Self { average: Recursive::wilder(period), previous: f64::NAN }
    }

    /// Takes the next bar; NaN until `period` + 1 bars were seen.
    #[inline]
    pub fn update(&mut self, high: f64, low: f64, close: f64) -> f64 {
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return f64::NAN;
        }
        let previous = std::mem::replace(&mut self.previous, close);
        if previous.is_nan() { f64::NAN } else { self.average.push(range(high, low, previous)) }
    }
}

impl Fresh for Atr {
    fn fresh(&self) -> Self {
        Self::unchecked(self.average.period())
    }
}

impl Indicator for Atr {
    fn lookback(&self) -> usize {
        self.average.period()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Atr::update(self, row[0], row[1], row[2]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<3, 1> for Atr {
    type Scans = (Scan, f64);

    fn scans(&self) -> Option<Self::Scans> {
        Some((self.average.scan()?, self.previous))
    }

    fn step((scan, previous): &mut Self::Scans, [high, low, close]: [&[f64]; 3], [value]: [&mut [f64]; 1]) {
        let bars = high.as_chunks::<AHEAD>().0.iter().zip(low.as_chunks::<AHEAD>().0).zip(close.as_chunks::<AHEAD>().0);
        for (y, ((high, low), close)) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(bars) {
            *y = scan.block(&true_range::block(high, low, close, previous));
        }
    }

    fn all_finite((scan, previous): &Self::Scans) -> Option<bool> {
        Some(scan.is_finite() && previous.is_finite())
    }

    fn resume(&mut self, (scan, previous): &Self::Scans) {
        self.average.resume(scan);
        self.previous = *previous;
    }
}
