//! Locks, and what is told of them.

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::orders::Side;

/// What a lock forbids to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The instrument; all of them where there is none.
    pub instrument: Option<usize>,
    /// The side of the entry; both where there is none.
    pub side: Option<Side>,
}

impl Place {
    /// Whether an entry is among what is locked.
    #[must_use]
    pub fn covers(&self, instrument: usize, side: Side) -> bool {
        self.instrument.is_none_or(|own| own == instrument) && self.side.is_none_or(|own| own == side)
    }
}

/// Why a protection locks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The instrument whose trade, price, quote or reject it was; none where it was the equity.
    pub instrument: Option<usize>,
    /// What was found: a count, a sum of ratios, a share, a deviation, an age in ns, basis points.
    pub value: f64,
    /// What it was measured against, in the same unit.
    pub limit: f64,
}

/// Entries that are forbidden. Exits never are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Its number, from 1; no other lock ever has it.
    pub number: u64,
    /// The protection's number, from 0.
    pub protection: usize,
    /// The protection's kind.
    pub kind: Kind,
    /// What is locked.
    pub place: Place,
    /// Since when, ns UTC.
    pub since: i64,
    /// It stands before this time, ns UTC, and no longer at it; none while its cause lasts.
    pub until: Option<i64>,
    /// What set it, or last moved its end.
    pub cause: Cause,
    /// The end that was last told.
    pub(super) told: Option<i64>,
}

impl Lock {
    /// When there is something to tell of it next: that it has ended, or that it goes on.
    pub(super) fn due(&self) -> Option<i64> {
        self.until.map(|until| self.told.unwrap_or(until))
    }

    /// Whether it would end later than at `until`.
    pub(super) fn outlasts(&self, until: Option<i64>) -> bool {
        match (self.until, until) {
            (None, _) => true,
            (Some(own), Some(other)) => own >= other,
            (Some(_), None) => false,
        }
    }
}

/// What happened to a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// It was set.
    Locked {},
    /// It was to end now, but was set again meanwhile: its end has moved.
    Extended {},
    /// Its time was up.
    Ended {},
    /// Somebody took it away.
    Lifted {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Something that happened to a lock, and the lock as it then was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, ns UTC.
    pub at: i64,
    /// What.
    pub what: What,
    /// To which lock.
    pub lock: Lock,
}
