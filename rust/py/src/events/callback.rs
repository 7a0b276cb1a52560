//! A Python strategy as the engine of events sees it.

use pyo3::PyClass;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::bars::TradeBar;
use tradenode_core::event::Event;
use tradenode_core::instrument::Instrument;
use tradenode_core::units::Grid;
use tradenode_sim::error::RunError;
use tradenode_sim::ticks::{self, Interest, TickStrategy};
use tradenode_sim::venue::{Report, What};

use super::carry::{Sent, Unsent, carry_out};
use super::market::{Fill, Funding, Trade};
use crate::bar::Bar;
use crate::desk::{Ask, Desk, Intent, Order, Reach};
use crate::policy::{ERRORS_MAX, Policy, told, utc};
use crate::price_book::PriceBook;

/// So many calls pass between two looks at the keyboard.
const CALLS_BETWEEN_SIGNALS: u32 = 16_384;

/// So often in a row a strategy may answer the refusal of an order with another order that is refused.
const ROUNDS_MAX: u32 = 100;

/// Call-backs of one Python object, one desk an instrument.
pub(crate) struct EventCallback {
    policy: Policy,
    interest: Interest,
    /// The methods that it has, by the places of [`Call`].
    methods: [Option<Py<PyAny>>; Call::NAMES.len()],
    pub(super) books: Vec<Py<PriceBook>>,
    pub(super) desks: Vec<Py<Desk>>,
    pub(super) grids: Vec<(Grid, Grid)>,
    pub(super) sent: Vec<Sent>,
    pub(super) errors: u32,
    pub(super) retired: bool,
    until_signals: u32,
}

/// The methods of a strategy.
#[derive(Debug, Clone, Copy)]
enum Call {
    Start,
    Bar,
    Trade,
    Book,
    Fill,
    Order,
    Timer,
    Funding,
    Stop,
}

impl Call {
    const NAMES: [&'static str; 9] =
        ["on_start", "on_bar", "on_trade", "on_book", "on_fill", "on_order", "on_timer", "on_funding", "on_stop"];
}

fn stop(error: PyErr) -> RunError {
    RunError::Strategy(Box::new(error))
}

impl EventCallback {
    pub(crate) fn new(strategy: &Bound<'_, PyAny>, policy: Policy) -> PyResult<Self> {
        let py = strategy.py();
        let wanted = py.import("tradenode.strategy.subscription")?.getattr("wanted")?.call1((strategy,))?;
        let wanted = wanted.cast_into::<PyDict>()?;
        let every = |name: &str| -> PyResult<Option<i64>> { wanted.get_item(name)?.map(|ns| ns.extract()).transpose() };
        let mut methods = [const { None }; Call::NAMES.len()];
        for (method, name) in methods.iter_mut().zip(Call::NAMES) {
            if wanted.contains(name)? {
                *method = Some(strategy.getattr(name)?.unbind());
            }
        }
        let has = |call: Call| methods[call as usize].is_some();
        let interest = Interest {
            trade_every_ns: every("on_trade")?,
            book_every_ns: every("on_book")?,
            bar_ns: every("on_bar")?,
            timer_ns: every("on_timer")?,
            funding: has(Call::Funding),
            reports: has(Call::Fill) || has(Call::Order),
            touch_alone: false,
        };
        Ok(Self {
            policy,
            interest,
            methods,
            books: Vec::new(),
            desks: Vec::new(),
            grids: Vec::new(),
            sent: Vec::new(),
            errors: 0,
            retired: false,
            until_signals: CALLS_BETWEEN_SIGNALS,
        })
    }

    /// What the strategy logged: instrument, time and line.
    pub(crate) fn logs(&self, py: Python<'_>) -> Vec<(usize, i64, String)> {
        crate::callback::logs_of(self.desks.iter().map(|desk| desk.bind(py)))
    }

    /// From now on it is called no more.
    pub(crate) const fn retire(&mut self) {
        self.retired = true;
    }

    /// From now on it is called again, and what it raises is counted anew.
    pub(crate) const fn recall(&mut self) {
        (self.retired, self.errors) = (false, 0);
    }

    /// Whether it is called no more.
    pub(crate) const fn is_retired(&self) -> bool {
        self.retired
    }

    pub(super) fn make_desks(&mut self, py: Python<'_>, instruments: &[Instrument]) -> PyResult<()> {
        for instrument in instruments {
            let grids = (instrument.price, instrument.quantity);
            let book = Py::new(py, PriceBook::empty(grids))?;
            let symbol = &instrument.spec().symbol;
            let made = Desk::for_instrument(symbol, grids, Reach::Events, book.clone_ref(py));
            self.desks.push(Py::new(py, made)?);
            self.books.push(book);
            self.grids.push(grids);
            self.sent.push(Sent::default());
        }
        Ok(())
    }

