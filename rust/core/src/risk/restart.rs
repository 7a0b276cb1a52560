//! What of the gate survives a restart.

use serde::{Deserialize, Serialize};

use super::book::{RiskBook, RiskError};
use super::losses::Losses;
use super::state::Latch;
use crate::protections::{self, Protections};

/// The number of the last order, what has been lost, whether trading goes on, and what is locked. Account, markets and open
/// orders are not among it: a node learns them from its venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskState {
    orders: u64,
    losses: Losses,
    latch: Latch,
    protections: Option<protections::State>,
}

impl RiskBook {
    /// The state as of now.
    #[must_use]
    pub fn state(&self) -> RiskState {
        let gate = &self.gate;
        RiskState {
            orders: gate.orders(),
            losses: gate.losses().clone(),
            latch: gate.latch().clone(),
            protections: gate.protections().map(Protections::state),
        }
    }

    /// Goes on where the gate of a state stopped.
    ///
    /// # Errors
    /// A state of other protections, or one that is broken; nothing is taken over then.
    pub fn restore(&mut self, state: RiskState) -> Result<(), RiskError> {
        let specs = &self.spec.protections;
        match state.protections {
            Some(kept) => {
                let restored = Protections::restore(specs, self.spec.settings(), kept)?;
                self.gate = self.gate.clone().with_protections(restored);
            }
            None if specs.is_empty() => {}
            None => return Err(RiskError::Unprotected { protections: specs.len() }),
        }
        self.gate.restore(state.losses, state.latch, state.orders);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::{RiskSpec, TradingState};

    const SPEC: &str = r#"{"currency":"USD","balance":100,"instruments":[{"symbol":"X-USD","base":"X","quote":"USD",
        "settlement":"USD","tick":"1","lot":"1","maker_fee":"0","taker_fee":"0"}],"limits":{"max_drawdown":"0.1"},
        "protections":[{"rule":{"kind":"reject_storm","lookback_ns":100,"reject_limit":2},"scope":"instrument",
        "release":{"lock_ns":1000}}]}"#;

    fn book(spec: &str) -> RiskBook {
        RiskBook::new(&serde_json::from_str::<RiskSpec>(spec).unwrap()).unwrap()
    }

    #[test]
    fn locks_losses_and_halts_outlive_the_process() {
        let mut book = book(SPEC);
        (0..2).for_each(|at| book.gate.on_reject(0, at).unwrap());
        book.gate.mark(2, 100.0).unwrap();
        book.gate.mark(3, 80.0).unwrap();
        book.gate.trip(TradingState::Halted, "watchdog", "no heartbeat", 4);
        let stored = serde_json::to_string(&book.state()).unwrap();
        let mut after = self::book(SPEC);
        after.restore(serde_json::from_str(&stored).unwrap()).unwrap();
        assert_eq!(after.state(), book.state());
        assert_eq!(after.gate.latch().state(), TradingState::Halted);
        assert_eq!(after.gate.protections().unwrap().locks().len(), 1);
    }

    #[test]
    fn the_state_of_other_protections_is_refused() {
        let state = book(SPEC).state();
        let other = SPEC.replace("\"reject_limit\":2", "\"reject_limit\":3");
        assert!(book(&other).restore(state).is_err());
        let none = SPEC.split(",\n        \"protections\"").next().unwrap().to_owned() + "}";
        let error = book(SPEC).restore(book(&none).state()).unwrap_err();
        assert_eq!(error.to_string(), "the state has no protections, the configuration 1");
    }
}
