//! When a lock runs out: after a time, or at a time of day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::timeframe::DAY_NS;

const MINUTE_NS: i64 = 60_000_000_000;

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a time of day: HH:MM from 00:00 to 23:59")]
pub struct TimeOfDayError(pub String);

/// A minute of the day, UTC, written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The first such time strictly after `from`, ns UTC.
    #[must_use]
    pub const fn next_after(self, from: i64) -> i64 {
        let midnight = from.saturating_sub(from.rem_euclid(DAY_NS));
        let today = midnight.saturating_add(self.0 as i64 * MINUTE_NS);
        if today > from { today } else { today.saturating_add(DAY_NS) }
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || TimeOfDayError(text.to_owned());
        let (hours, minutes) = text.split_once(':').ok_or_else(refuse)?;
        let number = |digits: &str, most: u16| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|&number: &u16| plain && number <= most).ok_or_else(refuse)
        };
        Ok(Self(number(hours, 23)? * 60 + number(minutes, 59)?))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = TimeOfDayError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// How long a lock stands: `{"lock_ns": 3600000000000}` or `{"unlock_at": "06:00"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Release {
    /// For so long.
    LockNs(i64),
    /// Until it is next so late, UTC.
    UnlockAt(TimeOfDay),
}

impl Release {
    /// The end of a lock whose time began at `from`.
    #[must_use]
    pub const fn end(self, from: i64) -> i64 {
        match self {
            Self::LockNs(ns) => from.saturating_add(ns),
            Self::UnlockAt(time) => time.next_after(from),
        }
    }
}

/// The first start of a bar strictly after `time`: an end on a bar's start goes to the next, as Freqtrade's does.
/// With `bar_ns` of 0 the time itself.
#[must_use]
pub(super) const fn next_bar(time: i64, bar_ns: i64) -> i64 {
    if bar_ns == 0 { time } else { time.saturating_sub(time.rem_euclid(bar_ns)).saturating_add(bar_ns) }
}
