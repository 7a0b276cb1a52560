//! A strategy of rules as it is kept over a restart.
//!
//! The machines are written as they stand, word for word: an average that never quite forgets, or a sum since the first
//! bar, cannot be made again to the last bit from so many bars as the longest window needs.

use serde::{Deserialize, Serialize};
use tradenode_core::keep::Kept;

use super::formed::Formed;
use super::lane::Lane;
use super::{Acts, RuleTrader};
use crate::error::StateError;
use crate::plan::PlanSpec;

/// The state of a [`RuleTrader`]; a list has an item for each instrument.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleState {
    /// The rules that it is of: a state is of no use to any others.
    plan: PlanSpec,
    acts: Acts,
    closed_at: i64,
    formed: Formed,
    machines: Vec<Kept>,
    lanes: Vec<Lane>,
}

impl RuleTrader {
    /// The state as of now, between two calls.
    pub fn state(&mut self) -> RuleState {
        RuleState {
            plan: self.spec.clone(),
            acts: self.acts,
            closed_at: self.closed_at,
            formed: self.formed.clone(),
            machines: self.machines.iter_mut().map(Kept::of).collect(),
            lanes: self.lanes.clone(),
        }
    }

    /// Goes on where the strategy of a state stopped.
    ///
    /// # Errors
    /// A state of other rules, or one that is broken; nothing is taken over then.
    pub fn restore(&mut self, state: RuleState) -> Result<(), StateError> {
        if state.plan != self.spec {
            let (was, is) =
                ("decided by other rules, sizes or exits".to_owned(), "what the config says now".to_owned());
            return Err(StateError::Other { what: "strategy", was, is });
        }
        let places = self.lanes.len();
        let sound = state.lanes.len() == places && state.machines.len() == places && state.formed.is_like(&self.formed);
        let mut machines: Vec<_> = self.machines.iter().map(|machine| machine.fresh()).collect();
        let kept = state.machines.into_iter().zip(&mut machines);
        if !sound || !kept.map(|(kept, machine)| kept.put_back(machine)).fold(true, |all, each| all & each) {
            return Err(StateError::Broken("rules"));
        }
        (self.acts, self.closed_at, self.formed) = (state.acts, state.closed_at, state.formed);
        (self.machines, self.lanes) = (machines, state.lanes);
        Ok(())
    }
}

#[cfg(test)]
#[path = "state_test.rs"]
mod tests;
