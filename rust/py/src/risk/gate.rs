//! The gate with the account, open orders and markets that it judges by.

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use tradenode_core::instrument::Instrument;
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::protections::{ClosedTrade, Which};
use tradenode_core::risk::{
    Check, Kill, Market, Refusal as Refused, RiskBook, RiskError, RiskSpec, RiskState, TradingState,
};
use tradenode_core::units::Grid;

use super::order::{Approved, Refusal};
use crate::backtest::ConfigError;
use crate::desk::{lots, ticks, wrong};

#[pyclass(module = "tradenode._core")]
pub(crate) struct RiskGate {
    book: RiskBook,
}

#[pymethods]
impl RiskGate {
    #[new]
    fn new(spec: &[u8]) -> PyResult<Self> {
        let spec: RiskSpec = serde_json::from_slice(spec).map_err(|error| ConfigError::new_err(error.to_string()))?;
        let book = RiskBook::new(&spec).map_err(|error| ConfigError::new_err(error.to_string()))?;
        Ok(Self { book })
    }

    fn set_account(&mut self, balance: f64, positions: Vec<(f64, f64)>) -> PyResult<()> {
        let (scale, traded) = (self.book.scale(), self.book.instruments().len());
        if positions.len() != traded {
            return Err(raise(RiskError::Positions { given: positions.len(), traded }));
        }
        if !balance.is_finite() {
            return wrong(format!("balance must be a number, got {balance}"));
        }
        let atoms = (balance * scale.one() as f64).round() as i128;
        let position = |(instrument, &(quantity, price)): (&Instrument, &(f64, f64))| {
            if quantity == 0.0 {
                return Ok((0, 0));
            }
            let steps =
                instrument.quantity.steps(quantity).map_err(|error| PyValueError::new_err(error.to_string()))?;
            // An average price lies between ticks.
            let entry = (price * instrument.price.inverse()).round();
            if entry >= 1.0 {
                Ok((steps, entry as i64))
            } else {
                wrong(format!("a position has a price above zero, got {price}"))
            }
        };
        let held = self.book.instruments().iter().zip(&positions).map(position).collect::<PyResult<Vec<_>>>()?;
        self.book.set_account(atoms, &held).map_err(raise)
    }

    fn forget_account(&mut self) {
        self.book.forget_account();
    }

    #[pyo3(signature = (instrument, bid, ask, at, mark = None, broken = false, stopped = false))]
    #[expect(clippy::too_many_arguments, reason = "a quote's fields, by keyword")]
    fn on_quote(
        &mut self,
        instrument: usize,
        bid: f64,
        ask: f64,
        at: i64,
        mark: Option<f64>,
        broken: bool,
        stopped: bool,
    ) -> PyResult<()> {
        let grid = self.instrument(instrument)?.price;
        let (bid, ask) = (ticks(&grid, bid, "bid")?, ticks(&grid, ask, "ask")?);
        let mark = mark.map_or(0, |mark| nearest(&grid, mark));
        let broken = broken || bid > ask;
        let market = Market { touch: Some((bid, ask)), mark, at, broken, stopped };
        self.book.on_market(instrument, market).map_err(raise)
    }

    fn on_last(&mut self, instrument: usize, price: f64, at: i64) -> PyResult<()> {
        let last = nearest(&self.instrument(instrument)?.price, price);
        self.book.on_last(instrument, last, at);
        Ok(())
    }

