//! Orders as a strategy asks for them, and why it does.

pub mod life;
mod numbers;
pub mod terms;

use serde::{Deserialize, Serialize};

/// Which way an order trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Adds to a long position, takes off a short one.
    Buy,
    /// Adds to a short position, takes off a long one.
    Sell,
}

impl Side {
    /// +1 for a buy, -1 for a sell.
    #[must_use]
    #[inline]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// The side that adds to a position of that sign.
    #[must_use]
    #[inline]
    pub const fn adding(lots: i64) -> Self {
        if lots >= 0 { Self::Buy } else { Self::Sell }
    }
}

/// How an order is to be filled. Prices are ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// At the next price.
    Market,
    /// At this price or better.
    Limit(i64),
    /// At the market once this price trades.
    Stop(i64),
}

impl OrderKind {
    /// The price written on the order.
    #[must_use]
    pub const fn price(self) -> Option<i64> {
        match self {
            Self::Market => None,
            Self::Limit(price) | Self::Stop(price) => Some(price),
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Why an order was made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Reason { $($(#[$doc])* #[serde(rename = $name)] $variant),+ }

        impl Reason {
            /// Every reason; its place is its number in trade columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

reasons! {
    /// The entry rule fired.
    Entry = "entry",
    /// The rule for adding fired.
    ScaleIn = "scale_in",
    /// The exit rule fired.
    ExitRule = "exit_rule",
    /// The opposite entry rule fired.
    Reversal = "reversal",
    /// The loss reached its limit.
    StopLoss = "stop_loss",
    /// The profit reached its target.
    TakeProfit = "take_profit",
    /// The price fell back from its best.
    TrailingStop = "trailing_stop",
    /// The stop had moved to the entry.
    BreakEven = "break_even",
    /// The profit sufficed for the position's age.
    ProfitTable = "profit_table",
    /// The position was held its longest time.
    MaxHold = "max_hold",
    /// A part was taken off.
    ScaleOut = "scale_out",
    /// The equity fell below the maintenance margin.
    Liquidation = "liquidation",
    /// A call-back asked for it.
    Strategy = "strategy",
    /// The kill switch closed the position.
    KillSwitch = "kill_switch",
}

/// An order that a strategy wants: nothing happens until the risk gate has approved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The instrument's index in the run.
    pub instrument: usize,
    /// Which way.
    pub side: Side,
    /// How many lots, above zero.
    pub lots: i64,
    /// How.
    pub kind: OrderKind,
    /// Whether it may only shrink the position.
    pub reduce_only: bool,
    /// Why.
    pub reason: Reason,
}
