//! How the simulated venue matches.

use serde::{Deserialize, Serialize};

use crate::models::queue::QueueModel;
use crate::spec::SpecError;

/// How the venue matches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueSpec {
    /// Whether orders fill in parts.
    pub fills: Fills,
    /// What cancels of others do to the place of our orders.
    pub queue: QueueModel,
    /// What happens before the account trades with itself.
    pub self_trade: SelfTrade,
    /// For how long what we take is missing, where orders fill in parts.
    pub impact: Impact,
}

impl Default for VenueSpec {
    fn default() -> Self {
        Self {
            fills: Fills::Partial,
            queue: QueueModel::Power(2.0),
            self_trade: SelfTrade::CancelResting,
            impact: Impact::None,
        }
    }
}

impl VenueSpec {
    /// Checks the numbers.
    ///
    /// # Errors
    /// A half-life that is not above zero.
    pub fn check(&self) -> Result<(), SpecError> {
        match self.impact {
            Impact::Decaying { half_life_ns } if half_life_ns <= 0 => {
                Err(SpecError::range("half_life_ns", "above 0", half_life_ns as f64))
            }
            _ => Ok(()),
        }
    }
}

/// Whether orders fill in parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fills {
    /// By what rests and trades. What we have taken of a level is missing there as [`Impact`] says.
    #[default]
    Partial,
    /// Always whole, takers at the best price, as hftbacktest's exchange without partial fills.
    Whole,
}

/// For how long the lots that we took are missing at their price. Recorded data do not know of us: whoever would have put
/// others in their place has not, and what they still show is in part ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// For as long as the level shows as many: where it shrinks below, no more is missing than it shows, and what joins it
    /// later is there.
    #[default]
    None,
    /// Whatever the level does, half of them for so long, half of the rest for so long again, and so on.
    Decaying {
        /// ns, above zero.
        half_life_ns: i64,
    },
}

/// What happens before the account trades with itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfTrade {
    /// The resting order goes.
    #[default]
    CancelResting,
    /// What is left of the taking order goes.
    CancelTaking,
    /// Both go.
    CancelBoth,
}

/// What the book of an instrument is made of, and with it how truly orders are filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookSource {
    /// Levels. Quotes are not looked at: they tell what is there already.
    #[default]
    Depth,
    /// The best price of each side.
    Quotes,
    /// Orders. A resting order's place among them is exact. Levels and quotes are not looked at: they tell what is there
    /// already.
    Orders,
    /// Trades: a taker gets the price of the last one, and a resting order what trades beyond its price.
    Trades,
}
