//! Triple exponential moving average.

use super::batch::{self, Fresh, STEP, Stepwise};
use super::recursive::{Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "tema",
    title: "triple exponential moving average, 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Tema::new(p[0] as usize)?)),
};

/// Mulloy's TEMA of seeded EMAs in series. Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Tema([Recursive; 3]);

fn combine(once: f64, twice: f64, thrice: f64) -> f64 {
    3.0 * once - 3.0 * twice + thrice
}

impl Tema {
    /// A fresh average of `period`.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        let period = IndicatorError::check_period(SPEC.name, "period", period)?;
        let average = Recursive::exponential(period);
        Ok(Self([average.clone(), average.clone(), average]))
    }

    /// Takes the next value; NaN until 3 period - 2 values were seen.
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let once = self.0[0].push(x);
        let twice = self.0[1].chain(once);
        let thrice = self.0[2].chain(twice);
        combine(once, twice, thrice)
    }
}

impl Fresh for Tema {
    fn fresh(&self) -> Self {
        Self(self.0.each_ref().map(Recursive::fresh))
    }
}

impl Indicator for Tema {
    fn lookback(&self) -> usize {
        3 * (self.0[0].period() - 1)
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Tema::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Tema {
    type Scans = [Scan; 3];

    fn scans(&self) -> Option<Self::Scans> {
        Some([self.0[0].scan()?, self.0[1].scan()?, self.0[2].scan()?])
    }

    fn step(scans: &mut [Scan; 3], [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let mut scratch = [[0.0; STEP]; 2];
        let [second, third] = scratch.each_mut().map(|s| &mut s[..source.len()]);
        scans[0].run(source, value);
        scans[1].run(value, second);
        scans[2].run(second, third);
        for ((y, second), third) in value.iter_mut().zip(second).zip(third) {
            *y = combine(*y, *second, *third);
        }
    }

    fn all_finite(scans: &[Scan; 3]) -> Option<bool> {
        Some(scans.iter().all(Scan::is_finite))
    }

    fn resume(&mut self, scans: &[Scan; 3]) {
        for (average, scan) in self.0.iter_mut().zip(scans) {
            average.resume(scan);
        }
    }
}
