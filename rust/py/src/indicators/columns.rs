//! Columns between Python and Rust: float64 arrays are borrowed as they are, anything else is converted once.

use numpy::{
    PyArray1, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

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
    let refused = |cause: PyErr| {
        let error = PyValueError::new_err(format!("{owner}: {name} is no column of numbers: {cause}"));
        error.set_cause(py, Some(cause));
        error
    };
    let array = numpy.call_method1(intern!(py, "asarray"), (object,)).map_err(refused)?;
    let array = array.cast_into::<PyUntypedArray>()?;
    let (shape, kind) = (array.shape().to_vec(), array.dtype().kind());
    if shape.len() != 1 {
        return Err(PyValueError::new_err(format!("{owner}: {name} must have one dimension, got shape {shape:?}")));
    }
    if !b"biufO".contains(&kind) {
        let dtype = array.dtype();
        return Err(PyValueError::new_err(format!("{owner}: {name} must be a column of numbers, got {dtype}")));
    }
    let float64 = (array, numpy.getattr(intern!(py, "float64"))?);
    let column = numpy.call_method1(intern!(py, "ascontiguousarray"), float64).map_err(refused)?;
    Ok(column.cast_into::<PyArray1<f64>>()?)
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
