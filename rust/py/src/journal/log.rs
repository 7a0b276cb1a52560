//! The journal.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use tradenode_journal::{
    Cut, DamagedSnapshot, Disk as Simulated, Folder, FolderView, Journal as Log, JournalError as Fault, Options,
    Record, Recovered, Snapshot, SyncBy, records,
};

use super::disk::Disk;
use super::wake::Wake;

pyo3::import_exception!(tradenode.errors, JournalError);

fn raise(error: Fault) -> PyErr {
    JournalError::new_err(error.to_string())
}

/// Where the journal lies.
enum Place {
    Folder(Log<Folder>, Wake),
    Disk(Log<Simulated>),
}

#[pyclass(module = "tradenode._core")]
pub(crate) struct Journal {
    /// None once it is closed.
    place: Option<Place>,
    found: Recovered,
}

/// Calls what both journals have.
macro_rules! on {
    ($journal:expr, $log:ident => $call:expr) => {
        match $journal.open_place()? {
            Place::Folder($log, _) => $call,
            Place::Disk($log) => $call,
        }
    };
}

impl Journal {
    fn open_place(&mut self) -> PyResult<&mut Place> {
        self.place.as_mut().ok_or_else(|| JournalError::new_err("journal: it is closed"))
    }
}

#[pymethods]
impl Journal {
    #[new]
    #[pyo3(signature = (place, *, segment_bytes = 64 << 20))]
    fn new(py: Python<'_>, place: &Bound<'_, PyAny>, segment_bytes: u64) -> PyResult<Self> {
        let options = Options { segment_bytes };
        if let Ok(disk) = place.cast::<Disk>() {
            let (log, found) = Log::open(disk.get().0.clone(), options, SyncBy::Caller).map_err(raise)?;
            return Ok(Self { place: Some(Place::Disk(log)), found });
        }
        let (path, wake) = (place.extract::<PathBuf>()?, Wake::new()?);
        let ringer = wake.clone();
        let (log, found) = py
            .detach(move || Log::open(Folder::open(&path)?, options, SyncBy::Thread(Box::new(move || ringer.ring()))))
            .map_err(raise)?;
        Ok(Self { place: Some(Place::Folder(log, wake)), found })
    }

    #[pyo3(signature = (kind, time, payload, source = 0, cause = 0))]
    fn append(&mut self, kind: u16, time: i64, payload: &[u8], source: u16, cause: u64) -> PyResult<u64> {
        on!(self, log => log.append(time, (kind, source), cause, payload)).map_err(raise)
    }

    fn write(&mut self) -> PyResult<u64> {
        on!(self, log => log.write()).map_err(raise)
    }

    #[pyo3(signature = (*, here = false))]
    fn commit(&mut self, py: Python<'_>, here: bool) -> PyResult<u64> {
        match self.open_place()? {
            Place::Folder(log, _) if here => py.detach(|| log.commit_here()),
            Place::Folder(log, _) => log.commit(),
            Place::Disk(log) => log.commit(),
        }
        .map_err(raise)
    }

    fn sync(&mut self, py: Python<'_>) -> PyResult<u64> {
        match self.open_place()? {
            Place::Folder(log, _) => py.detach(|| log.sync()),
            Place::Disk(log) => log.sync(),
        }
        .map_err(raise)
    }

    fn snapshot(&mut self, py: Python<'_>, time: i64, payload: &[u8]) -> PyResult<u64> {
        match self.open_place()? {
            Place::Folder(log, _) => py.detach(|| log.snapshot(time, payload)),
            Place::Disk(log) => log.snapshot(time, payload),
        }
        .map_err(raise)
    }

    fn prune(&mut self, py: Python<'_>) -> PyResult<Vec<String>> {
        match self.open_place()? {
            Place::Folder(log, _) => py.detach(|| log.prune()),
            Place::Disk(log) => log.prune(),
        }
        .map_err(raise)
    }

    /// Whether it still goes on, and what is durable.
    fn poll(&mut self) -> PyResult<u64> {
        if let Place::Folder(_, wake) = self.open_place()? {
            wake.quiet()?;
        }
        on!(self, log => log.goes_on().map(|()| log.durable())).map_err(raise)
    }

