//! Profit by what it came from.

use crate::money::{Atoms, MoneyError};

/// A profit in atoms, by what it came from: above zero a gain, so that its parts add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Profit {
    /// Of lots that closed, before fees.
    pub realised: Atoms,
    /// By how much the worth of what is held changed, beyond its cost.
    pub unrealised: Atoms,
    /// Minus the fees.
    pub fees: Atoms,
    /// Funding, interest and the like: received above zero.
    pub funding: Atoms,
}

impl Profit {
    /// All parts together.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn total(&self) -> Result<Atoms, MoneyError> {
        [self.unrealised, self.fees, self.funding]
            .into_iter()
            .try_fold(self.realised, Atoms::checked_add)
            .ok_or(MoneyError::Overflow)
    }

    /// Part by part.
    ///
    /// # Errors
    /// An amount beyond 128 bits; nothing is added then.
    pub fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        let sum = |one: Atoms, other: Atoms| one.checked_add(other).ok_or(MoneyError::Overflow);
        *self = Self {
            realised: sum(self.realised, other.realised)?,
            unrealised: sum(self.unrealised, other.unrealised)?,
            fees: sum(self.fees, other.fees)?,
            funding: sum(self.funding, other.funding)?,
        };
        Ok(())
    }
}
