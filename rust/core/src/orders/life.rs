//! The life of an order as its owner sees it: which report may follow which, and what is left of it.
//!
//! Reports come late, twice and in another order than they were made in. An acknowledgement that comes after a fill says
//! nothing new, a fill may come while a cancel is on its way, and a fill that was seen before changes nothing. What
//! cannot be is refused, and the order stays as it was: its owner must ask the venue.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::numbers::Numbers;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Made and not sent.
    Initialized,
    /// Sent, and nothing heard.
    Submitted,
    /// Nothing heard for too long: it may rest, be filled, or never have arrived.
    Unknown,
    /// Resting or waiting at the venue.
    Working,
    /// Filled whole.
    Filled,
    /// Ended by a cancel.
    Cancelled,
    /// Never taken by the venue.
    Rejected,
    /// Ended by its own terms.
    Expired,
}

impl Status {
    /// Whether nothing can happen to the order any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Cancelled | Self::Rejected | Self::Expired)
    }
}

/// A request on its way to the venue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// None.
    #[default]
    Nothing,
    /// A cancel.
    Cancel,
    /// A new size or price.
    Replace,
}

/// What happens to an order: what its owner does, and what the venue reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is sent.
    Submit,
    /// No report came in time.
    TimeOut,
    /// A cancel is sent.
    RequestCancel,
    /// A new size or price is sent.
    RequestReplace,
    /// The venue has it.
    Accepted,
    /// The venue did not take it.
    Rejected,
    /// Lots were filled, by the venue's number of the fill.
    Filled {
        /// The fill's number; the same number is the same fill.
        fill: u64,
        /// Lots, above zero.
        lots: i64,
    },
    /// It has now this size, filled lots included.
    Replaced {
        /// Lots.
        lots: i64,
    },
    /// The cancel came to nothing.
    CancelRejected,
    /// The new size or price came to nothing.
    ReplaceRejected,
    /// It is cancelled.
    Cancelled,
    /// It ended by its terms.
    Expired,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It told nothing new.
    Nothing,
    /// The order has changed.
    Changed,
    /// The order has ended.
    Ended,
}

/// A step that cannot follow; the order is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LifeError {
    /// The status does not allow it.
    #[error("{step:?} cannot follow: the order is {status:?} with {pending:?} pending")]
    Illegal {
        /// Where the order stands.
        status: Status,
        /// What is on its way.
        pending: Pending,
        /// What was to happen.
        step: Step,
    },
    /// More lots filled than the order has left.
    #[error("fill {fill} of {lots} lots, but only {left} of the order are left")]
    Overfill {
        /// The fill's number.
        fill: u64,
        /// Its lots.
        lots: i64,
        /// What was left.
        left: i64,
    },
    /// A size of zero or below, or one below what is filled already.
    #[error("{lots} lots, with {filled} filled")]
    Size {
        /// The size.
        lots: i64,
        /// What is filled.
        filled: i64,
    },
}

/// An order's status, size and fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    status: Status,
    pending: Pending,
    lots: i64,
    filled: i64,
    /// The numbers of its fills.
    fills: Numbers,
}

impl Life {
    /// An order of `lots` that is not sent yet.
    #[must_use]
    pub const fn new(lots: i64) -> Self {
        Self { status: Status::Initialized, pending: Pending::Nothing, lots, filled: 0, fills: Numbers::NONE }
    }

    /// An order of `lots` that has just been sent.
    #[must_use]
    pub const fn sent(lots: i64) -> Self {
        let (status, pending) = (Status::Submitted, Pending::Nothing);
        Self { status, pending, lots, filled: 0, fills: Numbers::NONE }
    }

