//! The indicators in Python: one class for batch calls, one for streaming, the catalogue for everything else.

mod columns;
mod kernel;
mod pool;
mod stream;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tradenode_core::indicators::{CATALOG, IndicatorError, Input, Param, Spec, find};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<kernel::IndicatorKernel>()?;
    module.add_class::<stream::IndicatorStream>()?;
    module.add_function(wrap_pyfunction!(indicator_catalog, module)?)
}

fn spec(name: &str) -> PyResult<&'static Spec> {
    find(name).ok_or_else(|| PyValueError::new_err(format!("there is no indicator named {name:?}")))
}

/// The values of an entry's parameters, in its order.
fn parameters(spec: &Spec, values: &Bound<'_, PyTuple>) -> PyResult<Vec<f64>> {
    let read = |(value, param): (Borrowed<'_, '_, PyAny>, &Param)| {
        value.extract().map_err(|_: PyErr| {
            let given = value.get_type();
            PyTypeError::new_err(format!("{}: {} must be a number, got {given}", spec.name, param.name))
        })
    };
    values.iter_borrowed().zip(spec.params).map(read).collect()
}

fn refused(error: &IndicatorError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn input_name(input: Input) -> &'static str {
    match input {
        Input::Source => "source",
        Input::Other => "other",
        Input::Open => "open",
        Input::High => "high",
        Input::Low => "low",
        Input::Close => "close",
        Input::Volume => "volume",
        Input::Time => "time",
    }
}

#[pyfunction]
fn indicator_catalog(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    CATALOG.iter().map(|spec| entry(py, spec)).collect()
}

fn entry<'py>(py: Python<'py>, spec: &Spec) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("name", spec.name)?;
    entry.set_item("title", spec.title)?;
    entry.set_item("inputs", spec.inputs.iter().map(|&input| input_name(input)).collect::<Vec<_>>())?;
    entry.set_item("outputs", spec.outputs.to_vec())?;
    let params = spec.params.iter().map(|param| {
        let fields = PyDict::new(py);
        fields.set_item("name", param.name)?;
        fields.set_item("default", param.default)?;
        fields.set_item("min", param.min)?;
        fields.set_item("max", param.max)?;
        fields.set_item("integer", param.integer)?;
        Ok(fields)
    });
    entry.set_item("params", params.collect::<PyResult<Vec<_>>>()?)?;
    Ok(entry)
}
