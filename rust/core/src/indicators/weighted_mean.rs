//! A rolling mean weighted by volume: the engine of VWMA and the rolling VWAP.

use super::sums::{RollingSum, sliding_sum, trusted};
use crate::keep::kept;

/// The mean of the last `period` values weighted by their volumes; NaN while they have none.
#[derive(Debug, Clone)]
pub(super) struct VolumeMean {
    products: RollingSum,
    volumes: RollingSum,
}

kept!(VolumeMean { products, volumes });

impl VolumeMean {
    pub(super) fn new(period: usize) -> Self {
        Self { products: RollingSum::new(period), volumes: RollingSum::new(period) }
    }

    pub(super) fn period(&self) -> usize {
        self.volumes.period()
    }

    /// Takes a finite row; NaN until the window is full and while it has no volume.
    #[inline]
    pub(super) fn push(&mut self, x: f64, volume: f64) -> f64 {
        let (product, volume) = (self.products.push(x * volume), self.volumes.push(volume));
        if volume == 0.0 { f64::NAN } else { product / volume }
    }
}

/// The same over a chunk, from the products and volumes of its rows and the `period` - 1 before; whether it is exact.
#[inline(always)]
pub(super) fn sliding_volume_mean(
    products: &[f64],
    volumes: &[f64],
    period: usize,
    y: &mut [f64],
    sums: &mut Vec<f64>,
) -> bool {
    sums.resize(y.len(), 0.0);
    sliding_sum(products, period, y);
    sliding_sum(volumes, period, sums);
    for (y, volume) in y.iter_mut().zip(&*sums) {
        *y /= volume;
    }
    trusted(sums)
}
