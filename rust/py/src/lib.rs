//! `tradenode._core`: the seam between Python and the Rust core.

use pyo3::prelude::*;

mod backtest;
mod bar;
mod bar_frame;
mod bars;
mod book;
mod callback;
mod csv;
mod desk;
mod events;
mod indicators;
mod journal;
mod memory;
mod metrics;
mod mids;
mod node;
mod policy;
mod portfolio;
mod price_book;
mod risk;
mod rule_check;
mod rules;
mod sizer;
mod sweep;
mod tape;
mod trade_bars;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    memory::keep_freed();
    module.add_function(wrap_pyfunction!(memory::lazy_tables, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    backtest::register(module)?;
    bars::register(module)?;
    book::register(module)?;
    csv::register(module)?;
    events::register(module)?;
    indicators::register(module)?;
    journal::register(module)?;
    metrics::register(module)?;
    mids::register(module)?;
    node::register(module)?;
    portfolio::register(module)?;
    risk::register(module)?;
    rule_check::register(module)?;
    rules::register(module)?;
    tape::register(module)?;
    trade_bars::register(module)?;
    sweep::register(module)
}
