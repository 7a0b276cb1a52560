//! The books of a desk as they are kept over a restart.
//!
//! What was recorded is not among it.

use std::mem::swap;

use serde::{Deserialize, Serialize};
use tradenode_core::account::Account;
use tradenode_core::exact::Exact;
use tradenode_core::risk::{Refusal, RiskState, Situation};
use tradenode_core::strategy::sizing::TradeRecord;

use super::Ledger;
use crate::error::{RunError, StateError};
use crate::recorder::OpenTrade;

/// Account, gate, open trades and the prices by which all was valued last; a list has an item for each place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerState {
    account: Account,
    pub(crate) gate: RiskState,
    trades: Vec<Option<OpenTrade>>,
    record: TradeRecord,
    last: Vec<Exact>,
    /// Open profit and notional as of the last mark, which may be older than the last price.
    valued: Vec<(Exact, Exact)>,
}

impl Ledger<'_> {
    pub(crate) fn state(&self) -> LedgerState {
        LedgerState {
            account: self.account.clone(),
            gate: self.gate.state(),
            trades: self.trades.clone(),
            record: self.record,
            last: self.last.iter().copied().map(Exact).collect(),
            valued: self.curves.iter().map(|curve| (Exact(curve.profit), Exact(curve.notional))).collect(),
        }
    }

    /// Goes on under the limits, margins and fees of books that were just made, of the same account and instruments; those
    /// get the ones from before.
    ///
    /// # Errors
    /// As [`RiskGate::take_over`]; nothing is changed then.
    ///
    /// [`RiskGate::take_over`]: tradenode_core::risk::RiskGate::take_over
    pub(crate) fn take_terms(&mut self, made: &mut Self) -> Result<(), StateError> {
        made.gate.take_over(&self.gate)?;
        swap(&mut self.gate, &mut made.gate);
        swap(&mut self.instruments, &mut made.instruments);
        Ok(())
    }

    /// What is open and beyond the limits, each with its instrument, as of the last prices.
    pub(crate) fn beyond(&mut self, now: i64) -> Result<Vec<(usize, Refusal)>, RunError> {
        self.refresh_marks()?;
        Ok(self.gate.beyond(&Situation {
            now,
            account: Some(&self.account),
            instruments: &self.instruments,
            marks: &self.marks,
            open: &self.open,
            markets: &self.markets,
            at_once: false,
            replaced: None,
        })?)
    }

    /// Goes on where the books of a state stopped; of one that is refused nothing is taken over.
    pub(crate) fn restore(&mut self, state: LedgerState) -> Result<(), StateError> {
        let places = self.instruments.len();
        if !state.account.is_sound(places) {
            return Err(StateError::Broken("account"));
        }
        let direction = |trade: &Option<OpenTrade>| trade.as_ref().map_or(0, |trade| i64::from(trade.direction));
        let open = |(place, trade)| direction(trade) == state.account.position(place).lots.signum();
        if state.trades.len() != places || !state.trades.iter().enumerate().all(open) {
            return Err(StateError::Broken("trades"));
        }
        if state.last.len() != places || state.valued.len() != places {
            return Err(StateError::Broken("prices"));
        }
        self.gate.restore(state.gate)?;
        (self.account, self.trades, self.record) = (state.account, state.trades, state.record);
        self.last = state.last.iter().map(|price| price.0).collect();
        // What is reckoned in ticks follows from the prices.
        self.stale = true;
        for (place, (profit, notional)) in state.valued.into_iter().enumerate() {
            self.redraw(place);
            (self.curves[place].profit, self.curves[place].notional) = (profit.0, notional.0);
        }
        Ok(())
    }
}
