//! A closed bar as a call-back sees it.

use pyo3::prelude::*;

/// A closed bar.
#[pyclass(module = "tradenode._core", frozen, get_all)]
pub(crate) struct Bar {
    ts: i64,
    end: i64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

impl Bar {
    /// The bar as the core takes it.
    pub(crate) const fn row(&self) -> tradenode_core::bars::Bar {
        let Self { ts, open, high, low, close, volume, .. } = *self;
        tradenode_core::bars::Bar { ts, open, high, low, close, volume }
    }
}

#[pymethods]
impl Bar {
    #[new]
    #[pyo3(signature = (ts, open, high, low, close, volume, end = 0))]
    pub(crate) fn new(ts: i64, open: f64, high: f64, low: f64, close: f64, volume: f64, end: i64) -> Self {
        Self { ts, end, open, high, low, close, volume }
    }

    fn __repr__(&self) -> String {
        let Self { ts, open, high, low, close, volume, .. } = self;
        format!("Bar(ts={ts}, open={open}, high={high}, low={low}, close={close}, volume={volume})")
    }
}
