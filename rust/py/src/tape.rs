//! Tapes of events: looked through, merged, made.

use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::bars::Bars;
use tradenode_core::event::{Audit, Fault, Kind, Merge, Tape, TapeColumns};
use tradenode_core::units::Grid;
use tradenode_sim::bar_tape;
use tradenode_sim::frames::SoundBars;
use tradenode_sim::synth::{Flow, PRESETS, Shape};

use crate::csv::contiguous;

pyo3::import_exception!(tradenode.errors, DataError);

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let kinds = Kind::ALL.map(|kind| format!("{kind:?}").to_lowercase());
    module.add("EVENT_KINDS", kinds.to_vec())?;
    module.add("SYNTH_PRESETS", PRESETS.to_vec())?;
    module.add_class::<TapeAudit>()?;
    module.add_class::<TapeMerge>()?;
    module.add_class::<SynthFlow>()?;
    module.add_function(wrap_pyfunction!(tape_of_bars, module)?)
}

/// The columns of a tape as Python hands them over: a dictionary of arrays.
#[derive(FromPyObject)]
pub(crate) struct GivenTape<'py> {
    #[pyo3(item)]
    ts_event: PyReadonlyArray1<'py, i64>,
    #[pyo3(item)]
    ts_recv: PyReadonlyArray1<'py, i64>,
    #[pyo3(item)]
    kind: PyReadonlyArray1<'py, u8>,
    #[pyo3(item)]
    side: PyReadonlyArray1<'py, u8>,
    #[pyo3(item)]
    flags: PyReadonlyArray1<'py, u8>,
    #[pyo3(item)]
    price: PyReadonlyArray1<'py, i64>,
    #[pyo3(item)]
    size: PyReadonlyArray1<'py, i64>,
    #[pyo3(item("sequence"), default)]
    sequence: Option<PyReadonlyArray1<'py, u64>>,
    #[pyo3(item("order_id"), default)]
    order_id: Option<PyReadonlyArray1<'py, u64>>,
}

impl GivenTape<'_> {
    /// The columns, of one length.
    pub(crate) fn view(&self) -> PyResult<Tape<'_>> {
        let tape = Tape {
            ts_event: contiguous(&self.ts_event)?,
            ts_recv: contiguous(&self.ts_recv)?,
            kind: contiguous(&self.kind)?,
            side: contiguous(&self.side)?,
            flags: contiguous(&self.flags)?,
            price: contiguous(&self.price)?,
            size: contiguous(&self.size)?,
            sequence: self.sequence.as_ref().map_or(Ok(&[][..]), contiguous)?,
            order_id: self.order_id.as_ref().map_or(Ok(&[][..]), contiguous)?,
        };
        tape.check_lengths().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(tape)
    }
}

#[pyclass(module = "tradenode._core")]
struct TapeAudit {
    audit: Audit,
}

#[pymethods]
impl TapeAudit {
    #[new]
    fn new(most: u64) -> Self {
        Self { audit: Audit::new(most) }
    }

    fn take(&mut self, py: Python<'_>, columns: GivenTape<'_>) -> PyResult<()> {
        let tape = columns.view()?;
        let audit = &mut self.audit;
        py.detach(|| audit.take(&tape));
        Ok(())
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        Fault::ALL.iter().map(|fault| fault.word()).zip(self.audit.counts().iter().copied()).collect()
    }

    fn findings(&self) -> Vec<(&'static str, usize, String)> {
        let findings = self.audit.findings().iter();
        findings.map(|found| (found.fault.word(), found.row, found.text.clone())).collect()
    }
}

type Times = Py<PyArray1<i64>>;

#[pyclass(module = "tradenode._core")]
struct TapeMerge {
    /// ts_recv and ts_event of each tape.
    times: Vec<(Times, Times)>,
    rows: Vec<usize>,
}

#[pymethods]
impl TapeMerge {
    #[new]
    fn new(times: Vec<(PyReadonlyArray1<'_, i64>, PyReadonlyArray1<'_, i64>)>) -> PyResult<Self> {
        for (tape, (ts_recv, ts_event)) in times.iter().enumerate() {
            let (recv, event) = (contiguous(ts_recv)?.len(), contiguous(ts_event)?.len());
            if recv != event {
                return Err(PyValueError::new_err(format!("tape {tape}: {recv} times of receipt, {event} of events")));
            }
        }
        let rows = vec![0; times.len()];
        let keep = |column: &PyReadonlyArray1<'_, i64>| (**column).clone().unbind();
        Ok(Self { times: times.iter().map(|(recv, event)| (keep(recv), keep(event))).collect(), rows })
    }

