//! An order as the venue holds it.

use tradenode_core::orders::terms::{Terms, TimeInForce, Trigger};
use tradenode_core::orders::{Intent, OrderKind, Side};

use crate::models::queue::Ahead;

/// Where an order is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the book.
    Resting,
    /// Until its price comes.
    Waiting,
    /// Until the order it is tied to is filled.
    Held,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) side: Side,
    /// The worst price it takes; for a market order the worst there is.
    pub(crate) ticks: i64,
    pub(crate) is_market: bool,
    pub(crate) lots: i64,
    pub(crate) left: i64,
    /// What shows of it while it rests.
    pub(crate) shown: i64,
    pub(crate) reduce_only: bool,
    pub(crate) terms: Terms,
    pub(crate) place: Place,
    pub(crate) ahead: Ahead,
    /// The recorded order that came last before it joined its queue, where recorded orders are told.
    pub(crate) arrival: u64,
    /// Lots ahead of it when it joined its queue, -1 where that is not known, and when that was.
    pub(crate) behind: i64,
    pub(crate) since: i64,
    /// The price that sets it off, while it waits.
    pub(crate) trigger: i64,
}

impl Order {
    pub(crate) fn new(id: u64, intent: &Intent, terms: Terms) -> Self {
        let (ticks, is_market, terms) = match intent.kind {
            OrderKind::Limit(ticks) => (ticks, false, terms),
            OrderKind::Market => (worst_price(intent.side), true, terms),
            OrderKind::Stop(trigger) => {
                (worst_price(intent.side), true, Terms { trigger: Trigger::Stop(trigger), ..terms })
            }
        };
        Self {
            id,
            side: intent.side,
            ticks,
            is_market,
            lots: intent.lots,
            left: intent.lots,
            shown: 0,
            reduce_only: intent.reduce_only,
            terms,
            place: Place::Resting,
            ahead: Ahead::default(),
            arrival: 0,
            behind: -1,
            since: 0,
            trigger: 0,
        }
    }

    /// Whether the order would trade at this price.
    #[inline]
    pub(crate) const fn reaches(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => price <= self.ticks,
            Side::Sell => price >= self.ticks,
        }
    }

    /// Whether its price comes before another on its side.
    #[inline]
    pub(crate) const fn is_better_than(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => self.ticks > price,
            Side::Sell => self.ticks < price,
        }
    }

    /// Whether its price comes after another on its side.
    #[inline]
    pub(crate) const fn is_worse_than(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => self.ticks < price,
            Side::Sell => self.ticks > price,
        }
    }

    /// When its time is over.
    pub(crate) const fn expires(&self) -> i64 {
        match self.terms.time_in_force {
            TimeInForce::GoodTillTime(at) => at,
            _ => i64::MAX,
        }
    }

    /// Whether what is not filled at once goes.
    pub(crate) const fn is_immediate(&self) -> bool {
        self.is_market || matches!(self.terms.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
    }

    /// Whether its terms go together.
    pub(crate) const fn is_sane(&self) -> bool {
        let trailing = match self.terms.trigger {
            Trigger::Trailing(offset) => offset > 0,
            _ => true,
        };
        let resting = !self.is_immediate();
        trailing && self.terms.display >= 0 && (resting || (!self.terms.post_only && self.terms.display == 0))
    }

    /// Shows the next part.
    pub(crate) fn show(&mut self) {
        let display = self.terms.display;
        self.shown = if display > 0 { self.left.min(display) } else { self.left };
    }
}

/// The price no market order is worse than.
pub(super) const fn worst_price(side: Side) -> i64 {
    match side {
        Side::Buy => i64::MAX,
        Side::Sell => i64::MIN,
    }
}
