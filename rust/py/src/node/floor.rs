//! All desks of a node at once: a message of market data reaches those that trade its instrument in one call.

use std::borrow::Cow;
use std::collections::HashMap;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;

use super::raw_rows::RawRows;
use super::rows::Columns;
use super::trader::Trader;
use super::venue::check;

/// A desk whose call is to be told of: its seat, how long it took (ns), and what it raised.
type Told = (usize, u64, Option<PyErr>);

#[pyclass(module = "tradenode._core", unsendable)]
pub(crate) struct Floor {
    traders: Vec<Py<Trader>>,
    /// Of a symbol the seats that trade it, each with its place at the desk.
    listeners: HashMap<String, Vec<(usize, usize)>>,
    /// Tells a time that passes, ns.
    clock: Py<PyAny>,
    columns: Columns,
    received: Vec<i64>,
    /// How many messages came.
    messages: u64,
    /// Of each seat how long all of its calls have taken, and the longest, ns.
    times: Vec<(u64, u64)>,
}

#[pymethods]
impl Floor {
    #[new]
    fn new(
        traders: Vec<Py<Trader>>,
        listeners: HashMap<String, Vec<(usize, usize)>>,
        clock: Py<PyAny>,
    ) -> PyResult<Self> {
        if listeners.values().flatten().any(|&(seat, _)| seat >= traders.len()) {
            return Err(PyValueError::new_err(format!("a seat beyond the {} there are", traders.len())));
        }
        let times = vec![(0, 0); traders.len()];
        Ok(Self { traders, listeners, clock, columns: Columns::default(), received: Vec::new(), messages: 0, times })
    }

    /// Lets every desk that trades the instrument take the rows, and tells of those that raised or took longer than that.
    fn message(
        &mut self,
        py: Python<'_>,
        now: i64,
        rows: &Bound<'_, PyAny>,
        longest_ns: u64,
    ) -> PyResult<Option<Vec<Told>>> {
        self.messages += 1;
        let (symbol, rows) = match rows.cast_exact::<RawRows>() {
            Ok(raw) => (Cow::Borrowed(raw.get().symbol()), raw.get().tape(now, &mut self.received)),
            Err(_) => (Cow::Owned(symbol_of(rows)?), self.columns.read(now, rows)?),
        };
        let Some(listeners) = self.listeners.get(symbol.as_ref()) else { return Ok(None) };
        check(&rows)?;
        let mut told = None;
        let clock = self.clock.bind(py);
        let mut before: u64 = clock.call0()?.extract()?;
        for &(seat, place) in listeners {
            let done = self.traders[seat].bind(py).try_borrow_mut()?.take(now, place, &rows);
            let after: u64 = clock.call0()?.extract()?;
            let took = after.saturating_sub(before);
            before = after;
            count(&mut self.times[seat], took);
            let error = done.err();
            if let Some(error) = error.as_ref().filter(|error| !error.is_instance_of::<PyException>(py)) {
                return Err(error.clone_ref(py));
            }
            if error.is_some() || took > longest_ns {
                told.get_or_insert_with(Vec::new).push((seat, took, error));
            }
        }
        Ok(told)
    }

    /// Takes note of how long a desk took for something else, ns.
    fn took(&mut self, seat: usize, ns: u64) -> PyResult<()> {
        let seats = self.times.len();
        let times = self.times.get_mut(seat);
        count(times.ok_or_else(|| PyValueError::new_err(format!("seat {seat} of {seats}")))?, ns);
        Ok(())
    }

    /// Takes out what all desks want, in the order of their seats.
    fn requests<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut wanted = Vec::new();
        for trader in &self.traders {
            trader.bind(py).try_borrow_mut()?.take_requests(py, &mut wanted)?;
        }
        Ok(wanted)
    }

    /// When an alarm is due next at a desk whose strategy has begun.
    #[getter]
    fn next_tick(&self, py: Python<'_>) -> PyResult<i64> {
        let mut next = i64::MAX;
        for trader in &self.traders {
            next = next.min(trader.bind(py).try_borrow()?.alarm());
        }
        Ok(next)
    }

    #[getter]
    fn messages(&self) -> u64 {
        self.messages
    }

    #[getter]
    fn times(&self) -> Vec<(u64, u64)> {
        self.times.clone()
    }
}

fn symbol_of(rows: &Bound<'_, PyAny>) -> PyResult<String> {
    rows.getattr(pyo3::intern!(rows.py(), "symbol"))?.extract()
}

fn count((all, most): &mut (u64, u64), took: u64) {
    (*all, *most) = (all.saturating_add(took), took.max(*most));
}