    /// Calls a method that the strategy has and carries out what it asks for.
    #[inline]
    fn call(
        &mut self,
        py: Python<'_>,
        desk: &mut ticks::Desk<'_>,
        (instrument, call): (usize, Call),
        what: Option<Bound<'_, PyAny>>,
    ) -> Result<(), RunError> {
        if self.retired {
            return Ok(());
        }
        let Some(method) = &self.methods[call as usize] else { return Ok(()) };
        let method = method.bind(py);
        self.lend(py, desk);
        let called = match &what {
            Some(what) => method.call1((&self.desks[instrument], what)),
            None => method.call1((&self.desks[instrument],)),
        };
        let called = called.map_err(|error| (error, what.map_or(String::new(), |what| format!(": {what}"))));
        self.lend_back(py, desk);
        self.until_signals -= 1;
        if self.until_signals == 0 {
            self.until_signals = CALLS_BETWEEN_SIGNALS;
            py.check_signals().map_err(stop)?;
        }
        match called {
            Ok(_) => self.carry(py, desk),
            Err((error, content)) => self.failed(py, desk, (instrument, call), error, &content),
        }
    }

    /// Shows the present state to the desks and lends them the books.
    #[inline]
    fn lend(&self, py: Python<'_>, desk: &mut ticks::Desk<'_>) {
        for (instrument, (shown, book)) in self.desks.iter().zip(&self.books).enumerate() {
            shown.borrow_mut(py).see_events(desk, instrument);
            book.borrow_mut(py).swap(desk.view_mut(instrument).book_mut());
        }
    }

    #[inline]
    fn lend_back(&self, py: Python<'_>, desk: &mut ticks::Desk<'_>) {
        for (instrument, book) in self.books.iter().enumerate() {
            book.borrow_mut(py).swap(desk.view_mut(instrument).book_mut());
        }
    }

    /// Carries out what was asked for. Orders that are not sent are told, which may lead to others.
    #[inline]
    fn carry(&mut self, py: Python<'_>, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        for _ in 0..ROUNDS_MAX {
            let Some(instrument) = self.desks.iter().position(|shown| shown.borrow(py).asks()) else { return Ok(()) };
            self.carry_one(py, desk, instrument)?;
        }
        let symbol = self.desks[0].borrow(py).symbol().to_owned();
        Err(RunError::Strategy(
            format!("{symbol}: on_order answered {ROUNDS_MAX} refusals in a row with orders").into(),
        ))
    }

    fn carry_one(&mut self, py: Python<'_>, desk: &mut ticks::Desk<'_>, instrument: usize) -> Result<(), RunError> {
        let (asks, intents) = self.desks[instrument].borrow_mut(py).drain();
        if asks.iter().any(|ask| matches!(ask, Ask::Batch)) {
            return desk.batch(|desk| self.carry_all(py, desk, instrument, (&asks, &intents)));
        }
        self.carry_all(py, desk, instrument, (&asks, &intents))
    }

