//! Checking rules without running them.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::rules::{Fault, Rule, Scope, check};

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

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(check_rules, module)?)
}
