//! A desk with its strategy, fed from outside: what a node trades with.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde::{Deserialize, Serialize};
use tradenode_core::event::Tape;
use tradenode_core::orders::Side;
use tradenode_core::risk::Kill;
use tradenode_sim::error::StateError;
use tradenode_sim::models::latency::Latency;
use tradenode_sim::ticks::{self, News, TickSpec, TraderState};
use tradenode_sim::venue::{Report, What};

use super::account_gate::AccountGate;
use super::command::{Commands, Numbers};
use super::message::{known, read_news};
use super::rows::Columns;
use super::venue::check;
use crate::backtest::{ConfigError, raise};
use crate::desk::{status_name, word};
use crate::events::{Decider, DeciderState, refused};
use crate::policy::Policy;
use crate::tape::GivenTape;

/// Levels of one side: ticks and lots, the best first.
type Levels = Vec<(i64, i64)>;

/// A trader and what decides at it, as they are kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    trader: TraderState,
    calls: DeciderState,
}

fn not_begun() -> PyErr {
    PyValueError::new_err("the strategy has not begun: start() comes first")
}

#[pyclass(module = "tradenode._core", unsendable)]
pub(crate) struct Trader {
    trader: ticks::Trader<'static, Decider>,
    /// Whether the strategy has begun: before, it has no desks.
    started: bool,
    commands: Commands,
    columns: Columns,
}

impl Trader {
    fn begun(&mut self) -> PyResult<&mut ticks::Trader<'static, Decider>> {
        if self.started {
            return Ok(&mut self.trader);
        }
        Err(not_begun())
    }

    /// Takes the rows of a message, where the strategy has begun.
    pub(super) fn take(&mut self, now: i64, instrument: usize, rows: &Tape<'_>) -> PyResult<()> {
        if self.started { self.trader.on_rows(now, instrument, rows).map_err(raise) } else { Ok(()) }
    }

    /// Takes out what is asked of the venue.
    pub(super) fn take_requests<'py>(&mut self, py: Python<'py>, wanted: &mut Vec<Bound<'py, PyAny>>) -> PyResult<()> {
        while let Some(request) = self.trader.take_request() {
            wanted.extend(self.commands.of(py, &request)?);
        }
        Ok(())
    }

    /// When an alarm is due next; never before the strategy has begun.
    pub(super) fn alarm(&self) -> i64 {
        if self.started { self.trader.next_tick() } else { i64::MAX }
    }
}

