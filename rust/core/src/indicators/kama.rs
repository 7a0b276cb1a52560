//! Kaufman's adaptive moving average.

use super::batch::{self, Fresh};
use super::sums::RollingSum;
use super::window::Window;
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "kama",
    title: "Kaufman's adaptive moving average, between an EMA of 2 and one of 30 by how straight the move is",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Kama::new(p[0] as usize)?)),
};

/// Weights of the fastest (2) and the slowest (30) EMA.
const FAST: f64 = 2.0 / 3.0;
const SLOW: f64 = 2.0 / 31.0;

/// Kaufman's average: the weight is the square of a mix of the two by the efficiency ratio |move over `period`| / sum
/// of moves; seeded with the value before the first output (TA-Lib's convention).
#[derive(Debug, Clone)]
pub struct Kama {
    values: Window,
    moves: RollingSum,
    previous: f64,
    value: f64,
}

#[inline]
fn weight(change: f64, moves: f64) -> f64 {
    let change = change.abs();
    let efficiency = if moves <= change { 1.0 } else { change / moves };
    let mix = efficiency * (FAST - SLOW) + SLOW;
    mix * mix
}

impl Kama {
    /// A fresh average with an efficiency ratio over `period` moves.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    fn unchecked(period: usize) -> Self {
        let (values, moves) = (Window::new(period), RollingSum::new(period));
        Self { values, moves, previous: f64::NAN, value: f64::NAN }
    }

    /// Takes the next value; NaN until `period` + 1 values were seen.
    #[inline]
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let (ready, previous) = (self.values.is_full(), std::mem::replace(&mut self.previous, x));
        let oldest = self.values.push(x);
        if previous.is_nan() {
            return f64::NAN;
        }
        let moves = self.moves.push((x - previous).abs());
        if !ready {
            return f64::NAN;
        }
        if self.value.is_nan() {
            self.value = previous;
        }
        self.value += (x - self.value) * weight(x - oldest, moves);
        self.value
    }
}

impl Fresh for Kama {
    fn fresh(&self) -> Self {
        Self::unchecked(self.moves.period())
    }
}

impl Indicator for Kama {
    fn lookback(&self) -> usize {
        self.moves.period()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Kama::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_streaming::<Self, 1, 1>(self, columns, out);
    }
}
