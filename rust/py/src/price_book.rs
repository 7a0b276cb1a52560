//! An order book in prices and quantities, as call-backs read it.

use pyo3::prelude::*;
use tradenode_core::book::{Book, Level};
use tradenode_core::orders::Side;
use tradenode_core::units::{Decimal, Grid};

use crate::desk::{lots, ticks, value_error};

/// The book of one instrument. The engine lends it for the length of a call.
#[pyclass(module = "tradenode._core")]
pub(crate) struct PriceBook {
    book: Book,
    price: Grid,
    quantity: Grid,
}

impl PriceBook {
    pub(crate) fn empty(price: Grid, quantity: Grid) -> Self {
        Self { book: Book::new(), price, quantity }
    }

    /// Changes places with the engine's book: once before a call, once after it.
    #[inline]
    pub(crate) const fn swap(&mut self, book: &mut Book) {
        std::mem::swap(&mut self.book, book);
    }

    /// The best bid and ask of a book that can be traded on.
    fn touch(&self) -> Option<(Level, Level)> {
        if self.sound() { self.book.touch() } else { None }
    }

    fn top(&self, side: Side, levels: usize) -> Vec<(f64, f64)> {
        let level = |level: Level| (self.price.value(level.price), self.quantity.value(level.size));
        self.book.levels(side).take(levels).map(level).collect()
    }
}

#[pymethods]
impl PriceBook {
    #[new]
    #[pyo3(signature = (bids = Vec::new(), asks = Vec::new(), *, tick = "0.00000001", lot = "0.00000001"))]
    fn new(bids: Vec<(f64, f64)>, asks: Vec<(f64, f64)>, tick: &str, lot: &str) -> PyResult<Self> {
        let grid = |what: &str, text: &str| {
            text.parse::<Decimal>().and_then(Grid::new).map_err(|error| value_error(&error, what))
        };
        let mut made = Self::empty(grid("tick", tick)?, grid("lot", lot)?);
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for (price, quantity) in levels {
                let (price, quantity) =
                    (ticks(&made.price, price, "price")?, lots(&made.quantity, quantity, "quantity")?);
                made.book.set(side, price, quantity);
            }
        }
        Ok(made)
    }

    #[getter]
    fn bid(&self) -> Option<f64> {
        self.touch().map(|(bid, _)| self.price.value(bid.price))
    }

    #[getter]
    fn ask(&self) -> Option<f64> {
        self.touch().map(|(_, ask)| self.price.value(ask.price))
    }

    #[getter]
    fn bid_size(&self) -> Option<f64> {
        self.touch().map(|(bid, _)| self.quantity.value(bid.size))
    }

    #[getter]
    fn ask_size(&self) -> Option<f64> {
        self.touch().map(|(_, ask)| self.quantity.value(ask.size))
    }

    #[getter]
    fn mid(&self) -> Option<f64> {
        self.touch().map(|(bid, ask)| f64::midpoint(self.price.value(bid.price), self.price.value(ask.price)))
    }

    #[getter]
    fn spread(&self) -> Option<f64> {
        self.touch().map(|(bid, ask)| self.price.value(ask.price - bid.price))
    }

    #[getter]
    fn microprice(&self) -> Option<f64> {
        self.touch()?;
        self.book.microprice().map(|ticks| ticks * self.price.step().to_f64())
    }

    /// Whether the book can be traded on: neither stale nor crossed.
    #[getter]
    fn sound(&self) -> bool {
        !self.book.is_stale() && !self.book.is_crossed()
    }

    #[pyo3(signature = (levels = 5))]
    fn bids(&self, levels: usize) -> Vec<(f64, f64)> {
        self.top(Side::Buy, levels)
    }

    #[pyo3(signature = (levels = 5))]
    fn asks(&self, levels: usize) -> Vec<(f64, f64)> {
        self.top(Side::Sell, levels)
    }

    #[pyo3(signature = (levels = 1))]
    fn imbalance(&self, levels: usize) -> Option<f64> {
        self.touch()?;
        self.book.imbalance(levels)
    }

    /// What buying, or selling, a quantity at once would come to: mean price, worst price, quantity that is there.
    fn sweep(&self, side: &str, quantity: f64) -> PyResult<Option<(f64, f64, f64)>> {
        let taken = match side {
            "buy" => Side::Sell,
            "sell" => Side::Buy,
            _ => return crate::desk::wrong(format!("side must be buy or sell, got {side:?}")),
        };
        if !self.sound() {
            return Ok(None);
        }
        let sweep = self.book.sweep(taken, lots(&self.quantity, quantity, "quantity")?, None);
        let step = self.price.step().to_f64();
        let worst = sweep.worst.map(|ticks| self.price.value(ticks));
        let filled = self.quantity.value(sweep.filled);
        Ok(sweep.mean_price().zip(worst).map(|(mean, worst)| (mean * step, worst, filled)))
    }

    fn __repr__(&self) -> String {
        let price = |value: Option<f64>| value.map_or("None".to_owned(), |value| value.to_string());
        format!("PriceBook(bid={}, ask={}, sound={})", price(self.bid()), price(self.ask()), self.sound())
    }
}
