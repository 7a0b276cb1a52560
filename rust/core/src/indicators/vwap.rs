//! Volume-weighted average price from the first bar.

use super::batch::{self, Fresh, Stepwise};
use super::{Indicator, Input, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "vwap",
    title: "volume-weighted average of the typical price since the first bar",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Box::new(Vwap::default())),
};

/// The typical price (high + low + close) / 3 of all bars seen weighted by volume; 0 before any volume (TA-Lib's
/// convention).
#[derive(Debug, Clone, Default)]
pub struct Vwap {
    product: f64,
    volume: f64,
}

#[inline]
pub(super) fn typical(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) * (1.0 / 3.0)
}

#[inline]
fn mean(product: f64, volume: f64) -> f64 {
    if volume == 0.0 { 0.0 } else { product / volume }
}

impl Vwap {
    /// Takes the next bar.
    #[inline]
    pub fn update(&mut self, high: f64, low: f64, close: f64, volume: f64) -> f64 {
        let price = typical(high, low, close);
        if !(price.is_finite() && volume.is_finite()) {
            return f64::NAN;
        }
        self.product += price * volume;
        self.volume += volume;
        mean(self.product, self.volume)
    }
}

impl Fresh for Vwap {
    fn fresh(&self) -> Self {
        Self::default()
    }
}

impl Indicator for Vwap {
    fn lookback(&self) -> usize {
        0
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Vwap::update(self, row[0], row[1], row[2], row[3]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<4, 1> for Vwap {
    type Scans = Self;

    fn scans(&self) -> Option<Self::Scans> {
        Some(self.clone())
    }

    fn step(state: &mut Self, [high, low, close, volume]: [&[f64]; 4], [value]: [&mut [f64]; 1]) {
        // Row by row: the two chains of additions, side by side, leave time for all the rest.
        let rows = high.iter().zip(low).zip(close).zip(volume);
        for (y, (((high, low), close), volume)) in value.iter_mut().zip(rows) {
            state.product += typical(*high, *low, *close) * volume;
            state.volume += volume;
            *y = mean(state.product, state.volume);
        }
    }

    fn all_finite(state: &Self) -> Option<bool> {
        Some(state.product.is_finite() && state.volume.is_finite())
    }

    fn resume(&mut self, state: &Self) {
        *self = state.clone();
    }
}
