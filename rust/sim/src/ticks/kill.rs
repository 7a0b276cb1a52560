//! The kill switch at the desk: the same as a node's, on the simulated venue.

use tradenode_core::orders::Intent;
use tradenode_core::orders::terms::Terms;
use tradenode_core::risk::{Command, Exposed, Kill, LatchError, Market, TradingState};

use super::desk::Desk;
use crate::error::RunError;

impl Desk<'_> {
    /// Pulls the kill switch. Unless it only cancels, trading stays halted: nothing but what only reduces is approved.
    ///
    /// # Errors
    /// Money that cannot be counted; a strategy that looks at the touch alone, whose desk decides at its calls only.
    pub fn kill(&mut self, kill: Kill, by: &str, reason: &str) -> Result<(), RunError> {
        if self.views.iter().any(|view| view.book().is_none()) {
            return Err(RunError::Strategy("a desk that sees the touch alone has no kill switch".into()));
        }
        if kill != Kill::CancelAll {
            self.ledger.gate.trip(TradingState::Halted, by, reason, self.now);
        }
        self.switch.pull(kill, self.now);
        self.step_switch()
    }

    /// Lets a person resume trading: what has stopped it is lifted, and what the kill switch was still about is given up.
    ///
    /// # Errors
    /// Nobody, no reason, nothing to lift.
    pub fn resume(&mut self, by: &str, reason: &str) -> Result<(), LatchError> {
        self.ledger.gate.resume(by, reason, self.now)?;
        self.switch.release();
        Ok(())
    }

    /// What may be ordered now.
    #[must_use]
    pub const fn trading(&self) -> TradingState {
        self.ledger.gate.latch().state()
    }

    /// What the kill switch is about, if it was pulled and something is left to do.
    #[must_use]
    pub const fn killing(&self) -> Option<Kill> {
        self.switch.pulled()
    }

    /// Sends a cancel of every order that may open or add to a position.
    pub(super) fn cancel_adding(&mut self) {
        for instrument in 0..self.views.len() {
            for order in self.owner.open(instrument).to_vec() {
                if self.owner.get(order).is_some_and(|order| !order.intent.reduce_only) {
                    self.cancel_in_any_case(order);
                }
            }
        }
    }

    /// Does what the kill switch wants done now.
    #[inline]
    pub(super) fn step_switch(&mut self) -> Result<(), RunError> {
        if self.switch.pulled().is_none() { Ok(()) } else { self.step_pulled() }
    }

    fn step_pulled(&mut self) -> Result<(), RunError> {
        let mut switch = std::mem::take(&mut self.switch);
        for command in switch.step(self.now, self) {
            match command {
                Command::Cancel(order) => drop(self.cancel_in_any_case(order)),
                Command::Close(intent) => {
                    // The switch counts positions: of an instrument there are two where legs are kept.
                    let (place, instrument) = (intent.instrument, intent.instrument % self.views.len());
                    let sent = self.send(&Intent { instrument, ..intent }, Terms::default(), 0)?;
                    if let Some(order) = sent {
                        switch.sent(place, order);
                    }
                }
            }
        }
        self.switch = switch;
        Ok(())
    }
}

impl Exposed for Desk<'_> {
    fn open_orders(&self) -> impl Iterator<Item = (u64, usize, bool)> {
        let place = |intent: &Intent| self.ledger.gate.place(intent.instrument, intent.side, intent.reduce_only);
        self.owner.iter().map(move |(id, order)| (id, place(&order.intent), order.intent.reduce_only))
    }

    fn lots(&self, place: usize) -> i64 {
        self.ledger.position(place).lots
    }

    fn market(&self, place: usize) -> Market {
        self.views[place % self.views.len()].market()
    }
}

#[cfg(test)]
#[path = "kill_test.rs"]
mod tests;
