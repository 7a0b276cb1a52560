//! The desk: what a call-back strategy knows of its instrument and what it asks for.
//!
//! A desk only records intents; the engine (or a unit test) reads them after the call-back has returned.

mod ask;
mod intent;
mod order;
mod quotes;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::orders::Side;
use tradenode_core::risk::Kill;
use tradenode_core::units::{Decimal, Grid, Rounding};
use tradenode_sim::strategy::View;
use tradenode_sim::ticks;

pub(crate) use ask::{Ask, Wanted};
pub(crate) use ask::{lots, ticks, value_error, wrong};
pub(crate) use intent::{Intent, word};
pub(crate) use order::{Order, side_name, status_name};

use crate::price_book::PriceBook;

/// The most lines that a desk keeps of a run's log.
pub(crate) const LOG_MAX: usize = 100_000;

/// What the runs that a desk serves can carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Market, limit and stop orders; `sized` where the run sizes orders without a quantity.
    Bars { sized: bool },
    /// Everything but orders without a quantity.
    Events,
    /// A unit test: everything.
    Test { sized: bool },
}

/// The desk of one instrument.
#[pyclass(module = "tradenode._core")]
pub(crate) struct Desk {
    #[pyo3(get)]
    symbol: String,
    price: Grid,
    quantity: Grid,
    reach: Reach,
    #[pyo3(get)]
    now: i64,
    #[pyo3(get)]
    equity: f64,
    #[pyo3(get)]
    balance: f64,
    #[pyo3(get)]
    average_price: f64,
    /// The last trade's price; NaN before the first, and in runs over bars.
    #[pyo3(get)]
    last: f64,
    book: Py<PriceBook>,
    lots: i64,
    orders: Vec<Order>,
    /// As of which change of the orders they are.
    changes: u64,
    intents: Vec<Intent>,
    asks: Vec<Ask>,
    issued: u64,
    log: Vec<(i64, String)>,
}

impl Desk {
    /// A desk of an instrument; the book is lent for each call, and stays empty in runs over bars.
    pub(crate) fn for_instrument(
        symbol: &str,
        (price, quantity): (Grid, Grid),
        reach: Reach,
        book: Py<PriceBook>,
    ) -> Self {
        Self {
            symbol: symbol.to_owned(),
            price,
            quantity,
            reach,
            now: 0,
            equity: 0.0,
            balance: 0.0,
            average_price: f64::NAN,
            last: f64::NAN,
            book,
            lots: 0,
            orders: Vec::new(),
            changes: 0,
            intents: Vec::new(),
            asks: Vec::new(),
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
            let order = |working| Order::of_bars(working, &self.price, &self.quantity);
            self.orders = view.working.iter().map(order).collect();
        }
    }

    /// Takes over the state of an instrument in a run over events.
    #[inline]
    pub(crate) fn see_events(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize) {
        desk.mark(instrument);
        (self.now, self.equity, self.balance) = (desk.now(), desk.equity(), desk.balance());
        let lots = desk.position(instrument);
        if lots != self.lots || lots != 0 {
            self.lots = lots;
            self.average_price = desk.average_price(instrument);
        }
        let last = desk.view(instrument).last;
        self.last = if last == 0 { f64::NAN } else { self.price.value(last) };
        let changes = desk.order_changes(instrument);
        if changes != self.changes {
            self.changes = changes;
            let open = desk.open_orders(instrument).iter().filter_map(|&id| desk.order(id));
            self.orders.clear();
            self.orders.extend(open.map(|order| Order::of_events(order, &self.price, &self.quantity, None)));
        }
    }

    /// The time of the last call.
    pub(crate) const fn now(&self) -> i64 {
        self.now
    }

    pub(crate) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Hands over what was asked for since the last call.
    #[inline]
    pub(crate) fn drain(&mut self) -> (Vec<Ask>, Vec<Intent>) {
        (std::mem::take(&mut self.asks), std::mem::take(&mut self.intents))
    }

    /// The number of the last order that was asked for.
    pub(crate) const fn issued(&self) -> u64 {
        self.issued
    }

    /// Goes on after the order of a number.
    pub(crate) const fn issue_after(&mut self, number: u64) {
        self.issued = number;
    }

    /// Whether anything was asked for since the last call.
    #[inline]
    pub(crate) fn asks(&self) -> bool {
        !self.asks.is_empty()
    }

    pub(crate) fn note(&mut self, line: String) {
        if self.log.len() < LOG_MAX {
            self.log.push((self.now, line));
        }
    }

    pub(crate) fn take_log(&mut self) -> Vec<(i64, String)> {
        std::mem::take(&mut self.log)
    }

    /// Records an intent and what it asks for.
    fn ask(&mut self, intent: Intent, ask: Ask) {
        self.intents.push(intent);
        self.asks.push(ask);
    }

    /// Records an order, which gets the next number.
    fn place(&mut self, side: Side, intent: Intent) -> PyResult<u64> {
        let intent = Intent { action: side_name(side), id: self.issued + 1, ..intent };
        let wanted = intent.wanted(side, &self.price, &self.quantity)?;
        match self.reach {
            _ if wanted.lots.is_none() && wanted.reduce_only => {
                return wrong("a reduce-only order needs a quantity; close() closes everything");
            }
            Reach::Bars { .. } if !wanted.is_plain() => {
                return wrong("a run over bars has market, limit and stop orders without further terms");
            }
            Reach::Bars { sized: true } | Reach::Test { sized: true } => {}
            _ if wanted.lots.is_some() => {}
            Reach::Events => return wrong("an order in a run over events needs a quantity"),
            _ => return wrong("the run has no size: give a quantity, or a [size] table in the config"),
        }
        self.issued = intent.id;
        self.ask(intent, Ask::Order(wanted));
        Ok(self.issued)
    }