    /// The next `most` events: the tape's number and the row of each.
    #[expect(clippy::type_complexity, reason = "two arrays")]
    fn take<'py>(
        &mut self,
        py: Python<'py>,
        most: usize,
    ) -> PyResult<(Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<i64>>)> {
        let held: Vec<_> = self.times.iter().map(|(r, e)| (r.bind(py).readonly(), e.bind(py).readonly())).collect();
        let views = held
            .iter()
            .map(|(recv, event)| {
                Ok(Tape { ts_recv: contiguous(recv)?, ts_event: contiguous(event)?, ..Tape::default() })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let rows = std::mem::take(&mut self.rows);
        let (tapes, at, rows) = py.detach(|| {
            let mut merge = Merge::from(views, rows);
            let (mut tapes, mut at) = (Vec::with_capacity(most), Vec::with_capacity(most));
            for (tape, row) in merge.by_ref().take(most) {
                tapes.push(tape as u32);
                at.push(row as i64);
            }
            (tapes, at, merge.rows().to_vec())
        });
        self.rows = rows;
        Ok((tapes.into_pyarray(py), at.into_pyarray(py)))
    }

    #[getter]
    fn rows(&self) -> Vec<usize> {
        self.rows.clone()
    }
}

#[pyclass(module = "tradenode._core")]
struct SynthFlow {
    flow: Flow,
    shape: Shape,
}

#[pymethods]
impl SynthFlow {
    #[new]
    fn new(seed: u64, preset: &str, by_order: bool, start_ns: i64) -> PyResult<Self> {
        let shape = Shape::preset(preset)
            .ok_or_else(|| PyValueError::new_err(format!("no preset {preset}: there are {}", PRESETS.join(", "))))?;
        Ok(Self { flow: Flow::new(seed, shape, by_order, start_ns), shape })
    }

    #[getter]
    fn tick(&self) -> &'static str {
        self.shape.tick
    }

    #[getter]
    fn lot(&self) -> &'static str {
        self.shape.lot
    }

    /// At least `rows` rows, all of their messages whole, fewer where the next event is made at `end_ns` or later.
    fn take<'py>(&mut self, py: Python<'py>, rows: usize, end_ns: i64) -> PyResult<Bound<'py, PyDict>> {
        let flow = &mut self.flow;
        let out = py.detach(|| {
            let mut out = TapeColumns::with_capacity(rows + rows / 8 + 64);
            while out.len() < rows {
                let before = out.len();
                flow.advance(&mut out);
                if flow.now() >= end_ns {
                    out.truncate(before);
                    break;
                }
            }
            out
        });
        given_back(py, out)
    }
}

/// The columns of a tape, by name.
fn given_back(py: Python<'_>, tape: TapeColumns) -> PyResult<Bound<'_, PyDict>> {
    let columns = PyDict::new(py);
    columns.set_item("ts_event", tape.ts_event.into_pyarray(py))?;
    columns.set_item("ts_recv", tape.ts_recv.into_pyarray(py))?;
    columns.set_item("kind", tape.kind.into_pyarray(py))?;
    columns.set_item("side", tape.side.into_pyarray(py))?;
    columns.set_item("flags", tape.flags.into_pyarray(py))?;
    columns.set_item("price", tape.price.into_pyarray(py))?;
    columns.set_item("size", tape.size.into_pyarray(py))?;
    columns.set_item("sequence", tape.sequence.into_pyarray(py))?;
    columns.set_item("order_id", tape.order_id.into_pyarray(py))?;
    Ok(columns)
}

#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "one argument a column")]
fn tape_of_bars<'py>(
    py: Python<'py>,
    ts: PyReadonlyArray1<'py, i64>,
    open: PyReadonlyArray1<'py, f64>,
    high: PyReadonlyArray1<'py, f64>,
    low: PyReadonlyArray1<'py, f64>,
    close: PyReadonlyArray1<'py, f64>,
    volume: PyReadonlyArray1<'py, f64>,
    timeframe_ns: i64,
    tick: &str,
    lot: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let bars = Bars {
        ts: contiguous(&ts)?,
        open: contiguous(&open)?,
        high: contiguous(&high)?,
        low: contiguous(&low)?,
        close: contiguous(&close)?,
        volume: contiguous(&volume)?,
    };
    let grid = |name: &str, step: &str| {
        let grid = step.parse().and_then(Grid::new);
        grid.map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
    };
    let (price, quantity) = (grid("tick", tick)?, grid("lot", lot)?);
    let tape = py.detach(|| {
        let bars = SoundBars::new(bars)?;
        bar_tape::tape_of_bars(&bars, timeframe_ns, &price, &quantity)
    });
    given_back(py, tape.map_err(|error| DataError::new_err(error.to_string()))?)
}
