//! Slow stochastic oscillator.

use super::batch::{self, Fresh};
use super::sma::Sma;
use super::stochastic_fast::{RawK, SlidingK};
use super::sums::sliding_mean;
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "stochastic",
    title: "slow stochastic oscillator: the averaged position of the close within the range of the last bars",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[
        Param::period("fastk_period", 5.0),
        Param::period("slowk_period", 3.0),
        Param::period("slowd_period", 3.0),
    ],
    outputs: &["k", "d"],
    make: |p| Ok(Box::new(Stochastic::new(p[0] as usize, p[1] as usize, p[2] as usize)?)),
};

/// Lane's slow %K, a simple average of the raw %K, and its simple average %D; both start with %D (TA-Lib's
/// convention).
#[derive(Debug, Clone)]
pub(super) struct Stochastic {
    raw: RawK,
    slowk: Sma,
    slowd: Sma,
}

kept!(Stochastic { raw, slowk, slowd });

impl Stochastic {
    /// A fresh oscillator.
    ///
    /// # Errors
    /// A period outside 1 to 1,000,000.
    pub(super) fn new(fastk_period: usize, slowk_period: usize, slowd_period: usize) -> Result<Self, IndicatorError> {
        let fastk = IndicatorError::check_period(SPEC.name, "fastk_period", fastk_period)?;
        let slowk = IndicatorError::check_period(SPEC.name, "slowk_period", slowk_period)?;
        let slowd = IndicatorError::check_period(SPEC.name, "slowd_period", slowd_period)?;
        Ok(Self { raw: RawK::new(fastk), slowk: Sma::unchecked(slowk), slowd: Sma::unchecked(slowd) })
    }

    /// Takes the next bar; %K and %D, NaN until %D is defined.
    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64) -> [f64; 2] {
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return [f64::NAN; 2];
        }
        let k = self.slowk.update(self.raw.push(high, low, close));
        let d = self.slowd.update(k);
        if d.is_nan() { [f64::NAN; 2] } else { [k, d] }
    }
}

impl Fresh for Stochastic {
    fn fresh(&self) -> Self {
        Self { raw: RawK::new(self.raw.period()), slowk: self.slowk.fresh(), slowd: self.slowd.fresh() }
    }
}

impl Indicator for Stochastic {
    fn lookback(&self) -> usize {
        self.raw.period() - 1 + self.slowk.lookback() + self.slowd.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&Stochastic::update(self, row[0], row[1], row[2]));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (slowk, slowd) = (self.slowk.lookback() + 1, self.slowd.lookback() + 1);
        let (mut sliding, mut raw, mut slow) = (SlidingK::default(), Vec::new(), Vec::new());
        batch::run_windows(self, columns, out, |bars: [&[f64]; 3], [k, d]: [&mut [f64]; 2]| {
            slow.resize(k.len() + slowd - 1, 0.0);
            raw.resize(slow.len() + slowk - 1, 0.0);
            sliding.compute(bars, self.raw.period(), 0.0, &mut raw);
            // Rounding is harmless here: %K and %D lie between 0 and 100.
            sliding_mean(&raw, slowk, &mut slow);
            k.copy_from_slice(&slow[slowd - 1..]);
            sliding_mean(&slow, slowd, d);
            true
        });
    }
}
