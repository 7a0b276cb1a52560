//! Stochastic RSI.

use super::batch::{self, Fresh};
use super::blocked::{self, Block};
use super::rsi::Rsi;
use super::sma::Sma;
use super::stochastic_fast::{RawK, SlidingK};
use super::sums::sliding_mean;
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "stochastic_rsi",
    title: "stochastic RSI: the position of the RSI within its own range, and its average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 14.0), Param::period("fastk_period", 5.0), Param::period("fastd_period", 3.0)],
    outputs: &["k", "d"],
    make: |p| Ok(Box::new(StochasticRsi::new(p[0] as usize, p[1] as usize, p[2] as usize)?)),
};

/// An RSI that moved less than this has not moved: while the price stands still, gains and losses shrink alike and
/// the RSI wavers in its last digits. TA-Lib stretches that noise to the whole range from 0 to 100.
const FLAT: f64 = 1e-10;

/// Chande and Kroll's stochastic RSI: the fast stochastic of the RSI, 0 while the RSI does not move; both outputs start
/// with %D.
#[derive(Clone)]
pub(super) struct StochasticRsi {
    rsi: Rsi,
    raw: RawK,
    average: Sma,
}

kept!(StochasticRsi { rsi, raw, average });

impl StochasticRsi {
    /// A fresh oscillator.
    ///
    /// # Errors
    /// A period outside 1 to 1,000,000.
    pub(super) fn new(period: usize, fastk_period: usize, fastd_period: usize) -> Result<Self, IndicatorError> {
        let period = IndicatorError::check_period(SPEC.name, "period", period)?;
        let fastk = IndicatorError::check_period(SPEC.name, "fastk_period", fastk_period)?;
        let fastd = IndicatorError::check_period(SPEC.name, "fastd_period", fastd_period)?;
        Ok(Self { rsi: Rsi::new(period), raw: RawK::with_flat(fastk, FLAT), average: Sma::unchecked(fastd) })
    }

    /// Takes the next value; %K and %D, NaN until %D is defined.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> [f64; 2] {
        if !x.is_finite() {
            return [f64::NAN; 2];
        }
        let [rsi] = self.rsi.step([x]);
        if rsi.is_nan() {
            return [f64::NAN; 2];
        }
        let k = self.raw.push(rsi, rsi, rsi);
        let d = self.average.update(k);
        if d.is_nan() { [f64::NAN; 2] } else { [k, d] }
    }
}

impl Fresh for StochasticRsi {
    fn fresh(&self) -> Self {
        Self {
            rsi: Rsi::new(self.rsi.period()),
            raw: RawK::with_flat(self.raw.period(), FLAT),
            average: self.average.fresh(),
        }
    }
}

impl Indicator for StochasticRsi {
    fn lookback(&self) -> usize {
        self.rsi.lookback() + self.raw.period() - 1 + self.average.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&StochasticRsi::update(self, row[0]));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (fastk, fastd, mut rsi) = (self.raw.period(), self.average.lookback() + 1, Rsi::new(self.rsi.period()));
        let history = fastk + fastd - 2;
        let (mut sliding, mut raw, mut values) = (SlidingK::default(), Vec::new(), Vec::new());
        batch::run_windows(self, columns, out, |[source]: [&[f64]; 1], [k, d]: [&mut [f64]; 2]| {
            let unseen = if values.is_empty() { 0 } else { source.len() - k.len() };
            values.drain(..values.len().saturating_sub(history));
            let kept = values.len();
            values.resize(kept + source.len() - unseen, f64::NAN);
            blocked::extend(&mut rsi, &[&source[unseen..]], &mut [&mut values[kept..]]);
            let undefined = values[kept..].iter().take_while(|x| x.is_nan()).count();
            values.drain(kept..kept + undefined);
            raw.resize(k.len() + fastd - 1, 0.0);
            sliding.compute([&values, &values, &values], fastk, FLAT, &mut raw);
            k.copy_from_slice(&raw[fastd - 1..]);
            // Rounding is harmless here: %K lies between 0 and 100.
            sliding_mean(&raw, fastd, d);
            true
        });
    }
}
