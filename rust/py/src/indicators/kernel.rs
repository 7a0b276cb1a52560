//! Batch calls: whole columns in, whole columns out.

use numpy::{PyArray1, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tradenode_core::indicators::Spec;

use super::{columns, input_name, parameters, pool, refused, spec};

/// From so many rows on, the GIL is released: below, releasing it costs more than others could gain.
const DETACH_ROWS: usize = 16_384;

#[pyclass(frozen, module = "tradenode._core")]
pub(crate) struct IndicatorKernel {
    spec: &'static Spec,
}

#[pymethods]
impl IndicatorKernel {
    #[new]
    fn new(name: &str) -> PyResult<Self> {
        Ok(Self { spec: spec(name)? })
    }

    #[pyo3(signature = (inputs, params, out, /))]
    fn compute<'py>(
        &self,
        py: Python<'py>,
        inputs: &Bound<'py, PyTuple>,
        params: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if (inputs.len(), params.len()) != (self.spec.inputs.len(), self.spec.params.len()) {
            let (name, inputs, params) = (self.spec.name, self.spec.inputs.len(), self.spec.params.len());
            return Err(PyTypeError::new_err(format!("{name} takes {inputs} inputs and {params} parameters")));
        }
        let params = parameters(self.spec, params)?;
        let indicator = self.spec.build(&params).map_err(|error| refused(&error))?;
        let borrowed = self.borrow_inputs(inputs)?;
        let inputs = borrowed.iter().map(|column| column.as_slice()).collect::<Result<Vec<_>, _>>()?;
        let outputs = self.outputs(py, inputs[0].len(), out)?;
        let mut writers = self.borrow_outputs(&outputs, inputs[0].len())?;
        let mut targets = writers.iter_mut().map(|array| array.as_slice_mut()).collect::<Result<Vec<_>, _>>()?;
        if inputs[0].len() < DETACH_ROWS {
            indicator.batch(&inputs, &mut targets);
        } else {
            py.detach(|| indicator.batch(&inputs, &mut targets));
        }
        drop(writers);
        match <[_; 1]>::try_from(outputs) {
            Ok([single]) => Ok(single.into_any()),
            Err(several) => Ok(PyTuple::new(py, several)?.into_any()),
        }
    }
}

impl IndicatorKernel {
    fn borrow_inputs<'py>(&self, inputs: &Bound<'py, PyTuple>) -> PyResult<Vec<PyReadonlyArray1<'py, f64>>> {
        let names = self.spec.inputs.iter().map(|&input| input_name(input));
        let mut borrowed = Vec::with_capacity(names.len());
        for (name, object) in names.zip(inputs.iter_borrowed()) {
            let column: PyReadonlyArray1<'py, f64> = columns::borrow(self.spec.name, name, &object)?;
            let rows =
                borrowed.first().map_or(column.len()?, |first: &PyReadonlyArray1<'py, f64>| first.len().unwrap_or(0));
            if column.len()? != rows {
                let (owner, first) = (self.spec.name, input_name(self.spec.inputs[0]));
                let lengths = format!("{owner}: {name} has {} rows, {first} has {rows}", column.len()?);
                return Err(PyValueError::new_err(lengths));
            }
            borrowed.push(column);
        }
        Ok(borrowed)
    }

    /// The arrays to write to: the caller's, or new ones.
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        rows: usize,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyArray1<f64>>>> {
        let names = self.spec.outputs;
        let Some(out) = out else {
            return pool::arrays(py, names.len(), rows);
        };
        let arrays = if names.len() == 1 { Ok(vec![out.clone()]) } else { out.extract::<Vec<Bound<'py, PyAny>>>() };
        let arrays = arrays.unwrap_or_default().into_iter().map(|array| array.cast_into::<PyArray1<f64>>().ok());
        match arrays.collect::<Option<Vec<_>>>() {
            Some(arrays) if arrays.len() == names.len() => Ok(arrays),
            _ => {
                let expected = match names {
                    [_] => "a float64 array of one dimension".to_owned(),
                    _ => format!("{} float64 arrays of one dimension ({})", names.len(), names.join(", ")),
                };
                Err(PyValueError::new_err(format!("{}: out must be {expected}", self.spec.name)))
            }
        }
    }

    fn borrow_outputs<'py>(
        &self,
        outputs: &[Bound<'py, PyArray1<f64>>],
        rows: usize,
    ) -> PyResult<Vec<PyReadwriteArray1<'py, f64>>> {
        let named = self.spec.outputs.iter().zip(outputs);
        named.map(|(name, array)| columns::borrow_out(self.spec.name, name, array, rows)).collect()
    }
}
