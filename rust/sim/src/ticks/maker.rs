//! A market maker that quotes at the touch and leans against its inventory.

use serde::{Deserialize, Serialize};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{OrderKind, Side};

use super::desk::{Desk, Ticket};
use super::strategy::{Interest, TickStrategy};
use crate::error::RunError;

/// The market maker's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerSpec {
    /// How often it looks at its quotes, ns.
    pub every_ns: i64,
    /// The lots of one quote.
    pub lots: i64,
    /// The most lots held either way; a quote that would add beyond is not made.
    pub max_lots: i64,
    /// By how many ticks both quotes move against each lot held.
    pub skew_ticks: f64,
    /// Ticks from the mid to a quote, before the skew.
    pub half_spread_ticks: f64,
}

/// The market maker. One order a side; a quote that is where it should be stays.
#[derive(Debug)]
pub struct Maker {
    spec: MakerSpec,
}

impl Maker {
    /// A market maker of one instrument, the first.
    #[must_use]
    pub const fn new(spec: MakerSpec) -> Self {
        Self { spec }
    }

    /// Where each side should be quoted: never through the touch.
    fn wanted(&self, desk: &Desk<'_>) -> [Option<i64>; 2] {
        let Some((bid, ask)) = desk.view(0).touch() else { return [None; 2] };
        let position = desk.position(0);
        let reserve = (bid.price + ask.price) as f64 / 2.0 - self.spec.skew_ticks * position as f64;
        let (buys, sells) = (position < self.spec.max_lots, -position < self.spec.max_lots);
        [
            buys.then(|| floor(reserve - self.spec.half_spread_ticks).min(bid.price)),
            sells.then(|| floor(-(reserve + self.spec.half_spread_ticks)).saturating_neg().max(ask.price)),
        ]
    }

    fn quote(&self, desk: &mut Desk<'_>, side: Side, wanted: Option<i64>) -> Result<(), RunError> {
        let mut there = false;
        for place in (0..desk.open_orders(0).len()).rev() {
            let order = desk.open_order(0, place);
            if order.intent.side != side {
                continue;
            }
            if order.intent.kind.price() == wanted {
                there = true;
            } else {
                desk.cancel(order.id);
            }
        }
        match wanted {
            Some(price) if !there => {
                let terms = Terms { post_only: true, ..Terms::default() };
                let (lots, kind) = (self.spec.lots, OrderKind::Limit(price));
                desk.submit(&Ticket { instrument: 0, side, lots, kind, reduce_only: false, terms, tag: 0 }).map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// The greatest whole number that is not above a value, without the call that [`f64::floor`] is.
#[inline]
fn floor(value: f64) -> i64 {
    let whole = value as i64;
    whole.saturating_sub(i64::from(whole as f64 > value))
}

impl TickStrategy for Maker {
    fn interest(&self) -> Interest {
        Interest { timer_ns: Some(self.spec.every_ns), touch_alone: true, ..Interest::default() }
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let [bid, ask] = self.wanted(desk);
        self.quote(desk, Side::Buy, bid)?;
        self.quote(desk, Side::Sell, ask)
    }
}
