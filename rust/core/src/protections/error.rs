//! What protections refuse: input that makes no sense, a lift without a name, a state that is another's.

use thiserror::Error;

use super::spec::SpecError;
use super::trades::RATIO_MAX;

/// An input that makes no sense. It has changed nothing.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// It is older than the last one.
    #[error("protections: an input of {at} ns after one of {last} ns")]
    Backwards {
        /// Its time.
        at: i64,
        /// The last one's.
        last: i64,
    },
    /// There is no such instrument.
    #[error("protections: instrument {instrument} of {count}")]
    Instrument {
        /// Its number.
        instrument: usize,
        /// How many there are.
        count: usize,
    },
    /// A number that is none, or cannot be.
    #[error("protections: {key} must be {expected}, got {value}")]
    Value {
        /// Of what.
        key: &'static str,
        /// What is accepted, in words.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// A trade that is closed later than it is heard of.
    #[error("protections: a trade that closed at {closed} ns cannot be known at {at} ns")]
    Closed {
        /// Its close.
        closed: i64,
        /// The time of the input.
        at: i64,
    },
}

/// A lift that is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LiftError {
    /// Nobody said who, or why.
    #[error("protections: a lift needs {key}")]
    Empty {
        /// `by` or `reason`.
        key: &'static str,
    },
    /// Too long a text.
    #[error("protections: {key} of a lift has {length} bytes; at most {most} fit")]
    Long {
        /// `by` or `reason`.
        key: &'static str,
        /// Its length.
        length: usize,
        /// The most.
        most: usize,
    },
    /// There is no such lock.
    #[error("protections: lock {number} does not stand")]
    NoLock {
        /// Its number.
        number: u64,
    },
    /// Its time makes no sense.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// A state that cannot be that of these protections.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The protections make no sense themselves.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A protection is not the one it was.
    #[error("protections: the state is of other protections, from number {number} on")]
    Protections {
        /// The first that differs.
        number: usize,
    },
    /// The instruments, the starting balance or the bars are not what they were.
    #[error("protections: the state is of {key} {was}, not {is}")]
    Setting {
        /// Which.
        key: &'static str,
        /// In the state.
        was: String,
        /// Now.
        is: String,
    },
    /// A lock stands whose protection is not there any more.
    #[error("protection {number} has a lock that stands: until it ends, that protection stays as it is")]
    Locked {
        /// Which, from 0.
        number: usize,
    },
    /// What a protection has seen does not go with it, or a lock is nobody's.
    #[error("protections: broken state of {0}")]
    Broken(String),
}

pub(super) fn finite(key: &'static str, value: f64) -> Result<(), InputError> {
    if value.is_finite() { Ok(()) } else { Err(InputError::Value { key, expected: "finite", value }) }
}

pub(super) fn ratio(value: f64) -> Result<(), InputError> {
    let fits = value.abs() <= RATIO_MAX;
    let expected = "within a million either way";
    if fits { Ok(()) } else { Err(InputError::Value { key: "profit_ratio", expected, value }) }
}

pub(super) fn price(value: f64) -> Result<(), InputError> {
    let fits = value > 0.0 && value.is_finite();
    if fits { Ok(()) } else { Err(InputError::Value { key: "price", expected: "finite and above 0", value }) }
}