    /// Whether steps can lead here: for an order that was read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let ascending = self.fills.ascend();
        let counted = self.fills.len() as i64 <= self.filled && self.fills.is_empty() == (self.filled == 0);
        let heard = self.filled == 0 || matches!(self.status, Status::Working) || self.status.is_final();
        let never = self.filled == 0 || self.status != Status::Rejected;
        let whole = (self.filled == self.lots) == (self.status == Status::Filled);
        let asked = self.pending == Pending::Nothing || self.is_out();
        (0..=self.lots).contains(&self.filled) && ascending && counted && heard && never && whole && asked
    }

    /// Where it stands.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// What is on its way.
    #[must_use]
    pub const fn pending(&self) -> Pending {
        self.pending
    }

    /// Lots filled.
    #[must_use]
    pub const fn filled(&self) -> i64 {
        self.filled
    }

    /// Lots that may still be filled: 0 once it has ended.
    #[must_use]
    pub const fn left(&self) -> i64 {
        if self.status.is_final() { 0 } else { self.lots - self.filled }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// What cannot follow; nothing has changed then.
    #[inline(always)]
    pub fn step(&mut self, step: Step) -> Result<Effect, LifeError> {
        match step {
            Step::Submit => self.move_if(step, self.status == Status::Initialized, Status::Submitted),
            Step::TimeOut => self.move_if(step, self.status == Status::Submitted, Status::Unknown),
            Step::RequestCancel => self.request(step, Pending::Cancel),
            Step::RequestReplace => self.request(step, Pending::Replace),
            Step::Accepted => self.accept(step),
            Step::Rejected => self.end_if(step, self.is_unconfirmed() && self.filled == 0, Status::Rejected),
            Step::Filled { fill, lots } => self.fill(step, fill, lots),
            Step::Replaced { lots } => self.replace(step, lots),
            Step::CancelRejected => self.refused(step, Pending::Cancel),
            Step::ReplaceRejected => self.refused(step, Pending::Replace),
            Step::Cancelled => self.end_if(step, self.is_out(), Status::Cancelled),
            Step::Expired => self.end_if(step, self.is_out(), Status::Expired),
        }
    }

    /// Whether the venue may have it, without a word that it does.
    const fn is_unconfirmed(&self) -> bool {
        matches!(self.status, Status::Submitted | Status::Unknown)
    }

    /// Whether the venue has or may have it.
    const fn is_out(&self) -> bool {
        self.is_unconfirmed() || matches!(self.status, Status::Working)
    }

    const fn illegal(&self, step: Step) -> LifeError {
        LifeError::Illegal { status: self.status, pending: self.pending, step }
    }

    const fn move_if(&mut self, step: Step, allowed: bool, status: Status) -> Result<Effect, LifeError> {
        if !allowed {
            return Err(self.illegal(step));
        }
        self.status = status;
        Ok(Effect::Changed)
    }

    /// Ends the order; the same end told twice tells nothing new.
    fn end_if(&mut self, step: Step, allowed: bool, status: Status) -> Result<Effect, LifeError> {
        if self.status == status {
            return Ok(Effect::Nothing);
        }
        if !allowed {
            return Err(self.illegal(step));
        }
        (self.status, self.pending) = (status, Pending::Nothing);
        Ok(Effect::Ended)
    }

    /// A cancel may follow a replace that is on its way, not the other way round.
    fn request(&mut self, step: Step, pending: Pending) -> Result<Effect, LifeError> {
        let free = self.pending == Pending::Nothing || (self.pending == Pending::Replace && pending == Pending::Cancel);
        if !self.is_out() || !free {
            return Err(self.illegal(step));
        }
        self.pending = pending;
        Ok(Effect::Changed)
    }

    fn accept(&mut self, step: Step) -> Result<Effect, LifeError> {
        if self.is_unconfirmed() {
            self.status = Status::Working;
            return Ok(Effect::Changed);
        }
        // After a fill, a cancel or another acknowledgement it is old news; before it was sent it cannot be.
        match self.status {
            Status::Initialized | Status::Rejected => Err(self.illegal(step)),
            _ => Ok(Effect::Nothing),
        }
    }

    fn fill(&mut self, step: Step, fill: u64, lots: i64) -> Result<Effect, LifeError> {
        if self.fills.holds(fill) {
            return Ok(Effect::Nothing);
        }
        if !self.is_out() {
            return Err(self.illegal(step));
        }
        if lots <= 0 {
            return Err(LifeError::Size { lots, filled: self.filled });
        }
        let left = self.lots - self.filled;
        if lots > left {
            return Err(LifeError::Overfill { fill, lots, left });
        }
        self.fills.add(fill);
        self.filled += lots;
        if self.filled == self.lots {
            (self.status, self.pending) = (Status::Filled, Pending::Nothing);
            return Ok(Effect::Ended);
        }
        self.status = Status::Working;
        Ok(Effect::Changed)
    }

    fn replace(&mut self, step: Step, lots: i64) -> Result<Effect, LifeError> {
        if !self.is_out() || self.pending == Pending::Nothing {
            return Err(self.illegal(step));
        }
        if lots <= self.filled {
            return Err(LifeError::Size { lots, filled: self.filled });
        }
        (self.status, self.lots) = (Status::Working, lots);
        // A cancel that was sent after it is still on its way.
        if self.pending == Pending::Replace {
            self.pending = Pending::Nothing;
        }
        Ok(Effect::Changed)
    }

    fn refused(&mut self, step: Step, pending: Pending) -> Result<Effect, LifeError> {
        if self.pending == pending {
            self.pending = Pending::Nothing;
            return Ok(Effect::Changed);
        }
        // The order has ended in the meantime, or a cancel went after the replace that is refused now.
        let late = self.status.is_final() || (self.pending == Pending::Cancel && pending == Pending::Replace);
        if late { Ok(Effect::Nothing) } else { Err(self.illegal(step)) }
    }
}

#[cfg(test)]
#[path = "life_test.rs"]
mod tests;
