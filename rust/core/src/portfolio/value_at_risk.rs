//! A monitor's value at risk: what its positions, as they are now, may lose over the next samples.
//!
//! A position's *delta* w is what it gains for a small relative rise of its price, in the account's currency: the notional
//! with the position's sign at the current price, of inverse contracts, too ([`Exposure`](super::exposure::Exposure)).
//! Returns r are the logarithmic ones of the samples' window.
//!
//! *Historical* (historical simulation with full valuation in Jorion, "Value at Risk"): the profit under each of the last
//! returns, w (e^r - 1) for linear instruments and w (1 - e^-r), by what minus quantity over price changes, for inverse
//! ones. A horizon of h samples has the sums of all h returns in a row, overlapping, hence window - h + 1 scenarios. Tails
//! are those of [`Tail::of_profits`].
//!
//! *Parametric* (delta-normal in Jorion and in the RiskMetrics technical document): normal returns about zero with the
//! sample covariance S of one sample, hence a standard deviation of sqrt(h w' S w). The *component* of an instrument is
//! z sqrt(h) w_i (S w)_i / sqrt(w' S w): by Euler's theorem they sum up to the whole.

use super::monitor::{Monitor, Whose};
use super::spec::MonitorError;
use super::tail::Tail;

/// What may be lost, in the account's currency; a loss is above zero.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueAtRisk {
    /// By the last returns.
    pub historical: Tail,
    /// By a normal distribution.
    pub parametric: Tail,
    /// The part of each instrument in the parametric value at risk; below zero where it makes it less.
    pub components: Vec<f64>,
}

impl Monitor {
    /// The delta of each instrument, in currency units.
    ///
    /// # Errors
    /// No such strategy, an amount beyond 128 bits.
    pub fn deltas(&self, whose: Whose) -> Result<Vec<f64>, MonitorError> {
        Ok(self.exposures(whose)?.iter().map(|exposure| self.scale.to_f64(exposure.net())).collect())
    }

    /// What may be lost over `horizon` samples with a confidence; None until the window is full, and where something is held
    /// of an instrument whose returns are not all there.
    ///
    /// # Errors
    /// No such strategy, a horizon beyond the window, a confidence that is not from 0.5 to below 1, an amount beyond 128 bits.
    pub fn value_at_risk(
        &self,
        whose: Whose,
        horizon: usize,
        confidence: f64,
    ) -> Result<Option<ValueAtRisk>, MonitorError> {
        self.value_at_risk_of(&self.deltas(whose)?, horizon, confidence)
    }

    /// The same of any positions, by the delta of each instrument in currency units.
    ///
    /// # Errors
    /// Deltas that are not a finite one for each instrument, a horizon or a confidence as above.
    pub fn value_at_risk_of(
        &self,
        deltas: &[f64],
        horizon: usize,
        confidence: f64,
    ) -> Result<Option<ValueAtRisk>, MonitorError> {
        let instruments = self.instruments.len();
        if deltas.len() != instruments || deltas.iter().any(|delta| !delta.is_finite()) {
            return Err(MonitorError::Deltas { count: instruments });
        }
        let most = self.correlation.window() - 1;
        if horizon == 0 || horizon > most {
            return Err(MonitorError::Horizon { given: horizon, most });
        }
        if !(0.5..1.0).contains(&confidence) {
            return Err(MonitorError::Confidence(confidence));
        }
        let held: Vec<(usize, f64)> = deltas.iter().copied().enumerate().filter(|&(_, delta)| delta != 0.0).collect();
        let Some(mut profits) = self.scenarios(&held, horizon) else { return Ok(None) };
        let historical = Tail::of_profits(&mut profits, confidence);
        let spread =
            |one: usize| held.iter().map(|&(other, w)| self.correlation.covariance(one, other) * w).sum::<f64>();
        let products: Vec<(usize, f64)> = held.iter().map(|&(one, w)| (one, w * spread(one))).collect();
        let variance = products.iter().map(|&(_, product)| product).sum::<f64>().max(0.0);
        let parametric = Tail::of_deviation((variance * horizon as f64).sqrt(), confidence);
        let mut components = vec![0.0; self.instruments.len()];
        for (instrument, product) in products.into_iter().filter(|_| variance > 0.0) {
            components[instrument] = parametric.value_at_risk * product / variance;
        }
        Ok(Some(ValueAtRisk { historical, parametric, components }))
    }

    /// The profit of what is held under each sum of `horizon` returns in a row, oldest first; None where one is undefined.
    fn scenarios(&self, held: &[(usize, f64)], horizon: usize) -> Option<Vec<f64>> {
        let returns: Vec<&[f64]> = self.correlation.returns().collect();
        // The first sample of all has no return of anything.
        if returns.len() < self.correlation.window() || returns[0].iter().all(|value| value.is_nan()) {
            return None;
        }
        let profit = |rows: &[&[f64]]| {
            let of = |&(instrument, delta): &(usize, f64)| {
                let moved: f64 = rows.iter().map(|row| row[instrument]).sum();
                let inverse = self.instruments[instrument].spec().inverse;
                delta * if inverse { -(-moved).exp_m1() } else { moved.exp_m1() }
            };
            held.iter().map(of).sum::<f64>()
        };
        let profits: Vec<f64> = returns.windows(horizon).map(profit).collect();
        profits.iter().all(|profit| profit.is_finite()).then_some(profits)
    }
}
