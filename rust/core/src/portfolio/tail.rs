//! What may be lost: value at risk and expected shortfall.
//!
//! Sources: P. Jorion, "Value at Risk", 3rd edition (2007); J.P. Morgan/Reuters, "RiskMetrics Technical Document", 4th
//! edition (1996). Losses are positive, in the unit of the profits given.

use super::normal;

/// The end of a distribution of profits at which the losses are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// The loss that is not exceeded with the confidence asked for; below zero where even that is a gain.
    pub value_at_risk: f64,
    /// The mean of the losses that are at least that large.
    pub shortfall: f64,
}

impl Tail {
    /// The tail of profits as they are, in any order, which are sorted.
    ///
    /// The value at risk is minus the quantile at 1 - `confidence`: of n profits in ascending order, counted from 0, the one
    /// at (n - 1)(1 - `confidence`), in between by linear interpolation (definition 7 of R. J. Hyndman and Y. Fan, "Sample
    /// Quantiles in Statistical Packages", 1996). The shortfall is minus the mean of the profits up to that quantile.
    ///
    /// # Panics
    /// Without profits, or where one is NaN.
    #[must_use]
    pub fn of_profits(profits: &mut [f64], confidence: f64) -> Self {
        profits.sort_by(|one, other| one.partial_cmp(other).expect("a profit is a number"));
        let place = (profits.len() - 1) as f64 * (1.0 - confidence);
        let (low, part) = (profits[place as usize], place.fract());
        let high = profits[(place as usize + 1).min(profits.len() - 1)];
        let quantile = low + part * (high - low);
        let worst = profits.partition_point(|&profit| profit <= quantile);
        let shortfall = -profits[..worst].iter().sum::<f64>() / worst as f64;
        Self { value_at_risk: -quantile, shortfall }
    }

    /// The tail of a normal distribution about zero: z σ, and σ φ(z) / (1 - `confidence`), z being its quantile.
    #[must_use]
    pub fn of_deviation(deviation: f64, confidence: f64) -> Self {
        let z = normal::quantile(confidence);
        Self { value_at_risk: z * deviation, shortfall: deviation * normal::density(z) / (1.0 - confidence) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_profits_by_hand() {
        // Twenty-one profits from -10 to 10: a twentieth of the way from the first to the last is the second.
        let mut profits: Vec<f64> = (-10..=10).rev().map(f64::from).collect();
        assert_eq!(Tail::of_profits(&mut profits, 0.95), Tail { value_at_risk: 9.0, shortfall: 9.5 });
        // At 0.2 of the way between -4 and -2; only the first is as bad.
        let mut profits = [3.0, -2.0, -4.0];
        let tail = Tail::of_profits(&mut profits, 0.9);
        assert!((tail.value_at_risk - 3.6).abs() < 1e-12 && tail.shortfall == 4.0);
        // Nothing but gains.
        assert_eq!(Tail::of_profits(&mut [2.0, 2.0], 0.99), Tail { value_at_risk: -2.0, shortfall: -2.0 });
    }

    #[test]
    fn of_a_deviation_by_the_table() {
        // 95 %: 1.645 and 2.063 deviations.
        let tail = Tail::of_deviation(100.0, 0.95);
        assert!((tail.value_at_risk - 164.485).abs() < 1e-3 && (tail.shortfall - 206.271).abs() < 1e-3, "{tail:?}");
    }
}
