//! The desk: what a call-back strategy knows of its instrument and what it asks for.
//!
//! A desk only records intents; the engine (or a unit test) reads them after the call-back has returned.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::orders::{OrderKind, Reason, Side};
use tradenode_core::strategy::EntryOrder;
use tradenode_core::strategy::guard::Distances;
use tradenode_core::units::{Decimal, Grid, Rounding, UnitError};
use tradenode_sim::strategy::{Entry, Request, View};
use tradenode_sim::working::Working;

/// The most lines that a desk keeps of a run's log.
const LOG_MAX: usize = 100_000;

/// Something a strategy asked for, or an order of its that rests at the venue.
#[pyclass(module = "tradenode._core", frozen, get_all, eq, skip_from_py_object)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intent {
    action: &'static str,
    id: u64,
    quantity: Option<f64>,
    limit: Option<f64>,
    stop: Option<f64>,
    reduce_only: bool,
}

#[pymethods]
impl Intent {
    #[new]
    #[pyo3(signature = (action, id = 0, quantity = None, limit = None, stop = None, *, reduce_only = false))]
    fn new(
        action: &str,
        id: u64,
        quantity: Option<f64>,
        limit: Option<f64>,
        stop: Option<f64>,
        reduce_only: bool,
    ) -> PyResult<Self> {
        let known = ["buy", "sell", "close", "cancel", "cancel_all"];
        let action = known.into_iter().find(|name| *name == action).ok_or_else(|| {
            PyValueError::new_err(format!("action must be one of {}, got {action:?}", known.join(", ")))
        })?;
        Ok(Self { action, id, quantity, limit, stop, reduce_only })
    }

    fn __repr__(&self) -> String {
        let number = |name: &str, value: Option<f64>| value.map_or(String::new(), |value| format!(", {name}={value}"));
        let reduce_only = if self.reduce_only { ", reduce_only=True" } else { "" };
        format!(
            "Intent({:?}, id={}{}{}{}{reduce_only})",
            self.action,
            self.id,
            number("quantity", self.quantity),
            number("limit", self.limit),
            number("stop", self.stop)
        )
    }
}

/// The desk of one instrument.
#[pyclass(module = "tradenode._core")]
pub(crate) struct Desk {
    #[pyo3(get)]
    symbol: String,
    price: Grid,
    quantity: Grid,
    /// Whether orders without a quantity can be sized by the run.
    sized: bool,
    #[pyo3(get)]
    now: i64,
    #[pyo3(get)]
    equity: f64,
    #[pyo3(get)]
    balance: f64,
    #[pyo3(get)]
    average_price: f64,
    lots: i64,
    orders: Vec<Intent>,
    intents: Vec<Intent>,
    requests: Vec<Request>,
    issued: u64,
    log: Vec<(i64, String)>,
}

fn value_error(error: &UnitError, what: &str) -> PyErr {
    PyValueError::new_err(format!("{what}: {error}"))
}

impl Desk {
    pub(crate) fn for_instrument(symbol: &str, price: Grid, quantity: Grid, sized: bool) -> Self {
        Self {
            symbol: symbol.to_owned(),
            price,
            quantity,
            sized,
            now: 0,
            equity: 0.0,
            balance: 0.0,
            average_price: f64::NAN,
            lots: 0,
            orders: Vec::new(),
            intents: Vec::new(),
            requests: Vec::new(),
            issued: 0,
            log: Vec::new(),
        }
    }

    /// Takes over the state at a bar's close.
    #[inline]
    pub(crate) fn see(&mut self, view: &View<'_>) {
        self.now = view.now;
        self.equity = view.ledger.equity();
        let position = view.ledger.position(view.instrument);
        if position.lots != self.lots || position.lots != 0 {
            self.lots = position.lots;
            self.average_price = position.average_price(&view.ledger.instruments()[view.instrument]);
        }
        self.balance = view.ledger.balance();
        if !(view.working.is_empty() && self.orders.is_empty()) {
            self.orders = view.working.iter().map(|order| self.resting(order)).collect();
        }
    }

    fn resting(&self, order: &Working) -> Intent {
        let intent = order.approved().intent();
        let price = |ticks| Some(self.price.value(ticks));
        let (limit, stop) = match intent.kind {
            OrderKind::Limit(ticks) => (price(ticks), None),
            OrderKind::Stop(ticks) => (None, price(ticks)),
            OrderKind::Market => (None, None),
        };
        let action = if intent.side == Side::Buy { "buy" } else { "sell" };
        let quantity = Some(self.quantity.value(intent.lots));
        Intent { action, id: order.tag(), quantity, limit, stop, reduce_only: intent.reduce_only }
    }

    pub(crate) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Hands over what was asked for since the last call.
    #[inline]
    pub(crate) fn drain(&mut self, requests: &mut Vec<Request>) {
        if !self.requests.is_empty() {
            requests.append(&mut self.requests);
            self.intents.clear();
        }
    }

    pub(crate) fn take_log(&mut self) -> Vec<(i64, String)> {
        std::mem::take(&mut self.log)
    }

    fn ask(&mut self, intent: Intent, request: Request) -> u64 {
        let id = intent.id;
        self.intents.push(intent);
        self.requests.push(request);
        id
    }

