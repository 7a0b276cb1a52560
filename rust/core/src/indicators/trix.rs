//! TRIX.

use super::blocked::{Block, Blocked, ROWS};
use super::recursive::{AHEAD, Recursive, shifted};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "trix",
    title: "TRIX: one-bar rate of change, in percent, of a triple exponential average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Trix::new(p[0] as usize))),
};

/// Each of the three averages is seeded with the mean of its first `period` inputs (TA-Lib's convention); 0 after an
/// average of 0.
#[derive(Clone)]
struct Trix {
    stages: [Recursive; 3],
    previous: f64,
}

kept!(Trix { stages, previous });

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

impl Block<1, 1> for Trix {
    fn lookback(&self) -> usize {
        3 * (self.stages[0].period() - 1) + 1
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 1] {
        let now = self.stages.iter_mut().fold(x, |x, stage| stage.chain(x));
        [rate_of_change(now, std::mem::replace(&mut self.previous, now))]
    }

    fn at_block(&self) -> bool {
        self.stages[2].at_block() && !self.previous.is_nan()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let mut scratch = [0.0; ROWS];
        let twice = &mut scratch[..source.len()];
        self.stages[0].blocks(source, value);
        self.stages[1].blocks(value, twice);
        let mut thrice = self.stages[2].scan();
        for (y, twice) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(twice.as_chunks::<AHEAD>().0) {
            let now = thrice.block(twice);
            let before = shifted(&now, &mut self.previous);
            *y = std::array::from_fn(|row| rate_of_change(now[row], before[row]));
        }
        self.stages[2].resume(&thrice);
    }

    fn is_finite(&self) -> bool {
        self.stages[2].is_finite()
    }
}
