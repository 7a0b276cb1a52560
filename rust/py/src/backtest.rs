//! One run of the engine: columns in, columns out.

use std::borrow::Cow;
use std::rc::Rc;

use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::orders::Reason;
use tradenode_core::risk::Check;
use tradenode_core::units::Decimal;
use tradenode_sim::engine::Engine;
use tradenode_sim::error::RunError as Stop;
use tradenode_sim::frames::Frame;
use tradenode_sim::recorder::{Fills, Payments, Queue, Recorder, Refused, Trades};
use tradenode_sim::spec::RunSpec;

use crate::bar_frame::{BarFrame, BorrowedBars};
use crate::callback::Callback;
use crate::csv::contiguous;
use crate::policy::{Failures, Policy};
use crate::sizer::PythonSizer;

pyo3::import_exception!(tradenode.errors, ConfigError);
pyo3::import_exception!(tradenode.errors, DataError);
pyo3::import_exception!(tradenode.errors, ReportError);
pyo3::import_exception!(tradenode.errors, RunError);

type Column<'py, T> = PyReadonlyArray1<'py, T>;

/// What an instrument brings to a run: its bars, finer ones, recorded funding.
#[derive(FromPyObject)]
pub(crate) struct Given<'py>(
    Bound<'py, BarFrame>,
    Option<Bound<'py, BarFrame>>,
    Option<(Column<'py, i64>, Column<'py, f64>)>,
);

/// The borrowed columns of a [`Given`].
pub(crate) struct Borrowed<'py>(
    BorrowedBars<'py>,
    Option<BorrowedBars<'py>>,
    Option<(Column<'py, i64>, Column<'py, f64>)>,
);

impl<'py> Given<'py> {
    fn borrow(self, tick: Option<Decimal>) -> Borrowed<'py> {
        let bars = |frame: &Bound<'py, BarFrame>| frame.get().borrow(frame.py(), tick);
        Borrowed(bars(&self.0), self.1.as_ref().map(bars), self.2)
    }
}

impl Borrowed<'_> {
    pub(crate) fn frame(&self) -> PyResult<Frame<'_>> {
        let funding = match &self.2 {
            Some((ts, rates)) => Some((contiguous(ts)?, contiguous(rates)?)),
            None => None,
        };
        let detail = self.1.as_ref().map(BorrowedBars::view).transpose()?;
        Ok(Frame { bars: self.0.view()?, detail, funding })
    }
}

/// Lends what the instruments of a run bring.
pub(crate) fn borrow<'py>(spec: &RunSpec, frames: Vec<Given<'py>>) -> Vec<Borrowed<'py>> {
    let ticks = spec.instruments.iter().map(|instrument| Some(instrument.tick)).chain(std::iter::repeat(None));
    frames.into_iter().zip(ticks).map(|(given, tick)| given.borrow(tick)).collect()
}

pub(crate) fn raise(error: Stop) -> PyErr {
    match error {
        Stop::Strategy(inner) => match inner.downcast::<PyErr>() {
            Ok(error) => *error,
            Err(other) => RunError::new_err(other.to_string()),
        },
        Stop::Spec(error) => ConfigError::new_err(error.to_string()),
        error @ (Stop::Frame { .. } | Stop::Tape { .. }) => DataError::new_err(error.to_string()),
        Stop::Life(error) => ReportError::new_err(error.to_string()),
        other => RunError::new_err(other.to_string()),
    }
}

#[pyfunction]
#[pyo3(signature = (spec, frames, strategy = None, sizer = None, on_error = "halt"))]
fn run_backtest<'py>(
    py: Python<'py>,
    spec: &[u8],
    frames: Vec<Given<'py>>,
    strategy: Option<&Bound<'py, PyAny>>,
    sizer: Option<&Bound<'py, PyAny>>,
    on_error: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let spec = RunSpec::from_json(spec).map_err(|error| raise(error.into()))?;
    let times: Vec<_> = frames.iter().map(|given| given.1.as_ref().unwrap_or(&given.0).clone()).collect();
    let borrowed = borrow(&spec, frames);
    let frames = borrowed.iter().map(Borrowed::frame).collect::<PyResult<Vec<_>>>()?;
    let failures = Rc::new(Failures::new(Policy::read(on_error)?));
    let sizer = sizer.map(|given| PythonSizer::new(given, Rc::clone(&failures))).transpose()?;
    let mut logs = Vec::new();
    let recorder = match (strategy, sizer) {
        (None, None) => py.detach(|| tradenode_sim::rules::run(&spec, &frames)).map_err(raise)?,
        (None, Some(sizer)) => {
            tradenode_sim::rules::run_sized(&spec, &frames, Box::new(sizer), failures.retired()).map_err(raise)?
        }
        (Some(strategy), sizer) => {
            let engine = Engine::new(&spec, &frames).map_err(raise)?;
            let engine = match sizer {
                Some(sizer) => engine.sized_by(Box::new(sizer)),
                None => engine,
            };
            let mut callback = Callback::new(strategy, engine.ledger(), spec.size.is_some(), Rc::clone(&failures))?;
            callback.notify("on_start").map_err(raise)?;
            let ledger = engine.run(&mut callback).map_err(raise)?;
            callback.notify("on_stop").map_err(raise)?;
            logs = callback.logs();
            ledger.into_recorder()
        }
    };
    for (time, instrument) in times.iter().zip(&spec.instruments) {
        time.get().remember(instrument.tick);
    }
    logs.extend(failures.take_log());
    logs.sort_by_key(|(index, ts, _)| (*ts, *index));
    let result = answer(py, recorder, &times)?;
    result.set_item("logs", logs)?;
    Ok(result)
}

