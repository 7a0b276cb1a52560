//! Rows of a message of market data: a `tradenode.messages.feed.Rows` as columns of a tape.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use tradenode_core::event::Tape;

/// Columns that one message after the other is read into: their room is kept.
#[derive(Debug, Default)]
pub(super) struct Columns {
    ts_event: Vec<i64>,
    ts_recv: Vec<i64>,
    kind: Vec<u8>,
    side: Vec<u8>,
    flags: Vec<u8>,
    price: Vec<i64>,
    size: Vec<i64>,
    order_id: Vec<u64>,
}

impl Columns {
    /// Reads a message that is received now. The columns are broken after an error, and made anew by the next message.
    pub(super) fn read(&mut self, now: i64, rows: &Bound<'_, PyAny>) -> PyResult<Tape<'_>> {
        let py = rows.py();
        fill(&mut self.ts_event, rows, intern!(py, "ts_event"), |each| each.extract())?;
        fill(&mut self.kind, rows, intern!(py, "kind"), |each| each.extract())?;
        fill(&mut self.side, rows, intern!(py, "side"), |each| each.extract())?;
        fill(&mut self.flags, rows, intern!(py, "flags"), |each| each.extract())?;
        fill(&mut self.price, rows, intern!(py, "price"), |each| each.extract())?;
        fill(&mut self.size, rows, intern!(py, "size"), |each| each.extract())?;
        fill(&mut self.order_id, rows, intern!(py, "order_id"), |each| each.extract())?;
        self.ts_recv.clear();
        self.ts_recv.resize(self.ts_event.len(), now);
        let tape = Tape {
            ts_event: &self.ts_event,
            ts_recv: &self.ts_recv,
            kind: &self.kind,
            side: &self.side,
            flags: &self.flags,
            price: &self.price,
            size: &self.size,
            order_id: &self.order_id,
            ..Tape::default()
        };
        tape.check_lengths().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(tape)
    }
}

/// Reads a column, which is a list, or None for an empty one.
fn fill<'py, T>(
    column: &mut Vec<T>,
    rows: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<()> {
    column.clear();
    let given = rows.getattr(name)?;
    if given.is_none() {
        return Ok(());
    }
    for value in given.cast::<PyList>()?.iter() {
        column.push(read(&value)?);
    }
    Ok(())
}
