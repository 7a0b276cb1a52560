//! A trader as it is kept over a restart: everything that what it does next depends on, but for books and strategy.
//!
//! Books are as old as the state and not worth their size: until its own comes anew, an instrument that was put back is worth
//! what it was, and cannot be traded on. What was recorded is told by a journal.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tradenode_core::event::Status;
use tradenode_core::exact::Exact;
use tradenode_core::risk::{KillSwitch, OpenOrders};

use super::alarm::Alarm;
use super::calls::Calls;
use super::desk::Desk;
use super::outcomes::Outcomes;
use super::owner::{Owner, OwnerState};
use super::strategy::TickStrategy;
use super::trader::Trader;
use super::view::View;
use crate::error::StateError;
use crate::ledger::LedgerState;

/// What is written now, and read.
const VERSION: u32 = 1;

/// The state of a [`Trader`]; as JSON, it can be read as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraderState {
    /// It comes before everything else, so that another version's is told as such, whatever it has.
    #[serde(deserialize_with = "known")]
    version: u32,
    /// What is traded and how, in words: a state is of no use to any other.
    described: Vec<String>,
    now: i64,
    ledger: LedgerState,
    orders: OwnerState,
    views: Vec<ViewState>,
    switch: KillSwitch,
    outcomes: Outcomes,
    timer: Alarm,
    sample: Alarm,
    calls: Vec<Calls>,
}

/// What of a [`View`] is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewState {
    pub(super) last: i64,
    /// What the instrument was worth, in ticks.
    pub(super) mid: Exact,
    pub(super) mark: i64,
    pub(super) at: i64,
    pub(super) status: Status,
}

fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!("its version is {other}, and {VERSION} is read here"))),
    }
}

impl<S: TickStrategy> Trader<'_, S> {
    /// The state as of now, between two calls.
    ///
    /// # Errors
    /// [`StateError::Underway`] while requests are on their way: whoever goes on with the state could not know of them.
    pub fn state(&self) -> Result<TraderState, StateError> {
        let desk = &self.desk;
        if !desk.wire.is_empty() {
            return Err(StateError::Underway);
        }
        Ok(TraderState {
            version: VERSION,
            described: desk.described(),
            now: desk.now,
            ledger: desk.ledger.state(),
            orders: desk.owner.state(),
            views: desk.views.iter().map(View::state).collect(),
            switch: desk.switch.clone(),
            outcomes: desk.outcomes,
            timer: self.timer,
            sample: self.sample,
            calls: self.calls.clone(),
        })
    }

    /// Goes on where the trader of a state stopped: for one that was just made, of the same description, whose strategy
    /// is put back by whoever made it. The strategy is not called.
    ///
    /// # Errors
    /// A state of another description, or one that is broken; nothing is taken over then.
    pub fn restore(&mut self, state: TraderState) -> Result<(), StateError> {
        self.desk.check_described(&state.described)?;
        self.check_told(&state)?;
        let instruments = self.desk.views.len();
        if state.views.len() != instruments {
            return Err(StateError::Broken("views"));
        }
        if !state.switch.is_sound(self.desk.ledger.instruments.len()) {
            return Err(StateError::Broken("kill switch"));
        }
        let mut open = vec![OpenOrders::default(); instruments];
        let owner =
            Owner::restored(state.orders, state.ledger.gate.orders(), &self.desk.ledger.instruments, &mut open)?;
        self.desk.ledger.restore(state.ledger)?;
        (self.desk.owner, self.desk.ledger.open) = (owner, open);
        for (view, kept) in self.desk.views.iter_mut().zip(&state.views) {
            view.restore(kept);
        }
        (self.desk.now, self.desk.switch, self.desk.outcomes) = (state.now, state.switch, state.outcomes);
        (self.timer, self.sample, self.calls) = (state.timer, state.sample, state.calls);
        self.desk.tell_whole_account().map_err(|_| StateError::Broken("account"))
    }

    /// Whether the strategy of the state was called for the same.
    fn check_told(&self, state: &TraderState) -> Result<(), StateError> {
        let same = state.calls.len() == self.calls.len()
            && self.calls.iter().zip(&state.calls).all(|(own, kept)| own.is_like(kept))
            && self.timer.is_like(&state.timer);
        if !same {
            let (was, is) = ("called for something else".to_owned(), "what it subscribes to".to_owned());
            return Err(StateError::Other { what: "strategy", was, is });
        }
        if self.sample.is_like(&state.sample) {
            return Ok(());
        }
        let every = |alarm: &Alarm| format!("{} ns", alarm.every());
        Err(StateError::Other { what: "sample_ns", was: every(&state.sample), is: every(&self.sample) })
    }
}

impl Desk<'_> {
    /// What positions and money are counted in, a line for the account and one for each instrument.
    pub(super) fn described(&self) -> Vec<String> {
        let legs = self.ledger.instruments.len() / self.views.len().max(1);
        let mut lines = vec![format!("{legs} position(s) an instrument, margins {}", self.ledger.margins())];
        for (instrument, view) in self.instruments().iter().zip(&self.views) {
            let spec = instrument.spec();
            let kind = if spec.inverse { "inverse" } else { "linear" };
            let grid = format!("tick {}, lot {}, multiplier {}", spec.tick, spec.lot, spec.multiplier);
            lines.push(format!("{} in {}, {kind}, {grid}, book of {:?}", spec.symbol, spec.settlement, view.source()));
        }
        lines
    }

    pub(super) fn check_described(&self, was: &[String]) -> Result<(), StateError> {
        let is = self.described();
        let differs = (0..is.len().max(was.len())).find(|&line| was.get(line) != is.get(line));
        let Some(line) = differs else { return Ok(()) };
        let word = |lines: &[String]| lines.get(line).cloned().unwrap_or_else(|| "none".to_owned());
        let what = if line == 0 { "account" } else { "instrument" };
        Err(StateError::Other { what, was: word(was), is: word(&is) })
    }
}

#[cfg(test)]
#[path = "state_test.rs"]
pub(super) mod tests;
