//! Our orders as the desk knows them: what was sent, what was heard, and how much of it may still fill.

use serde::{Deserialize, Serialize};
use tradenode_core::instrument::Instrument;
use tradenode_core::money::MoneyError;
use tradenode_core::orders::life::{Effect, Life, LifeError, Step};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, OrderKind, Reason};
use tradenode_core::risk::{Approved, OpenOrders, Pending};
use tradenode_core::slots::Slots;

use crate::error::{RunError, StateError};
use crate::venue::{Report, VENUES_ORDERS, What};

/// An order of ours that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// The price of the market, ticks, when it was approved.
    mark: i64,
    /// What it counts for among the open orders; none once it has ended. It follows from the rest.
    #[serde(skip)]
    pending: Option<Pending>,
}

/// All orders that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    orders: Slots<OwnOrder>,
    /// Their numbers by instrument, oldest first, and beside them their slots.
    open: Vec<Vec<u64>>,
    slots: Vec<Vec<u32>>,
    /// How often the orders of an instrument have changed.
    changes: Vec<u64>,
    /// The slot of the order that ended last: who hears of the end may look at it.
    ended: Option<u32>,
}

/// The orders as they are kept over a restart, ascending by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerState {
    orders: Vec<OwnOrder>,
    ended: Option<OwnOrder>,
    changes: Vec<u64>,
}

impl Owner {
    pub(crate) fn new(instruments: usize) -> Self {
        Self {
            orders: Slots::default(),
            open: vec![Vec::new(); instruments],
            slots: vec![Vec::new(); instruments],
            changes: vec![0; instruments],
            ended: None,
        }
    }

    pub(crate) fn state(&self) -> OwnerState {
        let plain = |order: &OwnOrder| OwnOrder { pending: None, ..order.clone() };
        OwnerState {
            orders: self.orders.iter().map(|(_, order)| plain(order)).collect(),
            ended: self.ended.map(|slot| plain(&self.orders[slot])),
            changes: self.changes.clone(),
        }
    }

    /// The orders of a state, the last of which had that number or a lower one, counted into `open`, which is empty.
    pub(crate) fn restored(
        state: OwnerState,
        last: u64,
        traded: &[Instrument],
        open: &mut [OpenOrders],
    ) -> Result<Self, StateError> {
        let mut owner = Self { changes: state.changes, ..Self::new(open.len()) };
        let ascending = state.orders.windows(2).all(|pair| pair[0].id < pair[1].id);
        let given = state.orders.iter().chain(&state.ended).all(|order| (1..=last).contains(&order.id));
        if owner.changes.len() != open.len() || !ascending || !given {
            return Err(StateError::Broken("orders"));
        }
        if let Some(ended) = state.ended {
            let id = ended.checked(open.len(), true)?.id;
            owner.ended = Some(owner.orders.insert(id, ended));
            owner.orders.end(id);
        }
        for mut order in state.orders {
            let instrument = order.checked(open.len(), false)?.intent.instrument;
            order.pending = order.left(&traded[instrument]).map_err(|_| StateError::Broken("orders"))?;
            if let Some(pending) = &order.pending {
                open[instrument].add(pending);
            }
            owner.insert(instrument, order);
        }
        Ok(owner)
    }

    pub(crate) fn get(&self, order: u64) -> Option<&OwnOrder> {
        let slot = self.orders.find(order).or(self.ended)?;
        Some(&self.orders[slot]).filter(|own| own.id == order)
    }

    /// The numbers of an instrument's orders, oldest first.
    pub(crate) fn open(&self, instrument: usize) -> &[u64] {
        &self.open[instrument]
    }

    /// An instrument's order by its place among [`Owner::open`].
    #[inline]
    pub(crate) fn at(&self, instrument: usize, place: usize) -> &OwnOrder {
        &self.orders[self.slots[instrument][place]]
    }

