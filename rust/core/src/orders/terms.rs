//! The terms of an order besides its side, size and price.

use serde::{Deserialize, Serialize};

/// How long an order stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    #[default]
    GoodTillCancel,
    /// What cannot be filled at once is cancelled.
    ImmediateOrCancel,
    /// All at once or nothing.
    FillOrKill,
    /// Until this time, ns UTC; what comes to the venue later is not taken.
    GoodTillTime(i64),
}

/// What sets off an order that waits. Prices are ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The order does not wait.
    #[default]
    None,
    /// A price that is as bad: at or above it for a buy, at or below it for a sell.
    Stop(i64),
    /// A price that is as good: at or below it for a buy, at or above it for a sell.
    TakeProfit(i64),
    /// A stop that stays this many ticks behind the best price since the order was taken.
    Trailing(i64),
}

/// Whose price sets off an order that waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerPrice {
    /// The last trade.
    #[default]
    Last,
    /// The mark price.
    Mark,
    /// The best price on the side that the order would take.
    Touch,
}

/// What the order does to others, by their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// One cancels the other: the first fill of an order of this group cancels the rest of it; 0 for none.
    pub group: u64,
    /// One triggers the other: the order is held until that order is filled whole, and goes when that one ends with less;
    /// 0 for none.
    pub parent: u64,
}

/// The terms of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// Whether it is refused rather than take liquidity.
    pub post_only: bool,
    /// The most lots that show at once; 0 shows all.
    pub display: i64,
    /// What it waits for.
    pub trigger: Trigger,
    /// Whose price that is.
    pub trigger_price: TriggerPrice,
    /// Its ties to other orders.
    pub links: Links,
}
