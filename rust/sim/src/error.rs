//! What can stop a run.

use std::error::Error;

use thiserror::Error as ThisError;
use tradenode_core::event::TapeError;
use tradenode_core::money::MoneyError;
use tradenode_core::orders::life::LifeError;
use tradenode_core::protections::InputError;
use tradenode_core::strategy::sizing::SizeError;
use tradenode_core::units::UnitError;

use crate::frames::FrameError;
use crate::metrics::MetricsError;
use crate::spec::SpecError;

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
