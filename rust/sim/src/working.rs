//! Orders that rest at the simulated venue, and when a bar reaches them.

use tradenode_core::instrument::Instrument;
use tradenode_core::money::MoneyError;
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::risk::{Approved, OpenOrders, Pending};
use tradenode_core::strategy::guard::Distances;

/// A bar in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TickBar {
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
}

/// Where an order fills inside a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) ticks: i64,
    /// Whether the bar's open was already there.
    pub(crate) at_open: bool,
}

impl Trigger {
    /// The same inside a bar: an order that waits there fills at its own price, not at that of an earlier fill.
    pub(crate) fn inside(self, kind: OrderKind) -> Self {
        Self { ticks: kind.price().unwrap_or(self.ticks), at_open: false }
    }
}

/// The kinds of orders that rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Limit,
    Stop,
}

impl Kind {
    pub(crate) const fn of(kind: OrderKind) -> Self {
        if matches!(kind, OrderKind::Limit(_)) { Self::Limit } else { Self::Stop }
    }
}

impl TickBar {
    /// The bar's first moment.
    pub(crate) const fn opening(self) -> Self {
        Self { open: self.open, high: self.open, low: self.open, close: self.open }
    }

    /// When and where this bar reaches an order; `touch` fills limits that are touched but not traded through.
    ///
    /// An open beyond the order's price fills it at the open: worse than the stop, better than the limit. An open just
    /// at a limit only touches it.
    #[inline]
    pub(crate) fn reaches(&self, side: Side, kind: OrderKind, touch: bool) -> Option<Trigger> {
        let gap = Trigger { ticks: self.open, at_open: true };
        let inside = |ticks| Trigger { ticks, at_open: false };
        match (kind, side) {
            (OrderKind::Market, _) => Some(gap),
            (OrderKind::Limit(price), Side::Buy) if self.open < price || (touch && self.open == price) => Some(gap),
            (OrderKind::Limit(price), Side::Sell) if self.open > price || (touch && self.open == price) => Some(gap),
            (OrderKind::Limit(price), Side::Buy) => {
                (self.low < price || (touch && self.low == price)).then_some(inside(price))
            }
            (OrderKind::Limit(price), Side::Sell) => {
                (self.high > price || (touch && self.high == price)).then_some(inside(price))
            }
            (OrderKind::Stop(price), Side::Buy) if self.open >= price => Some(gap),
            (OrderKind::Stop(price), Side::Sell) if self.open <= price => Some(gap),
            (OrderKind::Stop(price), Side::Buy) => (self.high >= price).then_some(inside(price)),
            (OrderKind::Stop(price), Side::Sell) => (self.low <= price).then_some(inside(price)),
        }
    }

    /// What may still happen after a position of that direction was opened at `ticks` inside this bar.
    ///
    /// The adverse extreme may always come after; of the favourable side only the close is certain to. With an
    /// optimistic path it is the other way about.
    pub(crate) fn rest(&self, direction: i64, ticks: i64, optimistic: bool) -> Self {
        let low_may_come = (direction > 0) != optimistic;
        Self {
            open: ticks,
            high: if low_may_come { self.close.max(ticks) } else { self.high.max(ticks) },
            low: if low_may_come { self.low.min(ticks) } else { self.close.min(ticks) },
            close: self.close,
        }
    }
}

/// An order resting at the venue.
#[derive(Debug, Clone, Copy)]
pub struct Working {
    pub(crate) approved: Approved,
    /// The time from which it is gone; `i64::MAX` for good till cancelled.
    pub(crate) expires: i64,
    /// Whether it has rested over a bar's open, so that a limit adds liquidity.
    pub(crate) resting: bool,
    /// For the guard of the position that it opens.
    pub(crate) distances: Distances,
    /// The number the strategy knows it by; 0 for a rule's entry.
    pub(crate) tag: u64,
}

impl Working {
    /// The order.
    #[must_use]
    pub const fn approved(&self) -> &Approved {
        &self.approved
    }

    /// The number the strategy knows it by; 0 for a rule's entry.
    #[must_use]
    pub const fn tag(&self) -> u64 {
        self.tag
    }
}

/// The lots on `side` that open orders would add, without those of a rule where another order of it `replaces` them.
pub(crate) fn staying_lots(orders: &[Working], side: Side, replaces: bool) -> i64 {
    let adding = |order: &&Working| {
        let intent = order.approved.intent();
        !intent.reduce_only && intent.side == side && !(replaces && order.tag == 0)
    };
    orders.iter().filter(adding).map(|order| order.approved.intent().lots).sum()
}

/// What the orders that rest in an instrument may still do.
pub(crate) fn open_orders(orders: &[Working], instrument: &Instrument, mark: i64) -> Result<OpenOrders, MoneyError> {
    let mut open = OpenOrders::default();
    for order in orders {
        let intent = order.approved.intent();
        open.add(&Pending::new(intent, intent.lots, instrument, mark)?);
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAR: TickBar = TickBar { open: 100, high: 110, low: 95, close: 105 };

    fn reaches(side: Side, kind: OrderKind, touch: bool) -> Option<(i64, bool)> {
        BAR.reaches(side, kind, touch).map(|trigger| (trigger.ticks, trigger.at_open))
    }

    #[test]
    fn limits_need_a_trade_through_and_gaps_fill_at_the_open() {
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(95), false), None);
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(95), true), Some((95, false)));
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(96), false), Some((96, false)));
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(101), false), Some((100, true)));
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(100), false), Some((100, false)));
        assert_eq!(reaches(Side::Buy, OrderKind::Limit(100), true), Some((100, true)));
        assert_eq!(reaches(Side::Sell, OrderKind::Limit(110), false), None);
        assert_eq!(reaches(Side::Sell, OrderKind::Limit(99), false), Some((100, true)));
        assert_eq!(reaches(Side::Sell, OrderKind::Stop(95), false), Some((95, false)));
        assert_eq!(reaches(Side::Sell, OrderKind::Stop(101), false), Some((100, true)));
        assert_eq!(reaches(Side::Buy, OrderKind::Stop(111), false), None);
    }

    #[test]
    fn after_an_entry_inside_the_bar_only_the_adverse_extreme_is_feared() {
        assert_eq!(BAR.rest(1, 98, false), TickBar { open: 98, high: 105, low: 95, close: 105 });
        assert_eq!(BAR.rest(-1, 108, false), TickBar { open: 108, high: 110, low: 105, close: 105 });
        assert_eq!(BAR.rest(1, 98, true), TickBar { open: 98, high: 110, low: 98, close: 105 });
    }
}
