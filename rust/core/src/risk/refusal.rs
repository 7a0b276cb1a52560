//! What the gate checks, and why it refuses.

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Which check refused an intent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Check { $($(#[$doc])* $variant),+ }

        impl Check {
            /// Every check, in the order in which they are made (the last one before the gate is asked); its place is its
            /// number in columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

checks! {
    /// There is no such instrument, or it cannot be traded now.
    Instrument = "instrument",
    /// The account is not known.
    Account = "account",
    /// A price or trigger that is not above zero, or off the instrument's grid.
    PriceGrid = "price_grid",
    /// Smaller or larger than one order of the instrument may be, or nothing that it could reduce.
    OrderSize = "order_size",
    /// There is no price to judge it by.
    NoPrice = "no_price",
    /// The last quote is too old.
    StaleQuote = "stale_quote",
    /// Messages of the book are missing, or its best bid is above its best ask.
    BrokenBook = "broken_book",
    /// A price too far on the wrong side of the middle or the mark.
    Collar = "collar",
    /// Too far from the reference price.
    PriceBand = "price_band",
    /// The same intent was approved just before.
    Duplicate = "duplicate",
    /// It would meet an order of ours.
    SelfTrade = "self_trade",
    /// Trading has been halted by a person, a switch or a limit on losses that stays until somebody lifts it.
    Halted = "halted",
    /// The equity has fallen too far from its peak.
    Drawdown = "max_drawdown",
    /// The day has lost too much.
    DailyLoss = "max_daily_loss",
    /// The equity has fallen too far from the day's peak.
    DailyDrawdown = "max_daily_drawdown",
    /// Too many trades in a row have lost.
    ConsecutiveLosses = "max_consecutive_losses",
    /// Outside of the trading hours.
    Hours = "trading_hours",
    /// A protection has locked it.
    Locked = "locked",
    /// Too many orders within a second.
    OrdersPerSecond = "max_orders_per_second",
    /// Too many orders within a minute.
    OrdersPerMinute = "max_orders_per_minute",
    /// Too many cancels within a second.
    CancelsPerSecond = "max_cancels_per_second",
    /// A cancel of an order that is not open.
    UnknownOrder = "unknown_order",
    /// Too many open orders in the instrument.
    OpenOrders = "max_open_orders",
    /// Worth less than an order of the instrument must be.
    MinNotional = "min_notional",
    /// Worth more than one order may be.
    MaxOrderNotional = "max_order_notional",
    /// The position would be too large.
    MaxPosition = "max_position",
    /// The position would be worth too much.
    MaxNotional = "max_notional",
    /// Too many positions would be open.
    OpenPositions = "max_open_positions",
    /// All positions together would be worth too much.
    GrossExposure = "max_gross_exposure",
    /// Long and short set against each other, too much would be left.
    NetExposure = "max_net_exposure",
    /// All positions together would be worth too much for the equity.
    Leverage = "max_leverage",
    /// Too large a part of the equity would be in one asset.
    Concentration = "max_concentration",
    /// Too large a part of the equity would be in instruments that move together.
    Correlated = "max_correlated",
    /// The equity does not cover the margin and the fee.
    Margin = "margin",
    /// A rule gave no price, or no distance above zero for a stop or a target: an entry without its exit is none.
    Undefined = "undefined",
}

/// Why an intent did not become an order: the check, its limit and the value that broke it, in the user's units. Times
/// are seconds; NaN where there is no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refusal {
    /// The check.
    pub check: Check,
    /// The limit.
    pub limit: f64,
    /// The value.
    pub value: f64,
}

/// A check's answer.
pub(super) type Verdict = Result<(), Refusal>;

pub(super) const fn refuse(check: Check, limit: f64, value: f64) -> Verdict {
    Err(Refusal { check, limit, value })
}
