//! The portfolio monitor as a node holds it.

mod monitor;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<monitor::PortfolioMonitor>()
}
