//! How the venue of a run over events keeps an account: margins, positions, what is done when the margin is used up.

use serde::{Deserialize, Serialize};
use tradenode_core::units::{Decimal, Rate};

/// What backs a position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginMode {
    /// The whole account.
    #[default]
    Cross,
    /// What was set apart for it as it was opened.
    Isolated,
}

/// What an instrument's fills add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionMode {
    /// One position, long or short.
    #[default]
    Netting,
    /// Two legs side by side: an order adds to the leg of its side or, if it may only reduce, shrinks the other.
    Hedging,
}

/// What happens to a position that is not backed any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiquidationSpec {
    /// The part of the notional that the venue takes for it, as far as anything is left.
    pub fee: Rate,
    /// What is in the insurance fund at the start, in the account's currency.
    pub insurance: Option<Decimal>,
}
