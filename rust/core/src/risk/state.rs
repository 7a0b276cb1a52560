//! Whether trading goes on: a latch that only a person opens again.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What may be ordered. Cancels always may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TradingState {
    /// Everything that the limits allow.
    #[default]
    Active,
    /// What shrinks a position.
    Reducing,
    /// What is marked as reduce-only, so that the venue too lets it do nothing else.
    Halted,
}

impl TradingState {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Reducing => "reducing",
            Self::Halted => "halted",
        }
    }
}

/// A change of the state: what an audit asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// When, ns UTC.
    pub at: i64,
    /// What it was before.
    pub from: TradingState,
    /// What it is from then on.
    pub to: TradingState,
    /// Who did it: a person, or the part of the node that did.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a latch stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LatchError {
    /// Nobody, or for no reason.
    #[error("trading is resumed by somebody and for a reason; one of them is empty")]
    Unsigned,
    /// Nothing to open.
    #[error("trading is active already")]
    Active,
}

/// The latch. It closes further by itself and opens by [`Latch::clear`] alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latch {
    state: TradingState,
    /// The last changes, oldest first; at most [`Latch::CHANGES_MAX`].
    changes: Vec<StateChange>,
}

impl Latch {
    /// So many changes are remembered; a journal keeps the rest.
    pub const CHANGES_MAX: usize = 1024;

    /// What may be ordered now.
    #[must_use]
    pub const fn state(&self) -> TradingState {
        self.state
    }

    /// The last changes, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[StateChange] {
        &self.changes
    }

    /// Closes the latch as far as `state`; false where it is closed as far already.
    pub fn trip(&mut self, state: TradingState, by: &str, reason: &str, at: i64) -> bool {
        let closes = state > self.state;
        if closes {
            self.change(state, by, reason, at);
        }
        closes
    }

    /// Opens the latch.
    ///
    /// # Errors
    /// Nobody who does it, no reason, nothing to open.
    pub fn clear(&mut self, by: &str, reason: &str, at: i64) -> Result<(), LatchError> {
        if by.trim().is_empty() || reason.trim().is_empty() {
            return Err(LatchError::Unsigned);
        }
        if self.state == TradingState::Active {
            return Err(LatchError::Active);
        }
        self.change(TradingState::Active, by, reason, at);
        Ok(())
    }

    fn change(&mut self, to: TradingState, by: &str, reason: &str, at: i64) {
        if self.changes.len() == Self::CHANGES_MAX {
            self.changes.remove(0);
        }
        self.changes.push(StateChange { at, from: self.state, to, by: by.to_owned(), reason: reason.to_owned() });
        self.state = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_with_a_reason_opens_it() {
        let mut latch = Latch::default();
        assert_eq!(latch.clear("ada", "checked", 1), Err(LatchError::Active));
        assert!(latch.trip(TradingState::Halted, "watchdog", "no heartbeat", 2));
        assert!(!latch.trip(TradingState::Reducing, "max_drawdown", "", 3));
        assert_eq!(latch.clear("ada", " ", 4), Err(LatchError::Unsigned));
        assert_eq!(latch.clear("", "checked", 4), Err(LatchError::Unsigned));
        let stored = serde_json::to_string(&latch).unwrap();
        let mut latch: Latch = serde_json::from_str(&stored).unwrap();
        assert_eq!(latch.state(), TradingState::Halted);
        latch.clear("ada", "checked", 5).unwrap();
        let told: Vec<_> = latch.changes().iter().map(|change| (change.at, change.to, change.by.as_str())).collect();
        assert_eq!(told, [(2, TradingState::Halted, "watchdog"), (5, TradingState::Active, "ada")]);
    }
}
