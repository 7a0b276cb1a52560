//! Another strategy and other limits for a trader in the midst of its run.

use std::mem::swap;

use tradenode_core::risk::Refusal;

use super::desk::Desk;
use super::strategy::TickStrategy;
use super::trader::Trader;
use crate::error::{RunError, StateError};

impl<S: TickStrategy> Trader<'_, S> {
    /// Goes on with the strategy, the limits and the intervals of a trader that was just made as of now, of the same
    /// instruments; that one gets those that were here before. Account, orders, books, the gate's memory and what of bars and
    /// intervals is not over stay. No strategy is called.
    ///
    /// # Errors
    /// Another account or other instruments, and a lock whose protection is not there any more; nothing is changed then.
    pub fn reload(&mut self, made: &mut Self) -> Result<(), StateError> {
        made.desk.check_described(&self.desk.described())?;
        self.desk.ledger.take_terms(&mut made.desk.ledger)?;
        for (own, new) in [(&mut self.timer, &made.timer), (&mut self.sample, &made.sample)] {
            if !own.is_like(new) {
                *own = *new;
            }
        }
        for (own, new) in self.calls.iter_mut().zip(&made.calls) {
            own.become_like(new);
        }
        swap(&mut self.interest, &mut made.interest);
        swap(&mut self.strategy, &mut made.strategy);
        Ok(())
    }

    /// What is open and beyond the limits, each with its instrument; open orders count as filled.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn beyond(&mut self) -> Result<Vec<(usize, Refusal)>, RunError> {
        self.desk.beyond()
    }
}

impl Desk<'_> {
    fn beyond(&mut self) -> Result<Vec<(usize, Refusal)>, RunError> {
        self.ledger.beyond(self.now)
    }
}

#[cfg(test)]
#[path = "reload_test.rs"]
mod tests;
