//! What can stop a run.

use std::error::Error;

use thiserror::Error as ThisError;
use tradenode_core::event::TapeError;
use tradenode_core::money::MoneyError;
use tradenode_core::orders::life::LifeError;
use tradenode_core::protections::InputError;
use tradenode_core::risk::{JointError, RiskError};
use tradenode_core::strategy::sizing::SizeError;
use tradenode_core::units::UnitError;

use crate::frames::FrameError;
use crate::metrics::MetricsError;
use crate::spec::SpecError;

/// A state that cannot be taken over; nothing of it was.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum StateError {
    /// Not the JSON of one.
    #[error("the state: {0}")]
    Json(String),
    /// One of another description.
    #[error("the state is of another {what}: {was}, not {is}")]
    Other {
        /// What of it.
        what: &'static str,
        /// In the state.
        was: String,
        /// Now.
        is: String,
    },
    /// The gate's part.
    #[error(transparent)]
    Gate(#[from] RiskError),
    /// One that no trader can be in.
    #[error("broken state of the {0}")]
    Broken(&'static str),
    /// There is none that could be told of.
    #[error("there is no state while requests are on their way: take them first")]
    Underway,
}

/// What can stop a run.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum RunError {
    /// The description.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The bars of an instrument.
    #[error("{symbol}: {source}")]
    Frame {
        /// The instrument.
        symbol: String,
        /// What is wrong with its bars.
        source: FrameError,
    },
    /// The events of an instrument.
    #[error("{symbol}: {source}")]
    Tape {
        /// The instrument.
        symbol: String,
        /// The first row at fault.
        source: TapeError,
    },
    /// Money that cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A number off its grid.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// A size that cannot be computed.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// A report that cannot be of our order: the simulated venue and the desk disagree.
    #[error(transparent)]
    Life(#[from] LifeError),
    /// What protections refuse to take note of.
    #[error(transparent)]
    Protection(#[from] InputError),
    /// A state that cannot be taken over.
    #[error(transparent)]
    State(Box<StateError>),
    /// What the account that several desks share cannot count.
    #[error(transparent)]
    Joint(Box<JointError>),
    /// Figures that cannot be computed.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Rules that do not compile or cannot be evaluated; one fault a line.
    #[error("{0}")]
    Rules(String),
    /// The strategy's own error.
    #[error("{0}")]
    Strategy(Box<dyn Error + Send + Sync>),
}

impl From<JointError> for RunError {
    fn from(error: JointError) -> Self {
        Self::Joint(Box::new(error))
    }
}
