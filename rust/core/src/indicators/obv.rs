//! On-balance volume.

use super::batch::{self, Fresh, Stepwise};
use super::sums::accumulate;
use super::{Indicator, Input, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "obv",
    title: "on-balance volume: the sum of volumes with the sign of the move",
    inputs: &[Input::Source, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Box::new(Obv::default())),
};

/// Granville's on-balance volume, starting at the first bar's volume (TA-Lib's convention).
/// Batch and streaming agree to 1e-12 relative to the volume summed up.
#[derive(Debug, Clone)]
pub struct Obv {
    previous: f64,
    total: f64,
}

impl Default for Obv {
    fn default() -> Self {
        Self { previous: f64::NEG_INFINITY, total: 0.0 }
    }
}

/// The volume with the sign of the move from `previous` to `x`.
#[inline]
fn signed(volume: f64, x: f64, previous: f64) -> f64 {
    let up = if x > previous { volume } else { 0.0 };
    let down = if x < previous { volume } else { 0.0 };
    up - down
}

impl Obv {
    /// Takes the next bar.
    #[inline]
    pub fn update(&mut self, x: f64, volume: f64) -> f64 {
        if !(x.is_finite() && volume.is_finite()) {
            return f64::NAN;
        }
        self.total += signed(volume, x, std::mem::replace(&mut self.previous, x));
        self.total
    }
}

impl Fresh for Obv {
    fn fresh(&self) -> Self {
        Self::default()
    }
}

impl Indicator for Obv {
    fn lookback(&self) -> usize {
        0
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Obv::update(self, row[0], row[1]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<2, 1> for Obv {
    type Scans = Self;

    fn scans(&self) -> Option<Self::Scans> {
        Some(self.clone())
    }

    fn step(state: &mut Self, [source, volume]: [&[f64]; 2], [value]: [&mut [f64]; 1]) {
        value[0] = signed(volume[0], source[0], state.previous);
        let rows = source[1..].iter().zip(&volume[1..]).zip(source);
        for (y, ((x, volume), before)) in value[1..].iter_mut().zip(rows) {
            *y = signed(*volume, *x, *before);
        }
        state.previous = source[source.len() - 1];
        accumulate(value, &mut state.total);
    }

    fn resume(&mut self, state: &Self) {
        *self = state.clone();
    }
}
