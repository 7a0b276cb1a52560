//! Streaming indicators: one row a call.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyTuple};
use tradenode_core::indicators::{Indicator, Spec};

use super::{input_name, parameters, refused, spec};

/// The most inputs, and the most outputs, that an entry of the catalogue has.
const WIDTH: usize = 6;

#[pyclass(subclass, module = "tradenode._core")]
pub(crate) struct IndicatorStream {
    spec: &'static Spec,
    indicator: Box<dyn Indicator>,
}

#[pymethods]
impl IndicatorStream {
    #[new]
    #[pyo3(signature = (name, /, *params))]
    fn new(name: &str, params: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let spec = spec(name)?;
        if params.len() != spec.params.len() {
            let message = format!("{name} takes {} parameters, got {}", spec.params.len(), params.len());
            return Err(PyTypeError::new_err(message));
        }
        let params = parameters(spec, params)?;
        let indicator = spec.build(&params).map_err(|error| refused(&error))?;
        Ok(Self { spec, indicator })
    }

    #[expect(clippy::too_many_arguments, reason = "positional arguments spare the tuple that *args would cost a call")]
    #[pyo3(signature = (first, second=None, third=None, fourth=None, fifth=None, sixth=None, /))]
    fn update<'py>(
        &mut self,
        py: Python<'py>,
        first: f64,
        second: Option<f64>,
        third: Option<f64>,
        fourth: Option<f64>,
        fifth: Option<f64>,
        sixth: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = [Some(first), second, third, fourth, fifth, sixth];
        let count = given.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        if count != self.spec.inputs.len() {
            return Err(self.miscounted(count));
        }
        let row = given.map(|value| value.unwrap_or(f64::NAN));
        let mut values = [f64::NAN; WIDTH];
        let values = &mut values[..self.spec.outputs.len()];
        self.indicator.update(&row[..count], values);
        match *values {
            [single] => Ok(PyFloat::new(py, single).into_any()),
            _ => Ok(PyTuple::new(py, values.iter())?.into_any()),
        }
    }

    fn reset(&mut self) {
        self.indicator.reset();
    }

    #[getter]
    fn lookback(&self) -> usize {
        self.indicator.lookback()
    }

    #[getter]
    fn name(&self) -> &'static str {
        self.spec.name
    }
}

impl IndicatorStream {
    fn miscounted(&self, count: usize) -> PyErr {
        let names: Vec<_> = self.spec.inputs.iter().map(|&input| input_name(input)).collect();
        PyTypeError::new_err(format!("{}.update takes ({}), got {count} values", self.spec.name, names.join(", ")))
    }
}