    fn carry_all(
        &mut self,
        py: Python<'_>,
        desk: &mut ticks::Desk<'_>,
        instrument: usize,
        (asks, intents): (&[Ask], &[Intent]),
    ) -> Result<(), RunError> {
        for &ask in asks {
            if let Some((tag, why)) = carry_out(ask, &mut self.sent[instrument], desk, instrument)? {
                let reason = match (why, desk.last_refusal()) {
                    (Unsent::Gate, Some(refusal)) => {
                        let whose = if desk.refused_by_account() { "account " } else { "" };
                        format!("{whose}{}: {} against {}", refusal.check.name(), refusal.value, refusal.limit)
                    }
                    _ => "parent".to_owned(),
                };
                if let Some(intent) = intents.iter().find(|intent| intent.is_order(tag)) {
                    self.tell_unsent(py, desk, instrument, (intent, reason))?;
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn tell_unsent(
        &mut self,
        py: Python<'_>,
        desk: &mut ticks::Desk<'_>,
        instrument: usize,
        (intent, reason): (&Intent, String),
    ) -> Result<(), RunError> {
        let Some(method) = self.methods[Call::Order as usize].as_ref().filter(|_| !self.retired) else { return Ok(()) };
        let order = Bound::new(py, Order::refused(intent, reason)).map_err(stop)?;
        // What it asks for is carried out in the next round.
        self.lend(py, desk);
        let called = method.bind(py).call1((&self.desks[instrument], &order));
        self.lend_back(py, desk);
        match called {
            Ok(_) => Ok(()),
            Err(error) => self.failed(py, desk, (instrument, Call::Order), error, &format!(": {order}")),
        }
    }

    /// Follows the policy after an exception.
    #[cold]
    fn failed(
        &mut self,
        py: Python<'_>,
        desk: &mut ticks::Desk<'_>,
        (instrument, call): (usize, Call),
        error: PyErr,
        content: &str,
    ) -> Result<(), RunError> {
        let symbol = self.desks[instrument].borrow(py).symbol().to_owned();
        let place = format!("in {} of {symbol} at {}{content}", Call::NAMES[call as usize], utc(desk.now()));
        self.errors += 1;
        if self.policy == Policy::Halt || self.errors > ERRORS_MAX || !error.is_instance_of::<PyException>(py) {
            // A note that cannot be added must not hide the error itself.
            let _ = error.value(py).call_method1(intern!(py, "add_note"), (place,));
            return Err(stop(error));
        }
        for shown in &self.desks {
            shown.borrow_mut(py).drain();
        }
        self.desks[instrument].borrow_mut(py).note(told(py, &error, &place));
        if self.policy == Policy::Flatten {
            self.retired = true;
            for instrument in 0..self.desks.len() {
                for ask in [Ask::CancelAll, Ask::Close] {
                    carry_out(ask, &mut self.sent[instrument], desk, instrument)?;
                }
            }
        }
        Ok(())
    }

    fn each(&mut self, py: Python<'_>, desk: &mut ticks::Desk<'_>, call: Call) -> Result<(), RunError> {
        (0..self.desks.len()).try_for_each(|instrument| self.call(py, desk, (instrument, call), None))
    }
}

fn object<'py, T: PyClass + Into<PyClassInitializer<T>>>(
    py: Python<'py>,
    value: T,
) -> Result<Option<Bound<'py, PyAny>>, RunError> {
    Ok(Some(Bound::new(py, value).map_err(stop)?.into_any()))
}

/// Why a report came, in words; none where its status says it.
fn reason(what: What) -> Option<String> {
    match what {
        What::Accepted | What::Filled(_) | What::Expired => None,
        What::Rejected(why) => Some(why.name().to_owned()),
        What::Cancelled(end) => Some(end.name().to_owned()),
        What::Triggered => Some("triggered".to_owned()),
        What::Replaced { .. } => Some("replaced".to_owned()),
        What::ReplaceRejected(why) => Some(format!("replace rejected: {}", why.name())),
        What::CancelRejected(why) => Some(format!("cancel rejected: {}", why.name())),
    }
}

impl TickStrategy for EventCallback {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn on_start(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        Python::attach(|py| {
            // A strategy that has ended and begins again has them.
            if self.desks.is_empty() {
                self.make_desks(py, desk.instruments()).map_err(stop)?;
            }
            self.each(py, desk, Call::Start)
        })
    }

    fn on_trade(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        Python::attach(|py| {
            let (price, quantity) = &self.grids[instrument];
            let trade = object(py, Trade::of(trade, price, quantity))?;
            self.call(py, desk, (instrument, Call::Trade), trade)
        })
    }

    fn on_bar(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, bar: &TradeBar) -> Result<(), RunError> {
        Python::attach(|py| {
            let (price, quantity) = &self.grids[instrument];
            let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|ticks| price.value(ticks));
            let end = bar.ts.saturating_add(self.interest.bar_ns.unwrap_or(0));
            let bar = object(py, Bar::new(bar.ts, open, high, low, close, quantity.value(bar.volume), end))?;
            self.call(py, desk, (instrument, Call::Bar), bar)
        })
    }

    fn on_funding(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, funding: &Event) -> Result<(), RunError> {
        Python::attach(|py| {
            let funding = object(py, Funding::of(funding))?;
            self.call(py, desk, (instrument, Call::Funding), funding)
        })
    }

    fn on_book(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize) -> Result<(), RunError> {
        Python::attach(|py| {
            let book = self.books[instrument].bind(py).clone().into_any();
            self.call(py, desk, (instrument, Call::Book), Some(book))
        })
    }

    fn on_timer(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        Python::attach(|py| self.each(py, desk, Call::Timer))
    }

    fn on_report(&mut self, desk: &mut ticks::Desk<'_>, report: &Report) -> Result<(), RunError> {
        Python::attach(|py| {
            let (instrument, (price, quantity)) = (report.instrument, self.grids[report.instrument]);
            let Some(order) = desk.order(report.order) else { return Ok(()) };
            let tag = order.tag;
            // As it stands before `on_fill`, which may ask for something.
            let told = self.methods[Call::Order as usize]
                .is_some()
                .then(|| Order::of_events(order, &price, &quantity, reason(report.what)));
            if let What::Filled(fill) = &report.what
                && self.methods[Call::Fill as usize].is_some()
            {
                let fill = object(py, Fill::of(report.at, tag, fill, desk.last_fee(), &price, &quantity))?;
                self.call(py, desk, (instrument, Call::Fill), fill)?;
            }
            match told {
                Some(told) => {
                    let told = object(py, told)?;
                    self.call(py, desk, (instrument, Call::Order), told)
                }
                None => Ok(()),
            }
        })
    }

    fn on_stop(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        Python::attach(|py| self.each(py, desk, Call::Stop))
    }
}
