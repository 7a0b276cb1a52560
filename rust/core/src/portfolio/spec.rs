//! What a monitor watches, and what it cannot be made of or take.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::instrument::{Instrument, InstrumentError, InstrumentSpec};
use crate::money::{MoneyError, Scale};
use crate::units::Decimal;

/// The longest window of returns.
pub const WINDOW_MAX: u32 = 10_000;

/// What a monitor watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorSpec {
    /// The currency in which the account counts.
    pub currency: String,
    /// The equity at the start.
    pub capital: Decimal,
    /// What is traded.
    pub instruments: Vec<InstrumentSpec>,
    /// The names of the strategies.
    pub strategies: Vec<String>,
    /// How far samples lie apart, ns.
    pub every_ns: i64,
    /// How many returns of samples the risk is computed of; from 2 to [`WINDOW_MAX`].
    pub window: u32,
}

impl MonitorSpec {
    /// How money is counted, and the instruments bound to it.
    pub(super) fn bind(&self) -> Result<(Scale, Vec<Instrument>), MonitorError> {
        let fault = |key, reason: String| MonitorError::Spec { key, reason };
        if self.instruments.is_empty() {
            return Err(fault("instruments", "there is none".to_owned()));
        }
        if self.strategies.is_empty() {
            return Err(fault("strategies", "there is none".to_owned()));
        }
        let twice = |(place, name): &(usize, &String)| self.strategies[..*place].contains(name);
        if let Some((_, name)) = self.strategies.iter().enumerate().find(twice) {
            return Err(fault("strategies", format!("`{name}` is there twice")));
        }
        if self.every_ns <= 0 {
            return Err(fault("every_ns", format!("must be above 0, got {}", self.every_ns)));
        }
        if !(2..=WINDOW_MAX).contains(&self.window) {
            return Err(fault("window", format!("must be from 2 to {WINDOW_MAX}, got {}", self.window)));
        }
        if let Some(other) = self.instruments.iter().find(|i| i.settlement != self.currency) {
            let (symbol, settlement) = (other.symbol.clone(), other.settlement.clone());
            return Err(MonitorError::Currency { symbol, settlement, currency: self.currency.clone() });
        }
        let scale = Scale::covering(self.instruments.iter().filter(|i| !i.inverse).map(InstrumentSpec::digits))?;
        let instruments = self.instruments.iter().map(|i| i.bind(scale)).collect::<Result<_, _>>()?;
        Ok((scale, instruments))
    }
}

/// What a monitor cannot be made of, or cannot take.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// A key of the description.
    #[error("{key}: {reason}")]
    Spec {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An instrument that does not hold together.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// Money that cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An instrument that does not settle in the account's currency.
    #[error("{symbol} settles in {settlement}, the account counts in {currency}: they cannot be added up")]
    Currency {
        /// The instrument.
        symbol: String,
        /// In what it settles.
        settlement: String,
        /// The account's.
        currency: String,
    },
    /// An instrument or a strategy that there is not.
    #[error("{what} {given}: there are {count}, counted from 0")]
    Place {
        /// Which of the two.
        what: &'static str,
        /// What was given.
        given: usize,
        /// How many there are.
        count: usize,
    },
    /// Open orders of another number of instruments.
    #[error("open orders of {given} instruments, {traded} are traded")]
    Orders {
        /// What was given.
        given: usize,
        /// What is traded.
        traded: usize,
    },
    /// A time before the epoch.
    #[error("a time must not be before 1970, got {0} ns")]
    Time(i64),
    /// A number of lots or ticks that is not above zero.
    #[error("{what} must be above zero, got {given}")]
    Zero {
        /// Which of them.
        what: &'static str,
        /// What was given.
        given: i64,
    },
    /// A payment for a position that there is not.
    #[error("a payment for {symbol}, which is not held in sum: say of which strategy it is")]
    Unheld {
        /// The instrument.
        symbol: String,
    },
    /// A horizon that the window does not hold.
    #[error("horizon must be from 1 to {most} samples (the window less one), got {given}")]
    Horizon {
        /// What was given.
        given: usize,
        /// The longest.
        most: usize,
    },
    /// A confidence out of its range.
    #[error("confidence must be from 0.5 to below 1, got {0}")]
    Confidence(f64),
    /// Exposures that are not one finite number an instrument.
    #[error("exposures must be finite and one for each of {count} instruments")]
    Deltas {
        /// How many instruments there are.
        count: usize,
    },
}
