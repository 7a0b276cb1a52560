//! On-balance volume.

use super::blocked::{Block, Blocked};
use super::running_total::RunningTotal;
use super::{Input, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "obv",
    title: "on-balance volume: the sum of volumes with the sign of the move",
    inputs: &[Input::Source, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Blocked::boxed(Obv { previous: f64::NEG_INFINITY, total: RunningTotal::default() })),
};

/// Granville's on-balance volume, starting at the first bar's volume (TA-Lib's convention).
#[derive(Clone)]
struct Obv {
    previous: f64,
    total: RunningTotal,
}

kept!(Obv { previous, total });

/// The volume with the sign of the move from `previous` to `x`; NaN if `x` is not finite.
#[inline(always)]
fn signed(volume: f64, x: f64, previous: f64) -> f64 {
    let up = if x > previous { volume } else { 0.0 };
    let down = if x < previous { volume } else { 0.0 };
    up - down + 0.0 * x
}

impl Block<2, 1> for Obv {
    fn lookback(&self) -> usize {
        0
    }

    fn step(&mut self, [x, volume]: [f64; 2]) -> [f64; 1] {
        [self.total.push(signed(volume, x, std::mem::replace(&mut self.previous, x)))]
    }

    fn at_block(&self) -> bool {
        self.total.at_block()
    }

    fn blocks(&mut self, [source, volume]: [&[f64]; 2], [value]: [&mut [f64]; 1]) {
        value[0] = signed(volume[0], source[0], self.previous);
        for ((y, volume), pair) in value[1..].iter_mut().zip(&volume[1..]).zip(source.windows(2)) {
            *y = signed(*volume, pair[1], pair[0]);
        }
        self.previous = source[source.len() - 1];
        self.total.blocks(value);
    }

    fn is_finite(&self) -> bool {
        self.total.is_finite()
    }
}
