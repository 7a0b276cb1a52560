//! Average true range.

use super::batch::{self, Blockwise, Fresh};
use super::recursive::{self, BLOCK, Recursive, Scan};
use super::true_range::range;
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
        let range = range(high, low, std::mem::replace(&mut self.previous, close));
        self.average.chain(range)
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
        batch::run_blocks(self, columns, out);
    }
}

impl Blockwise<3, 1> for Atr {
    type Scans = (Scan, f64);

    fn scans(&self) -> Option<Self::Scans> {
        Some((self.average.scan()?, self.previous))
    }

    #[inline(always)]
    fn step((scan, previous): &mut Self::Scans, [high, low, close]: [&[f64; BLOCK]; 3]) -> [[f64; BLOCK]; 1] {
        let before = recursive::shifted(close, previous);
        [scan.step(&std::array::from_fn(|row| range(high[row], low[row], before[row])))]
    }

    fn resume(&mut self, (scan, previous): &Self::Scans) {
        self.average.resume(scan);
        self.previous = *previous;
    }
}
