//! Triple exponential moving average.

use super::blocked::{Block, Blocked, ROWS};
use super::recursive::Recursive;
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "tema",
    title: "triple exponential moving average, 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Tema::new(p[0] as usize))),
};

/// Mulloy's TEMA of seeded EMAs in series.
#[derive(Clone)]
struct Tema([Recursive; 3]);

kept!(Tema { 0 });

fn combine(once: f64, twice: f64, thrice: f64) -> f64 {
    3.0 * once - 3.0 * twice + thrice
}

impl Tema {
    fn new(period: usize) -> Self {
        Self(std::array::from_fn(|_| Recursive::exponential(period)))
    }
}

impl Block<1, 1> for Tema {
    fn lookback(&self) -> usize {
        3 * (self.0[0].period() - 1)
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 1] {
        let once = self.0[0].push(x);
        let twice = self.0[1].chain(once);
        [combine(once, twice, self.0[2].chain(twice))]
    }

    fn at_block(&self) -> bool {
        self.0[2].at_block()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let mut scratch = [[0.0; ROWS]; 2];
        let [twice, thrice] = scratch.each_mut().map(|s| &mut s[..source.len()]);
        self.0[0].blocks(source, value);
        self.0[1].blocks(value, twice);
        self.0[2].blocks(twice, thrice);
        for ((y, twice), thrice) in value.iter_mut().zip(twice).zip(thrice) {
            *y = combine(*y, *twice, *thrice);
        }
    }

    fn is_finite(&self) -> bool {
        self.0[2].is_finite()
    }
}
