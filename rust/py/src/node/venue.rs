//! The simulated venue by itself.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tradenode_core::event::Tape;
use tradenode_core::orders::Side;
use tradenode_sim::ticks::{LoneVenue, TickSpec};

use super::message::{Asked, known, news_tuple};
use crate::backtest::raise;
use crate::csv::contiguous;
use crate::tape::GivenTape;

#[pyclass(module = "tradenode._core", unsendable)]
pub(crate) struct SimVenue {
    venue: LoneVenue,
    /// The latest time given.
    now: i64,
}

impl SimVenue {
    fn go_on_to(&mut self, at: i64) -> PyResult<()> {
        if at < self.now {
            return Err(PyValueError::new_err(format!(
                "time does not go back: it is {} ns, asked for {at} ns",
                self.now
            )));
        }
        self.now = at;
        Ok(())
    }
}

#[pymethods]
impl SimVenue {
    #[new]
    fn new(spec: &[u8], start: i64) -> PyResult<Self> {
        let spec = TickSpec::from_json(spec).map_err(|error| raise(error.into()))?;
        let venue = LoneVenue::new(&spec, start).map_err(|error| raise(error.into()))?;
        Ok(Self { venue, now: start })
    }

    fn rows(&mut self, instrument: usize, columns: GivenTape<'_>) -> PyResult<()> {
        known(instrument, self.venue.instruments())?;
        let rows = columns.view()?;
        let (Some(&first), Some(&last)) = (rows.ts_event.first(), rows.ts_event.last()) else { return Ok(()) };
        check(&rows)?;
        self.go_on_to(first)?;
        self.now = last;
        self.venue.on_rows(instrument, &rows).map_err(raise)
    }

    #[staticmethod]
    fn happens<'py>(
        py: Python<'py>,
        ts_event: PyReadonlyArray1<'py, i64>,
        ts_recv: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let (events, received) = (contiguous(&ts_event)?, contiguous(&ts_recv)?);
        if events.len() != received.len() {
            let message = format!("{} times of events, {} of receipt", events.len(), received.len());
            return Err(PyValueError::new_err(message));
        }
        let mut last = i64::MIN;
        let happen = |(&event, &received): (&i64, &i64)| {
            last = event.max(last).min(received);
            last
        };
        Ok(events.iter().zip(received).map(happen).collect::<Vec<_>>().into_pyarray(py))
    }

    fn request(&mut self, at: i64, request: &Bound<'_, PyTuple>) -> PyResult<()> {
        let asked = Asked::read(request, self.venue.instruments())?;
        self.go_on_to(at)?;
        match asked {
            Asked::Submit(order, intent, terms) => self.venue.submit(at, order, &intent, terms),
            Asked::Cancel(instrument, order) => self.venue.cancel(at, instrument, order),
            Asked::Replace(order, intent) => self.venue.replace(at, order, &intent),
        }
        .map_err(raise)
    }

    fn expire(&mut self, at: i64) -> PyResult<()> {
        self.go_on_to(at)?;
        self.venue.expire(at).map_err(raise)
    }

    #[getter]
    fn next_expiry(&self) -> i64 {
        self.venue.next_expiry()
    }

    fn reports<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let scale = self.venue.scale();
        std::iter::from_fn(|| self.venue.take_news()).map(|news| news_tuple(py, &news, scale)).collect()
    }

    fn balance(&self) -> String {
        self.venue.scale().text(self.venue.balance())
    }

    fn invested(&self) -> String {
        let costs = (0..self.venue.places()).map(|place| self.venue.position(place).cost);
        self.venue.scale().text(costs.sum())
    }

    fn positions(&self) -> Vec<(usize, i64, f64)> {
        let instruments = self.venue.instruments();
        let of = |place: usize| {
            let (instrument, position) = (place % instruments.len(), self.venue.position(place));
            (instrument, position.lots, position.average_price(&instruments[instrument]))
        };
        (0..self.venue.places()).map(of).collect()
    }

    fn orders(&self) -> Vec<(u64, usize, i64, i64, bool)> {
        self.venue.orders()
    }

    fn touch(&self, instrument: usize) -> PyResult<(Option<i64>, Option<i64>)> {
        let book = self.venue.book(known(instrument, self.venue.instruments())?);
        Ok((book.best(Side::Buy).map(|level| level.price), book.best(Side::Sell).map(|level| level.price)))
    }
}

/// A venue takes checked rows.
pub(super) fn check(rows: &Tape<'_>) -> PyResult<()> {
    rows.check().map_err(|error| PyValueError::new_err(error.to_string()))
}
