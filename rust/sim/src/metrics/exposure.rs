//! How much of the time and of the equity was at work.

use serde::Serialize;

use super::{Curve, ratio};

/// Exposure is gross notional over equity at each bar's close.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExposureMetrics {
    /// Share of bars with a position.
    pub time_in_market: f64,
    /// Mean exposure over all bars, those without a position included.
    pub mean_gross: f64,
    /// Largest exposure.
    pub max_gross: f64,
    /// Traded notional, buys and sells, in the account's currency.
    pub traded: f64,
    /// Traded notional over the mean equity: how often the account was turned over, both sides counted.
    pub turnover: f64,
}

impl ExposureMetrics {
    pub(super) fn of(curve: &Curve<'_>, equity_sum: f64) -> Self {
        let sums = Sums::of(curve.exposure);
        let mean_equity = ratio(equity_sum, curve.equity.len() as f64);
        Self {
            time_in_market: ratio(sums.positive, sums.counted),
            mean_gross: ratio(sums.sum, sums.counted),
            max_gross: if sums.counted == 0.0 { f64::NAN } else { sums.max },
            traded: curve.totals.traded,
            turnover: ratio(curve.totals.traded, mean_equity),
        }
    }
}

#[derive(Default)]
struct Sums {
    counted: f64,
    positive: f64,
    sum: f64,
    max: f64,
}

impl Sums {
    /// Sums over the finite values.
    fn of(values: &[f64]) -> Self {
        let all = Self::of_all(values);
        if all.sum.is_finite() {
            return all;
        }
        Self::of_all(&values.iter().copied().filter(|v| v.is_finite()).collect::<Vec<f64>>())
    }

    /// In eight lanes, counts as floats too, which the compiler keeps in vector registers.
    fn of_all(values: &[f64]) -> Self {
        let (mut positive, mut sum, mut max) = ([0.0_f64; 8], [0.0_f64; 8], [0.0_f64; 8]);
        let (blocks, rest) = values.as_chunks::<8>();
        for block in blocks {
            for lane in 0..8 {
                positive[lane] += if block[lane] > 0.0 { 1.0 } else { 0.0 };
                sum[lane] += block[lane];
                max[lane] = if block[lane] > max[lane] { block[lane] } else { max[lane] };
            }
        }
        let mut sums = Self { counted: values.len() as f64, ..Self::default() };
        for lane in 0..8 {
            sums.positive += positive[lane];
            sums.sum += sum[lane];
            sums.max = sums.max.max(max[lane]);
        }
        for &value in rest {
            sums.positive += if value > 0.0 { 1.0 } else { 0.0 };
            sums.sum += value;
            sums.max = sums.max.max(value);
        }
        sums
    }
}
