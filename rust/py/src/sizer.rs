//! A strategy's `custom_size` as the engine asks it.

use std::rc::Rc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBool;
use tradenode_core::units::Grid;
use tradenode_sim::error::RunError;
use tradenode_sim::sizing::{Clamp, Proposal as Proposed, Sizer};

use crate::desk::{side_name, word};
use crate::policy::Failures;

/// An entry that the run has sized, for the strategy to look at.
#[pyclass(module = "tradenode._core", frozen, get_all)]
pub(crate) struct Proposal {
    symbol: String,
    now: i64,
    side: &'static str,
    adds: bool,
    quantity: f64,
    price: f64,
    equity: f64,
    position: f64,
    least: f64,
    largest: f64,
    stop_distance: Option<f64>,
}

#[pymethods]
impl Proposal {
    #[new]
    #[pyo3(signature = (quantity, price, *, symbol = "TEST", side = "buy", adds = false, equity = 10_000.0,
        position = 0.0, least = 0.0, largest = f64::INFINITY, stop_distance = None, now = 0))]
    #[expect(clippy::too_many_arguments, reason = "a unit test sets what its strategy reads, by keyword")]
    fn new(
        quantity: f64,
        price: f64,
        symbol: &str,
        side: &str,
        adds: bool,
        equity: f64,
        position: f64,
        least: f64,
        largest: f64,
        stop_distance: Option<f64>,
        now: i64,
    ) -> PyResult<Self> {
        let (symbol, side) = (symbol.to_owned(), word(side, "side", &["buy", "sell"])?);
        Ok(Self { symbol, now, side, adds, quantity, price, equity, position, least, largest, stop_distance })
    }

    fn __repr__(&self) -> String {
        let Self { symbol, side, quantity, price, .. } = self;
        format!("Proposal({symbol}, {side} {quantity} at {price})")
    }
}

impl Proposal {
    fn of(proposed: &Proposed<'_>) -> Self {
        let grid = &proposed.instrument.quantity;
        Self {
            symbol: proposed.instrument.spec().symbol.clone(),
            now: proposed.now,
            side: side_name(proposed.side),
            adds: proposed.adds,
            quantity: grid.value(proposed.lots),
            price: proposed.price,
            equity: proposed.equity,
            position: grid.value(proposed.held),
            least: grid.value(proposed.least),
            largest: bounded(grid, proposed.most()),
            stop_distance: Some(proposed.stop_distance).filter(|distance| !distance.is_nan()),
        }
    }
}

/// Lots as a quantity, infinite where they stand for no bound.
fn bounded(grid: &Grid, lots: i64) -> f64 {
    if lots == i64::MAX { f64::INFINITY } else { grid.value(lots) }
}

/// The hook of one Python object.
pub(crate) struct PythonSizer {
    hook: Py<PyAny>,
    /// `Class.custom_size`.
    name: String,
    failures: Rc<Failures>,
}

impl PythonSizer {
    pub(crate) fn new(strategy: &Bound<'_, PyAny>, failures: Rc<Failures>) -> PyResult<Self> {
        let hook = strategy.getattr(intern!(strategy.py(), "custom_size"))?;
        Ok(Self { hook: hook.unbind(), name: format!("{}.custom_size", strategy.get_type().name()?), failures })
    }

    fn ask(&self, py: Python<'_>, proposed: &Proposed<'_>) -> PyResult<Option<f64>> {
        let answer = self.hook.bind(py).call1((Proposal::of(proposed),))?;
        if answer.is_none() {
            return Ok(None);
        }
        let wrong = || format!("{} must return a quantity from 0 on or None, got {}", self.name, shown(&answer));
        // True is a number to Python, and no quantity.
        match answer.extract::<f64>() {
            Ok(_) if answer.is_instance_of::<PyBool>() => Err(PyTypeError::new_err(wrong())),
            Ok(asked) if asked.is_finite() && asked >= 0.0 => Ok(Some(asked)),
            Ok(_) => Err(PyValueError::new_err(wrong())),
            Err(_) => Err(PyTypeError::new_err(wrong())),
        }
    }
}

/// A value of any kind as an error shows it.
fn shown(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(|_| "something without a text".to_owned(), |text| text.to_string())
}

impl Sizer for PythonSizer {
    fn size(&mut self, proposal: &Proposed<'_>) -> Result<Option<f64>, RunError> {
        if self.failures.retired().get() {
            return Ok(Some(0.0));
        }
        Python::attach(|py| {
            self.ask(py, proposal).or_else(|error| {
                let (name, symbol, now) = (&self.name, &proposal.instrument.spec().symbol, proposal.now);
                let place = format!("in {name} of {symbol}, entry at {now} ns");
                // An entry whose size failed is not made.
                self.failures.follow(py, error, place, (proposal.index, now)).map(|()| Some(0.0))
            })
        })
    }

    fn clamped(&mut self, proposal: &Proposed<'_>, asked: f64, given: i64, why: Clamp) {
        let given = proposal.instrument.quantity.value(given);
        let line = format!("custom_size asked for {asked}, given {given}: {}", why.name());
        self.failures.note(proposal.index, proposal.now, line);
    }
}
