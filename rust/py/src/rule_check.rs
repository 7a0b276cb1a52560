//! Rules checked without running them, and evaluated bar by bar.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::rules::{Fault, Machine, Rule, Scope, check, compile};

use crate::bar::Bar;

#[pyfunction]
fn check_rules<'py>(py: Python<'py>, rules: &[u8], scope: &[u8]) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let unreadable = |error: serde_json::Error| PyValueError::new_err(error.to_string());
    let rules: Vec<Rule> = serde_json::from_slice(rules).map_err(unreadable)?;
    let scope: Scope = serde_json::from_slice(scope).map_err(unreadable)?;
    check(&rules, &scope).into_iter().map(|fault| told(py, fault)).collect()
}

fn told(py: Python<'_>, fault: Fault) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("rule", fault.rule)?;
    dict.set_item("text", fault.text)?;
    dict.set_item("start", fault.span.start)?;
    dict.set_item("end", fault.span.end)?;
    dict.set_item("message", fault.message)?;
    dict.set_item("hint", fault.hint)?;
    Ok(dict)
}

/// Rules that are evaluated on each bar as it closes.
#[pyclass(module = "tradenode._core")]
struct RuleStream {
    machine: Machine,
}

#[pymethods]
impl RuleStream {
    #[new]
    fn new(rules: &[u8], scope: &[u8]) -> PyResult<Self> {
        let unreadable = |error: serde_json::Error| PyValueError::new_err(error.to_string());
        let rules: Vec<Rule> = serde_json::from_slice(rules).map_err(unreadable)?;
        let scope: Scope = serde_json::from_slice(scope).map_err(unreadable)?;
        let program = compile(&rules, &scope).map_err(|faults| {
            PyValueError::new_err(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        Ok(Self { machine: Machine::new(&program) })
    }

    fn update(&mut self, instrument: usize, bar: &Bar) -> PyResult<Vec<f64>> {
        self.machine.on_bar(instrument, &bar.row()).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(self.machine.outputs().to_vec())
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RuleStream>()?;
    module.add_function(wrap_pyfunction!(check_rules, module)?)
}
