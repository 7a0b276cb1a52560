//! Books of orders (L3).

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use tradenode_core::book::{self, RestingOrder};
use tradenode_core::event::{Event, Kind, side_of};

use super::{DataError, Frame, Named, Pair, same_length};
use crate::csv::contiguous;

#[pyclass(module = "tradenode._core")]
pub(crate) struct OrderBook {
    orders: book::OrderBook,
}

#[pymethods]
impl OrderBook {
    #[new]
    fn new() -> Self {
        Self { orders: book::OrderBook::new() }
    }

    fn __len__(&self) -> usize {
        self.orders.len()
    }

    fn apply(
        &mut self,
        kinds: PyReadonlyArray1<'_, u8>,
        ids: PyReadonlyArray1<'_, u64>,
        sides: PyReadonlyArray1<'_, u8>,
        prices: PyReadonlyArray1<'_, i64>,
        sizes: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        let frame = Frame::new(&sides, &prices, &sizes)?;
        let (kinds, ids) = (contiguous(&kinds)?, contiguous(&ids)?);
        same_length("kinds", kinds.len(), frame.sides.len())?;
        same_length("ids", ids.len(), frame.sides.len())?;
        for (row, (kind, order_id)) in kinds.iter().zip(ids).enumerate() {
            let fault = |reason: String| DataError::new_err(format!("row {row}: {reason}"));
            let kind = Kind::from_number(*kind).ok_or_else(|| fault(format!("unknown kind {kind}")))?;
            if frame.sides[row] > 2 {
                return Err(fault(format!("unknown side {}", frame.sides[row])));
            }
            let (side, price, size) = (side_of(frame.sides[row]), frame.prices[row], frame.sizes[row]);
            let order_id = *order_id;
            let event = Event { ts_event: 0, ts_recv: 0, kind, side, flags: 0, price, size, sequence: 0, order_id };
            self.orders.apply(&event).map_err(|error| fault(error.to_string()))?;
        }
        Ok(())
    }

    #[pyo3(signature = (id, side, price, size, *, own = false))]
    fn add(&mut self, id: u64, side: Named, price: i64, size: i64, own: bool) -> PyResult<()> {
        let order = RestingOrder { id, side: side.0, price, size, own };
        self.orders.add(order).map_err(|error| DataError::new_err(error.to_string()))
    }

    fn ahead(&self, id: u64) -> Option<i64> {
        self.orders.ahead(id)
    }

    fn best(&self, side: Named) -> Option<Pair> {
        self.orders.best(side.0).map(|level| (level.price, level.size))
    }

    fn queue(&self, side: Named, price: i64) -> Vec<(u64, i64)> {
        self.orders.queue(side.0, price).map(|order| (order.id, order.size)).collect()
    }

    fn state_hash(&self) -> u64 {
        self.orders.state_hash()
    }
}
