//! Double exponential moving average.

use super::blocked::{Block, Blocked, ROWS};
use super::recursive::Recursive;
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "dema",
    title: "double exponential moving average, 2 EMA - EMA(EMA)",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Dema::new(p[0] as usize))),
};

/// Mulloy's DEMA of seeded EMAs in series.
#[derive(Clone)]
struct Dema {
    once: Recursive,
    twice: Recursive,
}

kept!(Dema { once, twice });

fn combine(once: f64, twice: f64) -> f64 {
    2.0 * once - twice
}

impl Dema {
    fn new(period: usize) -> Self {
        let average = Recursive::exponential(period);
        Self { once: average.clone(), twice: average }
    }
}

impl Block<1, 1> for Dema {
    fn lookback(&self) -> usize {
        2 * (self.once.period() - 1)
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 1] {
        let once = self.once.push(x);
        [combine(once, self.twice.chain(once))]
    }

    fn at_block(&self) -> bool {
        self.twice.at_block()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let mut twice = [0.0; ROWS];
        let twice = &mut twice[..value.len()];
        self.once.blocks(source, value);
        self.twice.blocks(value, twice);
        for (y, twice) in value.iter_mut().zip(twice) {
            *y = combine(*y, *twice);
        }
    }

    fn is_finite(&self) -> bool {
        self.twice.is_finite()
    }
}
