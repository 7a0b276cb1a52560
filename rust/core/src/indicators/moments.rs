//! Mean and variance over a window, safe against cancellation.

use super::window::Window;

/// Below this share of the greatest second moment since the anchor, too many digits of the variance are lost.
const CANCELLED: f64 = 1.0 / 16_384.0;

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
        let slots = self.window.slots();
        self.anchor = slots.iter().sum::<f64>() / period;
        (self.first, self.second) = (0.0, 0.0);
        for deviation in slots.iter().map(|x| x - self.anchor) {
            self.first += deviation;
            self.second += deviation * deviation;
        }
        self.peak = self.second;
        let mean = self.first / period;
        (self.anchor + mean, (self.second - self.first * mean).max(0.0) / period)
    }
}
