//! The limits in the user's units, and which of them make no sense.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::hours::Window;
use crate::money::MoneyError;
use crate::units::{Decimal, Rate, UnitError};

/// Limits; an absent one does not bind. Quantities are base units or contracts, money is in the account's currency, times
/// are ns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest notional of one order.
    pub max_order_notional: Option<Decimal>,
    /// How far a limit or stop price may lie from the reference price.
    pub price_band: Option<Rate>,
    /// How far a price may lie on the wrong side of the middle and of the mark: a buy above, a sell below.
    pub collar: Option<Rate>,
    /// The greatest age of the last quote.
    pub max_quote_age_ns: Option<i64>,
    /// Within this time of an approved intent the same one (instrument, side, size, kind, price) is taken for a mistake.
    pub duplicate_ns: Option<i64>,
    /// Whether an order that would meet one of ours is refused; otherwise the venue sees to it.
    pub refuse_self_trade: bool,
    /// The most orders in any second.
    pub max_orders_per_second: Option<u32>,
    /// The most orders in any 60 seconds.
    pub max_orders_per_minute: Option<u32>,
    /// The most cancels in any second that a strategy sends; those of a kill switch always go.
    pub max_cancels_per_second: Option<u32>,
    /// The most open orders of an instrument.
    pub max_open_orders: Option<u32>,
    /// The largest position of an instrument.
    pub max_position: Option<Decimal>,
    /// The largest notional of a position.
    pub max_notional: Option<Decimal>,
    /// The most positions open at once; an instrument with orders that wait to open one counts.
    pub max_open_positions: Option<u32>,
    /// Other limits of single instruments, by symbol.
    pub instruments: BTreeMap<String, InstrumentLimits>,
    /// The largest sum of the notionals of all positions.
    pub max_gross_exposure: Option<Decimal>,
    /// The largest difference of long and short notionals.
    pub max_net_exposure: Option<Decimal>,
    /// The largest sum of all notionals as a multiple of the equity.
    pub max_leverage: Option<Rate>,
    /// The largest notional in one asset, all instruments with this base together, as a multiple of the equity.
    pub max_concentration: Option<Rate>,
    /// Limits what moves together.
    pub correlation: Option<CorrelationLimits>,
    /// The fall of equity from its peak, the start included, below which no new risk is taken until somebody lifts it.
    pub max_drawdown: Option<Rate>,
    /// The part of the day's first equity that may be lost in a day (UTC); then no new risk until the next.
    pub max_daily_loss: Option<Rate>,
    /// The same from the day's peak.
    pub max_daily_drawdown: Option<Rate>,
    /// After so many losing trades in a row no new risk until the next day (UTC).
    pub max_consecutive_losses: Option<u32>,
    /// When new risk may be taken; always where there is none.
    pub hours: Vec<Window>,
}

/// What is different for an instrument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstrumentLimits {
    /// In place of [`Limits::max_position`].
    pub max_position: Option<Decimal>,
    /// In place of [`Limits::max_notional`].
    pub max_notional: Option<Decimal>,
    /// In place of [`Limits::max_order_notional`].
    pub max_order_notional: Option<Decimal>,
    /// In place of [`Limits::max_open_orders`].
    pub max_open_orders: Option<u32>,
}

/// How much may be held in instruments that move together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationLimits {
    /// From price to price of a return.
    pub every_ns: i64,
    /// How many returns the correlation is over.
    pub window: u32,
    /// The correlation from which on instruments move together; at or below its negative they move against each other.
    pub threshold: Rate,
    /// The largest notional of what moves together, opposite positions set against each other, as a multiple of the
    /// equity.
    pub max_exposure: Rate,
}

