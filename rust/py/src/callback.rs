//! A Python strategy as the engine sees it.

use std::rc::Rc;

use pyo3::intern;
use pyo3::prelude::*;
use tradenode_core::orders::{OrderKind, Reason};
use tradenode_core::strategy::EntryOrder;
use tradenode_core::strategy::guard::Distances;
use tradenode_sim::error::RunError;
use tradenode_sim::ledger::Ledger;
use tradenode_sim::strategy::{Entry, Request, Strategy, View, retire};

use crate::bar::Bar;
use crate::desk::{Ask, Desk, Reach, Wanted};
use crate::policy::Failures;
use crate::price_book::PriceBook;

/// So many bars pass between two looks at the keyboard.
const BARS_BETWEEN_SIGNALS: u32 = 16_384;

/// Call-backs of one Python object, one desk an instrument.
pub(crate) struct Callback<'py> {
    py: Python<'py>,
    strategy: Bound<'py, PyAny>,
    on_bar: Bound<'py, PyAny>,
    desks: Vec<Bound<'py, Desk>>,
    failures: Rc<Failures>,
    until_signals: u32,
}

/// What was logged on desks, by time: instrument, time and line.
pub(crate) fn logs_of<'d, 'py: 'd>(desks: impl Iterator<Item = &'d Bound<'py, Desk>>) -> Vec<(usize, i64, String)> {
    let mut all = Vec::new();
    for (index, desk) in desks.enumerate() {
        all.extend(desk.borrow_mut().take_log().into_iter().map(|(ts, line)| (index, ts, line)));
    }
    all.sort_by_key(|(index, ts, _)| (*ts, *index));
    all
}

fn stop(error: PyErr) -> RunError {
    RunError::Strategy(Box::new(error))
}

impl<'py> Callback<'py> {
    pub(crate) fn new(
        strategy: &Bound<'py, PyAny>,
        ledger: &Ledger,
        sized: bool,
        failures: Rc<Failures>,
    ) -> PyResult<Self> {
        let py = strategy.py();
        let desk = |instrument: &tradenode_core::instrument::Instrument| {
            let symbol = &instrument.spec().symbol;
            let grids = (instrument.price, instrument.quantity);
            let book = Py::new(py, PriceBook::empty(grids))?;
            Bound::new(py, Desk::for_instrument(symbol, grids, Reach::Bars { sized }, book))
        };
        Ok(Self {
            py,
            strategy: strategy.clone(),
            on_bar: strategy.getattr(intern!(py, "on_bar"))?,
            desks: ledger.instruments().iter().map(desk).collect::<PyResult<_>>()?,
            failures,
            until_signals: BARS_BETWEEN_SIGNALS,
        })
    }

    /// Calls `on_start` or `on_stop` with each instrument's desk, where the strategy has it.
    pub(crate) fn notify(&self, name: &str) -> Result<(), RunError> {
        let Some(method) = self.strategy.getattr_opt(name).map_err(stop)? else { return Ok(()) };
        for (index, desk) in self.desks.iter().enumerate() {
            if self.failures.retired().get() {
                return Ok(());
            }
            if let Err(error) = method.call1((desk,)) {
                self.failed(error, index, format!("in {name} of {}", desk.borrow().symbol()))?;
            }
        }
        Ok(())
    }

    /// What the strategy logged: instrument, time and line.
    pub(crate) fn logs(&self) -> Vec<(usize, i64, String)> {
        logs_of(self.desks.iter())
    }

    /// Follows the policy after an exception; what the call asked for is dropped.
    #[cold]
    fn failed(&self, error: PyErr, index: usize, place: String) -> Result<(), RunError> {
        let now = self.desks[index].borrow().now();
        self.failures.follow(self.py, error, place, (index, now))?;
        self.desks[index].borrow_mut().drain();
        Ok(())
    }
}

/// What was asked for as an engine of bars takes it; `held` is the position's sign.
fn request(ask: Ask, held: i64) -> Option<Request> {
    Some(match ask {
        Ask::Order(Wanted { side, lots: Some(lots), kind, reduce_only, tag, .. }) => {
            Request::Place { side, lots, kind, reduce_only, tag }
        }
        Ask::Order(Wanted { side, kind, price, tag, .. }) => {
            let order = match kind {
                OrderKind::Market => EntryOrder::Market,
                OrderKind::Limit(_) => EntryOrder::Limit,
                OrderKind::Stop(_) => EntryOrder::Stop,
            };
            let (adds, distances, measure) = (held * side.sign() > 0, Distances::NONE, f64::NAN);
            Request::Enter(Entry { side, order, price, valid_ns: i64::MAX, distances, measure, adds, tag })
        }
        Ask::Cancel(tag) => Request::Cancel(tag),
        Ask::CancelAll => Request::CancelAll,
        Ask::Close => Request::Leave(Reason::Strategy),
        Ask::Kill(kill) => Request::Kill(kill),
        // A desk of bars refuses them.
        Ask::Replace { .. } | Ask::Batch => return None,
    })
}

impl Strategy for Callback<'_> {
    #[inline]
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        if self.failures.retired().get() {
            retire(view, requests);
            return Ok(());
        }
        let (bars, row) = (view.bars, view.row);
        let desk = &self.desks[view.instrument];
        desk.borrow_mut().see(view);
        let bar = Bar::new(
            bars.ts[row],
            bars.open[row],
            bars.high[row],
            bars.low[row],
            bars.close[row],
            bars.volume[row],
            view.now,
        );
        if let Err(error) = self.on_bar.call1((desk, bar)) {
            let place =
                format!("in on_bar of {}, bar {row} that opened at {} ns", desk.borrow().symbol(), bars.ts[row]);
            self.failed(error, view.instrument, place)?;
            if self.failures.retired().get() {
                retire(view, requests);
            }
            return Ok(());
        }
        let mut desk = desk.borrow_mut();
        if desk.asks() {
            let adding = desk.direction();
            requests.extend(desk.drain().0.into_iter().filter_map(|ask| request(ask, adding)));
        }
        self.until_signals -= 1;
        if self.until_signals == 0 {
            self.until_signals = BARS_BETWEEN_SIGNALS;
            self.py.check_signals().map_err(stop)?;
        }
        Ok(())
    }
}
