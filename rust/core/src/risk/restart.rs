//! What of the gate survives a restart.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::book::{RiskBook, RiskError};
use super::gate::RiskGate;
use super::guarded::Guarded;
use super::losses::Losses;
use super::pace::Pace;
use super::state::Latch;
use crate::orders::Intent;
use crate::portfolio::correlation::{Correlation, CorrelationState};
use crate::protections::{self, Protections};

/// The number of the last order, what was sent just before, what has been lost, whether trading goes on, what is locked and
/// what moved together. Account, markets and open orders are not among it: a node's desk keeps them itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskState {
    orders: u64,
    losses: Losses,
    latch: Latch,
    protections: Option<protections::State>,
    second: Option<Pace>,
    minute: Option<Pace>,
    cancels: Option<Pace>,
    approved: VecDeque<(i64, Intent)>,
    correlation: Option<CorrelationState>,
}

impl RiskState {
    /// The number of the last order.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.orders
    }
}

impl RiskGate {
    /// The state as of now.
    #[must_use]
    pub fn state(&self) -> RiskState {
        RiskState {
            orders: self.orders,
            losses: self.losses.clone(),
            latch: self.latch.clone(),
            protections: self.protections().map(Protections::state),
            second: self.second.clone(),
            minute: self.minute.clone(),
            cancels: self.cancels.clone(),
            approved: self.approved.clone(),
            correlation: self.correlation.as_ref().map(Correlation::state),
        }
    }

    /// Goes on where the gate of a state stopped.
    ///
    /// # Errors
    /// A state of other protections or of other limits that remember something, or one that is broken; nothing is taken
    /// over then.
    pub fn restore(&mut self, state: RiskState) -> Result<(), RiskError> {
        for (limit, was, is) in [
            ("max_orders_per_second", &state.second, &self.second),
            ("max_orders_per_minute", &state.minute, &self.minute),
            ("max_cancels_per_second", &state.cancels, &self.cancels),
        ] {
            same_pace(limit, was.as_ref(), is.as_ref())?;
        }
        let known = |&(_, intent): &(i64, Intent)| intent.instrument < self.caps.len();
        let kept = if self.limits.duplicate_ns.is_some() { Self::APPROVED_MAX } else { 0 };
        if state.approved.len() > kept || !state.approved.iter().all(known) {
            return Err(RiskError::Broken("approved orders"));
        }
        let correlation = self.restored_correlation(state.correlation.as_ref())?;
        let protections = self.restored_protections(state.protections)?;
        self.guarded = protections.map(|protections| Box::new(Guarded::new(protections)));
        (self.losses, self.latch, self.orders) = (state.losses, state.latch, state.orders);
        (self.second, self.minute, self.cancels) = (state.second, state.minute, state.cancels);
        (self.approved, self.correlation) = (state.approved, correlation);
        Ok(())
    }

    fn restored_correlation(&self, state: Option<&CorrelationState>) -> Result<Option<Correlation>, RiskError> {
        match (&self.correlation, state) {
            (None, None) => Ok(None),
            (Some(own), Some(state)) => {
                own.restored(state).map(Some).ok_or_else(|| other("correlation", "another one", "this one"))
            }
            (Some(_), None) => Err(other("correlation", "none", "one")),
            (None, Some(_)) => Err(other("correlation", "one", "none")),
        }
    }

    fn restored_protections(&self, state: Option<protections::State>) -> Result<Option<Protections>, RiskError> {
        match (self.protections(), state) {
            (None, None) => Ok(None),
            (Some(own), Some(state)) => Ok(Some(own.restored(state)?)),
            (Some(_), None) => Err(other("protections", "none", "some")),
            (None, Some(_)) => Err(other("protections", "some", "none")),
        }
    }
}

pub(super) fn other(limit: &'static str, was: &str, is: &str) -> RiskError {
    RiskError::OtherLimit { limit, was: was.to_owned(), is: is.to_owned() }
}

fn same_pace(limit: &'static str, was: Option<&Pace>, is: Option<&Pace>) -> Result<(), RiskError> {
    let most = |pace: Option<&Pace>| pace.map_or_else(|| "none".to_owned(), |pace| pace.most.to_string());
    if most(was) != most(is) {
        return Err(other(limit, &most(was), &most(is)));
    }
    match (was, is) {
        (Some(was), Some(is)) if !is.is_like(was) => Err(RiskError::Broken(limit)),
        _ => Ok(()),
    }
}

impl RiskBook {
    /// The state of its gate as of now.
    #[must_use]
    pub fn state(&self) -> RiskState {
        self.gate.state()
    }

    /// Goes on where the gate of a state stopped.
    ///
    /// # Errors
    /// As [`RiskGate::restore`].
    pub fn restore(&mut self, state: RiskState) -> Result<(), RiskError> {
        self.gate.restore(state)
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
        assert_eq!(error.to_string(), "the state is of protections none, not some");
    }
}
