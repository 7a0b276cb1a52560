//! Fast stochastic oscillator.

use super::batch::{self, Fresh};
use super::extremes::{Extreme, Sliding, greater, lesser};
use super::sma::Sma;
use super::sums::{LANES, fold_block, sliding_mean};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "stochastic_fast",
    title: "fast stochastic oscillator: the close within the range of the last bars, and its average",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("fastk_period", 5.0), Param::period("fastd_period", 3.0)],
    outputs: &["k", "d"],
    make: |p| Ok(Box::new(StochasticFast::new(p[0] as usize, p[1] as usize)?)),
};

/// Lane's raw %K: 100 (close - lowest) / (highest - lowest) of the last `period` bars, 0 where that range is `flat`.
#[derive(Debug, Clone)]
pub(super) struct RawK {
    highest: Extreme,
    lowest: Extreme,
    flat: f64,
    missing: usize,
}

kept!(RawK { highest, lowest, missing });

#[inline]
pub(super) fn position(close: f64, lowest: f64, highest: f64, flat: f64) -> f64 {
    let range = highest - lowest;
    if range <= flat { 0.0 } else { 100.0 * (close - lowest) / range }
}

impl RawK {
    pub(super) fn new(period: usize) -> Self {
        Self::with_flat(period, 0.0)
    }

    /// As `new`, for a source whose range counts as none up to `flat`.
    pub(super) fn with_flat(period: usize, flat: f64) -> Self {
        Self { highest: Extreme::maximum(period), lowest: Extreme::minimum(period), flat, missing: period - 1 }
    }

    pub(super) fn period(&self) -> usize {
        self.highest.period()
    }

    /// Takes a finite bar; NaN until `period` bars were seen.
    #[inline]
    pub(super) fn push(&mut self, high: f64, low: f64, close: f64) -> f64 {
        let (highest, lowest) = (self.highest.push(high), self.lowest.push(low));
        if self.missing > 0 {
            self.missing -= 1;
            return f64::NAN;
        }
        position(close, lowest, highest, self.flat)
    }
}

/// [`RawK`] over whole columns: room for the extremes, kept from chunk to chunk.
#[derive(Debug, Default)]
pub(super) struct SlidingK {
    extremes: Sliding,
    highest: Vec<f64>,
    lowest: Vec<f64>,
}

impl SlidingK {
    /// The raw %K of each row from the `period`-th on.
    #[inline(never)]
    pub(super) fn compute(&mut self, bars: [&[f64]; 3], period: usize, flat: f64, raw: &mut [f64]) {
        let whole = if period <= LANES { short_k(bars, period, flat, raw) } else { 0 };
        let ([high, low, close], raw) = (bars.map(|column| &column[whole..]), &mut raw[whole..]);
        self.highest.resize(raw.len(), 0.0);
        self.lowest.resize(raw.len(), 0.0);
        self.extremes.maximum(high, period, &mut self.highest);
        self.extremes.minimum(low, period, &mut self.lowest);
        let rows = close[period - 1..].iter().zip(&self.lowest).zip(&self.highest);
        for (k, ((close, lowest), highest)) in raw.iter_mut().zip(rows) {
            *k = position(*close, *lowest, *highest, flat);
        }
    }
}

/// The raw %K over a short period, block by block; how many rows there were in whole blocks.
#[inline(always)]
fn short_k([high, low, close]: [&[f64]; 3], period: usize, flat: f64, raw: &mut [f64]) -> usize {
    let blocks = raw.as_chunks_mut::<LANES>().0;
    let rows = blocks.len() * LANES;
    let closes = close[period - 1..].as_chunks::<LANES>().0;
    for (block, (k, close)) in blocks.iter_mut().zip(closes).enumerate() {
        let highest = fold_block(&high[block * LANES..], period, greater);
        let lowest = fold_block(&low[block * LANES..], period, lesser);
        *k = std::array::from_fn(|row| position(close[row], lowest[row], highest[row], flat));
    }
    rows
}

/// Fast %K and its simple average %D; both start with %D (TA-Lib's convention).
#[derive(Debug, Clone)]
pub(super) struct StochasticFast {
    raw: RawK,
    average: Sma,
}

kept!(StochasticFast { raw, average });

impl StochasticFast {
    /// A fresh oscillator.
    ///
    /// # Errors
    /// A period outside 1 to 1,000,000.
    pub(super) fn new(fastk_period: usize, fastd_period: usize) -> Result<Self, IndicatorError> {
        let fastk = IndicatorError::check_period(SPEC.name, "fastk_period", fastk_period)?;
        let fastd = IndicatorError::check_period(SPEC.name, "fastd_period", fastd_period)?;
        Ok(Self { raw: RawK::new(fastk), average: Sma::unchecked(fastd) })
    }

    /// Takes the next bar; %K and %D, NaN until %D is defined.
    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64) -> [f64; 2] {
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return [f64::NAN; 2];
        }
        let k = self.raw.push(high, low, close);
        let d = self.average.update(k);
        if d.is_nan() { [f64::NAN; 2] } else { [k, d] }
    }
}

impl Fresh for StochasticFast {
    fn fresh(&self) -> Self {
        Self { raw: RawK::new(self.raw.period()), average: self.average.fresh() }
    }
}

impl Indicator for StochasticFast {
    fn lookback(&self) -> usize {
        self.raw.period() - 1 + self.average.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&StochasticFast::update(self, row[0], row[1], row[2]));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (fastk, fastd) = (self.raw.period(), self.average.lookback() + 1);
        let (mut sliding, mut raw) = (SlidingK::default(), Vec::new());
        batch::run_windows(self, columns, out, |bars: [&[f64]; 3], [k, d]: [&mut [f64]; 2]| {
            raw.resize(k.len() + fastd - 1, 0.0);
            sliding.compute(bars, fastk, 0.0, &mut raw);
            k.copy_from_slice(&raw[fastd - 1..]);
            // Rounding is harmless here: %K lies between 0 and 100.
            sliding_mean(&raw, fastd, d);
            true
        });
    }
}
