//! A rolling mean weighted by volume: the engine of VWMA and the rolling VWAP.

use super::window::Window;

/// A sum that keeps what each addition rounds away (Knuth's two-sum), so that large values may come and go.
#[derive(Debug, Clone, Default)]
struct ExactSum {
    high: f64,
    low: f64,
}

impl ExactSum {
    #[inline]
    fn add(&mut self, x: f64) {
        let sum = self.high + x;
        let shadow = sum - self.high;
        self.low += (self.high - (sum - shadow)) + (x - shadow);
        self.high = sum;
    }

    fn value(&self) -> f64 {
        self.high + self.low
    }
}

/// The mean of the last `period` values weighted by their volumes. Both sums are compensated: a quiet hour after a
/// burst of volume would otherwise divide one rounding error by another.
#[derive(Debug, Clone)]
pub(super) struct VolumeMean {
    products: Window,
    volumes: Window,
    product: ExactSum,
    volume: ExactSum,
    /// Rows of the window with volume: the sums of none are exactly zero.
    traded: usize,
}

impl VolumeMean {
    pub(super) fn new(period: usize) -> Self {
        Self {
            products: Window::new(period),
            volumes: Window::new(period),
            product: ExactSum::default(),
            volume: ExactSum::default(),
            traded: 0,
        }
    }

    pub(super) fn period(&self) -> usize {
        self.volumes.period()
    }

    /// Takes a finite row; NaN until the window is full and while it has no volume.
    #[inline]
    pub(super) fn push(&mut self, x: f64, volume: f64) -> f64 {
        let product = x * volume;
        let (old_product, old_volume) = (self.products.push(product), self.volumes.push(volume));
        self.traded += usize::from(volume != 0.0);
        self.traded -= usize::from(old_volume != 0.0);
        if self.traded == 0 {
            (self.product, self.volume) = (ExactSum::default(), ExactSum::default());
            return f64::NAN;
        }
        self.product.add(product);
        self.product.add(-old_product);
        self.volume.add(volume);
        self.volume.add(-old_volume);
        if self.volumes.is_full() { self.product.value() / self.volume.value() } else { f64::NAN }
    }
}
