//! The interval of a bar as a word: `1m`, `4h`, `1w`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One day, ns.
pub const DAY_NS: i64 = 86_400_000_000_000;
/// One week, ns.
pub const WEEK_NS: i64 = 7 * DAY_NS;

/// Units from the longest to the shortest, with their length in ns.
const UNITS: [(char, i64); 5] =
    [('w', WEEK_NS), ('d', DAY_NS), ('h', 3_600_000_000_000), ('m', 60_000_000_000), ('s', 1_000_000_000)];

/// A fixed, positive interval of whole seconds. Months are none: they differ in length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timeframe(i64);

/// A text or a number that is no timeframe.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a timeframe: a whole number and one of s, m, h, d, w (1m, 4h, 1d)")]
pub struct TimeframeError(pub String);

impl Timeframe {
    /// The interval of `ns` nanoseconds.
    ///
    /// # Errors
    /// Where `ns` is not a positive number of whole seconds.
    pub fn from_ns(ns: i64) -> Result<Self, TimeframeError> {
        if ns > 0 && ns % 1_000_000_000 == 0 { Ok(Self(ns)) } else { Err(TimeframeError(format!("{ns} ns"))) }
    }

    /// The interval's length, ns.
    #[must_use]
    pub const fn ns(self) -> i64 {
        self.0
    }
}

impl FromStr for Timeframe {
    type Err = TimeframeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || TimeframeError(text.to_owned());
        let unit = text.chars().last().ok_or_else(refuse)?;
        let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refuse)?;
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        let count: i64 = digits.parse().map_err(|_| refuse())?;
        count.checked_mul(*unit_ns).filter(|&ns| ns > 0).map(Self).ok_or_else(refuse)
    }
}

impl TryFrom<String> for Timeframe {
    type Error = TimeframeError;

    fn try_from(text: String) -> Result<Self, TimeframeError> {
        text.parse()
    }
}

impl From<Timeframe> for String {
    fn from(timeframe: Timeframe) -> Self {
        timeframe.to_string()
    }
}

impl fmt::Display for Timeframe {
    /// In the longest unit that divides it: 60 minutes print as `1h`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, length) = UNITS.into_iter().find(|(_, length)| self.0 % length == 0).unwrap_or(('s', 1_000_000_000));
        write!(out, "{}{unit}", self.0 / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parse_and_print() {
        for (text, ns, printed) in [
            ("1s", 1_000_000_000, "1s"),
            ("1m", 60_000_000_000, "1m"),
            ("60m", 3_600_000_000_000, "1h"),
            ("90m", 5_400_000_000_000, "90m"),
            ("4h", 14_400_000_000_000, "4h"),
            ("7d", WEEK_NS, "1w"),
        ] {
            let timeframe: Timeframe = text.parse().unwrap();
            assert_eq!(timeframe.ns(), ns, "{text}");
            assert_eq!(timeframe.to_string(), printed);
            assert_eq!(Timeframe::from_ns(ns), Ok(timeframe));
        }
    }

    #[test]
    fn what_is_no_timeframe_is_named() {
        for text in ["", "m", "0m", "-1m", "+1m", "1M", "1 m", "1.5h", "1é", "99999999999999w", "5"] {
            let error = text.parse::<Timeframe>().unwrap_err();
            assert_eq!(error, TimeframeError(text.to_owned()));
            assert!(error.to_string().contains(&format!("{text:?}")));
        }
        assert!(Timeframe::from_ns(1_500_000_000).is_err());
        assert!(Timeframe::from_ns(0).is_err());
    }
}
