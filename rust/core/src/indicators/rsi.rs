//! Relative strength index.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{AHEAD, Recursive, Scan, shifted};
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "rsi",
    title: "relative strength index: the share of gains in Wilder's average of moves, 0 to 100",
    inputs: &[Input::Source],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Rsi::new(p[0] as usize)?)),
};

/// Wilder's RSI, 100 gains / (gains + losses), each averaged with weight 1/period after a mean of `period` moves;
/// 0 where nothing has moved (TA-Lib's convention). Batch and streaming agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub struct Rsi {
    gains: Recursive,
    losses: Recursive,
    previous: f64,
}

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
    /// A fresh index over `period` moves.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    pub(super) fn unchecked(period: usize) -> Self {
        let average = Recursive::wilder(period);
        Self { gains: average.clone(), losses: average, previous: f64::NAN }
    }

    /// Takes the next value; NaN until `period` + 1 values were seen.
    pub fn update(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let change = x - std::mem::replace(&mut self.previous, x);
        if change.is_nan() {
            return f64::NAN;
        }
        share(self.gains.push(gain(change)), self.losses.push(gain(-change)))
    }
}

impl Fresh for Rsi {
    fn fresh(&self) -> Self {
        Self::unchecked(self.gains.period())
    }
}

impl Indicator for Rsi {
    fn lookback(&self) -> usize {
        self.gains.period()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = Rsi::update(self, row[0]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 1> for Rsi {
    type Scans = (Scan, Scan, f64);

    fn scans(&self) -> Option<Self::Scans> {
        Some((self.gains.scan()?, self.losses.scan()?, self.previous))
    }

    fn step((gains, losses, previous): &mut Self::Scans, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        for (y, source) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(source.as_chunks::<AHEAD>().0) {
            let before = shifted(source, previous);
            let change: [f64; AHEAD] = std::array::from_fn(|row| source[row] - before[row]);
            let gained = gains.block(&change.map(gain));
            let lost = losses.block(&change.map(|change| gain(-change)));
            *y = std::array::from_fn(|row| share(gained[row], lost[row]));
        }
    }

    fn all_finite((gains, losses, _): &Self::Scans) -> Option<bool> {
        Some(gains.is_finite() && losses.is_finite())
    }

    fn resume(&mut self, (gains, losses, previous): &Self::Scans) {
        self.gains.resume(gains);
        self.losses.resume(losses);
        self.previous = *previous;
    }
}