/// The columns of a record; `times` lends the equity's where the record borrows them.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    recorder: Recorder<'_>,
    times: &[Bound<'py, BarFrame>],
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    match recorder.equity_ts {
        Cow::Borrowed(_) => result.set_item("equity_ts", times[0].get().times(py))?,
        Cow::Owned(ts) => result.set_item("equity_ts", ts.into_pyarray(py))?,
    }
    let totals = recorder.totals;
    result.set_item("equity", recorder.equity.into_pyarray(py))?;
    result.set_item("gross", recorder.gross.into_pyarray(py))?;
    result.set_item("marks", recorder.marks.into_pyarray(py))?;
    result.set_item("fills", fills(py, recorder.fills)?)?;
    result.set_item("queue", queue(py, recorder.queue)?)?;
    result.set_item("payments", payments(py, recorder.payments)?)?;
    result.set_item("trades", trades(py, recorder.trades)?)?;
    result.set_item("refusals", refusals(py, &recorder.refused)?)?;
    result.set_item("refused", recorder.refused_count)?;
    let locks = serde_json::to_vec(&recorder.locks).map_err(|error| RunError::new_err(error.to_string()))?;
    result.set_item("locks", locks)?;
    result.set_item("insurance", recorder.insurance)?;
    result.set_item("liquidations", recorder.liquidations)?;
    result.set_item("totals", (totals.traded, totals.fees, totals.slippage, totals.funding))?;
    Ok(result)
}

macro_rules! columns {
    ($py:expr, $from:expr, $($name:ident),+ $(,)?) => {{
        let dict = PyDict::new($py);
        $(dict.set_item(stringify!($name), $from.$name.into_pyarray($py))?;)+
        dict
    }};
}

fn fills(py: Python<'_>, fills: Fills) -> PyResult<Bound<'_, PyDict>> {
    Ok(columns!(py, fills, ts, instrument, order, side, quantity, price, fee, slippage, maker, reason, sample))
}

fn payments(py: Python<'_>, payments: Payments) -> PyResult<Bound<'_, PyDict>> {
    Ok(columns!(py, payments, ts, instrument, amount, sample))
}

fn queue(py: Python<'_>, queue: Queue) -> PyResult<Bound<'_, PyDict>> {
    Ok(columns!(py, queue, ahead, waited_ns))
}

fn trades(py: Python<'_>, trades: Trades) -> PyResult<Bound<'_, PyDict>> {
    #[rustfmt::skip]
    let dict = columns!(
        py, trades, instrument, side, entry_ts, exit_ts, quantity, entry_price, exit_price, gross_pnl, fees, slippage,
        funding, net_pnl, return_ratio, max_favourable, max_adverse, entries, exit_reason,
    );
    Ok(dict)
}

fn refusals<'py>(py: Python<'py>, refused: &[Refused]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let column = |pick: fn(&Refused) -> f64| refused.iter().map(pick).collect::<Vec<_>>().into_pyarray(py);
    let code = |pick: fn(&Refused) -> u8| refused.iter().map(pick).collect::<Vec<_>>().into_pyarray(py);
    dict.set_item("ts", refused.iter().map(|row| row.ts).collect::<Vec<_>>().into_pyarray(py))?;
    dict.set_item("instrument", refused.iter().map(|row| row.instrument).collect::<Vec<_>>().into_pyarray(py))?;
    dict.set_item("reason", code(|row| row.reason as u8))?;
    dict.set_item("check", code(|row| row.refusal.check as u8))?;
    dict.set_item("limit", column(|row| row.refusal.limit))?;
    dict.set_item("value", column(|row| row.refusal.value))?;
    Ok(dict)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BarFrame>()?;
    module.add_class::<crate::bar::Bar>()?;
    module.add_class::<crate::desk::Desk>()?;
    module.add_class::<crate::desk::Intent>()?;
    module.add_class::<crate::desk::Order>()?;
    module.add_class::<crate::sizer::Proposal>()?;
    module.add_class::<crate::price_book::PriceBook>()?;
    module.add("REASONS", Reason::ALL.iter().map(|reason| reason.name()).collect::<Vec<_>>())?;
    module.add("CHECKS", Check::ALL.iter().map(|check| check.name()).collect::<Vec<_>>())?;
    module.add_function(wrap_pyfunction!(run_backtest, module)?)
}
