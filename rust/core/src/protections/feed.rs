//! The state of an instrument's data: how old, how wide.

use serde::{Deserialize, Serialize};

/// The spread of a book of which a side is empty, in basis points of the mid: where the formula goes as the bid goes to 0.
pub const SPREAD_MAX_BP: f64 = 20_000.0;

/// The spread in basis points of the mid; a side that is NaN, 0 or below is missing.
#[must_use]
pub(super) fn spread_bp(bid: f64, ask: f64) -> f64 {
    if bid > 0.0 && ask > 0.0 && ask.is_finite() {
        (ask - bid) / (ask / 2.0 + bid / 2.0) * 10_000.0
    } else {
        SPREAD_MAX_BP
    }
}

/// Something that has lasted since a time and, once it has lasted too long, is why a protection locks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lasting {
    /// Since when: silence, or a wide spread; none while it is not so.
    pub(super) since: Option<i64>,
    /// What it was when last heard of, basis points; of no concern to silence.
    pub(super) value: f64,
    /// Whether it has lasted too long.
    pub(super) locks: bool,
}

impl Lasting {
    /// When it will have lasted for `limit`; none if it has or is not so.
    pub(super) fn due(&self, limit: i64) -> Option<i64> {
        self.since.filter(|_| !self.locks).map(|since| since.saturating_add(limit))
    }
}