    fn order(
        &mut self,
        side: Side,
        quantity: Option<f64>,
        limit: Option<f64>,
        stop: Option<f64>,
        reduce_only: bool,
    ) -> PyResult<u64> {
        let (kind, order, price) = match (limit, stop) {
            (None, None) => (OrderKind::Market, EntryOrder::Market, f64::NAN),
            (Some(price), None) => (OrderKind::Limit(self.ticks(price, "limit")?), EntryOrder::Limit, price),
            (None, Some(price)) => (OrderKind::Stop(self.ticks(price, "stop")?), EntryOrder::Stop, price),
            (Some(_), Some(_)) => return Err(PyValueError::new_err("an order has a limit or a stop, not both")),
        };
        let id = self.issued + 1;
        let request = match quantity {
            Some(quantity) => {
                let lots = self.quantity.steps(quantity).map_err(|error| value_error(&error, "quantity"))?;
                if lots <= 0 {
                    return Err(PyValueError::new_err(format!("quantity must be above zero, got {quantity}")));
                }
                Request::Place { side, lots, kind, reduce_only, tag: id }
            }
            None if reduce_only => {
                return Err(PyValueError::new_err("a reduce-only order needs a quantity; close() closes everything"));
            }
            None if !self.sized => {
                let message = "the run has no size: give a quantity, or a [size] table in the config";
                return Err(PyValueError::new_err(message));
            }
            None => {
                let adds = self.lots * side.sign() > 0;
                let distances = Distances::NONE;
                Request::Enter(Entry { side, order, price, valid_ns: i64::MAX, distances, adds, tag: id })
            }
        };
        self.issued = id;
        let action = if side == Side::Buy { "buy" } else { "sell" };
        Ok(self.ask(Intent { action, id, quantity, limit, stop, reduce_only }, request))
    }

    fn ticks(&self, price: f64, what: &str) -> PyResult<i64> {
        let ticks = self.price.steps(price).map_err(|error| value_error(&error, what))?;
        if ticks > 0 {
            Ok(ticks)
        } else {
            Err(PyValueError::new_err(format!("{what} must be above zero, got {price}")))
        }
    }
}

fn plain(action: &'static str, id: u64) -> Intent {
    Intent { action, id, quantity: None, limit: None, stop: None, reduce_only: false }
}

#[pymethods]
impl Desk {
    #[new]
    #[pyo3(signature = (symbol = "TEST", *, tick = "0.00000001", lot = "0.00000001", position = 0.0, average_price = f64::NAN,
        equity = 10_000.0, balance = None, now = 0, sized = true))]
    #[expect(clippy::too_many_arguments, reason = "a unit test sets what its strategy reads, by keyword")]
    fn new(
        symbol: &str,
        tick: &str,
        lot: &str,
        position: f64,
        average_price: f64,
        equity: f64,
        balance: Option<f64>,
        now: i64,
        sized: bool,
    ) -> PyResult<Self> {
        let grid = |what: &str, text: &str| {
            text.parse::<Decimal>().and_then(Grid::new).map_err(|error| value_error(&error, what))
        };
        let mut desk = Self::for_instrument(symbol, grid("tick", tick)?, grid("lot", lot)?, sized);
        desk.lots = desk.quantity.steps(position).map_err(|error| value_error(&error, "position"))?;
        (desk.average_price, desk.equity, desk.now) = (average_price, equity, now);
        desk.balance = balance.unwrap_or(equity);
        Ok(desk)
    }

    #[getter]
    fn position(&self) -> f64 {
        self.quantity.value(self.lots)
    }

    #[getter]
    fn orders(&self) -> Vec<Intent> {
        self.orders.clone()
    }

    #[getter]
    fn intents(&self) -> Vec<Intent> {
        self.intents.clone()
    }

    #[pyo3(signature = (quantity = None, *, limit = None, stop = None, reduce_only = false))]
    fn buy(
        &mut self,
        quantity: Option<f64>,
        limit: Option<f64>,
        stop: Option<f64>,
        reduce_only: bool,
    ) -> PyResult<u64> {
        self.order(Side::Buy, quantity, limit, stop, reduce_only)
    }

    #[pyo3(signature = (quantity = None, *, limit = None, stop = None, reduce_only = false))]
    fn sell(
        &mut self,
        quantity: Option<f64>,
        limit: Option<f64>,
        stop: Option<f64>,
        reduce_only: bool,
    ) -> PyResult<u64> {
        self.order(Side::Sell, quantity, limit, stop, reduce_only)
    }

    fn close(&mut self) {
        self.ask(plain("close", 0), Request::Leave(Reason::Strategy));
    }

    fn cancel(&mut self, id: u64) {
        self.ask(plain("cancel", id), Request::Cancel(id));
    }

    fn cancel_all(&mut self) {
        self.ask(plain("cancel_all", 0), Request::CancelAll);
    }

    fn flatten(&mut self) {
        self.cancel_all();
        self.close();
    }

    fn floor_quantity(&self, quantity: f64) -> PyResult<f64> {
        let lots = self.quantity.steps_towards(quantity, Rounding::Down);
        Ok(self.quantity.value(lots.map_err(|error| value_error(&error, "quantity"))?))
    }

    fn round_price(&self, price: f64) -> PyResult<f64> {
        let ticks = self.price.steps_towards(price + self.price.step().to_f64() / 2.0, Rounding::Down);
        Ok(self.price.value(ticks.map_err(|error| value_error(&error, "price"))?))
    }

    fn log(&mut self, message: String) {
        if self.log.len() < LOG_MAX {
            self.log.push((self.now, message));
        }
    }

    fn __repr__(&self) -> String {
        let position = self.position();
        format!("Desk({}, now={}, position={position}, equity={})", self.symbol, self.now, self.equity)
    }
}
