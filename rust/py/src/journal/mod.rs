//! The journal of a node, and the disk of a simulation that it may lie on.

use pyo3::prelude::*;

mod disk;
mod log;
mod wake;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<disk::Disk>()?;
    module.add_class::<log::Journal>()?;
    module.add_function(wrap_pyfunction!(log::read_journal, module)?)
}
