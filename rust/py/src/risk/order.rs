//! What the gate answers.

use pyo3::prelude::*;
use tradenode_core::instrument::Instrument;
use tradenode_core::orders::OrderKind;
use tradenode_core::risk;

use crate::desk::side_name;

/// An order that has passed the gate. Python cannot make one.
#[pyclass(module = "tradenode._core", frozen)]
pub(crate) struct Approved {
    approved: risk::Approved,
    quantity: f64,
    price: Option<f64>,
}

impl Approved {
    pub(super) fn new(approved: risk::Approved, instrument: &Instrument) -> Self {
        let intent = approved.intent();
        let price = intent.kind.price().map(|ticks| instrument.price.value(ticks));
        Self { approved, quantity: instrument.quantity.value(intent.lots), price }
    }
}

#[pymethods]
impl Approved {
    #[getter]
    fn id(&self) -> u64 {
        self.approved.id()
    }

    #[getter]
    fn instrument(&self) -> usize {
        self.approved.intent().instrument
    }

    #[getter]
    fn side(&self) -> &'static str {
        side_name(self.approved.intent().side)
    }

    #[getter]
    fn quantity(&self) -> f64 {
        self.quantity
    }

    #[getter]
    fn kind(&self) -> &'static str {
        match self.approved.intent().kind {
            OrderKind::Market => "market",
            OrderKind::Limit(_) => "limit",
            OrderKind::Stop(_) => "stop",
        }
    }

    #[getter]
    fn price(&self) -> Option<f64> {
        self.price
    }

    #[getter]
    fn reduce_only(&self) -> bool {
        self.approved.intent().reduce_only
    }

    fn __repr__(&self) -> String {
        let price = self.price.map_or(String::new(), |price| format!(" at {price}"));
        let reducing = if self.reduce_only() { " reduce-only" } else { "" };
        format!("<Approved {}: {} {} {}{price}{reducing}>", self.id(), self.kind(), self.side(), self.quantity)
    }
}

/// Why an intent did not become an order.
#[pyclass(module = "tradenode._core", frozen)]
pub(crate) struct Refusal(pub(super) risk::Refusal);

#[pymethods]
impl Refusal {
    #[getter]
    fn check(&self) -> &'static str {
        self.0.check.name()
    }

    #[getter]
    fn limit(&self) -> f64 {
        self.0.limit
    }

    #[getter]
    fn value(&self) -> f64 {
        self.0.value
    }

    fn __repr__(&self) -> String {
        format!("<Refusal {}: {} against {}>", self.check(), self.0.value, self.0.limit)
    }
}
