//! TRIX.

use super::batch::{self, Blockwise, Fresh};
use super::recursive::{self, BLOCK, Recursive, Scan};
use super::{Indicator, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "trix",
    title: "TRIX: one-bar rate of change, in percent, of a triple exponential average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Trix::new(p[0] as usize))),
};

/// Each of the three averages is seeded with the mean of its first `period` inputs (TA-Lib's convention); 0 after an
/// average of 0. Batch and streaming agree to 1e-12 of the averages: their rate of change is that close to 1e-10
/// percent.
#[derive(Clone)]
struct Trix {
    stages: [Recursive; 3],
    previous: f64,
}

impl Trix {
    fn new(period: usize) -> Self {
        Self { stages: std::array::from_fn(|_| Recursive::exponential(period)), previous: f64::NAN }
    }
}

#[inline(always)]
fn rate_of_change(now: f64, before: f64) -> f64 {
    let rate = 100.0 * ((now - before) / before);
    if before == 0.0 { 0.0 } else { rate }
}

impl Fresh for Trix {
    fn fresh(&self) -> Self {
        Self::new(self.stages[0].period())
    }
}

impl Indicator for Trix {
    fn lookback(&self) -> usize {
        3 * (self.stages[0].period() - 1) + 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = f64::NAN;
        if row[0].is_finite() {
            let now = self.stages.iter_mut().fold(row[0], |x, stage| stage.chain(x));
            out[0] = rate_of_change(now, std::mem::replace(&mut self.previous, now));
        }
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_blocks(self, columns, out);
    }
}

impl Blockwise<1, 1> for Trix {
    type Scans = ([Scan; 3], f64);

    fn scans(&self) -> Option<Self::Scans> {
        let [first, second, third] = &self.stages;
        Some(([first.scan()?, second.scan()?, third.scan()?], self.previous))
    }

    fn step((stages, previous): &mut Self::Scans, [x]: [&[f64; BLOCK]; 1]) -> [[f64; BLOCK]; 1] {
        let now = stages.iter_mut().fold(*x, |x, stage| stage.step(&x));
        let before = recursive::shifted(&now, previous);
        [std::array::from_fn(|row| rate_of_change(now[row], before[row]))]
    }

    fn resume(&mut self, (stages, previous): &Self::Scans) {
        for (stage, scan) in self.stages.iter_mut().zip(stages) {
            stage.resume(scan);
        }
        self.previous = *previous;
    }
}
