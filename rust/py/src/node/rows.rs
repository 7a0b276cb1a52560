//! Rows of a message of market data: a `tradenode.messages.feed.Rows` as columns of a tape.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use tradenode_core::event::{Tape, TapeColumns};

/// Columns that one message after the other is read into: their room is kept.
#[derive(Debug, Default)]
pub(super) struct Columns(TapeColumns);

impl Columns {
    /// Reads a message that is received now. The columns are broken after an error, and made anew by the next message.
    pub(super) fn read(&mut self, now: i64, rows: &Bound<'_, PyAny>) -> PyResult<Tape<'_>> {
        let (py, Self(to)) = (rows.py(), self);
        fill(&mut to.ts_event, rows, intern!(py, "ts_event"), |each| each.extract())?;
        fill(&mut to.kind, rows, intern!(py, "kind"), |each| each.extract())?;
        fill(&mut to.side, rows, intern!(py, "side"), |each| each.extract())?;
        fill(&mut to.flags, rows, intern!(py, "flags"), |each| each.extract())?;
        fill(&mut to.price, rows, intern!(py, "price"), |each| each.extract())?;
        fill(&mut to.size, rows, intern!(py, "size"), |each| each.extract())?;
        fill(&mut to.order_id, rows, intern!(py, "order_id"), |each| each.extract())?;
        to.ts_recv.clear();
        to.ts_recv.resize(to.ts_event.len(), now);
        let tape = to.view();
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
