//! How the simulated venue matches.

use serde::{Deserialize, Serialize};

use crate::models::queue::QueueModel;

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
}

impl Default for VenueSpec {
    fn default() -> Self {
        Self { fills: Fills::Partial, queue: QueueModel::Power(2.0), self_trade: SelfTrade::CancelResting }
    }
}

/// Whether orders fill in parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fills {
    /// By what rests and trades. What we have taken of a level stays taken until the level shrinks below it.
    #[default]
    Partial,
    /// Always whole, takers at the best price, as hftbacktest's exchange without partial fills.
    Whole,
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
