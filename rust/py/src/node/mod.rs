//! What a node and its rehearsal venue are made of.

mod account_gate;
mod command;
mod floor;
mod message;
mod raw_rows;
mod rows;
mod trader;
mod venue;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<account_gate::AccountGate>()?;
    module.add_class::<trader::Trader>()?;
    module.add_class::<floor::Floor>()?;
    module.add_class::<raw_rows::RawRows>()?;
    module.add_class::<venue::SimVenue>()
}