    #[getter]
    fn durable(&mut self) -> PyResult<u64> {
        Ok(on!(self, log => log.durable()))
    }

    #[getter]
    fn written(&mut self) -> PyResult<u64> {
        Ok(on!(self, log => log.written()))
    }

    fn fileno(&mut self) -> PyResult<Option<i32>> {
        Ok(match self.open_place()? {
            Place::Folder(_, wake) => Some(wake.descriptor()),
            Place::Disk(_) => None,
        })
    }

    #[getter]
    fn recovered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        told.set_item("last", self.found.last)?;
        told.set_item("closed", self.found.closed)?;
        told.set_item("cut", self.found.cut.as_ref().map(|cut| tell_cut(py, cut)).transpose()?)?;
        told.set_item("snapshot", self.found.snapshot.as_ref().map(|found| tell_snapshot(py, found)).transpose()?)?;
        let damaged = self.found.damaged.iter().map(|damaged| tell_damaged(py, damaged));
        told.set_item("damaged", PyList::new(py, damaged.collect::<PyResult<Vec<_>>>()?)?)?;
        Ok(told)
    }

    /// Calls `visit` with every written record from a number on.
    fn read(&mut self, from_: u64, visit: &Bound<'_, PyAny>) -> PyResult<()> {
        on!(self, log => told(visit, |each| log.records(from_, each)))
    }

    fn close(&mut self, py: Python<'_>, time: i64) -> PyResult<u64> {
        match self.place.take() {
            Some(Place::Folder(log, _)) => py.detach(|| log.close(time)),
            Some(Place::Disk(log)) => log.close(time),
            None => return Ok(self.found.last),
        }
        .map_err(raise)
    }

    /// Gives it up as it is, unsynced: what the death of a process would do to it.
    fn abandon(&mut self) {
        self.place = None;
    }
}

/// Calls `visit` with every record of a journal in a folder from a number on, whoever writes to it meanwhile.
#[pyfunction]
pub(super) fn read_journal(folder: PathBuf, from_: u64, visit: &Bound<'_, PyAny>) -> PyResult<()> {
    let view = FolderView::open(&folder).map_err(raise)?;
    told(visit, |each| records(&view, from_, each))
}

/// Tells `visit` of each record that a reader gives.
fn told(
    visit: &Bound<'_, PyAny>,
    read: impl FnOnce(&mut dyn FnMut(Record<'_>) -> Result<(), Fault>) -> Result<(), Fault>,
) -> PyResult<()> {
    let mut failed = None;
    let mut each = |record: Record<'_>| {
        let head = record.head;
        let payload = PyBytes::new(visit.py(), record.payload);
        match visit.call1((head.sequence, head.kind, head.time, head.source, head.cause, payload)) {
            Ok(_) => Ok(()),
            Err(error) => {
                failed = Some(error);
                Err(Fault::Stopped("its reader failed".to_owned()))
            }
        }
    };
    let read = read(&mut each);
    match failed {
        Some(error) => Err(error),
        None => read.map_err(raise),
    }
}

fn tell_cut<'py>(py: Python<'py>, cut: &Cut) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    told.set_item("segment", &cut.segment)?;
    told.set_item("offset", cut.offset)?;
    told.set_item("bytes", cut.bytes)?;
    told.set_item("sequence", cut.sequence)?;
    told.set_item("why", &cut.why)?;
    told.set_item("kept", &cut.kept)?;
    Ok(told)
}

fn tell_snapshot<'py>(py: Python<'py>, snapshot: &Snapshot) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    told.set_item("sequence", snapshot.sequence)?;
    told.set_item("time", snapshot.time)?;
    told.set_item("payload", PyBytes::new(py, &snapshot.payload))?;
    Ok(told)
}

fn tell_damaged<'py>(py: Python<'py>, damaged: &DamagedSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    told.set_item("name", &damaged.name)?;
    told.set_item("sequence", damaged.sequence)?;
    told.set_item("why", damaged.why)?;
    Ok(told)
}
