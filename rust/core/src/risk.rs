//! The risk gate: the only maker of an [`Approved`] order.

use serde::{Deserialize, Serialize};

use crate::units::{Decimal, Rate};

/// Limits in the user's units; an absent limit does not bind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest position of an instrument, in base units.
    pub max_position: Option<Decimal>,
    /// The largest notional of a position, in the account's currency.
    pub max_notional: Option<Decimal>,
    /// The most orders in any 60 seconds.
    pub max_orders_per_minute: Option<u32>,
    /// How far a limit or stop price may lie from the reference price.
    pub price_band: Option<Rate>,
    /// The fall of equity from its peak at which trading halts for the rest of the run.
    pub max_drawdown: Option<Rate>,
    /// The most positions open at once.
    pub max_open_positions: Option<u32>,
}
