//! A desk's part of an account that several desks share: every order passes the account's gate after the desk's own.

use std::cell::RefCell;
use std::rc::Rc;

use tradenode_core::money::{Atoms, MoneyError};
use tradenode_core::orders::Intent;
use tradenode_core::risk::{JointBook, JointError, Part, Pending};

use super::desk::Desk;
use super::strategy::TickStrategy;
use super::trader::Trader;
use crate::error::RunError;

/// The account's books, which its desks have in common: they act one after the other.
pub type Joint = Rc<RefCell<JointBook>>;

/// A desk's membership.
#[derive(Debug)]
pub(super) struct Member {
    joint: Joint,
    desk: usize,
}

impl<S: TickStrategy> Trader<'_, S> {
    /// Makes the desk's orders pass an account's gate too, and what it holds count there; its number there.
    ///
    /// # Errors
    /// A desk of instruments or modes that the account does not have.
    pub fn join(&mut self, joint: &Joint) -> Result<usize, JointError> {
        let ledger = &self.desk.ledger;
        let desk = joint.borrow_mut().join(&ledger.instruments, ledger.scale, ledger.is_isolated())?;
        self.desk.joint = Some(Member { joint: Rc::clone(joint), desk });
        self.desk.tell_whole_account()?;
        Ok(desk)
    }

    /// Sends a cancel of every order that may open or add to a position, now.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn cancel_adding(&mut self, now: i64) -> Result<(), RunError> {
        self.go_on_to(now)?;
        self.desk.cancel_adding();
        Ok(())
    }
}

impl Desk<'_> {
    /// What the positions held were taken at, in atoms.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn invested(&self) -> Result<Atoms, MoneyError> {
        self.ledger.account.invested()
    }

    /// Whether the account's gate, and not the desk's own, refused what was refused last.
    #[must_use]
    pub const fn refused_by_account(&self) -> bool {
        self.ledger.recorder.refused_jointly
    }

    /// Asks the account's gate, if there is one, about an order that the desk's own has approved; a refusal is recorded as
    /// that one's are.
    #[cold]
    pub(super) fn passes_jointly(&mut self, intent: Intent, replaced: Option<Pending>) -> Result<bool, RunError> {
        let Some(Member { joint, desk }) = &self.joint else { return Ok(true) };
        let mut joint = joint.borrow_mut();
        let (mark, market) = (self.ledger.ticks(intent.instrument), self.ledger.markets[intent.instrument]);
        joint.see(*desk, intent.instrument, mark, market, self.now)?;
        let Err(refusal) = joint.check(*desk, &intent, replaced, self.now)? else { return Ok(true) };
        drop(joint);
        self.ledger.recorder.refuse(self.now, intent.instrument, intent.reason, refusal);
        self.ledger.recorder.refused_jointly = true;
        Ok(false)
    }

    /// Tells the account, if there is one, what has changed about an instrument.
    #[inline(always)]
    pub(super) fn tell_account(&mut self, instrument: usize) -> Result<(), RunError> {
        if self.joint.is_none() { Ok(()) } else { self.tell_joint(instrument) }
    }

    #[cold]
    fn tell_joint(&mut self, instrument: usize) -> Result<(), RunError> {
        let Some(Member { joint, desk }) = &self.joint else { return Ok(()) };
        let mut joint = joint.borrow_mut();
        let (account, open) = (&self.ledger.account, &self.ledger.open[instrument]);
        joint.follow(&Part { desk: *desk, instrument, account, open })?;
        Ok(joint.look(self.now)?)
    }

    /// Tells the account everything, as one of its parts: what has been lost is not looked at before all have told.
    pub(super) fn tell_whole_account(&mut self) -> Result<(), JointError> {
        let Some(Member { joint, desk }) = &self.joint else { return Ok(()) };
        let mut joint = joint.borrow_mut();
        let account = &self.ledger.account;
        let mut each = self.ledger.open.iter().enumerate();
        each.try_for_each(|(instrument, open)| joint.follow(&Part { desk: *desk, instrument, account, open }))
    }

    /// Shows the account an instrument as it was received.
    #[inline]
    pub(super) fn show_account(&mut self, instrument: usize) -> Result<(), RunError> {
        let Some(Member { joint, desk }) = &self.joint else { return Ok(()) };
        let view = &self.views[instrument];
        Ok(joint.borrow_mut().see(*desk, instrument, view.mid_ticks(), view.market(), self.now)?)
    }
}
