//! Outputs that are used again: the memory of large results, kept for the next call.
//!
//! An allocator gives the pages of a large array back to the system when the array goes, and each page taken anew is
//! cleared first, which costs more than most indicators' arithmetic on it. A result whose last reference goes leaves
//! its memory here instead.

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::ndarray::ArrayView1;
use numpy::{PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;

/// The most memory that is kept, in elements of 8 bytes: 64 MiB.
const KEPT_MAX: usize = 8 * 1024 * 1024;

/// Results below this are left to numpy's allocator, which keeps such blocks itself.
const POOLED_MIN: usize = 64 * 1024;

/// Memory that nobody uses.
static KEPT: Mutex<Vec<Py<PyArray1<f64>>>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<Py<PyArray1<f64>>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The owner of a block of memory while results live in it.
#[pyclass(frozen, module = "tradenode._core")]
struct Loan {
    block: Option<Py<PyArray1<f64>>>,
}

impl Drop for Loan {
    fn drop(&mut self) {
        // Without an attached interpreter the block cannot be touched; it goes the way of any other object then.
        Python::try_attach(|py| {
            if let Some(block) = self.block.take() {
                let mut kept = kept();
                let idle: usize = kept.iter().map(|block| block.bind(py).len()).sum();
                if idle + block.bind(py).len() <= KEPT_MAX {
                    kept.push(block);
                }
            }
        });
    }
}

/// `count` arrays of `rows` each, side by side in memory. What they hold is left over: every row is to be written.
pub(super) fn arrays(py: Python<'_>, count: usize, rows: usize) -> PyResult<Vec<Bound<'_, PyArray1<f64>>>> {
    let length = count * rows;
    if length < POOLED_MIN {
        // SAFETY: numpy owns the memory, every bit pattern is an f64, and `Indicator::batch` writes every row.
        return Ok((0..count).map(|_| unsafe { PyArray1::new(py, rows, false) }).collect());
    }
    let block = taken(py, length);
    let loan = Bound::new(py, Loan { block: Some(block.clone().unbind()) })?.into_any();
    // SAFETY: nobody else has this block, and it has `length` elements (`taken`).
    let elements = unsafe { block.as_slice()? };
    let arrays = elements[..length].chunks(rows).map(|part| {
        // SAFETY: `loan` owns the block, so the memory lives as long as the array; numpy never moves it.
        unsafe { PyArray1::borrow_from_array(&ArrayView1::from(part), loan.clone()) }
    });
    Ok(arrays.collect())
}

/// A kept block of the right size (no more than twice what is needed), or a new one.
fn taken(py: Python<'_>, length: usize) -> Bound<'_, PyArray1<f64>> {
    let fits = |block: &Py<PyArray1<f64>>| (length..=2 * length).contains(&block.bind(py).len());
    let found = {
        let mut kept = kept();
        kept.iter().rposition(fits).map(|place| kept.swap_remove(place))
    };
    // SAFETY: as in `arrays`.
    found.map_or_else(|| unsafe { PyArray1::new(py, length, false) }, |block| block.into_bound(py))
}