/// Limits that cannot be applied to the run's instruments.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LimitError {
    /// A position limit off an instrument's quantity grid.
    #[error("risk: max_position on {symbol}: {source}")]
    Position {
        /// The instrument.
        symbol: String,
        /// Why.
        source: UnitError,
    },
    /// An amount that the account cannot count.
    #[error("risk: {limit}: {source}")]
    Amount {
        /// The limit's name.
        limit: &'static str,
        /// Why.
        source: MoneyError,
    },
    /// A limit out of its range, or a leverage below one.
    #[error("risk: {limit} must be {expected}, got {value}")]
    Range {
        /// The limit's name.
        limit: &'static str,
        /// The accepted range in words.
        expected: &'static str,
        /// What was given.
        value: String,
    },
    /// Limits of an instrument that is not traded.
    #[error("risk: limits of {symbol}, which is not traded; there are {traded}")]
    Unknown {
        /// What was given.
        symbol: String,
        /// What is traded.
        traded: String,
    },
}

fn range<T>(limit: &'static str, expected: &'static str, value: impl ToString) -> Result<T, LimitError> {
    Err(LimitError::Range { limit, expected, value: value.to_string() })
}

impl Limits {
    /// Whether one of them is on what has been lost, which has to be followed at every mark.
    #[must_use]
    pub const fn watch_losses(&self) -> bool {
        self.max_drawdown.is_some() || self.max_daily_loss.is_some() || self.max_daily_drawdown.is_some()
    }

    /// Refuses what is out of its range.
    pub(super) fn check(&self, leverage: Decimal) -> Result<(), LimitError> {
        if leverage.to_f64() < 1.0 {
            return range("leverage", "at least 1", leverage);
        }
        self.check_amounts()?;
        for (limit, value) in [
            ("price_band", self.price_band),
            ("collar", self.collar),
            ("max_drawdown", self.max_drawdown),
            ("max_daily_loss", self.max_daily_loss),
            ("max_daily_drawdown", self.max_daily_drawdown),
            ("correlation.threshold", self.correlation.map(|correlation| correlation.threshold)),
        ] {
            if let Some(value) = value.filter(|&value| value <= Rate::ZERO || value > Rate::ONE) {
                return range(limit, "above 0 and at most 1", value.to_f64());
            }
        }
        for (limit, value) in [
            ("max_quote_age", self.max_quote_age_ns),
            ("duplicate", self.duplicate_ns),
            ("correlation.every", self.correlation.map(|correlation| correlation.every_ns)),
        ] {
            if let Some(value) = value.filter(|&value| value <= 0) {
                return range(limit, "above 0 ns", value);
            }
        }
        if let Some(correlation) = self.correlation.filter(|correlation| correlation.window < 2) {
            return range("correlation.window", "at least 2 returns", correlation.window);
        }
        self.hours
            .iter()
            .try_for_each(|window| window.check().or_else(|value| range("trading_hours", "a part of a day", value)))
    }

    fn check_amounts(&self) -> Result<(), LimitError> {
        let of_instruments = self.instruments.values().flat_map(|each| {
            [
                ("max_position", each.max_position),
                ("max_notional", each.max_notional),
                ("max_order_notional", each.max_order_notional),
            ]
        });
        let amounts = [
            ("max_order_notional", self.max_order_notional),
            ("max_position", self.max_position),
            ("max_notional", self.max_notional),
            ("max_gross_exposure", self.max_gross_exposure),
            ("max_net_exposure", self.max_net_exposure),
        ];
        for (limit, value) in amounts.into_iter().chain(of_instruments) {
            if let Some(value) = value.filter(|value| value.mantissa() <= 0) {
                return range(limit, "above 0", value);
            }
        }
        for (limit, value) in [
            ("max_leverage", self.max_leverage),
            ("max_concentration", self.max_concentration),
            ("correlation.max_exposure", self.correlation.map(|correlation| correlation.max_exposure)),
        ] {
            if let Some(value) = value.filter(|&value| value <= Rate::ZERO) {
                return range(limit, "above 0", value.to_f64());
            }
        }
        Ok(())
    }
}
