//! Double exponential moving average.

use super::batch::{self, Fresh, STEP, Stepwise};
use super::recursive::{Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "dema",
    title: "double exponential moving average, 2 EMA - EMA(EMA)",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Dema::new(p[0] as usize)?)),
};

/// Mulloy's DEMA of seeded EMAs in series. Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Dema {
    once: Recursive,
    twice: Recursive,
}

impl Dema {
    /// A fresh average of `period`.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        let period = IndicatorError::check_period(SPEC.name, "period", period)?;
        let average = Recursive::exponential(period);
        Ok(Self { once: average.clone(), twice: average })
    }

    /// Takes the next value; NaN until 2 period - 1 values were seen.
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let once = self.once.push(x);
        let twice = self.twice.chain(once);
        2.0 * once - twice
    }
}

impl Fresh for Dema {
    fn fresh(&self) -> Self {
        Self { once: self.once.fresh(), twice: self.twice.fresh() }
    }
}

impl Indicator for Dema {
    fn lookback(&self) -> usize {
        2 * (self.once.period() - 1)
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Dema::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Dema {
    type Scans = [Scan; 2];

    fn scans(&self) -> Option<Self::Scans> {
        Some([self.once.scan()?, self.twice.scan()?])
    }

    fn step([once, twice]: &mut [Scan; 2], [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let mut second = [0.0; STEP];
        let second = &mut second[..value.len()];
        once.run(source, value);
        twice.run(value, second);
        for (y, second) in value.iter_mut().zip(second) {
            *y = 2.0 * *y - *second;
        }
    }

    fn all_finite(scans: &[Scan; 2]) -> Option<bool> {
        Some(scans.iter().all(Scan::is_finite))
    }

    fn resume(&mut self, [once, twice]: &[Scan; 2]) {
        self.once.resume(once);
        self.twice.resume(twice);
    }
}
