//! A desk with its strategy, fed from outside: what a node trades with.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde::{Deserialize, Serialize};
use tradenode_core::risk::Kill;
use tradenode_sim::error::{RunError as Stop, StateError};
use tradenode_sim::models::latency::Latency;
use tradenode_sim::ticks::{self, News, TickSpec, TraderState};
use tradenode_sim::venue::{Report, What};

use super::message::{known, read_news, request_tuple};
use super::venue::check;
use crate::backtest::raise;
use crate::desk::{status_name, word};
use crate::events::{CallbackState, EventCallback};
use crate::policy::Policy;
use crate::tape::GivenTape;

/// A trader and the numbers that its strategy has given, as they are kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    trader: TraderState,
    calls: CallbackState,
}

fn refused(error: StateError) -> PyErr {
    raise(Stop::State(error))
}

#[pyclass(module = "tradenode._core", unsendable)]
pub(crate) struct Trader(ticks::Trader<'static, EventCallback>);

#[pymethods]
impl Trader {
    #[new]
    #[pyo3(signature = (spec, start, strategy, on_error = "halt"))]
    fn new(spec: &[u8], start: i64, strategy: &Bound<'_, PyAny>, on_error: &str) -> PyResult<Self> {
        let spec = TickSpec::from_json(spec).map_err(|error| raise(error.into()))?;
        let callback = EventCallback::new(strategy, Policy::read(on_error)?)?;
        let trader = ticks::Trader::new(&spec, &spec.sources(), start, Latency::none(), callback);
        trader.map(Self).map_err(|error| raise(error.into()))
    }

    fn start(&mut self) -> PyResult<()> {
        self.0.start().map_err(raise)
    }

    fn state(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        let kept = Kept { trader: self.0.state().map_err(refused)?, calls: self.0.strategy().state(py) };
        serde_json::to_vec(&kept).map_err(|error| refused(StateError::Json(error.to_string())))
    }

    fn restore(&mut self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
        let kept: Kept = serde_json::from_slice(state).map_err(|error| refused(StateError::Json(error.to_string())))?;
        let instruments = self.0.desk().instruments().to_vec();
        if self.0.strategy().has_begun() {
            return Err(PyValueError::new_err("a trader that has begun cannot be put back: make a new one"));
        }
        if !kept.calls.is_sound(instruments.len()) {
            return Err(refused(StateError::Broken("strategy's orders")));
        }
        self.0.restore(kept.trader).map_err(refused)?;
        self.0.strategy_mut().restore(py, &instruments, kept.calls)
    }

    fn rows(&mut self, now: i64, instrument: usize, columns: GivenTape<'_>) -> PyResult<()> {
        known(instrument, self.0.desk().instruments())?;
        let rows = columns.view()?;
        check(&rows)?;
        self.0.on_rows(now, instrument, &rows).map_err(raise)
    }

    fn report(&mut self, now: i64, report: &Bound<'_, PyTuple>) -> PyResult<()> {
        let desk = self.0.desk();
        let news = read_news(report, desk.instruments(), desk.scale())?;
        self.0.on_news(now, news).map_err(raise)
    }

    fn late_fill(&mut self, now: i64, report: &Bound<'_, PyTuple>) -> PyResult<()> {
        let desk = self.0.desk();
        match read_news(report, desk.instruments(), desk.scale())? {
            News::Order(report @ Report { what: What::Filled(fill), .. }, fee) => {
                self.0.on_late_fill(now, &report, &fill, fee).map_err(raise)
            }
            _ => Err(PyValueError::new_err("a late fill is a report of \"filled\"")),
        }
    }

    fn silence(&mut self, now: i64, order: u64) -> PyResult<bool> {
        self.0.on_silence(now, order).map_err(raise)
    }

    fn kill(&mut self, now: i64, what: &str, by: &str, reason: &str) -> PyResult<()> {
        let kill = match word(what, "kill", &["halt", "flatten", "cancel_all"])? {
            "flatten" => Kill::Flatten,
            "cancel_all" => Kill::CancelAll,
            _ => Kill::Halt,
        };
        self.0.kill(now, kill, by, reason).map_err(raise)
    }

    fn retire(&mut self) {
        self.0.strategy_mut().retire();
    }

    #[getter]
    fn retired(&self) -> bool {
        self.0.strategy().is_retired()
    }

    #[getter]
    fn killing(&self) -> bool {
        self.0.desk().killing().is_some()
    }

    fn time(&mut self, now: i64) -> PyResult<()> {
        self.0.on_time(now).map_err(raise)
    }

    fn skip(&mut self, now: i64) {
        self.0.skip_to(now);
    }

    #[getter]
    fn next_tick(&self) -> i64 {
        self.0.next_tick()
    }

    fn requests<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let requests = std::iter::from_fn(|| self.0.take_request());
        requests.filter_map(|request| request_tuple(py, &request).transpose()).collect()
    }

    fn stop(&mut self) -> PyResult<()> {
        self.0.stop().map_err(raise)
    }

    #[getter]
    fn equity(&self) -> f64 {
        self.0.desk().equity()
    }

    #[getter]
    fn balance(&self) -> String {
        self.0.desk().balance_text()
    }

    fn positions(&self) -> Vec<(i64, f64)> {
        let desk = self.0.desk();
        (0..desk.instruments().len()).map(|each| (desk.position(each), desk.average_price(each))).collect()
    }

    fn open_orders(&self, instrument: usize) -> PyResult<Vec<u64>> {
        Ok(self.0.desk().open_orders(known(instrument, self.0.desk().instruments())?).to_vec())
    }

    fn order(&self, order: u64) -> Option<(&'static str, i64, i64, i64)> {
        let order = self.0.desk().order(order)?;
        let ticks = order.intent.kind.price().unwrap_or(0);
        Some((status_name(order.life.status()), order.intent.lots, order.life.filled(), ticks))
    }

    fn logs(&self, py: Python<'_>) -> Vec<(usize, i64, String)> {
        self.0.strategy().logs(py)
    }
}
