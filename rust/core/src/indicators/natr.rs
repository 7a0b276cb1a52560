//! Normalised average true range.

use super::atr::Atr;
use super::batch::{self, Fresh, Stepwise};
use super::recursive::AHEAD;
use super::true_range;
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "natr",
    title: "normalised average true range, in percent of the close",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Natr::new(p[0] as usize)?)),
};

/// 100 ATR / close; 0 where the close is 0 (TA-Lib's convention; its NATR of period 1 forgets to divide, ours does not). Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Natr(Atr);

#[inline]
fn percent(range: f64, close: f64) -> f64 {
    if close == 0.0 { 0.0 } else { 100.0 * range / close }
}

impl Natr {
    /// A fresh average over `period` ranges.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(|period| Self(Atr::unchecked(period)))
    }

    /// Takes the next bar; NaN until `period` + 1 bars were seen.
    #[inline]
    pub fn update(&mut self, high: f64, low: f64, close: f64) -> f64 {
        let range = self.0.update(high, low, close);
        if range.is_nan() { range } else { percent(range, close) }
    }
}

impl Fresh for Natr {
    fn fresh(&self) -> Self {
        Self(self.0.fresh())
    }
}

impl Indicator for Natr {
    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Natr::update(self, row[0], row[1], row[2]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<3, 1> for Natr {
    type Scans = <Atr as Stepwise<3, 1>>::Scans;

    fn scans(&self) -> Option<Self::Scans> {
        self.0.scans()
    }

    fn step((scan, previous): &mut Self::Scans, [high, low, close]: [&[f64]; 3], [value]: [&mut [f64]; 1]) {
        let bars = high.as_chunks::<AHEAD>().0.iter().zip(low.as_chunks::<AHEAD>().0).zip(close.as_chunks::<AHEAD>().0);
        for (y, ((high, low), close)) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(bars) {
            let average = scan.block(&true_range::block(high, low, close, previous));
            *y = std::array::from_fn(|row| percent(average[row], close[row]));
        }
    }

    fn all_finite(scans: &Self::Scans) -> Option<bool> {
        Atr::all_finite(scans)
    }

    fn resume(&mut self, scans: &Self::Scans) {
        self.0.resume(scans);
    }
}
