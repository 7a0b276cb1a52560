//! Relative strength index.

use super::blocked::{Block, Blocked};
use super::recursive::{AHEAD, Recursive, shifted};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "rsi",
    title: "relative strength index: the share of gains in Wilder's average of moves, 0 to 100",
    inputs: &[Input::Source],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Rsi::new(p[0] as usize))),
};

/// Wilder's RSI, 100 gains / (gains + losses), each averaged with weight 1/period after a mean of `period` moves;
/// 0 where nothing has moved (TA-Lib's convention).
#[derive(Clone)]
pub(super) struct Rsi {
    gains: Recursive,
    losses: Recursive,
    previous: f64,
}

kept!(Rsi { gains, losses, previous });

#[inline]
fn share(gain: f64, loss: f64) -> f64 {
    let moves = gain + loss;
    if moves == 0.0 { 0.0 } else { 100.0 * gain / moves }
}

/// The change if it is a gain, else 0, without a branch.
#[inline]
fn gain(change: f64) -> f64 {
    0.5 * (change.abs() + change)
}

impl Rsi {
    pub(super) fn new(period: usize) -> Self {
        let average = Recursive::wilder(period);
        Self { gains: average.clone(), losses: average, previous: f64::NAN }
    }

    pub(super) fn period(&self) -> usize {
        self.gains.period()
    }
}

impl Block<1, 1> for Rsi {
    fn lookback(&self) -> usize {
        self.period()
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 1] {
        let change = x - std::mem::replace(&mut self.previous, x);
        [share(self.gains.chain(gain(change)), self.losses.chain(gain(-change)))]
    }

    fn at_block(&self) -> bool {
        self.gains.at_block()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        let (mut gains, mut losses) = (self.gains.scan(), self.losses.scan());
        for (y, x) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(source.as_chunks::<AHEAD>().0) {
            let before = shifted(x, &mut self.previous);
            let change: [f64; AHEAD] = std::array::from_fn(|row| x[row] - before[row]);
            let (gained, lost) = (gains.block(&change.map(gain)), losses.block(&change.map(|change| gain(-change))));
            *y = std::array::from_fn(|row| share(gained[row], lost[row]));
        }
        self.gains.resume(&gains);
        self.losses.resume(&losses);
    }

    fn is_finite(&self) -> bool {
        self.gains.is_finite() && self.losses.is_finite()
    }
}
