//! A disk of a simulation.

use std::io::ErrorKind;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tradenode_journal::{Disk as Simulated, Fault, Source};

use crate::desk::wrong;

#[pyclass(module = "tradenode._core", name = "SimDisk", frozen)]
pub(crate) struct Disk(pub(super) Simulated);

#[pymethods]
impl Disk {
    #[new]
    fn new() -> Self {
        Self(Simulated::default())
    }

    #[getter]
    fn calls(&self) -> u64 {
        self.0.calls()
    }

    #[pyo3(signature = (after, what = "full"))]
    fn fail(&self, after: u64, what: &str) -> PyResult<()> {
        let error = match what {
            "full" => ErrorKind::StorageFull,
            "error" => ErrorKind::Other,
            _ => return wrong(format!("what must be full or error, got {what}")),
        };
        self.0.plan(Some(Fault { after, error }));
        Ok(())
    }

    fn mend(&self) {
        self.0.plan(None);
    }

    fn cut_power(&self, seed: u64) {
        self.0.cut_power(seed);
    }

    fn flip(&self, name: &str, bit: u64) -> PyResult<()> {
        if self.0.flip(name, bit) { Ok(()) } else { Err(PyKeyError::new_err(format!("{name} has no bit {bit}"))) }
    }

    fn names(&self) -> PyResult<Vec<String>> {
        let mut names = self.0.names()?;
        names.sort();
        Ok(names)
    }

    fn read<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.read(name)?))
    }
}
