//! What is held, in money.

use std::ops::AddAssign;

use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError};
use crate::orders::Side;
use crate::risk::OpenOrders;

/// Notionals of positions, in atoms: of linear ones quantity times price, of inverse ones quantity over price, which is in
/// the account's currency, too. For both it is what the position gains for a small relative rise of the price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Of what is held long.
    pub long: Atoms,
    /// Of what is held short, not below zero.
    pub short: Atoms,
}

impl Exposure {
    /// Of so many lots at a price in ticks.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn of(instrument: &Instrument, lots: i64, ticks: i64) -> Result<Self, MoneyError> {
        if lots == 0 {
            return Ok(Self::default());
        }
        let notional = instrument.notional(lots, ticks)?;
        Ok(if lots > 0 { Self { long: notional, short: 0 } } else { Self { long: 0, short: notional } })
    }

    /// Long and short.
    #[must_use]
    pub const fn gross(&self) -> Atoms {
        self.long + self.short
    }

    /// Long without short.
    #[must_use]
    pub const fn net(&self) -> Atoms {
        self.long - self.short
    }
}

impl AddAssign for Exposure {
    fn add_assign(&mut self, other: Self) {
        self.long += other.long;
        self.short += other.short;
    }
}

/// What an instrument's position may come to by orders that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Signed, in atoms: when all buys fill and no sell.
    pub high: Atoms,
    /// When all sells fill and no buy.
    pub low: Atoms,
    /// The most that is held either way; never less than what is held now, to which one of the two adds.
    pub gross: Atoms,
}

impl Reach {
    /// Of so many lots at a price in ticks and the orders that wait, each at its own price; those that may only reduce fill
    /// before those that cross through zero.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn of(instrument: &Instrument, lots: i64, ticks: i64, open: &OpenOrders) -> Result<Self, MoneyError> {
        let high = open.filled(Side::Buy, instrument, lots, ticks)?.worth;
        let low = open.filled(Side::Sell, instrument, lots, ticks)?.worth;
        Ok(Self { high, low, gross: high.max(-low) })
    }
}
