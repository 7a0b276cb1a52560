//! From a size description to lots.

use serde::{Deserialize, Serialize};

use super::{SizeMethod, SizeSpec};
use crate::exact;
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, Scale, rate_of};
use crate::orders::Side;
use crate::rules::Source;
use crate::units::{Decimal, Grid, RATE_ONE, Rate, UnitError};

/// The most lots of a size that is computed in doubles, which do not tell more of them apart: a volatility of next to nothing
/// asks for them, and the risk gate refuses what the equity does not cover.
pub const LOTS_MAX: i64 = 1 << 53;

/// Results of the trades closed so far, for Kelly's fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeRecord {
    /// Closed trades.
    pub trades: u32,
    /// Those with a profit after costs.
    pub wins: u32,
    /// The sum of their returns on notional.
    #[serde(with = "exact")]
    pub won: f64,
    /// The sum of the other trades' losses on notional, above zero.
    #[serde(with = "exact")]
    pub lost: f64,
}

impl TradeRecord {
    /// Takes note of a closed trade's return on its entry notional.
    pub fn note(&mut self, result: f64) {
        self.trades += 1;
        if result > 0.0 {
            self.wins += 1;
            self.won += result;
        } else {
            self.lost -= result;
        }
    }

    /// Kelly's fraction `W - (1 - W) / R`, R being the mean win over the mean loss; 1 when nothing was ever lost.
    ///
    /// Source: J. L. Kelly, "A New Interpretation of Information Rate" (1956), in the form for unequal bets.
    #[must_use]
    pub fn kelly(&self) -> f64 {
        let losses = self.trades - self.wins;
        if self.wins == 0 {
            return 0.0;
        }
        if self.lost <= 0.0 {
            return 1.0;
        }
        let win_rate = f64::from(self.wins) / f64::from(self.trades);
        let payoff = (self.won / f64::from(self.wins)) / (self.lost / f64::from(losses));
        win_rate - (1.0 - win_rate) / payoff
    }
}

/// What a size may depend on at the moment of the order.
#[derive(Debug, Clone, Copy)]
pub struct SizeInput<'a> {
    /// The instrument.
    pub instrument: &'a Instrument,
    /// The way the order trades.
    pub side: Side,
    /// The account's atoms.
    pub scale: Scale,
    /// Equity in atoms.
    pub equity: Atoms,
    /// The price the order is expected to fill at, in ticks, above zero.
    pub price: i64,
    /// How far the stop is from that price, in quote units; NaN without one.
    pub stop_distance: f64,
    /// What [`SizeMethod::rule`] came to on the bar of the entry signal; NaN without one.
    pub measure: f64,
    /// The lots held and ordered on the order's side.
    pub held: i64,
    /// How many instruments the run has.
    pub instruments: usize,
    /// How many bars a year of 365 days has.
    pub bars_a_year: f64,
    /// The closed trades.
    pub record: TradeRecord,
}

impl SizeSpec {
    /// The lots of an order, rounded down and cut to [`SizeSpec::room`]; 0 when it is smaller than one lot.
    ///
    /// # Errors
    /// A quantity that is too large for the grid, or money beyond 128 bits.
    pub fn lots(&self, input: &SizeInput<'_>) -> Result<i64, SizeError> {
        Ok(self.method.lots(input)?.min(self.room(input)?))
    }

    /// The most lots that the largest position leaves for an order at its price; `i64::MAX` where there is no such limit.
    ///
    /// # Errors
    /// Money beyond 128 bits.
    pub fn room(&self, input: &SizeInput<'_>) -> Result<i64, MoneyError> {
        let Some(part) = self.max_position_percent else { return Ok(i64::MAX) };
        let most = input.instrument.lots_for(rate_of(input.equity.max(0), part)?, input.price);
        Ok(most.saturating_sub(input.held).max(0))
    }
}

impl SizeMethod {
    /// The numeric rule that the size is computed by.
    #[must_use]
    pub const fn rule(&self) -> Option<&Source> {
        match self {
            Self::AtrTarget { distance: rule, .. } | Self::VolatilityTarget { bar_volatility: rule, .. } => Some(rule),
            Self::EqualRisk { distance, .. } => distance.as_ref(),
            _ => None,
        }
    }

    /// What the rule came to where it is needed and is nothing to size by: not a number above zero.
    #[must_use]
    pub fn undefined(&self, measure: f64, stop_distance: f64) -> Option<f64> {
        let stopped = matches!(self, Self::EqualRisk { .. }) && !stop_distance.is_nan();
        let bad = self.rule().is_some() && !stopped && !(measure.is_finite() && measure > 0.0);
        bad.then_some(measure)
    }

