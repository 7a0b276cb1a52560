//! A stream of level updates, and what every book does with it.

use std::error::Error;
use std::path::Path;

use serde_json::{Value, json};
use tradenode_core::book::Book;
use tradenode_core::orders::Side;

/// The columns of a stream; sides are 0 for bids and 1 for asks.
pub(crate) struct Stream {
    pub(crate) sides: Vec<u8>,
    pub(crate) prices: Vec<i64>,
    pub(crate) sizes: Vec<i64>,
}

impl Stream {
    /// Reads `side` (bytes), `price` and `size` (little-endian `i64`) of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let sides = std::fs::read(folder.join("side"))?;
        let (prices, sizes) = (column(folder, "price")?, column(folder, "size")?);
        if prices.len() != sides.len() || sizes.len() != sides.len() || sides.is_empty() {
            return Err(format!("{} sides, {} prices, {} sizes", sides.len(), prices.len(), sizes.len()).into());
        }
        match sides.iter().position(|side| *side > 1) {
            Some(row) => Err(format!("row {row}: side {}", sides[row]).into()),
            None => Ok(Self { sides, prices, sizes }),
        }
    }
}

fn column(folder: &Path, name: &str) -> Result<Vec<i64>, Box<dyn Error>> {
    let bytes = std::fs::read(folder.join(name))?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("column {name}: {} bytes are no whole number of i64", bytes.len()).into());
    }
    Ok(values.iter().map(|value| i64::from_le_bytes(*value)).collect())
}

/// A book of levels under test.
pub(crate) trait Levels {
    fn empty(&mut self);
    fn set(&mut self, side: usize, price: i64, size: i64);
    /// Price and size; the size is 0 where there is none.
    fn best(&self, side: usize) -> (i64, i64);
    fn count(&self, side: usize) -> usize;
}

impl Levels for Book {
    fn empty(&mut self) {
        self.clear(None);
    }

    #[inline]
    fn set(&mut self, side: usize, price: i64, size: i64) {
        Self::set(self, SIDES[side], price, size);
    }

    #[inline]
    fn best(&self, side: usize) -> (i64, i64) {
        Self::best(self, SIDES[side]).map_or((0, 0), |level| (level.price, level.size))
    }

    fn count(&self, side: usize) -> usize {
        self.len(SIDES[side])
    }
}

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// Applies every update and reads the best level of its side after each; returns a sum over what was read.
#[inline(never)]
pub(crate) fn play<Book: Levels>(book: &mut Book, stream: &Stream) -> u64 {
    let mut seen = 0_u64;
    for ((side, price), size) in stream.sides.iter().zip(&stream.prices).zip(&stream.sizes) {
        let side = usize::from(*side & 1);
        book.set(side, *price, *size);
        let (price, size) = book.best(side);
        // An empty side has no price, which each book puts differently.
        let touch = if size == 0 { 0 } else { (price as u64).wrapping_mul(31).wrapping_add(size as u64) };
        seen = seen.rotate_left(1) ^ touch;
    }
    seen
}

/// What a book ended with, for comparison.
pub(crate) fn describe<Book: Levels>(book: &Book, seen: u64) -> Value {
    let best = [book.best(0), book.best(1)];
    json!({ "seen": format!("{seen:016x}"), "bids": book.count(0), "asks": book.count(1), "best": best })
}
