//! Exponential moving average.

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
#[derive(Debug, Clone)]
pub struct Ema {
    period: usize,
    seen: usize,
    sum: f64,
    value: f64,
}

impl Ema {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` of 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        if period == 0 {
            let expected = "at least 1".to_owned();
            return Err(IndicatorError::Param { indicator: "ema", param: "period", expected, value: 0.0 });
        }
        Ok(Self { period, seen: 0, sum: 0.0, value: f64::NAN })
    }

    /// Takes the next value; NaN until `period` values were seen.
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        if self.seen < self.period {
            self.seen += 1;
            self.sum += x;
            if self.seen == self.period {
                self.value = self.sum / self.period as f64;
            }
        } else {
            self.value += (x - self.value) * (2.0 / (self.period as f64 + 1.0));
        }
        self.value
    }
}

impl Indicator for Ema {
    fn lookback(&self) -> usize {
        self.period - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Ema::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = Self { period: self.period, seen: 0, sum: 0.0, value: f64::NAN };
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let mut fresh = self.clone();
        Indicator::reset(&mut fresh);
        for (y, &x) in out[0].iter_mut().zip(columns[0]) {
            *y = fresh.update(x);
        }
    }
}
