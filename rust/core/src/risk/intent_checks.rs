//! Checks of the intent itself against its market: prices, sizes, duplicates, orders of our own that it would meet.

use super::gate::RiskGate;
use super::refusal::{Check, Verdict, refuse};
use super::situation::{Market, Situation};
use crate::orders::{Intent, OrderKind, Side};

const SECOND_NS: f64 = 1e9;

impl RiskGate {
    /// Whether there is a market that can be ordered in, and what is asked for can be ordered at all.
    pub(super) fn shape(&self, intent: &Intent, at: &Situation<'_>, reducing: bool) -> Verdict {
        if at.markets.get(intent.instrument).is_some_and(|market| market.stopped) {
            return refuse(Check::Instrument, f64::NAN, intent.instrument as f64);
        }
        let instrument = &at.instruments[intent.instrument];
        if let Some(price) = intent.kind.price().filter(|&price| price <= 0) {
            return refuse(Check::PriceGrid, instrument.price.value(1), instrument.price.value(price));
        }
        let least = if reducing || intent.reduce_only { 1 } else { instrument.min_lots };
        let limit = if intent.lots < least { least } else { instrument.max_lots };
        // A reduce-only order without anything that it reduces or could come to reduce has nothing to do.
        let pointless = intent.reduce_only && !reducing;
        if intent.lots < least || pointless || (intent.lots > limit && !reducing) {
            let value = if pointless { 0.0 } else { instrument.quantity.value(intent.lots) };
            return refuse(Check::OrderSize, instrument.quantity.value(limit), value);
        }
        Ok(())
    }

    /// Whether there is a price that new risk can be judged by.
    pub(super) fn priced(&self, intent: &Intent, at: &Situation<'_>) -> Verdict {
        if at.marks[intent.instrument] <= 0 {
            return refuse(Check::NoPrice, f64::NAN, f64::NAN);
        }
        let Some(market) = at.markets.get(intent.instrument) else { return Ok(()) };
        if let Some(most) = self.limits.max_quote_age_ns.filter(|&most| at.now - market.at > most) {
            return refuse(Check::StaleQuote, most as f64 / SECOND_NS, (at.now - market.at) as f64 / SECOND_NS);
        }
        if market.broken {
            let spread = market.touch.map_or(f64::NAN, |(bid, ask)| (ask - bid) as f64);
            return refuse(Check::BrokenBook, 0.0, spread * at.instruments[intent.instrument].price.value(1));
        }
        Ok(())
    }

    /// Whether a price is not far on the wrong side of the middle and the mark; what takes at any price is the venue's
    /// affair. A market that cannot be trusted tells nothing.
    pub(super) fn collared(&self, intent: &Intent, at: &Situation<'_>) -> Verdict {
        let (Some(collar), Some(price)) = (self.limits.collar, intent.kind.price()) else { return Ok(()) };
        let market = at.markets.get(intent.instrument).copied().unwrap_or_default();
        if market.broken || matches!(intent.kind, OrderKind::Stop(_)) {
            return Ok(());
        }
        let last = Some(at.marks[intent.instrument]).filter(|&last| last > 0);
        let middle = market.twice_mid().map(|twice| twice as f64 / 2.0).or(last.map(|last| last as f64));
        let mark = Some(market.mark as f64).filter(|&mark| mark > 0.0);
        for reference in [middle, mark].into_iter().flatten() {
            let beyond = intent.side.sign() as f64 * (price as f64 - reference) / reference;
            if beyond > collar.to_f64() {
                return refuse(Check::Collar, collar.to_f64(), beyond);
            }
        }
        Ok(())
    }

    pub(super) fn band(&self, intent: &Intent, at: &Situation<'_>) -> Verdict {
        let (Some(band), Some(price)) = (self.limits.price_band, intent.kind.price()) else { return Ok(()) };
        let reference = at.marks[intent.instrument] as f64;
        let distance = (price as f64 - reference) / reference;
        if distance.abs() > band.to_f64() { refuse(Check::PriceBand, band.to_f64(), distance) } else { Ok(()) }
    }

    /// Whether the same has not been approved just before.
    pub(super) fn new_to_us(&self, intent: &Intent, now: i64) -> Verdict {
        let Some(within) = self.limits.duplicate_ns else { return Ok(()) };
        let mut recent = self.approved.iter().rev().take_while(|&&(at, _)| now - at < within);
        match recent.find(|&&(_, other)| other == *intent) {
            Some((at, _)) => refuse(Check::Duplicate, within as f64 / SECOND_NS, (now - at) as f64 / SECOND_NS),
            None => Ok(()),
        }
    }

    /// Whether no order of ours rests where this one would trade; stops do not rest in the book.
    pub(super) fn meets_none_of_ours(&self, intent: &Intent, at: &Situation<'_>) -> Verdict {
        if !self.limits.refuse_self_trade {
            return Ok(());
        }
        let other = intent.side.opposite();
        let Some(ours) = at.open.get(intent.instrument).and_then(|open| open.best[other as usize]) else {
            return Ok(());
        };
        let touch = at.markets.get(intent.instrument).and_then(|market| market.touch);
        let reach = match (intent.kind, touch) {
            (OrderKind::Limit(price), _) => Some(price),
            // What is ours at the touch is what it would trade with first.
            (OrderKind::Market, Some((bid, ask))) => Some(if intent.side == Side::Buy { ask } else { bid }),
            _ => None,
        };
        let price = |ticks| at.instruments[intent.instrument].price.value(ticks);
        match reach.filter(|reach| intent.side.sign() * (reach - ours) >= 0) {
            Some(reach) => refuse(Check::SelfTrade, price(ours), price(reach)),
            None => Ok(()),
        }
    }
}

impl Market {
    /// A market of a sound book.
    #[must_use]
    pub const fn quoted(bid: i64, ask: i64, at: i64) -> Self {
        Self { touch: Some((bid, ask)), mark: 0, at, broken: bid > ask, stopped: false }
    }
}
