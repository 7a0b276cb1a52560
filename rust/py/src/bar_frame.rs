//! Bar columns that have been checked once and are lent to any number of runs.

use std::sync::Mutex;

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use tradenode_core::bars::Bars;
use tradenode_core::units::Decimal;
use tradenode_sim::frames::SoundBars;

use crate::csv::contiguous;

pyo3::import_exception!(tradenode.errors, DataError);

/// Checked bar columns. The arrays are borrowed, not copied: nobody may write to them afterwards.
#[pyclass(module = "tradenode._core", frozen)]
pub(crate) struct BarFrame {
    ts: Py<PyArray1<i64>>,
    /// open, high, low, close, volume
    columns: [Py<PyArray1<f64>>; 5],
    rows: usize,
    /// The last step on which all prices were found to lie.
    tick: Mutex<Option<Decimal>>,
}

/// The arrays of a frame, borrowed for the time of a run.
pub(crate) struct BorrowedBars<'py> {
    ts: PyReadonlyArray1<'py, i64>,
    columns: [PyReadonlyArray1<'py, f64>; 5],
    tick: Option<Decimal>,
}

impl BorrowedBars<'_> {
    fn bars(&self) -> PyResult<Bars<'_>> {
        let [open, high, low, close, volume] = &self.columns;
        Ok(Bars {
            ts: contiguous(&self.ts)?,
            open: contiguous(open)?,
            high: contiguous(high)?,
            low: contiguous(low)?,
            close: contiguous(close)?,
            volume: contiguous(volume)?,
        })
    }

    pub(crate) fn view(&self) -> PyResult<SoundBars<'_>> {
        Ok(SoundBars::known(self.bars()?, self.tick))
    }
}

impl BarFrame {
    /// Lends the columns; `tick` is the step of the run's instrument.
    pub(crate) fn borrow<'py>(&self, py: Python<'py>, tick: Option<Decimal>) -> BorrowedBars<'py> {
        let known = *self.tick.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        BorrowedBars {
            ts: self.ts.bind(py).readonly(),
            columns: self.columns.each_ref().map(|column| column.bind(py).readonly()),
            tick: known.filter(|known| Some(*known) == tick),
        }
    }

    /// Takes note that a run with this step has found every price on its grid.
    pub(crate) fn remember(&self, tick: Decimal) {
        *self.tick.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(tick);
    }

    pub(crate) fn times<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.ts.bind(py).clone()
    }
}

#[pymethods]
impl BarFrame {
    #[new]
    fn new(
        ts: PyReadonlyArray1<'_, i64>,
        open: PyReadonlyArray1<'_, f64>,
        high: PyReadonlyArray1<'_, f64>,
        low: PyReadonlyArray1<'_, f64>,
        close: PyReadonlyArray1<'_, f64>,
        volume: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Self> {
        let py = ts.py();
        let columns = [open, high, low, close, volume];
        let borrowed = BorrowedBars { ts, columns, tick: None };
        let bars = borrowed.bars()?;
        py.detach(|| SoundBars::new(bars)).map_err(|error| DataError::new_err(error.to_string()))?;
        let rows = bars.ts.len();
        let keep = |column: &PyReadonlyArray1<'_, f64>| (**column).clone().unbind();
        let columns = borrowed.columns.each_ref().map(keep);
        Ok(Self { ts: (*borrowed.ts).clone().unbind(), columns, rows, tick: Mutex::new(None) })
    }

    fn __len__(&self) -> usize {
        self.rows
    }
}
