//! Which rows of an instrument call the strategy: what it is interested in, and how often.

use serde::{Deserialize, Serialize};
use tradenode_core::bars::{Rule, TradeBar, TradeBars};
use tradenode_core::event::{Event, Kind, LAST};

use super::strategy::Interest;
use crate::venue::BookSource;

/// The calls of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calls {
    trades: Option<Throttle>,
    book: Option<Throttle>,
    bars: Option<TradeBars>,
    source: BookSource,
}

/// Not before this, and then not again for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Throttle {
    from: i64,
    every: i64,
}

impl Throttle {
    const fn new(every: i64) -> Self {
        Self { from: i64::MIN, every }
    }

    const fn passed(&mut self, now: i64) {
        self.from = now.saturating_add(self.every);
    }
}

impl Calls {
    pub(super) fn new(interest: &Interest, source: BookSource) -> Self {
        Self {
            trades: interest.trade_every_ns.map(Throttle::new),
            book: interest.book_every_ns.map(Throttle::new),
            // A length above zero was asked for: the rule holds.
            bars: interest.bar_ns.and_then(|length| TradeBars::new(Rule::Time(length)).ok()),
            source,
        }
    }

    /// Whether they are made for the same as others, of whatever moment.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let every = |throttle: Option<Throttle>| throttle.map(|throttle| throttle.every);
        let rule = |bars: &Option<TradeBars>| bars.as_ref().map(TradeBars::rule);
        let told = |calls: &Self| (every(calls.trades), every(calls.book), rule(&calls.bars), calls.source);
        told(self) == told(other)
    }

    /// Makes them for the same as others; what both are made for goes on, an unfinished bar too.
    pub(super) fn become_like(&mut self, new: &Self) {
        let every = |throttle: Option<Throttle>| throttle.map(|throttle| throttle.every);
        for (own, new) in [(&mut self.trades, new.trades), (&mut self.book, new.book)] {
            if every(*own) != every(new) {
                *own = new;
            }
        }
        if self.bars.as_ref().map(TradeBars::rule) != new.bars.as_ref().map(TradeBars::rule) {
            self.bars.clone_from(&new.bars);
        }
    }

    /// Whether trades matter at all.
    #[inline]
    pub(super) const fn of_trades(&self) -> bool {
        self.trades.is_some() || self.bars.is_some()
    }

    /// The bar that a trade shows to have ended.
    pub(super) fn bar(&mut self, trade: &Event) -> Option<TradeBar> {
        self.bars.as_mut()?.trade(trade.ts_event, trade.side, trade.price, trade.size)
    }

    /// Whether a trade is shown.
    #[inline]
    pub(super) fn trade(&mut self, trade: &Event) -> bool {
        match &mut self.trades {
            Some(throttle) if trade.ts_recv >= throttle.from => {
                throttle.passed(trade.ts_recv);
                true
            }
            _ => false,
        }
    }

    /// Whether a row makes the book whole at a time when it may be shown.
    #[inline]
    pub(super) const fn book(&self, event: &Event) -> bool {
        let Some(throttle) = self.book else { return false };
        let makes = match self.source {
            BookSource::Depth | BookSource::Orders => event.kind.makes_book(),
            BookSource::Quotes => matches!(event.kind, Kind::Quote | Kind::Clear),
            BookSource::Trades => false,
        };
        makes && event.flags & LAST != 0 && event.ts_recv >= throttle.from
    }

    /// The book was shown.
    #[inline]
    pub(super) const fn book_shown(&mut self, now: i64) {
        if let Some(throttle) = &mut self.book {
            throttle.passed(now);
        }
    }
}
