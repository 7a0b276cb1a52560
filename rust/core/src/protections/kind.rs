//! The kinds of protections, by name.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// The kind of a protection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $variant),+ }

        impl Kind {
            /// Every kind; its place is its number in columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in configs and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

kinds! {
    /// A pause after every trade.
    Cooldown = "cooldown",
    /// Too many stops.
    StopGuard = "stop_guard",
    /// Too little profit.
    LowProfit = "low_profit",
    /// Too large a fall from a peak.
    MaxDrawdown = "max_drawdown",
    /// Too many losses in a row.
    ConsecutiveLosses = "consecutive_losses",
    /// Too large a loss since midnight.
    DailyLoss = "daily_loss",
    /// Prices that jump.
    Volatility = "volatility",
    /// Data that do not come.
    FeedStale = "feed_stale",
    /// A spread that is wide.
    Spread = "spread",
    /// Too many rejects.
    RejectStorm = "reject_storm",
}
