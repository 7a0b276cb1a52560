//! Kaufman's adaptive moving average.

use super::batch::{self, Fresh};
use super::extremes::lesser;
use super::sums::{LANES, Range, RollingSum, prefix};
use super::window::Window;
use super::{Indicator, IndicatorError, Input, Param, Spec};
use crate::keep::kept;

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
/// of moves; seeded with the value before the first output (TA-Lib's convention). Batch and streaming
/// agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Kama {
    values: Window,
    moves: RollingSum,
    previous: f64,
    value: f64,
}

kept!(Kama { values, moves, previous, value });

/// The weight of `x` after a move from `oldest` over moves that add up to `moves`. Without any move the efficiency is 1,
/// as if it were straight: what is not a number is not less.
#[inline(always)]
fn weight(x: f64, oldest: f64, moves: f64) -> f64 {
    let efficiency = lesser((x - oldest).abs() / moves, 1.0);
    let mix = efficiency * (FAST - SLOW) + SLOW;
    mix * mix
}

impl Kama {
    /// A fresh average with an efficiency ratio over `period` moves.
    ///
    /// # Errors
    /// `period` outside 1 to 1,000,000.
    pub(super) fn new(period: usize) -> Result<Self, IndicatorError> {
        IndicatorError::check_period(SPEC.name, "period", period).map(Self::unchecked)
    }

    fn unchecked(period: usize) -> Self {
        let (values, moves) = (Window::new(period), RollingSum::new(period));
        Self { values, moves, previous: f64::NAN, value: f64::NAN }
    }

    /// Takes the next value; NaN until `period` + 1 values were seen.
    #[inline]
    pub(super) fn update(&mut self, x: f64) -> f64 {
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
        self.step(x, weight(x, oldest, moves))
    }

    /// Moves the average towards `x`. Of the forms of this sum, the one in which the least waits for the value before.
    #[inline(always)]
    fn step(&mut self, x: f64, weight: f64) -> f64 {
        self.value = x * weight + self.value * (1.0 - weight);
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
        batch::run(self, columns, out, |fresh: Self, [source], [value]| fresh.fill(source, value));
    }
}

/// The rows whose sums of moves slide from row to row, at least: rounding does not outlive them.
const CHUNK: usize = 2048;

/// The blocks that are averaged at once: few, so that their divisions overlap the averages of those before.
const BLOCKS: usize = 2;
const AT_ONCE: usize = BLOCKS * LANES;

impl Kama {
    /// The batch form, chunk by chunk; false where a row is not finite.
    fn fill(mut self, source: &[f64], value: &mut [f64]) -> bool {
        let period = self.moves.period();
        let warm = (period + 1).min(source.len());
        for (y, &x) in value.iter_mut().zip(&source[..warm]) {
            *y = self.update(x);
        }
        let size = CHUNK.max((4 * period).next_multiple_of(AT_ONCE));
        for begin in (warm..source.len()).step_by(size) {
            let end = source.len().min(begin + size);
            let whole = begin + (end - begin) / AT_ONCE * AT_ONCE;
            let before = self.value;
            if !self.slide(&source[begin - period - 1..whole], &mut value[begin..whole]) {
                self.value = before;
                self.follow(&source[begin - period - 1..whole], &mut value[begin..whole]);
            }
            if whole < end {
                self.follow(&source[whole - period - 1..end], &mut value[whole..end]);
            }
        }
        // What is not finite never leaves the average again.
        source.len() <= period || self.value.is_finite()
    }

    /// The averages of whole blocks of rows, from sums that slide; `history` begins `period` + 1 rows before them.
    /// Answers whether the sums can be trusted.
    #[inline(never)]
    fn slide(&mut self, history: &[f64], value: &mut [f64]) -> bool {
        let period = self.moves.period();
        let mut moves = Moves::new(&history[..=period]);
        let mut weights = [[0.0; LANES]; BLOCKS];
        for (place, value) in value.as_chunks_mut::<AT_ONCE>().0.iter_mut().enumerate() {
            let history = &history[place * AT_ONCE..][..period + 1 + AT_ONCE];
            moves.weights(history, period, &mut weights);
            let mut average = self.value;
            for ((y, &x), &weight) in value.iter_mut().zip(&history[period + 1..]).zip(weights.as_flattened()) {
                average = x * weight + average * (1.0 - weight);
                *y = average;
            }
            self.value = average;
        }
        moves.range.is_trusted()
    }

    /// The averages row by row, from exact sums; `history` begins `period` + 1 rows before.
    fn follow(&mut self, history: &[f64], value: &mut [f64]) {
        let period = self.moves.period();
        let mut sum = RollingSum::new(period);
        for (row, pair) in history.windows(2).enumerate().take(period + value.len()) {
            let moves = sum.push((pair[1] - pair[0]).abs());
            if row >= period {
                value[row - period] = self.step(pair[1], weight(pair[1], history[row + 1 - period], moves));
            }
        }
    }
}

/// Sums of the moves over a window, sliding from block to block of rows.
struct Moves {
    sum: f64,
    range: Range,
}

impl Moves {
    /// The sum over the first window, of one value more than it has moves.
    fn new(window: &[f64]) -> Self {
        let sum = window.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        Self { sum, range: Range::new(sum) }
    }

    /// The weights of the next rows; `history` begins `period` + 1 rows before them.
    #[inline(always)]
    fn weights(&mut self, history: &[f64], period: usize, weights: &mut [[f64; LANES]; BLOCKS]) {
        let blocks = |start: usize| &history[start..].as_chunks::<LANES>().0[..BLOCKS];
        let [(left, before_left), (entered, before)] = [0, period].map(|start| (blocks(start + 1), blocks(start)));
        for (block, weights) in weights.iter_mut().enumerate() {
            let (left, before_left, entered, before) = (left[block], before_left[block], entered[block], before[block]);
            let change = |row: usize| (entered[row] - before[row]).abs() - (left[row] - before_left[row]).abs();
            let sums = prefix(std::array::from_fn(change)).map(|change| self.sum + change);
            self.sum = sums[LANES - 1];
            self.range.widen(&sums);
            *weights = std::array::from_fn(|row| weight(entered[row], left[row], sums[row]));
        }
    }
}
