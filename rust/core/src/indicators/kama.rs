//! Kaufman's adaptive moving average.

use super::batch::{self, Fresh};
use super::sums::{LANES, RollingSum, sliding_sum, spike_free};
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
/// of moves; seeded with the value before the first output (TA-Lib's convention). Batch and streaming
/// agree to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Kama {
    values: Window,
    moves: RollingSum,
    previous: f64,
    value: f64,
}

/// Moves that add up to less than this share of the value are none: they are what rounding left of earlier ones.
const STILL: f64 = 1e-13;

/// The weight of `x` after a move from `oldest` over moves that add up to `moves`.
#[inline(always)]
fn weight(x: f64, oldest: f64, moves: f64) -> f64 {
    let change = (x - oldest).abs();
    let efficiency = if moves <= change + STILL * x.abs() { 1.0 } else { change / moves };
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
        self.value += (x - self.value) * weight(x, oldest, moves);
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

/// The rows computed at once.
const CHUNK: usize = 512;

impl Kama {
    /// The batch form: efficiency ratios of many rows, then the average over them.
    fn fill(mut self, source: &[f64], value: &mut [f64]) -> bool {
        let period = self.moves.period();
        let warm = (period + 1).min(source.len());
        for (y, &x) in value.iter_mut().zip(&source[..warm]) {
            *y = self.update(x);
        }
        let (mut moves, mut sums) = (Vec::new(), Vec::new());
        for begin in (warm..source.len()).step_by(CHUNK.max(4 * period)) {
            let end = source.len().min(begin + CHUNK.max(4 * period));
            let history = &source[begin - period..end];
            moves.clear();
            moves.extend(history.iter().zip(&history[1..]).map(|(before, x)| (x - before).abs()));
            sums.resize(end - begin, 0.0);
            sliding_sum(&moves, period, &mut sums);
            if !spike_free(&sums, period) {
                let mut exact = RollingSum::new(period);
                let all = moves.iter().map(|&x| exact.push(x));
                sums.clear();
                sums.extend(all.skip(period - 1));
            }
            for ((sum, x), oldest) in sums.iter_mut().zip(&history[period..]).zip(history) {
                *sum = weight(*x, *oldest, *sum);
            }
            self.average(&source[begin..end], &sums, &mut value[begin..end]);
        }
        // What is not finite never leaves the average again.
        source.len() <= period || self.value.is_finite()
    }

    /// Averages with these weights: within a block each row is a line in the value before the block, so that only one
    /// product and one sum a block wait for the block before.
    fn average(&mut self, source: &[f64], weights: &[f64], value: &mut [f64]) {
        let (blocks, last) = value.as_chunks_mut::<LANES>();
        let (xs, last_xs) = source.as_chunks::<LANES>();
        let (weights, last_weights) = weights.as_chunks::<LANES>();
        for ((y, x), weight) in blocks.iter_mut().zip(xs).zip(weights) {
            let mut slope = weight.map(|weight| 1.0 - weight);
            let mut offset: [f64; LANES] = std::array::from_fn(|row| weight[row] * x[row]);
            // The first row adds nothing to look like the others, so that the compiler packs like with like.
            offset[0] += 0.0;
            for row in 1..LANES {
                offset[row] += slope[row] * offset[row - 1];
                slope[row] *= slope[row - 1];
            }
            *y = std::array::from_fn(|row| offset[row] + slope[row] * self.value);
            self.value = y[LANES - 1];
        }
        for ((y, x), weight) in last.iter_mut().zip(last_xs).zip(last_weights) {
            self.value += (x - self.value) * weight;
            *y = self.value;
        }
    }
}
