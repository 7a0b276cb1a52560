//! What tells a book that misses something from one that is whole: numbers and checksums.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::book::{self, Checksum, ChecksumRule, ChecksumVerdict, NumberText, Numbers, SequenceRule, Verdict};
use tradenode_core::units::Decimal;

use super::levels::Book;

const RULES: [(&str, SequenceRule); 7] = [
    ("binance_spot", SequenceRule::BinanceSpot),
    ("binance_futures", SequenceRule::BinanceFutures),
    ("okx", SequenceRule::Okx),
    ("bybit", SequenceRule::Bybit),
    ("contiguous", SequenceRule::Contiguous),
    ("growing", SequenceRule::Growing),
    ("unnumbered", SequenceRule::Unnumbered),
];
const CHECKSUMS: [(&str, ChecksumRule); 2] = [("okx", ChecksumRule::Okx), ("kraken", ChecksumRule::Kraken)];

#[pyclass(module = "tradenode._core")]
pub(crate) struct Sequencer {
    numbers: book::Sequencer,
    /// Of the last message: the number that would have followed, and the one that came.
    #[pyo3(get)]
    gap: Option<(u64, u64)>,
}

#[pymethods]
impl Sequencer {
    #[new]
    fn new(rule: &str) -> PyResult<Self> {
        Ok(Self { numbers: book::Sequencer::new(named("rule", rule, &RULES)?), gap: None })
    }

    fn snapshot(&mut self, last: u64) {
        self.numbers.snapshot(last);
        self.gap = None;
    }

    #[pyo3(signature = (last, first = None, previous = None))]
    fn message(&mut self, last: u64, first: Option<u64>, previous: Option<u64>) -> &'static str {
        let verdict = self.numbers.message(Numbers { first: first.unwrap_or(last), last, previous });
        self.gap = None;
        match verdict {
            Verdict::Next => "next",
            Verdict::Reset => "reset",
            Verdict::KeepAlive => "keep_alive",
            Verdict::Duplicate => "duplicate",
            Verdict::OutOfOrder => "out_of_order",
            Verdict::Gap { expected, found } => {
                self.gap = Some((expected, found));
                "gap"
            }
            Verdict::Stale => "stale",
        }
    }

    fn mark_stale(&mut self) {
        self.numbers.mark_stale();
    }

    #[getter]
    fn stale(&self) -> bool {
        self.numbers.is_stale()
    }
}

#[pyclass(module = "tradenode._core", frozen)]
pub(crate) struct BookChecksum {
    checksum: Checksum,
}

#[pymethods]
impl BookChecksum {
    #[new]
    #[pyo3(signature = (rule, tick, lot, price_decimals = None, size_decimals = None))]
    fn new(rule: &str, tick: &str, lot: &str, price_decimals: Option<u8>, size_decimals: Option<u8>) -> PyResult<Self> {
        let rule = named("rule", rule, &CHECKSUMS)?;
        let (price, size) = (number_text(tick, price_decimals)?, number_text(lot, size_decimals)?);
        Ok(Self { checksum: Checksum { rule, price, size } })
    }

    fn compute(&self, book: &Book) -> i64 {
        self.checksum.compute(&book.levels)
    }

    fn verify(&self, book: &Book, given: Option<i64>) -> &'static str {
        match self.checksum.verify(&book.levels, given) {
            ChecksumVerdict::Absent => "absent",
            ChecksumVerdict::Match => "match",
            ChecksumVerdict::Mismatch { .. } => "mismatch",
        }
    }
}

fn number_text(step: &str, decimals: Option<u8>) -> PyResult<NumberText> {
    let step: Decimal = step.parse().map_err(invalid)?;
    NumberText::new(step, decimals.unwrap_or(step.scale())).map_err(invalid)
}

fn invalid(error: impl std::error::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn named<T: Copy>(what: &str, given: &str, known: &[(&str, T)]) -> PyResult<T> {
    known.iter().find(|(name, _)| *name == given).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        PyValueError::new_err(format!("{what} must be one of {}, got {given:?}", names.join(", ")))
    })
}
