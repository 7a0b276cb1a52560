//! Mean and variance over a window, safe against cancellation.

use super::recursive::BLOCK;
use super::sums::prefix;
use super::window::Window;

/// Below this share of the greatest second moment since the anchor, too many digits of the variance are lost.
const CANCELLED: f64 = 1.0 / 4_096.0;

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
    let anchor = window.iter().sum::<f64>() / window.len() as f64;
    let (mut first, mut second) = (0.0, 0.0);
    for deviation in window.iter().map(|x| x - anchor) {
        first += deviation;
        second += deviation * deviation;
    }
    (anchor, first, second)
}

/// The state of [`sliding_moments`] between blocks.
struct Sliding {
    anchor: f64,
    count: f64,
    first: f64,
    second: f64,
    /// The greatest sum of squares about the anchor, and the least about the mean.
    most: [f64; BLOCK],
    least: [f64; BLOCK],
}

impl Sliding {
    /// The next rows' means and variances.
    #[inline(always)]
    fn step(&mut self, entering: &[f64; BLOCK], leaving: &[f64; BLOCK]) -> ([f64; BLOCK], [f64; BLOCK]) {
        let entered = entering.map(|x| x - self.anchor);
        let left = leaving.map(|x| x - self.anchor);
        let change = std::array::from_fn(|row| entered[row] - left[row]);
        let firsts = prefix(change).map(|total| self.first + total);
        let squares = prefix(std::array::from_fn(|row| change[row] * (entered[row] + left[row])));
        let seconds = squares.map(|total| self.second + total);
        (self.first, self.second) = (firsts[BLOCK - 1], seconds[BLOCK - 1]);
        let means = firsts.map(|first| first / self.count);
        let spreads: [f64; BLOCK] = std::array::from_fn(|row| seconds[row] - firsts[row] * means[row]);
        for row in 0..BLOCK {
            self.most[row] = if seconds[row] > self.most[row] { seconds[row] } else { self.most[row] };
            self.least[row] = if spreads[row] < self.least[row] { spreads[row] } else { self.least[row] };
        }
        (means.map(|mean| self.anchor + mean), spreads.map(|spread| spread / self.count))
    }

    fn is_exact(&self) -> bool {
        let most = self.most.into_iter().fold(0.0, f64::max);
        self.least.into_iter().fold(f64::INFINITY, f64::min) >= most * CANCELLED
    }
}

/// Mean and variance of `x[i .. i + period]` for each row; `x` is longer than the outputs by `period` - 1. Answers
/// whether no variance is so small beside the sums that too many digits of it are lost.
#[inline(always)]
pub(super) fn sliding_moments(x: &[f64], period: usize, means: &mut [f64], variances: &mut [f64]) -> bool {
    let (anchor, first, second) = around_mean(&x[..period]);
    let count = period as f64;
    (means[0], variances[0]) = (anchor + first / count, (second - first * first / count).max(0.0) / count);
    let mut sliding = Sliding { anchor, count, first, second, most: [second; BLOCK], least: [second; BLOCK] };
    let (means, last_means) = means[1..].as_chunks_mut::<BLOCK>();
    let (variances, last_variances) = variances[1..].as_chunks_mut::<BLOCK>();
    let (entering, last_entering) = x[period..].as_chunks::<BLOCK>();
    let leaving = x.as_chunks::<BLOCK>().0;
    for (block, (mean, variance)) in means.iter_mut().zip(variances).enumerate() {
        (*mean, *variance) = sliding.step(&entering[block], &leaving[block]);
    }
    let rest = last_means.len();
    let (mut entered, mut left) = ([anchor; BLOCK], [anchor; BLOCK]);
    entered[..rest].copy_from_slice(last_entering);
    left[..rest].copy_from_slice(&x[means.len() * BLOCK..][..rest]);
    let (mean, variance) = sliding.step(&entered, &left);
    last_means.copy_from_slice(&mean[..rest]);
    last_variances.copy_from_slice(&variance[..rest]);
    sliding.is_exact()
}
