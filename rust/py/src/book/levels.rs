//! Books of levels (L2).

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::book;

use super::{Frame, Named, Pair};

#[pyclass(module = "tradenode._core")]
pub(crate) struct Book {
    pub(super) levels: book::Book,
}

#[pymethods]
impl Book {
    #[new]
    fn new() -> Self {
        Self { levels: book::Book::new() }
    }

    fn apply(
        &mut self,
        sides: PyReadonlyArray1<'_, u8>,
        prices: PyReadonlyArray1<'_, i64>,
        sizes: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        for (side, price, size) in Frame::new(&sides, &prices, &sizes)?.levels()? {
            self.levels.set(side, price, size);
        }
        Ok(())
    }

    #[pyo3(signature = (side = None))]
    fn clear(&mut self, side: Option<Named>) {
        self.levels.clear(side.map(|side| side.0));
    }

    fn trade_through(&mut self, taker: Named, price: i64) -> usize {
        self.levels.trade_through(taker.0, price)
    }

    fn truncate(&mut self, side: Named, levels: usize) -> usize {
        self.levels.truncate(side.0, levels)
    }

    fn count(&self, side: Named) -> usize {
        self.levels.len(side.0)
    }

    fn size(&self, side: Named, price: i64) -> i64 {
        self.levels.size(side.0, price)
    }

    fn best(&self, side: Named) -> Option<Pair> {
        best(&self.levels, side)
    }

    fn top(&self, side: Named, prices: Bound<'_, PyArray1<i64>>, sizes: Bound<'_, PyArray1<i64>>) -> PyResult<usize> {
        top(&self.levels, side, &prices, &sizes)
    }

    fn depth(&self, side: Named, ticks: u64) -> i128 {
        self.levels.depth(side.0, ticks)
    }

    #[pyo3(signature = (side, size, limit = None))]
    fn sweep(&self, side: Named, size: i64, limit: Option<i64>) -> (i64, Option<i64>, i128) {
        let sweep = self.levels.sweep(side.0, size, limit);
        (sweep.filled, sweep.worst, sweep.notional)
    }

    fn microprice(&self) -> Option<f64> {
        self.levels.microprice()
    }

    fn imbalance(&self, levels: usize) -> Option<f64> {
        self.levels.imbalance(levels)
    }

    #[getter]
    fn crossed(&self) -> bool {
        self.levels.is_crossed()
    }

    #[getter]
    fn locked(&self) -> bool {
        self.levels.is_locked()
    }

    fn state_hash(&self) -> u64 {
        self.levels.state_hash()
    }
}

#[pyclass(module = "tradenode._core")]
pub(crate) struct StampedBook {
    levels: book::StampedBook,
}

#[pymethods]
impl StampedBook {
    #[new]
    fn new() -> Self {
        Self { levels: book::StampedBook::default() }
    }

    fn apply(
        &mut self,
        message: u64,
        sides: PyReadonlyArray1<'_, u8>,
        prices: PyReadonlyArray1<'_, i64>,
        sizes: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<usize> {
        for (side, price, size) in Frame::new(&sides, &prices, &sizes)?.levels()? {
            self.levels.set(side, price, size, message);
        }
        Ok(self.levels.uncross())
    }

    #[pyo3(signature = (side = None))]
    fn clear(&mut self, side: Option<Named>) {
        self.levels.clear(side.map(|side| side.0));
    }

    fn snapshot(&self) -> Book {
        Book { levels: self.levels.book().clone() }
    }

    fn best(&self, side: Named) -> Option<Pair> {
        best(self.levels.book(), side)
    }

    fn top(&self, side: Named, prices: Bound<'_, PyArray1<i64>>, sizes: Bound<'_, PyArray1<i64>>) -> PyResult<usize> {
        top(self.levels.book(), side, &prices, &sizes)
    }
}

fn best(book: &book::Book, side: Named) -> Option<Pair> {
    book.best(side.0).map(|level| (level.price, level.size))
}

fn top(
    book: &book::Book,
    side: Named,
    prices: &Bound<'_, PyArray1<i64>>,
    sizes: &Bound<'_, PyArray1<i64>>,
) -> PyResult<usize> {
    let refused = |name| PyValueError::new_err(format!("{name} is read-only, overlaps another array or has gaps"));
    let mut prices = prices.try_readwrite().map_err(|_| refused("prices"))?;
    let mut sizes = sizes.try_readwrite().map_err(|_| refused("sizes"))?;
    let prices = prices.as_slice_mut().map_err(|_| refused("prices"))?;
    let sizes = sizes.as_slice_mut().map_err(|_| refused("sizes"))?;
    if prices.len() != sizes.len() {
        return Err(PyValueError::new_err(format!("prices has {} rows, sizes has {}", prices.len(), sizes.len())));
    }
    let rows = prices.iter_mut().zip(sizes).zip(book.levels(side.0));
    Ok(rows.map(|((price, size), level)| (*price, *size) = (level.price, level.size)).count())
}
