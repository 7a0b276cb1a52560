//! Columns between Python and Rust: float64 arrays are borrowed as they are, anything else is converted once.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Borrows a float64 column; another dtype, a list or a strided view is copied once.
pub(super) fn borrow<'py>(owner: &str, name: &str, object: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, f64>> {
    let array = match object.cast::<PyArray1<f64>>() {
        Ok(array) if array.is_contiguous() => array.clone(),
        _ => convert(owner, name, object)?,
    };
    array.try_readonly().map_err(|_| PyValueError::new_err(format!("{owner}: {name} is being written to")))
}

fn convert<'py>(owner: &str, name: &str, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let py = object.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let options = PyDict::new(py);
    options.set_item(intern!(py, "dtype"), numpy.getattr(intern!(py, "float64"))?)?;
    options.set_item(intern!(py, "order"), "C")?;
    let array = numpy.call_method(intern!(py, "asarray"), (object,), Some(&options)).map_err(|cause| {
        let error = PyValueError::new_err(format!("{owner}: {name} is no column of numbers: {cause}"));
        error.set_cause(py, Some(cause));
        error
    })?;
    array.cast_into::<PyArray1<f64>>().map_err(|error| {
        let shape = error.into_inner().cast_into::<PyUntypedArray>().map(|array| array.shape().to_vec());
        let shape = shape.unwrap_or_default();
        PyValueError::new_err(format!("{owner}: {name} must have one dimension, got shape {shape:?}"))
    })
}

/// Borrows an array that the caller gave for an output.
pub(super) fn borrow_out<'py>(
    owner: &str,
    name: &str,
    array: &Bound<'py, PyArray1<f64>>,
    rows: usize,
) -> PyResult<PyReadwriteArray1<'py, f64>> {
    let refused = |why: &str| PyValueError::new_err(format!("{owner}: out ({name}) {why}"));
    if array.len() != rows {
        return Err(refused(&format!("has {} rows, the inputs have {rows}", array.len())));
    }
    if !array.is_contiguous() {
        return Err(refused("must be contiguous"));
    }
    array.try_readwrite().map_err(|_| refused("is read-only, or overlaps an input or another output"))
}
