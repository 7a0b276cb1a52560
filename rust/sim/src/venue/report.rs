//! What the venue tells of orders, in the order in which it happened there.

use tradenode_core::orders::Side;

/// One report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// When it happened at the venue, ns UTC.
    pub at: i64,
    /// The instrument's index.
    pub instrument: usize,
    /// The order's number.
    pub order: u64,
    /// What happened.
    pub what: What,
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The venue has it.
    Accepted,
    /// The venue did not take it.
    Rejected(Refused),
    /// What it waited for has come.
    Triggered,
    /// Lots were filled.
    Filled(Execution),
    /// It has now this size, filled lots included, and this price.
    Replaced {
        /// Lots.
        lots: i64,
        /// Ticks.
        ticks: i64,
    },
    /// It stays as it was.
    ReplaceRejected(Refused),
    /// It is gone.
    Cancelled(End),
    /// There was nothing to cancel.
    CancelRejected(Refused),
    /// Its time is over.
    Expired,
}

/// A fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// The venue's number of the fill, from 1.
    pub number: u64,
    /// The order's side.
    pub side: Side,
    /// Lots, above zero.
    pub lots: i64,
    /// The price in ticks.
    pub ticks: i64,
    /// Whether the order rested and gave liquidity.
    pub maker: bool,
    /// Whether the order may only reduce: where legs are kept, its side and this tell which one it is about.
    pub reduce_only: bool,
    /// Lots of the order that are left.
    pub left: i64,
    /// Lots ahead of the order when it last joined its queue; -1 where that is not known, and for an order that takes.
    pub behind: i64,
    /// How long it has been in its queue, ns; 0 for an order that takes.
    pub waited_ns: i64,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The instrument does not trade now.
    NotTrading,
    /// There is no book to trade on: empty, stale or crossed.
    NoMarket,
    /// A post-only order would take.
    WouldTake,
    /// A reduce-only order finds nothing to reduce.
    NothingToReduce,
    /// It came after its own time was over.
    TooLate,
    /// No such order, or it has ended.
    UnknownOrder,
    /// The order it is tied to has ended, or never was.
    Parent,
    /// Terms that do not go together.
    Terms,
    /// The request never came to the venue.
    Unreachable,
}

/// Why an order ended without being filled whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// A cancel asked for it.
    Asked,
    /// What could not be filled at once.
    Remainder,
    /// An order it is tied to was filled, or ended.
    Linked,
    /// It would have traded with an order of the same account.
    SelfTrade,
    /// Nothing is left to reduce.
    NothingToReduce,
    /// The instrument is closed.
    Closed,
    /// The account is liquidated.
    Liquidation,
    /// As it came to the market, after it had waited, there was no book to trade on.
    NoMarket,
    /// As it came to the market, after it had waited, it would have taken, and is post-only.
    WouldTake,
}

impl Refused {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotTrading,
        Self::NoMarket,
        Self::WouldTake,
        Self::NothingToReduce,
        Self::TooLate,
        Self::UnknownOrder,
        Self::Parent,
        Self::Terms,
        Self::Unreachable,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotTrading => "not_trading",
            Self::NoMarket => "no_market",
            Self::WouldTake => "would_take",
            Self::NothingToReduce => "nothing_to_reduce",
            Self::TooLate => "too_late",
            Self::UnknownOrder => "unknown_order",
            Self::Parent => "parent",
            Self::Terms => "terms",
            Self::Unreachable => "unreachable",
        }
    }
}

impl End {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Asked,
        Self::Remainder,
        Self::Linked,
        Self::SelfTrade,
        Self::NothingToReduce,
        Self::Closed,
        Self::Liquidation,
        Self::NoMarket,
        Self::WouldTake,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Remainder => "remainder",
            Self::Linked => "linked",
            Self::SelfTrade => "self_trade",
            Self::NothingToReduce => "nothing_to_reduce",
            Self::Closed => "closed",
            Self::Liquidation => "liquidation",
            Self::NoMarket => "no_market",
            Self::WouldTake => "would_take",
        }
    }
}