    /// All orders with their numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &OwnOrder)> {
        self.orders.iter()
    }

    /// What an order counts for among the open orders.
    pub(crate) fn pending(&self, order: u64) -> Option<Pending> {
        self.orders.find(order).and_then(|slot| self.orders[slot].pending)
    }

    /// How often the orders of an instrument have changed.
    pub(crate) fn changes(&self, instrument: usize) -> u64 {
        self.changes[instrument]
    }

    /// Takes an order that was approved at a price of the market, and counts it as open.
    #[inline(always)]
    pub(crate) fn submit(
        &mut self,
        approved: &Approved,
        terms: Terms,
        tag: u64,
        mark: i64,
        traded: &Instrument,
        open: &mut OpenOrders,
    ) -> Result<(), RunError> {
        let intent = *approved.intent();
        let pending = Pending::new(&intent, intent.lots, traded, mark)?;
        open.add(&pending);
        self.changes[intent.instrument] += 1;
        let (id, life, wanted, pending) = (approved.id(), Life::sent(intent.lots), None, Some(pending));
        self.insert(intent.instrument, OwnOrder { id, intent, terms, tag, life, wanted, mark, pending });
        Ok(())
    }

    #[inline(always)]
    fn insert(&mut self, instrument: usize, order: OwnOrder) {
        self.open[instrument].push(order.id);
        self.slots[instrument].push(self.orders.insert(order.id, order));
    }

    /// The instrument of an order for which a cancel may be sent now; it then counts as sent.
    pub(crate) fn cancel(&mut self, order: u64) -> Option<usize> {
        let slot = self.orders.find(order)?;
        let order = &mut self.orders[slot];
        let instrument = order.intent.instrument;
        self.changes[instrument] += 1;
        order.life.step(Step::RequestCancel).is_ok().then_some(instrument)
    }

    /// Whether a replace may be sent now; it then counts as sent.
    pub(crate) fn replace(
        &mut self,
        order: u64,
        by: &Approved,
        traded: &Instrument,
        open: &mut OpenOrders,
    ) -> Result<bool, RunError> {
        let Some(slot) = self.orders.find(order) else { return Ok(false) };
        let found = &mut self.orders[slot];
        self.changes[found.intent.instrument] += 1;
        let sent = found.life.step(Step::RequestReplace).is_ok();
        if sent {
            found.wanted = Some(*by.intent());
            self.recount(slot, traded, open)?;
        }
        Ok(sent)
    }

    /// Takes note that nothing was heard of an order; whether it was still waited for.
    pub(crate) fn miss(&mut self, order: u64) -> bool {
        let Some(slot) = self.orders.find(order) else { return false };
        let order = &mut self.orders[slot];
        let missed = order.life.step(Step::TimeOut).is_ok();
        self.changes[order.intent.instrument] += u64::from(missed);
        missed
    }

    /// Takes a report; `None` where it tells nothing new or is of an order that has ended. An order of the venue's own is
    /// heard of once, as it has filled.
    pub(crate) fn hear(
        &mut self,
        report: &Report,
        traded: &Instrument,
        open: &mut OpenOrders,
    ) -> Result<Option<Heard>, RunError> {
        if report.order >= VENUES_ORDERS {
            return Ok(Heard::of_venue(report));
        }
        if report.what == What::Triggered {
            return Ok(self.get(report.order).map(|order| Heard::of(order, false)));
        }
        let Some(slot) = self.orders.find(report.order) else { return Ok(None) };
        let order = &mut self.orders[slot];
        self.changes[order.intent.instrument] += 1;
        let effect = order.follow(report)?;
        let heard = Heard::of(order, effect == Effect::Ended);
        // A replace that is refused after a cancel was sent tells nothing new, but is not wanted any more.
        if !matches!(report.what, What::Accepted) {
            self.recount(slot, traded, open)?;
        }
        if effect == Effect::Nothing {
            return Ok(None);
        }
        if heard.ended {
            self.forget(report.order);
        }
        Ok(Some(heard))
    }

    /// Counts an order anew that has changed.
    fn recount(&mut self, slot: u32, traded: &Instrument, open: &mut OpenOrders) -> Result<(), RunError> {
        let order = &mut self.orders[slot];
        let (instrument, side) = (order.intent.instrument, order.intent.side);
        let left = if order.life.status().is_final() { None } else { order.left(traded)? };
        let before = std::mem::replace(&mut order.pending, left);
        let was_best = before.is_some_and(|before| open.remove(&before));
        if let Some(left) = &left {
            open.add(left);
        }
        if was_best {
            let pending = self.slots[instrument].iter().filter_map(|&slot| self.orders[slot].pending);
            open.set_best(side, pending.filter(|pending| pending.side == side).filter_map(|pending| pending.price));
        }
        Ok(())
    }

    fn forget(&mut self, order: u64) {
        let Some(slot) = self.orders.end(order) else { return };
        let instrument = self.orders[slot].intent.instrument;
        if let Some(place) = self.open[instrument].iter().position(|&open| open == order) {
            self.open[instrument].remove(place);
            self.slots[instrument].remove(place);
        }
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
    /// The order, if one of so many instruments can stand so: for one that was read.
    fn checked(&self, instruments: usize, ended: bool) -> Result<&Self, StateError> {
        let known = |intent: &Intent| intent.instrument == self.intent.instrument && intent.instrument < instruments;
        let sound = self.life.is_sound() && self.life.status().is_final() == ended;
        let whole = known(&self.intent) && self.wanted.as_ref().is_none_or(known) && sound;
        if whole { Ok(self) } else { Err(StateError::Broken("orders")) }
    }

    /// What may still fill of it; while it is being replaced, the larger size and the larger worth of the two.
    fn left(&self, instrument: &Instrument) -> Result<Option<Pending>, MoneyError> {
        if self.life.status().is_final() {
            return Ok(None);
        }
        let left = Pending::new(&self.intent, self.life.left(), instrument, self.mark)?;
        let Some(wanted) = &self.wanted else { return Ok(Some(left)) };
        let next = Pending::new(wanted, wanted.lots - self.life.filled(), instrument, self.mark)?;
        Ok(Some(Pending { lots: left.lots.max(next.lots), worth: left.worth.max(next.worth), ..left }))
    }

    /// Takes the step that a report tells of: one jump, behind which each step is known.
    #[inline]
    fn follow(&mut self, report: &Report) -> Result<Effect, LifeError> {
        let life = &mut self.life;
        match report.what {
            What::Triggered => Ok(Effect::Nothing),
            What::Accepted => life.step(Step::Accepted),
            What::Rejected(_) => life.step(Step::Rejected),
            What::Filled(fill) => life.step(Step::Filled { fill: fill.number, lots: fill.lots }),
            What::Cancelled(_) => life.step(Step::Cancelled),
            What::CancelRejected(_) => life.step(Step::CancelRejected),
            What::Expired => life.step(Step::Expired),
            What::Replaced { lots, ticks } => {
                let effect = life.step(Step::Replaced { lots })?;
                self.take_over(lots, ticks);
                Ok(effect)
            }
            What::ReplaceRejected(_) => {
                let effect = life.step(Step::ReplaceRejected)?;
                self.wanted = None;
                Ok(effect)
            }
        }
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
