//! Order books as handles: one call a frame, with packed columns.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::event::side_of;
use tradenode_core::orders::Side;

mod checks;
mod levels;
mod orders;

use crate::csv::contiguous;

pyo3::import_exception!(tradenode.errors, DataError);

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<levels::Book>()?;
    module.add_class::<levels::StampedBook>()?;
    module.add_class::<orders::OrderBook>()?;
    module.add_class::<checks::Sequencer>()?;
    module.add_class::<checks::BookChecksum>()
}

/// A price and a size.
type Pair = (i64, i64);

/// A side by its name.
struct Named(Side);

impl<'a, 'py> FromPyObject<'a, 'py> for Named {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match given.extract::<&str>()? {
            "buy" => Ok(Self(Side::Buy)),
            "sell" => Ok(Self(Side::Sell)),
            other => Err(PyValueError::new_err(format!("a side is \"buy\" or \"sell\", not {other:?}"))),
        }
    }
}

/// Columns of one length.
struct Frame<'a> {
    sides: &'a [u8],
    prices: &'a [i64],
    sizes: &'a [i64],
}

impl<'a> Frame<'a> {
    fn new(
        sides: &'a PyReadonlyArray1<'_, u8>,
        prices: &'a PyReadonlyArray1<'_, i64>,
        sizes: &'a PyReadonlyArray1<'_, i64>,
    ) -> PyResult<Self> {
        let frame = Self { sides: contiguous(sides)?, prices: contiguous(prices)?, sizes: contiguous(sizes)? };
        same_length("prices", frame.prices.len(), frame.sides.len())?;
        same_length("sizes", frame.sizes.len(), frame.sides.len())?;
        Ok(frame)
    }

    /// The rows, once all of them are known to be levels.
    fn levels(&self) -> PyResult<impl Iterator<Item = (Side, i64, i64)>> {
        let row = self.sides.iter().zip(self.sizes).position(|(side, size)| side_of(*side).is_none() || *size < 0);
        if let Some(row) = row {
            let (side, price, size) = (self.sides[row], self.prices[row], self.sizes[row]);
            let reason = if size < 0 { format!("negative size {size}") } else { format!("unknown side {side}") };
            return Err(DataError::new_err(format!("row {row}: {reason} at price {price}")));
        }
        let rows = self.sides.iter().zip(self.prices).zip(self.sizes);
        Ok(rows.filter_map(|((side, price), size)| Some((side_of(*side)?, *price, *size))))
    }
}

fn same_length(name: &str, length: usize, rows: usize) -> PyResult<()> {
    if length == rows {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("{name} has {length} rows, sides has {rows}")))
}
