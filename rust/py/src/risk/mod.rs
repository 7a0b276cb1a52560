//! The risk gate as a node holds it.

mod gate;
mod order;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<order::Approved>()?;
    module.add_class::<order::Refusal>()?;
    module.add_class::<gate::RiskGate>()
}