    #[pyo3(signature = (instrument, side, quantity, now, *, kind = "market", price = None, reduce_only = false, replaces = None))]
    #[expect(clippy::too_many_arguments, reason = "an intent's fields, by keyword")]
    fn check<'py>(
        &mut self,
        py: Python<'py>,
        instrument: usize,
        side: &str,
        quantity: f64,
        now: i64,
        kind: &str,
        price: Option<f64>,
        reduce_only: bool,
        replaces: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let side = side_of(side)?;
        let Some(traded) = self.book.instruments().get(instrument) else {
            let (limit, value) = (self.book.instruments().len() as f64, instrument as f64);
            return refuse(py, Refused { check: Check::Instrument, limit, value });
        };
        let Ok(size) = traded.quantity.steps(quantity) else {
            let limit = traded.quantity.value(1);
            return refuse(py, Refused { check: Check::OrderSize, limit, value: quantity });
        };
        let at = match (kind, price) {
            ("market", None) => OrderKind::Market,
            ("limit" | "stop", Some(price)) => {
                let Ok(ticks) = traded.price.steps(price) else {
                    let limit = traded.price.value(1);
                    return refuse(py, Refused { check: Check::PriceGrid, limit, value: price });
                };
                if kind == "limit" { OrderKind::Limit(ticks) } else { OrderKind::Stop(ticks) }
            }
            ("market" | "limit" | "stop", _) => return wrong("a limit or stop order has a price, a market order none"),
            _ => return wrong(format!("kind must be market, limit or stop, got {kind}")),
        };
        let intent = Intent { instrument, side, lots: size, kind: at, reduce_only, reason: Reason::Strategy };
        match self.book.check(&intent, now, replaces).map_err(raise)? {
            Ok(approved) => {
                let approved = Approved::new(approved, &self.book.instruments()[instrument]);
                Ok(Bound::new(py, approved)?.into_any())
            }
            Err(refusal) => refuse(py, refusal),
        }
    }

    fn check_cancel(&mut self, order: u64, now: i64) -> Option<Refusal> {
        self.book.check_cancel(order, now).err().map(Refusal)
    }

    #[pyo3(signature = (order, quantity, price, fee = 0.0))]
    fn on_fill(&mut self, order: u64, quantity: f64, price: f64, fee: f64) -> PyResult<()> {
        let Some((intent, _)) = self.book.order(order) else { return Err(raise(RiskError::Order(order))) };
        let traded = &self.book.instruments()[intent.instrument];
        let (lots, ticks) = (lots(&traded.quantity, quantity, "quantity")?, ticks(&traded.price, price, "price")?);
        let fee = (fee * self.book.scale().one() as f64).round() as i128;
        self.book.on_fill(order, lots, ticks, fee).map_err(raise)
    }

    fn on_end(&mut self, order: u64) -> PyResult<()> {
        self.book.on_end(order).map_err(raise)
    }

    fn mark(&mut self, at: i64) -> PyResult<bool> {
        self.book.mark(at).map_err(raise)
    }

    fn on_trade_closed(
        &mut self,
        instrument: usize,
        side: &str,
        at: i64,
        profit_ratio: f64,
        profit: f64,
        reason: &str,
    ) -> PyResult<bool> {
        self.instrument(instrument)?;
        let Some(&reason) = Reason::ALL.iter().find(|known| known.name() == reason) else {
            return wrong(format!("reason must be one of REASONS, got {reason}"));
        };
        let trade = ClosedTrade { instrument, side: side_of(side)?, closed: at, profit_ratio, profit, reason };
        self.book.gate.close(&trade).map_err(|error| raise(error.into()))
    }

    fn on_reject(&mut self, instrument: usize, at: i64) -> PyResult<()> {
        self.book.gate.on_reject(instrument, at).map_err(|error| raise(error.into()))
    }

    fn on_time(&mut self, at: i64) -> PyResult<()> {
        self.book.gate.on_time(at).map_err(|error| raise(error.into()))
    }

    /// Locks and events as JSON, whose form is the core's own.
    fn locks(&self) -> PyResult<Vec<u8>> {
        json(&self.book.gate.protections().map_or(&[][..], |protections| protections.locks()))
    }

    fn lock_events(&mut self) -> PyResult<Vec<u8>> {
        json(&self.book.gate.lock_events())
    }

    #[pyo3(signature = (by, reason, at, number = None))]
    fn lift(&mut self, by: &str, reason: &str, at: i64, number: Option<u64>) -> PyResult<usize> {
        let which = number.map_or(Which::All, Which::Number);
        let Some(protections) = self.book.gate.protections_mut() else { return wrong("there are no protections") };
        protections.lift(which, by, reason, at).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    #[getter]
    fn equity(&self) -> Option<f64> {
        self.book.equity()
    }

    fn position(&self, instrument: usize) -> PyResult<f64> {
        let traded = self.instrument(instrument)?;
        let lots = self.book.account().map_or(0, |account| account.position(instrument).lots);
        Ok(traded.quantity.value(lots))
    }

    #[getter]
    fn open_orders(&self) -> Vec<u64> {
        self.book.open_orders()
    }

    #[getter]
    fn state(&self) -> &'static str {
        self.book.gate.latch().state().name()
    }

    #[getter]
    fn changes(&self) -> Vec<(i64, &'static str, &'static str, String, String)> {
        let changes = self.book.gate.latch().changes().iter();
        changes.map(|c| (c.at, c.from.name(), c.to.name(), c.by.clone(), c.reason.clone())).collect()
    }

    fn kill(&mut self, what: &str, by: &str, reason: &str, at: i64) -> PyResult<()> {
        let Some(kill) = [Kill::CancelAll, Kill::Halt, Kill::Flatten].into_iter().find(|kill| kill.name() == what)
        else {
            return wrong(format!("what must be cancel_all, halt or flatten, got {what}"));
        };
        self.book.kill(kill, by, reason, at);
        Ok(())
    }

    fn kill_step(&mut self, at: i64) -> PyResult<(Vec<u64>, Vec<Approved>)> {
        let (cancels, orders) = self.book.kill_step(at).map_err(raise)?;
        let traded = self.book.instruments();
        let approved = |order: tradenode_core::risk::Approved| Approved::new(order, &traded[order.intent().instrument]);
        Ok((cancels, orders.into_iter().map(approved).collect()))
    }

    #[getter]
    fn killing(&self) -> Option<&'static str> {
        self.book.kill_switch().pulled().map(Kill::name)
    }

    #[getter]
    fn kill_due(&self) -> Option<i64> {
        Some(self.book.kill_switch().due()).filter(|&due| due != i64::MAX)
    }

    fn trip(&mut self, state: &str, by: &str, reason: &str, at: i64) -> PyResult<bool> {
        let state = match state {
            "reducing" => TradingState::Reducing,
            "halted" => TradingState::Halted,
            other => return wrong(format!("state must be reducing or halted, got {other}")),
        };
        Ok(self.book.gate.trip(state, by, reason, at))
    }

    fn resume(&mut self, by: &str, reason: &str, at: i64) -> PyResult<()> {
        self.book.gate.resume(by, reason, at).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn dump(&self) -> PyResult<Vec<u8>> {
        json(&self.book.state())
    }

    fn restore(&mut self, state: &[u8]) -> PyResult<()> {
        let state: RiskState =
            serde_json::from_slice(state).map_err(|error| PyValueError::new_err(format!("risk state: {error}")))?;
        self.book.restore(state).map_err(raise)
    }
}

impl RiskGate {
    fn instrument(&self, instrument: usize) -> PyResult<&Instrument> {
        let count = self.book.instruments().len();
        let missing = || PyIndexError::new_err(format!("instrument {instrument} of {count}"));
        self.book.instruments().get(instrument).ok_or_else(missing)
    }
}

fn side_of(side: &str) -> PyResult<Side> {
    match side {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => wrong(format!("side must be buy or sell, got {other}")),
    }
}

fn json(value: &impl serde::Serialize) -> PyResult<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The tick nearest to a price that lies on no grid of ours; 0 where there is none.
fn nearest(grid: &Grid, price: f64) -> i64 {
    let ticks = (price * grid.inverse()).round();
    if ticks >= 1.0 { ticks as i64 } else { 0 }
}

fn refuse(py: Python<'_>, refusal: Refused) -> PyResult<Bound<'_, PyAny>> {
    Ok(Bound::new(py, Refusal(refusal))?.into_any())
}

fn raise(error: RiskError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
