//! Numpy columns to a CSV file.

use std::path::PathBuf;

use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use tradenode_sim::csv::{Column, CsvError, write_csv as write};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(write_csv, module)?)
}

#[derive(FromPyObject)]
enum Given<'py> {
    Float(PyReadonlyArray1<'py, f64>),
    Integer(PyReadonlyArray1<'py, i64>),
    Label(PyReadonlyArray1<'py, u32>, Vec<String>),
}

#[pyfunction]
fn write_csv(py: Python<'_>, path: PathBuf, names: Vec<String>, columns: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
    let given: Vec<Given<'_>> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            column.extract().map_err(|_| {
                let expected = "a float64 or int64 array, or a pair of a uint32 array and a list of labels";
                PyTypeError::new_err(format!("column {index} must be {expected}, got {}", column.get_type()))
            })
        })
        .collect::<PyResult<_>>()?;
    let columns: Vec<Column<'_>> = given
        .iter()
        .map(|column| {
            Ok(match column {
                Given::Float(values) => Column::Float(contiguous(values)?),
                Given::Integer(values) => Column::Integer(contiguous(values)?),
                Given::Label(codes, names) => Column::Label { codes: contiguous(codes)?, names },
            })
        })
        .collect::<PyResult<_>>()?;
    py.detach(|| write(&path, &names, &columns)).map_err(|error| match error {
        CsvError::Io { .. } => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    })
}

/// The array's memory as it lies; strided views would need a copy that the caller should see.
pub(crate) fn contiguous<'a, T: numpy::Element>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
    array.as_slice().map_err(|_| {
        PyValueError::new_err(format!("an array of {} rows is not contiguous: numpy.ascontiguousarray", array.len()))
    })
}