    /// The way of the position, -1, 0 or 1.
    pub(crate) const fn direction(&self) -> i64 {
        self.lots.signum()
    }
}

#[pymethods]
impl Desk {
    #[new]
    #[pyo3(signature = (symbol = "TEST", *, tick = "0.00000001", lot = "0.00000001", position = 0.0, average_price = f64::NAN,
        equity = 10_000.0, balance = None, now = 0, sized = true, last = f64::NAN, book = None, orders = Vec::new()))]
    #[expect(clippy::too_many_arguments, reason = "a unit test sets what its strategy reads, by keyword")]
    fn new(
        py: Python<'_>,
        symbol: &str,
        tick: &str,
        lot: &str,
        position: f64,
        average_price: f64,
        equity: f64,
        balance: Option<f64>,
        now: i64,
        sized: bool,
        last: f64,
        book: Option<Py<PriceBook>>,
        orders: Vec<Order>,
    ) -> PyResult<Self> {
        let grid = |what: &str, text: &str| {
            text.parse::<Decimal>().and_then(Grid::new).map_err(|error| value_error(&error, what))
        };
        let issued = orders.iter().map(|order| order.id).max().unwrap_or(0);
        let grids = (grid("tick", tick)?, grid("lot", lot)?);
        let book = book.map_or_else(|| Py::new(py, PriceBook::empty(grids)), Ok)?;
        let made = Self::for_instrument(symbol, grids, Reach::Test { sized }, book);
        let lots = made.quantity.steps(position).map_err(|error| value_error(&error, "position"))?;
        let balance = balance.unwrap_or(equity);
        Ok(Self { lots, average_price, equity, balance, now, last, orders, issued, ..made })
    }

    #[getter]
    fn position(&self) -> f64 {
        self.quantity.value(self.lots)
    }

    #[getter]
    fn book(&self, py: Python<'_>) -> Py<PriceBook> {
        self.book.clone_ref(py)
    }

    #[getter]
    fn orders(&self) -> Vec<Order> {
        self.orders.clone()
    }

    #[getter]
    fn intents(&self) -> Vec<Intent> {
        self.intents.clone()
    }

    #[pyo3(signature = (quantity = None, **terms))]
    fn buy(&mut self, quantity: Option<f64>, terms: Option<&Bound<'_, PyDict>>) -> PyResult<u64> {
        self.place(Side::Buy, Intent { quantity, ..Intent::with_terms("buy", terms)? })
    }

    #[pyo3(signature = (quantity = None, **terms))]
    fn sell(&mut self, quantity: Option<f64>, terms: Option<&Bound<'_, PyDict>>) -> PyResult<u64> {
        self.place(Side::Sell, Intent { quantity, ..Intent::with_terms("sell", terms)? })
    }

    #[pyo3(signature = (quantity, *, bid = None, ask = None, post_only = true))]
    fn quote(&mut self, quantity: f64, bid: Option<f64>, ask: Option<f64>, post_only: bool) -> PyResult<()> {
        self.keep_quotes(quantity, bid, ask, post_only)
    }

    #[pyo3(signature = (id, *, quantity = None, limit = None))]
    fn replace(&mut self, id: u64, quantity: Option<f64>, limit: Option<f64>) -> PyResult<()> {
        if quantity.is_none() && limit.is_none() {
            return wrong("a replace changes a quantity, a limit or both");
        }
        if matches!(self.reach, Reach::Bars { .. }) {
            return wrong("a run over bars cannot replace orders: cancel and place anew");
        }
        let lots = quantity.map(|given| lots(&self.quantity, given, "quantity")).transpose()?;
        let ticks = limit.map(|given| ticks(&self.price, given, "limit")).transpose()?;
        self.ask(Intent { quantity, limit, ..Intent::plain("replace", id) }, Ask::Replace { tag: id, lots, ticks });
        Ok(())
    }

    fn close(&mut self) {
        self.ask(Intent::plain("close", 0), Ask::Close);
    }

    fn cancel(&mut self, id: u64) {
        self.ask(Intent::plain("cancel", id), Ask::Cancel(id));
    }

    fn cancel_all(&mut self) {
        self.ask(Intent::plain("cancel_all", 0), Ask::CancelAll);
    }

    fn batch(&mut self) -> PyResult<()> {
        if matches!(self.reach, Reach::Bars { .. }) {
            return wrong("a run over bars knows no messages: everything asked for is carried out together");
        }
        self.ask(Intent::plain("batch", 0), Ask::Batch);
        Ok(())
    }

    fn kill(&mut self, what: &str) -> PyResult<()> {
        match [Kill::Halt, Kill::Flatten].into_iter().find(|kill| kill.name() == what) {
            Some(kill) => self.ask(Intent::plain("kill", 0), Ask::Kill(kill)),
            None => return wrong(format!("what must be halt or flatten, got {what}")),
        }
        Ok(())
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
        self.note(message);
    }

    fn __repr__(&self) -> String {
        let position = self.position();
        format!("Desk({}, now={}, position={position}, equity={})", self.symbol, self.now, self.equity)
    }
}
