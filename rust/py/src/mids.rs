//! The mid of a tape's book at given times.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_sim::ticks;
use tradenode_sim::venue::BookSource;

use crate::backtest::DataError;
use crate::csv::contiguous;
use crate::tape::GivenTape;

#[pyfunction]
fn mids<'py>(
    py: Python<'py>,
    columns: GivenTape<'py>,
    source: &str,
    times: PyReadonlyArray1<'py, i64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let source: BookSource = serde_json::from_value(serde_json::Value::from(source))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let (tape, times) = (columns.view()?, contiguous(&times)?);
    if let Some(row) = times.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(PyValueError::new_err(format!("times: entry {} is before the one above", row + 1)));
    }
    let found = py.detach(|| tape.check().map(|()| ticks::mids(tape, source, times)));
    let found = found.map_err(|error| DataError::new_err(error.to_string()))?;
    Ok(found.into_pyarray(py))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(mids, module)?)
}
