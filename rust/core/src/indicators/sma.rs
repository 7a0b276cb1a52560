//! Simple moving average.

use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "sma",
    title: "simple moving average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Sma::new(p[0] as usize)?)),
};

/// The mean of the last `period` values.
#[derive(Debug, Clone)]
pub struct Sma {
    ring: Vec<f64>,
    next: usize,
    seen: usize,
    sum: f64,
}

impl Sma {
    /// A fresh average over `period` values.
    ///
    /// # Errors
    /// `period` of 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        if period == 0 {
            let expected = "at least 1".to_owned();
            return Err(IndicatorError::Param { indicator: "sma", param: "period", expected, value: 0.0 });
        }
        Ok(Self { ring: vec![0.0; period], next: 0, seen: 0, sum: 0.0 })
    }

    /// Takes the next value; NaN until `period` values were seen.
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let period = self.ring.len();
        self.sum += x - self.ring[self.next];
        self.ring[self.next] = x;
        self.next = (self.next + 1) % period;
        self.seen = (self.seen + 1).min(period);
        if self.seen < period { f64::NAN } else { self.sum / period as f64 }
    }
}

impl Indicator for Sma {
    fn lookback(&self) -> usize {
        self.ring.len() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Sma::update(self, row[0]);
    }

    fn reset(&mut self) {
        self.ring.fill(0.0);
        (self.next, self.seen, self.sum) = (0, 0, 0.0);
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let mut fresh = self.clone();
        Indicator::reset(&mut fresh);
        for (y, &x) in out[0].iter_mut().zip(columns[0]) {
            *y = fresh.update(x);
        }
    }
}
