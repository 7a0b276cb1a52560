//! What a strategy asks for, in ticks and lots.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::orders::terms::{Links, Terms, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::risk::Kill;
use tradenode_core::units::{Grid, UnitError};

use super::intent::Intent;

/// One thing asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// A new order.
    Order(Wanted),
    /// The end of the order of that number.
    Cancel(u64),
    /// Another size, filled lots included, or price for the order of that number.
    Replace { tag: u64, lots: Option<i64>, ticks: Option<i64> },
    /// The end of all of the instrument's orders.
    CancelAll,
    /// The end of its position.
    Close,
    /// The kill switch, for all instruments.
    Kill(Kill),
    /// Everything asked for in this call as one message.
    Batch,
}

/// An order asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) tag: u64,
    pub(crate) side: Side,
    /// None where the run's size decides.
    pub(crate) lots: Option<i64>,
    pub(crate) kind: OrderKind,
    /// The price in quote units; NaN for a market order.
    pub(crate) price: f64,
    pub(crate) reduce_only: bool,
    /// All but the parent, which is [`Wanted::after`] by the strategy's own number.
    pub(crate) terms: Terms,
    pub(crate) after: u64,
}

impl Wanted {
    /// Whether an engine of bars can carry it out: a market, limit or stop order without further terms.
    pub(crate) fn is_plain(&self) -> bool {
        self.terms == Terms::default() && self.after == 0
    }
}

pub(crate) fn value_error(error: &UnitError, what: &str) -> PyErr {
    PyValueError::new_err(format!("{what}: {error}"))
}

pub(crate) fn wrong<T>(message: impl Into<String>) -> PyResult<T> {
    Err(PyValueError::new_err(message.into()))
}

/// A price as ticks, above zero.
pub(crate) fn ticks(grid: &Grid, price: f64, what: &str) -> PyResult<i64> {
    let ticks = grid.steps(price).map_err(|error| value_error(&error, what))?;
    if ticks > 0 { Ok(ticks) } else { wrong(format!("{what} must be above zero, got {price}")) }
}

/// A quantity as lots, above zero.
pub(crate) fn lots(grid: &Grid, quantity: f64, what: &str) -> PyResult<i64> {
    let lots = grid.steps(quantity).map_err(|error| value_error(&error, what))?;
    if lots > 0 { Ok(lots) } else { wrong(format!("{what} must be above zero, got {quantity}")) }
}

impl Intent {
    /// The order that the intent describes, on the instrument's grids.
    pub(super) fn wanted(&self, side: Side, price: &Grid, quantity: &Grid) -> PyResult<Wanted> {
        let lots = self.quantity.map(|given| lots(quantity, given, "quantity")).transpose()?;
        let trigger = self.trigger_of(price)?;
        let limit = self.limit.map(|limit| ticks(price, limit, "limit")).transpose()?;
        let (kind, trigger) = match (limit, trigger) {
            (Some(limit), trigger) => (OrderKind::Limit(limit), trigger),
            (None, Trigger::Stop(at)) => (OrderKind::Stop(at), Trigger::None),
            (None, trigger) => (OrderKind::Market, trigger),
        };
        let display = self.display.map(|given| self::lots(quantity, given, "display")).transpose()?;
        let terms = Terms {
            time_in_force: self.time_in_force()?,
            post_only: self.post_only,
            display: display.unwrap_or(0),
            trigger,
            trigger_price: self.trigger_price(),
            links: Links { group: self.group.unwrap_or(0), parent: 0 },
        };
        let given = self.limit.or(self.stop).unwrap_or(f64::NAN);
        let (tag, reduce_only, after) = (self.id, self.reduce_only, self.after.unwrap_or(0));
        Ok(Wanted { tag, side, lots, kind, price: given, reduce_only, terms, after })
    }

    fn trigger_of(&self, grid: &Grid) -> PyResult<Trigger> {
        match (self.stop, self.take_profit, self.trailing) {
            (None, None, None) => Ok(Trigger::None),
            (Some(at), None, None) => Ok(Trigger::Stop(ticks(grid, at, "stop")?)),
            (None, Some(at), None) => Ok(Trigger::TakeProfit(ticks(grid, at, "take_profit")?)),
            (None, None, Some(by)) => Ok(Trigger::Trailing(ticks(grid, by, "trailing")?)),
            _ => wrong("an order waits for a stop, a take_profit or a trailing stop, not for several of them"),
        }
    }

    fn trigger_price(&self) -> TriggerPrice {
        match self.trigger {
            "last" => TriggerPrice::Last,
            "mark" => TriggerPrice::Mark,
            _ => TriggerPrice::Touch,
        }
    }

    fn time_in_force(&self) -> PyResult<TimeInForce> {
        match (self.time_in_force, self.until) {
            ("gtc", Some(until)) => Ok(TimeInForce::GoodTillTime(until)),
            (_, Some(_)) => wrong("an order with `until` stays till then: it is neither ioc nor fok"),
            ("ioc", None) => Ok(TimeInForce::ImmediateOrCancel),
            ("fok", None) => Ok(TimeInForce::FillOrKill),
            (_, None) => Ok(TimeInForce::GoodTillCancel),
        }
    }
}
