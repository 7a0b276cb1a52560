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
    pub(super) fn of(curve: &Curve<'_>) -> Self {
        let sums = Sums::of(curve.exposure);
        let count = sums.counted as f64;
        let equity = Sums::of(curve.equity);
        Self {
            time_in_market: ratio(sums.positive as f64, count),
            mean_gross: ratio(sums.sum, count),
            max_gross: if sums.counted == 0 { f64::NAN } else { sums.max },
            traded: curve.totals.traded,
            turnover: ratio(curve.totals.traded, ratio(equity.sum, equity.counted as f64)),
        }
    }
}

struct Sums {
    counted: u64,
    positive: u64,
    sum: f64,
    max: f64,
}

impl Sums {
    /// Sums over the finite values, in eight lanes that the compiler keeps in vector registers.
    fn of(values: &[f64]) -> Self {
        let (mut counted, mut positive, mut sum, mut max) = ([0_u64; 8], [0_u64; 8], [0.0_f64; 8], [0.0_f64; 8]);
        let (blocks, rest) = values.as_chunks::<8>();
        let mut take = |lane: usize, value: f64| {
            let finite = value.is_finite();
            let value = if finite { value } else { 0.0 };
            // Wrapping, so that no overflow check stands between the lanes; a count cannot reach 2^64.
            counted[lane] = counted[lane].wrapping_add(u64::from(finite));
            positive[lane] = positive[lane].wrapping_add(u64::from(value > 0.0));
            sum[lane] += value;
            max[lane] = if value > max[lane] { value } else { max[lane] };
        };
        for block in blocks {
            for (lane, &value) in block.iter().enumerate() {
                take(lane, value);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            take(lane, value);
        }
        Self {
            counted: counted.iter().sum(),
            positive: positive.iter().sum(),
            sum: sum.iter().sum(),
            max: max.iter().copied().fold(0.0, f64::max),
        }
    }
}
