//! True range.

use super::batch::{self, Fresh};
use super::recursive::{AHEAD, shifted};
use super::{Indicator, Input, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "true_range",
    title: "true range: the bar's range, widened to the previous close",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Box::new(TrueRange::default())),
};

/// max(high, previous close) - min(low, previous close); undefined in the first row.
#[derive(Debug, Clone)]
pub(super) struct TrueRange {
    previous: f64,
}

kept!(TrueRange { previous });

impl Default for TrueRange {
    fn default() -> Self {
        Self { previous: f64::NAN }
    }
}

/// The range of a bar after a close at `previous`; a high or a low that is not finite shows.
#[inline]
pub(super) fn range(high: f64, low: f64, previous: f64) -> f64 {
    let top = if previous > high { previous } else { high };
    let bottom = if previous < low { previous } else { low };
    top - bottom
}

impl TrueRange {
    /// Takes the next bar; NaN in the first.
    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64) -> f64 {
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return f64::NAN;
        }
        let previous = std::mem::replace(&mut self.previous, close);
        if previous.is_nan() { f64::NAN } else { range(high, low, previous) }
    }
}

impl Fresh for TrueRange {
    fn fresh(&self) -> Self {
        Self::default()
    }
}

impl Indicator for TrueRange {
    fn lookback(&self) -> usize {
        1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = TrueRange::update(self, row[0], row[1], row[2]);
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_sums(self, columns, out, |[high, low, close]: [&[f64]; 3], [value]: [&mut [f64]; 1]| {
            for (((y, high), low), before) in value.iter_mut().zip(&high[1..]).zip(&low[1..]).zip(close) {
                *y = spoilt_range(*high, *low, *before);
            }
            batch::is_finite(value) && close.last().is_some_and(|x| x.is_finite())
        });
    }
}

/// Ranges of the next bars, after a close at `previous`, of which any value that is not finite shows.
#[inline(always)]
pub(super) fn block(high: &[f64; AHEAD], low: &[f64; AHEAD], close: &[f64; AHEAD], previous: &mut f64) -> [f64; AHEAD] {
    let before = shifted(close, previous);
    std::array::from_fn(|row| spoilt_range(high[row], low[row], before[row]))
}

/// The range, or NaN if anything is not finite: a comparison may drop a close that is not, but 0 times it is NaN.
#[inline(always)]
fn spoilt_range(high: f64, low: f64, previous: f64) -> f64 {
    range(high, low, previous) + 0.0 * previous
}
