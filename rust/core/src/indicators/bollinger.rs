//! Bollinger bands.

use super::batch::{self, Fresh};
use super::moments::{Moments, sliding_moments};
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "bollinger",
    title: "Bollinger bands: simple average and the bands a number of standard deviations around it",
    inputs: &[Input::Source],
    params: &[Param::period("period", 20.0), Param::real("deviations", 2.0, 0.0, 1e6)],
    outputs: &["upper", "middle", "lower"],
    make: |p| Ok(Box::new(Bollinger::new(p[0] as usize, p[1])?)),
};

/// Bollinger's bands with the population deviation (divisor `period`). Batch and streaming agree to 1e-12
/// relative to the price.
#[derive(Debug, Clone)]
pub(super) struct Bollinger {
    moments: Moments,
    deviations: f64,
}

kept!(Bollinger { moments });

impl Bollinger {
    /// Fresh bands.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000, `deviations` not finite.
    pub(super) fn new(period: usize, deviations: f64) -> Result<Self, IndicatorError> {
        let period = IndicatorError::check_period(SPEC.name, "period", period)?;
        let deviations = IndicatorError::check_finite(SPEC.name, "deviations", deviations)?;
        Ok(Self { moments: Moments::new(period), deviations })
    }

    /// Takes the next value; upper band, middle, lower band, NaN until `period` values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> [f64; 3] {
        if !x.is_finite() {
            return [f64::NAN; 3];
        }
        let (mean, variance) = self.moments.push(x);
        let width = self.deviations * variance.sqrt();
        [mean + width, mean, mean - width]
    }
}

impl Fresh for Bollinger {
    fn fresh(&self) -> Self {
        Self { moments: Moments::new(self.moments.period()), deviations: self.deviations }
    }
}

impl Indicator for Bollinger {
    fn lookback(&self) -> usize {
        self.moments.period() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&Bollinger::update(self, row[0]));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (period, deviations) = (self.moments.period(), self.deviations);
        batch::run_sums(self, columns, out, |[source]: [&[f64]; 1], bands: [&mut [f64]; 3]| {
            sliding_moments(source, period, bands, |[mean, variance]| {
                let width = variance.map(|variance| deviations * variance.sqrt());
                let upper = std::array::from_fn(|row| mean[row] + width[row]);
                [upper, mean, std::array::from_fn(|row| mean[row] - width[row])]
            })
        });
    }
}
