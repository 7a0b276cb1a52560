//! What is kept over a restart beside a trader: the strategy's own numbers of orders, and whether it is called.

use std::mem::swap;

use pyo3::prelude::*;
use serde::{Deserialize, Serialize};
use tradenode_core::instrument::Instrument;

use super::callback::EventCallback;
use super::carry::Sent;

/// The state of an [`EventCallback`]; a list has an item for each desk, none before the strategy has begun.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackState {
    /// The number of the last order that was asked for.
    issued: Vec<u64>,
    sent: Vec<Sent>,
    errors: u32,
    retired: bool,
}

impl CallbackState {
    /// Whether it can be that of so many desks, or of none yet.
    pub(crate) fn is_sound(&self, desks: usize) -> bool {
        let whole = self.issued.is_empty() || self.issued.len() == desks;
        whole && self.sent.len() == self.issued.len() && self.sent.iter().all(Sent::is_sound)
    }
}

impl EventCallback {
    /// The state as of now. Lines that were logged and not taken are not in it.
    pub(crate) fn state(&self, py: Python<'_>) -> CallbackState {
        CallbackState {
            issued: self.desks.iter().map(|desk| desk.borrow(py).issued()).collect(),
            sent: self.sent.clone(),
            errors: self.errors,
            retired: self.retired,
        }
    }

    /// Takes over the desks of a strategy that was called up to now, with what it knows of its orders, and whether it is
    /// called at all; for one that has not begun. That one gets none.
    pub(crate) fn take_desks(&mut self, before: &mut Self) {
        swap(&mut self.desks, &mut before.desks);
        swap(&mut self.books, &mut before.books);
        swap(&mut self.grids, &mut before.grids);
        swap(&mut self.sent, &mut before.sent);
        (self.errors, self.retired) = (before.errors, before.retired);
    }

    /// Whether the strategy has begun, or was put back.
    pub(crate) fn has_begun(&self) -> bool {
        !self.desks.is_empty()
    }

    /// Takes over a state, which is sound; desks are made where there were some. The strategy is not called.
    pub(crate) fn restore(&mut self, py: Python<'_>, instruments: &[Instrument], state: CallbackState) -> PyResult<()> {
        if !state.issued.is_empty() {
            self.make_desks(py, instruments)?;
        }
        for (desk, number) in self.desks.iter().zip(state.issued) {
            desk.borrow_mut(py).issue_after(number);
        }
        (self.sent, self.errors, self.retired) = (state.sent, state.errors, state.retired);
        Ok(())
    }
}