#[pymethods]
impl Trader {
    #[new]
    #[pyo3(signature = (
        spec, start, strategy = None, on_error = "halt", *, numbers = Numbers::AS_THEY_ARE, places = None
    ))]
    fn new(
        py: Python<'_>,
        spec: &[u8],
        start: i64,
        strategy: Option<&Bound<'_, PyAny>>,
        on_error: &str,
        numbers: Numbers,
        places: Option<Vec<usize>>,
    ) -> PyResult<Self> {
        let spec = TickSpec::from_json(spec).map_err(|error| raise(error.into()))?;
        let decider = Decider::new(&spec, strategy, Policy::read(on_error)?)?;
        let trader = ticks::Trader::new(&spec, &spec.sources(), start, Latency::none(), decider);
        let trader = trader.map_err(|error| raise(error.into()))?;
        let listed = trader.desk().instruments().len();
        let places = places.unwrap_or_else(|| (0..listed).collect());
        if places.len() != listed {
            return Err(PyValueError::new_err(format!("{} places of {listed} instruments", places.len())));
        }
        let commands = Commands::new(py, numbers, places)?;
        Ok(Self { trader, started: false, commands, columns: Columns::default() })
    }

    fn start(&mut self) -> PyResult<()> {
        self.started = true;
        self.trader.start().map_err(raise)
    }

    fn state(&mut self, py: Python<'_>) -> PyResult<Vec<u8>> {
        let trader = self.trader.state().map_err(refused)?;
        let kept = Kept { trader, calls: self.trader.strategy_mut().state(py, self.started) };
        serde_json::to_vec(&kept).map_err(|error| refused(StateError::Json(error.to_string())))
    }

    fn restore(&mut self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
        let kept: Kept = serde_json::from_slice(state).map_err(|error| refused(StateError::Json(error.to_string())))?;
        let instruments = self.trader.desk().instruments().to_vec();
        if self.started {
            return Err(PyValueError::new_err("a trader that has begun cannot be put back: make a new one"));
        }
        self.trader.restore(kept.trader).map_err(refused)?;
        self.started = self.trader.strategy_mut().restore(py, &instruments, kept.calls)?;
        Ok(())
    }

    fn reload(&mut self, mut made: PyRefMut<'_, Self>) -> PyResult<()> {
        if made.started {
            return Err(PyValueError::new_err("a trader that has begun is nothing to go on as: make a new one"));
        }
        made.trader.strategy().can_follow(self.trader.strategy()).map_err(refused)?;
        self.trader.reload(&mut made.trader).map_err(refused)?;
        self.trader.strategy_mut().take_over(made.trader.strategy_mut());
        Ok(())
    }

    fn beyond(&mut self) -> PyResult<Vec<(usize, &'static str, f64, f64)>> {
        let found = self.trader.beyond().map_err(raise)?;
        Ok(found.into_iter().map(|(place, told)| (place, told.check.name(), told.limit, told.value)).collect())
    }

    fn rows(&mut self, now: i64, instrument: usize, columns: GivenTape<'_>) -> PyResult<()> {
        known(instrument, self.trader.desk().instruments())?;
        let rows = columns.view()?;
        check(&rows)?;
        self.begun()?.on_rows(now, instrument, &rows).map_err(raise)
    }

    fn message(&mut self, now: i64, instrument: usize, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        known(instrument, self.trader.desk().instruments())?;
        let rows = self.columns.read(now, rows)?;
        check(&rows)?;
        if !self.started {
            return Err(not_begun());
        }
        self.trader.on_rows(now, instrument, &rows).map_err(raise)
    }

    fn report(&mut self, now: i64, report: &Bound<'_, PyTuple>) -> PyResult<()> {
        let desk = self.trader.desk();
        let news = read_news(report, desk.instruments(), desk.scale())?;
        self.begun()?.on_news(now, news).map_err(raise)
    }

    fn late_fill(&mut self, now: i64, report: &Bound<'_, PyTuple>) -> PyResult<()> {
        let desk = self.trader.desk();
        let news = read_news(report, desk.instruments(), desk.scale())?;
        match news {
            News::Order(report @ Report { what: What::Filled(fill), .. }, fee) => {
                self.begun()?.on_late_fill(now, &report, &fill, fee).map_err(raise)
            }
            _ => Err(PyValueError::new_err("a late fill is a report of \"filled\"")),
        }
    }

    fn silence(&mut self, now: i64, order: u64) -> PyResult<bool> {
        self.begun()?.on_silence(now, order).map_err(raise)
    }

    fn kill(&mut self, now: i64, what: &str, by: &str, reason: &str) -> PyResult<()> {
        let kill = match word(what, "kill", &["halt", "flatten", "cancel_all"])? {
            "flatten" => Kill::Flatten,
            "cancel_all" => Kill::CancelAll,
            _ => Kill::Halt,
        };
        self.begun()?.kill(now, kill, by, reason).map_err(raise)
    }

    fn resume(&mut self, now: i64, by: &str, reason: &str) -> PyResult<()> {
        let latch = self.begun()?.resume(now, by, reason).map_err(raise)?;
        latch.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    #[getter]
    fn trading(&self) -> &'static str {
        self.trader.desk().trading().name()
    }

    fn join(&mut self, gate: &AccountGate) -> PyResult<usize> {
        self.trader.join(gate.joint()).map_err(|error| ConfigError::new_err(error.to_string()))
    }

    fn cancel_adding(&mut self, now: i64) -> PyResult<()> {
        self.begun()?.cancel_adding(now).map_err(raise)
    }

    fn recall(&mut self) {
        self.trader.strategy_mut().recall();
    }

    fn retire(&mut self) {
        self.trader.strategy_mut().retire();
    }

    #[getter]
    fn retired(&self) -> bool {
        self.trader.strategy().is_retired()
    }

    #[getter]
    fn killing(&self) -> bool {
        self.trader.desk().killing().is_some()
    }

    fn time(&mut self, now: i64) -> PyResult<()> {
        self.begun()?.on_time(now).map_err(raise)
    }

    fn skip(&mut self, now: i64) {
        self.trader.skip_to(now);
    }

    #[getter]
    fn next_tick(&self) -> i64 {
        self.trader.next_tick()
    }

    fn requests<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut wanted = Vec::new();
        self.take_requests(py, &mut wanted)?;
        Ok(wanted)
    }

    fn stop(&mut self) -> PyResult<()> {
        self.begun()?.stop().map_err(raise)
    }

    fn book(&self, instrument: usize) -> PyResult<Option<[Levels; 2]>> {
        known(instrument, self.trader.desk().instruments())?;
        let Some(book) = self.trader.desk().view(instrument).book().filter(|book| !book.is_stale()) else {
            return Ok(None);
        };
        let side = |side| book.levels(side).map(|level| (level.price, level.size)).collect();
        Ok(Some([side(Side::Buy), side(Side::Sell)]))
    }

    #[getter]
    fn equity(&self) -> f64 {
        self.trader.desk().equity()
    }

    #[getter]
    fn balance(&self) -> String {
        self.trader.desk().balance_text()
    }

    #[getter]
    fn invested(&self) -> PyResult<String> {
        let desk = self.trader.desk();
        desk.invested().map(|atoms| desk.scale().text(atoms)).map_err(|error| raise(error.into()))
    }

    fn positions(&self) -> Vec<(i64, f64)> {
        let desk = self.trader.desk();
        (0..desk.instruments().len()).map(|each| (desk.position(each), desk.average_price(each))).collect()
    }

    fn legs(&self, instrument: usize) -> PyResult<(i64, i64)> {
        let desk = self.trader.desk();
        Ok(desk.legs(known(instrument, desk.instruments())?))
    }

    fn open_orders(&self, instrument: usize) -> PyResult<Vec<u64>> {
        Ok(self.trader.desk().open_orders(known(instrument, self.trader.desk().instruments())?).to_vec())
    }

    fn order(&self, order: u64) -> Option<(&'static str, i64, i64, i64)> {
        let order = self.trader.desk().order(order)?;
        let ticks = order.intent.kind.price().unwrap_or(0);
        Some((status_name(order.life.status()), order.intent.lots, order.life.filled(), ticks))
    }

    fn logs(&self, py: Python<'_>) -> Vec<(usize, i64, String)> {
        self.trader.strategy().logs(py)
    }
}
