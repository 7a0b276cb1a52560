//! Bar columns: resampling and the decimal grid.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::bars::{self, Bars, Partial};

pyo3::import_exception!(tradenode.errors, DataError);

type Column<'py, T> = Bound<'py, PyArray1<T>>;
/// ts, open, high, low, close, volume.
type Columns<'py> =
    (Column<'py, i64>, Column<'py, f64>, Column<'py, f64>, Column<'py, f64>, Column<'py, f64>, Column<'py, f64>);

#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "one argument a column")]
fn resample_bars<'py>(
    py: Python<'py>,
    ts: PyReadonlyArray1<'py, i64>,
    open: PyReadonlyArray1<'py, f64>,
    high: PyReadonlyArray1<'py, f64>,
    low: PyReadonlyArray1<'py, f64>,
    close: PyReadonlyArray1<'py, f64>,
    volume: PyReadonlyArray1<'py, f64>,
    base_ns: i64,
    target_ns: i64,
    keep_partial: bool,
) -> PyResult<(Columns<'py>, bool, bool)> {
    let input = Bars {
        ts: ts.as_slice()?,
        open: open.as_slice()?,
        high: high.as_slice()?,
        low: low.as_slice()?,
        close: close.as_slice()?,
        volume: volume.as_slice()?,
    };
    let partial = if keep_partial { Partial::Mark } else { Partial::Drop };
    let out = py
        .detach(|| bars::resample(&input, base_ns, target_ns, partial))
        .map_err(|error| DataError::new_err(error.to_string()))?;
    let columns = (
        out.bars.ts.into_pyarray(py),
        out.bars.open.into_pyarray(py),
        out.bars.high.into_pyarray(py),
        out.bars.low.into_pyarray(py),
        out.bars.close.into_pyarray(py),
        out.bars.volume.into_pyarray(py),
    );
    Ok((columns, out.first_partial, out.last_partial))
}

#[pyfunction]
fn decimal_places(py: Python<'_>, values: PyReadonlyArray1<'_, f64>, most: u32) -> PyResult<Option<u32>> {
    if most > bars::MAX_DECIMAL_PLACES {
        let limit = bars::MAX_DECIMAL_PLACES;
        return Err(PyValueError::new_err(format!("most must be at most {limit}, got {most}")));
    }
    let values = values.as_slice()?;
    Ok(py.detach(|| bars::decimal_places(values, most)))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(resample_bars, module)?)?;
    module.add_function(wrap_pyfunction!(decimal_places, module)?)
}
