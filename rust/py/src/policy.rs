//! What becomes of a run whose strategy raises.

use std::cell::{Cell, RefCell};

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTracebackMethods;
use tradenode_sim::error::RunError;

use crate::desk::{LOG_MAX, word};

/// Under [`Policy::Skip`] the run halts all the same once so many calls have raised.
pub(crate) const ERRORS_MAX: u32 = 100;

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The run stops, with the error.
    Halt,
    /// The call counts as not made: what it asked for is dropped, the error logged.
    Skip,
    /// Everything is cancelled and closed, and the strategy is called no more; the error is logged.
    Flatten,
}

impl Policy {
    pub(crate) fn read(text: &str) -> PyResult<Self> {
        Ok(match word(text, "on_error", &["halt", "skip", "flatten"])? {
            "skip" => Self::Skip,
            "flatten" => Self::Flatten,
            _ => Self::Halt,
        })
    }
}

/// Lines of a run's log: instrument, time and line.
pub(crate) type Log = Vec<(usize, i64, String)>;

/// What has become of the exceptions of a strategy on bars, which its call-backs and its sizes have in common.
pub(crate) struct Failures {
    policy: Policy,
    errors: Cell<u32>,
    retired: Cell<bool>,
    log: RefCell<Log>,
}

impl Failures {
    pub(crate) const fn new(policy: Policy) -> Self {
        Self { policy, errors: Cell::new(0), retired: Cell::new(false), log: RefCell::new(Vec::new()) }
    }

    /// Whether the strategy is called no more.
    pub(crate) const fn retired(&self) -> &Cell<bool> {
        &self.retired
    }

    /// Follows the policy after an exception; the error is what stops the run.
    #[cold]
    pub(crate) fn follow(
        &self,
        py: Python<'_>,
        error: PyErr,
        place: String,
        (index, now): (usize, i64),
    ) -> Result<(), RunError> {
        self.errors.set(self.errors.get() + 1);
        let policy = if self.errors.get() > ERRORS_MAX { Policy::Halt } else { self.policy };
        if policy == Policy::Halt || !error.is_instance_of::<PyException>(py) {
            // A note that cannot be added must not hide the error itself.
            let _ = error.value(py).call_method1(intern!(py, "add_note"), (place,));
            return Err(RunError::Strategy(Box::new(error)));
        }
        self.note(index, now, told(py, &error, &place));
        self.retired.set(policy == Policy::Flatten);
        Ok(())
    }

    /// How many there were.
    pub(crate) const fn errors(&self) -> &Cell<u32> {
        &self.errors
    }

    pub(crate) fn note(&self, index: usize, now: i64, line: String) {
        let mut log = self.log.borrow_mut();
        if log.len() < LOG_MAX {
            log.push((index, now, line));
        }
    }

    pub(crate) fn take_log(&self) -> Log {
        self.log.take()
    }
}

/// An error as a line of a log shows it: where it was raised, and its traceback.
pub(crate) fn told(py: Python<'_>, error: &PyErr, place: &str) -> String {
    let trace = error.traceback(py).and_then(|trace| trace.format().ok()).unwrap_or_default();
    format!("{place}: {error}\n{}", trace.trim_end())
}

/// A time as ISO 8601 in UTC, to the nanosecond.
pub(crate) fn utc(ns: i64) -> String {
    let (days, rest) = (ns.div_euclid(86_400_000_000_000), ns.rem_euclid(86_400_000_000_000));
    let (year, month, day) = civil(days);
    let (seconds, ns) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z")
}

/// The date so many days after 1970-01-01, in the Gregorian calendar: years are counted from March, in cycles of 400.
const fn civil(days: i64) -> (i64, i64, i64) {
    let from_march = days + 719_468;
    let (cycle, of_cycle) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (cycle * 400 + year + (month <= 2) as i64, month, day)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(utc(1_723_075_200_000_000_001), "2024-08-08T00:00:00.000000001Z");
        assert_eq!(utc(951_782_399_999_999_999), "2000-02-28T23:59:59.999999999Z");
        assert_eq!(utc(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59.999999999Z");
    }
}
