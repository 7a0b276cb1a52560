//! What call-backs are told: trades, fills, funding.

use pyo3::prelude::*;
use tradenode_core::event::Event;
use tradenode_core::orders::Side;
use tradenode_core::units::Grid;
use tradenode_sim::venue::Execution;

use crate::desk::side_name;

/// A trade of the market.
#[pyclass(module = "tradenode._core", frozen, get_all)]
pub(crate) struct Trade {
    ts: i64,
    received: i64,
    price: f64,
    quantity: f64,
    /// Who took: "buy" or "sell".
    side: Option<&'static str>,
}

/// A fill of ours.
#[pyclass(module = "tradenode._core", frozen, get_all)]
pub(crate) struct Fill {
    ts: i64,
    order: u64,
    side: &'static str,
    quantity: f64,
    price: f64,
    fee: f64,
    maker: bool,
    left: f64,
}

/// A payment of funding that falls due.
#[pyclass(module = "tradenode._core", frozen, get_all)]
pub(crate) struct Funding {
    ts: i64,
    rate: f64,
}

fn side(given: Option<&str>) -> PyResult<Option<&'static str>> {
    match given {
        None => Ok(None),
        Some("buy") => Ok(Some(side_name(Side::Buy))),
        Some("sell") => Ok(Some(side_name(Side::Sell))),
        Some(other) => crate::desk::wrong(format!("side must be buy or sell, got {other:?}")),
    }
}

impl Trade {
    #[inline]
    pub(super) fn of(event: &Event, price: &Grid, quantity: &Grid) -> Self {
        Self {
            ts: event.ts_event,
            received: event.ts_recv,
            price: price.value(event.price),
            quantity: quantity.value(event.size),
            side: event.side.map(side_name),
        }
    }
}

#[pymethods]
impl Trade {
    #[new]
    #[pyo3(signature = (price, quantity, side = None, ts = 0, received = None))]
    fn new(price: f64, quantity: f64, side: Option<&str>, ts: i64, received: Option<i64>) -> PyResult<Self> {
        Ok(Self { ts, received: received.unwrap_or(ts), price, quantity, side: self::side(side)? })
    }

    fn __repr__(&self) -> String {
        let side = self.side.map_or("None".to_owned(), |side| format!("{side:?}"));
        format!("Trade(price={}, quantity={}, side={side}, ts={})", self.price, self.quantity, self.ts)
    }
}

impl Fill {
    pub(super) fn of(ts: i64, order: u64, fill: &Execution, fee: f64, price: &Grid, quantity: &Grid) -> Self {
        Self {
            ts,
            order,
            side: side_name(fill.side),
            quantity: quantity.value(fill.lots),
            price: price.value(fill.ticks),
            fee,
            maker: fill.maker,
            left: quantity.value(fill.left),
        }
    }
}

#[pymethods]
impl Fill {
    #[new]
    #[pyo3(signature = (side, quantity, price, *, order = 0, fee = 0.0, maker = true, left = 0.0, ts = 0))]
    #[expect(clippy::too_many_arguments, reason = "a unit test sets what its strategy reads, by keyword")]
    fn new(
        side: &str,
        quantity: f64,
        price: f64,
        order: u64,
        fee: f64,
        maker: bool,
        left: f64,
        ts: i64,
    ) -> PyResult<Self> {
        let side = self::side(Some(side))?.unwrap_or(side_name(Side::Buy));
        Ok(Self { ts, order, side, quantity, price, fee, maker, left })
    }

    fn __repr__(&self) -> String {
        let Self { side, quantity, price, order, fee, .. } = self;
        let maker = if self.maker { "True" } else { "False" };
        format!("Fill({side:?}, quantity={quantity}, price={price}, order={order}, fee={fee}, maker={maker})")
    }
}

impl Funding {
    pub(super) fn of(event: &Event) -> Self {
        Self { ts: event.ts_event, rate: event.price as f64 * 1e-9 }
    }
}

#[pymethods]
impl Funding {
    #[new]
    #[pyo3(signature = (rate, ts = 0))]
    const fn new(rate: f64, ts: i64) -> Self {
        Self { ts, rate }
    }

    fn __repr__(&self) -> String {
        format!("Funding(rate={}, ts={})", self.rate, self.ts)
    }
}
