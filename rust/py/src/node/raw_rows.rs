//! Rows of a message of market data as their bytes came: read here, and not made Python objects of.

use pyo3::prelude::*;
use tradenode_core::event::Tape;

#[pyclass(module = "tradenode._core", frozen)]
pub(crate) struct RawRows {
    symbol: String,
    #[pyo3(get)]
    seq: i64,
    #[pyo3(get)]
    recv: i64,
    /// Times of the venue, prices and sizes, and kinds, sides and flags, one column behind the other: two pieces of memory
    /// in place of six.
    numbers: Vec<i64>,
    words: Vec<u8>,
    ids: Option<Vec<u64>>,
}

impl RawRows {
    /// The rows as a tape that is received now.
    pub(super) fn tape<'a>(&'a self, now: i64, received: &'a mut Vec<i64>) -> Tape<'a> {
        received.clear();
        received.resize(self.words.len() / 3, now);
        let [ts_event, price, size] = [0, 1, 2].map(|place| column(&self.numbers, place));
        let [kind, side, flags] = [0, 1, 2].map(|place| column(&self.words, place));
        let order_id = self.ids.as_deref().unwrap_or_default();
        Tape { ts_event, ts_recv: received, kind, side, flags, price, size, sequence: &[], order_id }
    }
}

fn column<T>(columns: &[T], place: usize) -> &[T] {
    let rows = columns.len() / 3;
    &columns[place * rows..(place + 1) * rows]
}

#[pymethods]
impl RawRows {
    /// Reads a message in the form that our own encoder gives it: without a space, and its fields in their order.
    #[staticmethod]
    fn read(data: &[u8]) -> Option<Self> {
        let mut json = Json(data);
        let symbol = json.after(br#"{"ch":"rows","symbol":""#)?.text()?.to_owned();
        let seq = json.after(br#"","seq":"#)?.number()?;
        let recv = json.after(br#","recv":"#)?.number()?;
        let (mut numbers, mut words) = (Vec::with_capacity(12), Vec::with_capacity(12));
        let rows = json.after(br#","ts_event":"#)?.list(&mut numbers)?;
        let kinds = json.after(br#","kind":"#)?.list(&mut words)?;
        let sides = json.after(br#","side":"#)?.list(&mut words)?;
        let flags = json.after(br#","flags":"#)?.list(&mut words)?;
        let prices = json.after(br#","price":"#)?.list(&mut numbers)?;
        let sizes = json.after(br#","size":"#)?.list(&mut numbers)?;
        let ids = match json.after(br#","order_id":"#) {
            Some(json) => {
                let mut ids = Vec::new();
                (json.list(&mut ids)? == rows).then_some(Some(ids))?
            }
            None => None,
        };
        json.after(b"}")?;
        let whole = json.0.is_empty() && [kinds, sides, flags, prices, sizes].into_iter().all(|each| each == rows);
        whole.then_some(Self { symbol, seq, recv, numbers, words, ids })
    }

    #[getter]
    pub(super) fn symbol(&self) -> &str {
        &self.symbol
    }

    #[getter]
    fn ts_event(&self) -> Vec<i64> {
        column(&self.numbers, 0).to_vec()
    }

    #[getter]
    fn kind(&self) -> Vec<u32> {
        listed(column(&self.words, 0))
    }

    #[getter]
    fn side(&self) -> Vec<u32> {
        listed(column(&self.words, 1))
    }

    #[getter]
    fn flags(&self) -> Vec<u32> {
        listed(column(&self.words, 2))
    }

    #[getter]
    fn price(&self) -> Vec<i64> {
        column(&self.numbers, 1).to_vec()
    }

    #[getter]
    fn size(&self) -> Vec<i64> {
        column(&self.numbers, 2).to_vec()
    }

    #[getter]
    fn order_id(&self) -> Option<Vec<u64>> {
        self.ids.clone()
    }
}

/// Bytes as what becomes a list: a vector of bytes becomes `bytes`.
fn listed(words: &[u8]) -> Vec<u32> {
    words.iter().copied().map(u32::from).collect()
}

/// What is left of a text.
struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// Behind something that stands here; None, and nothing passed, where it does not.
    fn after(&mut self, begin: &[u8]) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(begin)?;
        Some(self)
    }

    /// Up to the quotation mark that ends a text without escapes.
    fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// A whole number.
    fn number<T: TryFrom<i64>>(&mut self) -> Option<T> {
        let negative = self.after(b"-").is_some();
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(digits);
        if digits.is_empty() || (digits[0] == b'0' && digits.len() > 1) {
            return None;
        }
        // Counted downwards: below zero there is one more.
        let down = |number: i64, digit: &u8| number.checked_mul(10)?.checked_sub(i64::from(digit - b'0'));
        let number = digits.iter().try_fold(0, down)?;
        self.0 = rest;
        T::try_from(if negative { number } else { number.checked_neg()? }).ok()
    }

    /// A list of whole numbers; how many.
    fn list<T: TryFrom<i64>>(&mut self, to: &mut Vec<T>) -> Option<usize> {
        let before = to.len();
        if self.after(b"[]").is_some() {
            return Some(0);
        }
        self.after(b"[")?;
        loop {
            to.push(self.number()?);
            if self.after(b"]").is_some() {
                return Some(to.len() - before);
            }
            self.after(b",")?;
        }
    }
}
