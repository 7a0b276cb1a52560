//! Our orders as the desk knows them: what was sent, what was heard, and how much of it may still fill.

use tradenode_core::orders::life::{Effect, Life, LifeError, Step};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, OrderKind, Reason};
use tradenode_core::risk::Approved;

use super::desk::Ticket;
use crate::slots::Slots;
use crate::venue::{Report, VENUES_ORDERS, What};

/// An order of ours that has not ended.
#[derive(Debug, Clone)]
pub struct OwnOrder {
    /// Its number.
    pub id: u64,
    /// What was asked for, with the size and price that the venue has told of last.
    pub intent: Intent,
    /// Its terms.
    pub terms: Terms,
    /// The strategy's own number of it.
    pub tag: u64,
    /// Where it stands.
    pub life: Life,
    /// What it is to become, while a replace is under way.
    wanted: Option<Intent>,
}

/// All orders that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    orders: Slots<OwnOrder>,
    /// By instrument, oldest first.
    open: Vec<Vec<u64>>,
    /// Lots that may still fill, by instrument and side; of an order that is being replaced the larger size.
    exposed: Vec<[i64; 2]>,
    /// How often the orders of an instrument have changed.
    changes: Vec<u64>,
    /// The slot of the order that ended last: who hears of the end may look at it.
    ended: Option<u32>,
    /// Whether long and short are held apart: then orders that may only reduce expose nothing.
    legs: bool,
}

impl Owner {
    pub(crate) fn new(instruments: usize, legs: bool) -> Self {
        Self {
            orders: Slots::default(),
            open: vec![Vec::new(); instruments],
            exposed: vec![[0; 2]; instruments],
            changes: vec![0; instruments],
            ended: None,
            legs,
        }
    }

    pub(crate) fn get(&self, order: u64) -> Option<&OwnOrder> {
        let slot = self.orders.find(order).or(self.ended)?;
        Some(&self.orders[slot]).filter(|own| own.id == order)
    }

    /// The numbers of an instrument's orders, oldest first.
    pub(crate) fn open(&self, instrument: usize) -> &[u64] {
        &self.open[instrument]
    }

    /// Lots of open orders on a side that may still fill.
    pub(crate) fn exposed(&self, instrument: usize, side: tradenode_core::orders::Side) -> i64 {
        self.exposed[instrument][side as usize]
    }

    /// Whether long and short are held apart.
    pub(crate) const fn keeps_legs(&self) -> bool {
        self.legs
    }

    /// How often the orders of an instrument have changed.
    pub(crate) fn changes(&self, instrument: usize) -> u64 {
        self.changes[instrument]
    }

    pub(crate) fn submit(&mut self, approved: &Approved, ticket: &Ticket) -> Result<(), LifeError> {
        let intent = *approved.intent();
        let mut life = Life::new(intent.lots);
        life.step(Step::Submit)?;
        self.open[intent.instrument].push(approved.id());
        self.changes[intent.instrument] += 1;
        let order = OwnOrder { id: approved.id(), intent, terms: ticket.terms, tag: ticket.tag, life, wanted: None };
        self.exposed[intent.instrument][intent.side as usize] += order.exposed(self.legs);
        self.orders.insert(order.id, order);
        Ok(())
    }

    /// Whether a cancel may be sent now; it then counts as sent.
    pub(crate) fn cancel(&mut self, order: u64) -> bool {
        self.change(order, |order| order.life.step(Step::RequestCancel).is_ok()).unwrap_or(false)
    }

    /// Whether a replace may be sent now; it then counts as sent.
    pub(crate) fn replace(&mut self, order: u64, by: &Approved) -> bool {
        self.change(order, |order| {
            let sent = order.life.step(Step::RequestReplace).is_ok();
            if sent {
                order.wanted = Some(*by.intent());
            }
            sent
        })
        .unwrap_or(false)
    }

    /// Takes a report; `None` where it tells nothing new or is of an order that has ended. An order of the venue's own is
    /// heard of once, as it has filled.
    pub(crate) fn hear(&mut self, report: &Report) -> Result<Option<Heard>, LifeError> {
        if report.order >= VENUES_ORDERS {
            return Ok(Heard::of_venue(report));
        }
        let step = match report.what {
            What::Triggered => return Ok(self.get(report.order).map(|order| Heard::of(order, false))),
            What::Accepted => Step::Accepted,
            What::Rejected(_) => Step::Rejected,
            What::Filled(fill) => Step::Filled { fill: fill.number, lots: fill.lots },
            What::Replaced { lots, .. } => Step::Replaced { lots },
            What::ReplaceRejected(_) => Step::ReplaceRejected,
            What::Cancelled(_) => Step::Cancelled,
            What::CancelRejected(_) => Step::CancelRejected,
            What::Expired => Step::Expired,
        };
        let heard = self.change(report.order, |order| {
            let effect = order.life.step(step)?;
            match report.what {
                What::Replaced { lots, ticks } => order.take_over(lots, ticks),
                What::ReplaceRejected(_) => order.wanted = None,
                _ => {}
            }
            Ok((effect != Effect::Nothing).then(|| Heard::of(order, effect == Effect::Ended)))
        });
        let heard = heard.unwrap_or(Ok(None))?;
        if heard.is_some_and(|heard| heard.ended) {
            self.forget(report.order);
        }
        Ok(heard)
    }

    /// Changes an order and keeps what it exposes up to date.
    fn change<T>(&mut self, order: u64, change: impl FnOnce(&mut OwnOrder) -> T) -> Option<T> {
        let legs = self.legs;
        let slot = self.orders.find(order)?;
        let order = &mut self.orders[slot];
        let before = order.exposed(legs);
        let result = change(order);
        let intent = &order.intent;
        self.exposed[intent.instrument][intent.side as usize] += order.exposed(legs) - before;
        self.changes[intent.instrument] += 1;
        Some(result)
    }

    fn forget(&mut self, order: u64) {
        let Some(slot) = self.orders.end(order) else { return };
        self.open[self.orders[slot].intent.instrument].retain(|&open| open != order);
        if let Some(before) = self.ended.replace(slot) {
            self.orders.release(before);
        }
    }
}

/// What a report was about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    /// Why the order was made.
    pub(crate) reason: Reason,
    pub(crate) ended: bool,
}

impl Heard {
    const fn of(order: &OwnOrder, ended: bool) -> Self {
        Self { reason: order.intent.reason, ended }
    }

    const fn of_venue(report: &Report) -> Option<Self> {
        match report.what {
            What::Filled(_) => Some(Self { reason: Reason::Liquidation, ended: true }),
            _ => None,
        }
    }
}

impl OwnOrder {
    /// Lots that may still fill and, where legs are kept, add to one.
    fn exposed(&self, legs: bool) -> i64 {
        if legs && self.intent.reduce_only {
            return 0;
        }
        let wanted = self.wanted.map_or(0, |wanted| wanted.lots - self.life.filled());
        if self.life.status().is_final() { 0 } else { self.life.left().max(wanted) }
    }

    fn take_over(&mut self, lots: i64, ticks: i64) {
        self.wanted = None;
        self.intent.lots = lots;
        self.intent.kind = match self.intent.kind {
            OrderKind::Market => OrderKind::Market,
            OrderKind::Limit(_) => OrderKind::Limit(ticks),
            OrderKind::Stop(_) => OrderKind::Stop(ticks),
        };
    }
}
