//! Hull moving average.

use super::batch::{self, Fresh};
use super::sums::sliding_weighted_mean;
use super::wma::Wma;
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "hma",
    title: "Hull moving average: WMA of 2 WMA(period/2) - WMA(period) over the square root of the period",
    inputs: &[Input::Source],
    params: &[Param { min: 2.0, ..Param::period("period", 20.0) }],
    outputs: &["value"],
    make: |p| Ok(Box::new(Hma::new(p[0] as usize)?)),
};

/// Hull's average; half the period and its root are rounded down (TA-Lib's convention).
/// Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Hma {
    period: usize,
    half: Wma,
    whole: Wma,
    smooth: Wma,
}

kept!(Hma { half, whole, smooth });

impl Hma {
    /// A fresh average of `period`.
    ///
    /// # Errors
    /// `period` outside 2 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period / 2)?;
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    fn unchecked(period: usize) -> Self {
        Self {
            period,
            half: Wma::unchecked(period / 2),
            whole: Wma::unchecked(period),
            smooth: Wma::unchecked(period.isqrt()),
        }
    }

    /// Takes the next value; NaN until `period` + root - 1 values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> f64 {
        let difference = 2.0 * self.half.update(x) - self.whole.update(x);
        self.smooth.update(difference)
    }
}

impl Fresh for Hma {
    fn fresh(&self) -> Self {
        Self::unchecked(self.period)
    }
}

impl Indicator for Hma {
    fn lookback(&self) -> usize {
        self.period - 1 + self.smooth.lookback()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Hma::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (half, root) = (self.period / 2, self.period.isqrt());
        let (mut halves, mut differences) = (Vec::new(), Vec::new());
        batch::run_sums(self, columns, out, |[source]: [&[f64]; 1], [value]: [&mut [f64]; 1]| {
            differences.resize(value.len() + root - 1, 0.0);
            halves.resize(differences.len(), 0.0);
            let whole_exact = sliding_weighted_mean(source, self.period, &mut differences);
            let half_exact = sliding_weighted_mean(&source[self.period - half..], half, &mut halves);
            for (difference, half) in differences.iter_mut().zip(&halves) {
                *difference = 2.0 * half - *difference;
            }
            sliding_weighted_mean(&differences, root, value) && whole_exact && half_exact
        });
    }
}
