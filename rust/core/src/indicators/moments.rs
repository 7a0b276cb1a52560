//! Mean and variance over a window, safe against cancellation.

use super::extremes::{greater, lesser};
use super::sums::{LANES, prefix, total};
use super::window::Window;
use crate::keep::kept;

/// Below this share of the greatest second moment since the anchor, too many digits of the variance are lost.
const CANCELLED: f64 = 1.0 / 65_536.0;

/// Mean and population variance of the last `period` values.
///
/// Sums run over deviations from an anchor, the window's own mean at the last anchoring. Anchoring recomputes the
/// sums from the window: at every turn of the ring, so that rounding cannot build up, and whenever the variance has
/// become tiny beside what the sums held (the price has left the anchor, or an outlier the window). After anchoring the
/// second moment *is* the variance, so that it cannot happen again at once: the cost stays amortised constant.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    window: Window,
    anchor: f64,
    first: f64,
    second: f64,
    peak: f64,
}

kept!(Moments { window, anchor, first, second, peak });

impl Moments {
    pub(super) fn new(period: usize) -> Self {
        Self { window: Window::new(period), anchor: 0.0, first: 0.0, second: 0.0, peak: 0.0 }
    }

    pub(super) fn period(&self) -> usize {
        self.window.period()
    }

    /// Takes a finite value; mean and variance, or NaN until the window is full.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> (f64, f64) {
        let old = self.window.push(x);
        if !self.window.is_full() {
            return (f64::NAN, f64::NAN);
        }
        if self.window.is_turn() {
            return self.anchored();
        }
        let (entered, left) = (x - self.anchor, old - self.anchor);
        self.first += entered - left;
        self.second += entered * entered - left * left;
        self.peak = if self.second > self.peak { self.second } else { self.peak };
        let period = self.window.period() as f64;
        let mean = self.first / period;
        let variance = self.second - self.first * mean;
        if variance < self.peak * CANCELLED {
            return self.anchored();
        }
        (self.anchor + mean, variance / period)
    }

    /// Takes the window's mean as the anchor and computes the sums afresh.
    #[cold]
    fn anchored(&mut self) -> (f64, f64) {
        let period = self.window.period() as f64;
        (self.anchor, self.first, self.second) = around_mean(self.window.slots());
        self.peak = self.second;
        let mean = self.first / period;
        (self.anchor + mean, (self.second - self.first * mean).max(0.0) / period)
    }
}

/// The mean, and the sums of deviations from it and of their squares.
#[inline]
fn around_mean(window: &[f64]) -> (f64, f64, f64) {
    let anchor = total(window) / window.len() as f64;
    let (mut first, mut second) = (0.0, 0.0);
    for deviation in window.iter().map(|x| x - anchor) {
        first += deviation;
        second += deviation * deviation;
    }
    (anchor, first, second)
}

/// Every second row from `lane` on.
#[inline(always)]
fn strided(rows: [f64; LANES], lane: usize) -> [f64; LANES / 2] {
    std::array::from_fn(|place| rows[lane + 2 * place])
}

/// Blocks after which sliding moments move their anchor to the mean.
const ANCHORED: usize = 4;

/// The state of [`sliding_moments`] between blocks.
struct Sliding {
    count: f64,
    share: f64,
    anchor: f64,
    first: f64,
    second: f64,
    /// The greatest sum of squares about the anchor, and the least about the mean.
    most: [f64; 2],
    least: [f64; 2],
}

impl Sliding {
    /// The next rows' means and variances.
    #[inline(always)]
    fn step(&mut self, entering: &[f64; LANES], leaving: &[f64; LANES]) -> [[f64; LANES]; 2] {
        let entered = entering.map(|x| x - self.anchor);
        let left = leaving.map(|x| x - self.anchor);
        let changes: [f64; LANES] = std::array::from_fn(|row| entering[row] - leaving[row]);
        let firsts = prefix(changes).map(|total| self.first + total);
        let squares = prefix(std::array::from_fn(|row| changes[row] * (entered[row] + left[row])));
        let seconds = squares.map(|total| self.second + total);
        (self.first, self.second) = (firsts[LANES - 1], seconds[LANES - 1]);
        let means = firsts.map(|first| first * self.share);
        let spreads: [f64; LANES] = std::array::from_fn(|row| seconds[row] - firsts[row] * means[row]);
        for lane in 0..2 {
            self.most[lane] = strided(seconds, lane).into_iter().fold(self.most[lane], greater);
            self.least[lane] = strided(spreads, lane).into_iter().fold(self.least[lane], lesser);
        }
        [means.map(|mean| self.anchor + mean), spreads.map(|spread| spread * self.share)]
    }

    /// Moves the anchor to the mean: the sums stay small, and what they round away with them.
    fn anchor_at_mean(&mut self) {
        let anchor = self.anchor + self.first * self.share;
        let moved = anchor - self.anchor;
        self.second -= moved * (2.0 * self.first - self.count * moved);
        self.first -= self.count * moved;
        self.anchor = anchor;
    }

    fn is_exact(&self) -> bool {
        let most = self.most.into_iter().fold(0.0, f64::max);
        let least = self.least.into_iter().fold(f64::INFINITY, f64::min);
        least >= most * CANCELLED && self.second.is_finite()
    }
}

/// Mean and variance of `x[i .. i + period]` for each row, which `finish` turns into `M` outputs; `x` is longer than
/// the outputs by `period` - 1. Answers whether no variance is so small beside the sums that its digits are lost.
#[inline(always)]
pub(super) fn sliding_moments<const M: usize>(
    x: &[f64],
    period: usize,
    mut out: [&mut [f64]; M],
    finish: impl Fn([[f64; LANES]; 2]) -> [[f64; LANES]; M],
) -> bool {
    let (anchor, first, second) = around_mean(&x[..period]);
    let count = period as f64;
    let mut sliding =
        Sliding { count, share: 1.0 / count, anchor, first, second, most: [second; 2], least: [second; 2] };
    let steady = [x[period - 1]; LANES];
    let start = finish(sliding.step(&steady, &steady));
    for (output, value) in out.iter_mut().zip(start) {
        output[0] = value[0];
    }
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..out[0].len() - 1].as_chunks::<LANES>();
    for (block, (entering, leaving)) in entering.iter().zip(leaving).enumerate() {
        let values = finish(sliding.step(entering, leaving));
        for (output, value) in out.iter_mut().zip(values) {
            output[1 + block * LANES..][..LANES].copy_from_slice(&value);
        }
        if block % ANCHORED == ANCHORED - 1 {
            sliding.anchor_at_mean();
        }
    }
    let rest = last_entering.len();
    let (mut entered, mut left) = (steady, steady);
    entered[..rest].copy_from_slice(last_entering);
    left[..rest].copy_from_slice(last_leaving);
    let values = finish(sliding.step(&entered, &left));
    for (output, value) in out.iter_mut().zip(values) {
        let end = output.len() - rest;
        output[end..].copy_from_slice(&value[..rest]);
    }
    sliding.is_exact()
}