    fn lots(&self, input: &SizeInput<'_>) -> Result<i64, SizeError> {
        let equity = input.equity.max(0);
        match self {
            Self::FixedQuantity { quantity } => Ok(floor_lots(&input.instrument.quantity, *quantity)?),
            Self::FixedNotional { notional } => {
                Ok(input.instrument.lots_for(input.scale.atoms(*notional)?, input.price))
            }
            Self::EquityFraction { fraction } => Ok(fraction_lots(input, rate_of(equity, *fraction)?)?),
            Self::RiskPerTrade { risk } => Ok(risk_lots(input, rate_of(equity, *risk)?)),
            Self::Kelly { fraction, min_trades, initial, cap } => {
                let part = if input.record.trades < *min_trades {
                    *initial
                } else {
                    let wanted = input.record.kelly() * fraction.to_f64();
                    Rate((wanted.clamp(0.0, cap.to_f64()) * RATE_ONE as f64).floor() as i64)
                };
                Ok(fraction_lots(input, rate_of(equity, part.min(*cap))?)?)
            }
            Self::AtrTarget { risk, .. } => Ok(distance_lots(input, rate_of(equity, *risk)?)),
            Self::VolatilityTarget { annual_volatility, .. } => {
                let part = input.measure * input.bars_a_year.sqrt();
                Ok(moved_lots(input, rate_of(equity, *annual_volatility)?, part))
            }
            Self::EqualRisk { risk, .. } => {
                let share = rate_of(equity, *risk)? / input.instruments.max(1) as i128;
                let stopped = !input.stop_distance.is_nan();
                Ok(if stopped { risk_lots(input, share) } else { distance_lots(input, share) })
            }
        }
    }
}

/// A size that cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// The quantity does not fit the grid.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// The money cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

fn floor_lots(grid: &Grid, quantity: Decimal) -> Result<i64, UnitError> {
    match grid.steps_of_decimal(quantity) {
        Err(UnitError::OffGrid { .. }) => Ok((quantity.to_f64() * grid.inverse()).floor() as i64),
        other => other,
    }
}

/// The most lots whose notional and taker fee together are within the budget.
fn fraction_lots(input: &SizeInput<'_>, budget: Atoms) -> Result<i64, MoneyError> {
    Ok(input.instrument.lots_for(input.instrument.before_fee(budget)?, input.price))
}

/// The most lots that lose at most `budget` when the stop is hit, taker fees of both sides included.
fn risk_lots(input: &SizeInput<'_>, budget: Atoms) -> i64 {
    let price = input.instrument.price.value(input.price);
    let distance = input.stop_distance;
    if !(distance > 0.0 && distance < price) {
        return 0;
    }
    let fee = input.instrument.spec().taker_fee.to_f64();
    let one_lot = |price: f64| input.instrument.worth_f64(1, price);
    let stop = price - input.side.sign() as f64 * distance;
    let loss = (one_lot(price) - one_lot(stop)).abs();
    let fees = fee * (one_lot(price).abs() + one_lot(stop).abs());
    // The difference of two worths has lost the more digits the nearer they are.
    whole_lots(input.scale.to_f64(budget), loss + fees, price / distance)
}

/// The most lots whose worth changes by at most `budget` when the price moves by the measured distance.
fn distance_lots(input: &SizeInput<'_>, budget: Atoms) -> i64 {
    moved_lots(input, budget, input.measure / input.instrument.price.value(input.price))
}

/// The most lots whose worth changes by at most `budget` when the price moves by a part of itself; of an inverse contract
/// to the first order, as a volatility has no direction.
fn moved_lots(input: &SizeInput<'_>, budget: Atoms, part: f64) -> i64 {
    if !(part.is_finite() && part > 0.0) {
        return 0;
    }
    let one_lot = input.instrument.worth_f64(1, input.instrument.price.value(input.price)).abs();
    whole_lots(input.scale.to_f64(budget), one_lot * part, 0.0)
}

/// `budget / a_lot`, rounded down. What was rounded on the way, `lost` times as much in `a_lot`, must not take a whole lot
/// off what comes out even.
fn whole_lots(budget: f64, a_lot: f64, lost: f64) -> i64 {
    let rounded = 8.0 * f64::EPSILON * (1.0 + lost);
    let lots = budget / a_lot * (1.0 + rounded);
    if lots.is_finite() { lots.floor().min(LOTS_MAX as f64) as i64 } else { 0 }
}

#[cfg(test)]
#[path = "sizing_test.rs"]
mod tests;
