//! Volume-weighted average price from the first bar.

use super::blocked::{Block, Blocked};
use super::{Input, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "vwap",
    title: "volume-weighted average of the typical price since the first bar",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Blocked::boxed(Vwap::default())),
};

/// The typical price (high + low + close) / 3 of all bars seen weighted by volume; 0 before any volume (TA-Lib's
/// convention).
#[derive(Clone, Default)]
pub(super) struct Vwap {
    product: f64,
    volume: f64,
}

kept!(Vwap { product, volume });

#[inline]
pub(super) fn typical(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) * (1.0 / 3.0)
}

impl Vwap {
    /// Takes a bar of finite values; NaN, and the bar left out, where its price is too large to be a number.
    #[inline]
    pub(super) fn push(&mut self, bar: [f64; 4]) -> f64 {
        let before = self.clone();
        let value = self.add(bar);
        if !self.is_finite() {
            *self = before;
            return f64::NAN;
        }
        value
    }

    #[inline(always)]
    fn add(&mut self, [high, low, close, volume]: [f64; 4]) -> f64 {
        self.product += typical(high, low, close) * volume;
        self.volume += volume;
        if self.volume == 0.0 { 0.0 } else { self.product / self.volume }
    }
}

impl Block<4, 1> for Vwap {
    fn lookback(&self) -> usize {
        0
    }

    fn step(&mut self, bar: [f64; 4]) -> [f64; 1] {
        [self.push(bar)]
    }

    fn at_block(&self) -> bool {
        true
    }

    fn blocks(&mut self, [high, low, close, volume]: [&[f64]; 4], [value]: [&mut [f64]; 1]) {
        // Row by row: the two chains of additions, side by side, leave time for all the rest.
        for (row, y) in value.iter_mut().enumerate() {
            *y = self.add([high[row], low[row], close[row], volume[row]]);
        }
    }

    fn is_finite(&self) -> bool {
        self.product.is_finite() && self.volume.is_finite()
    }
}
