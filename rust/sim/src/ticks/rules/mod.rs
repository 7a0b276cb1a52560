//! Rules as a strategy over events: the same description, the same bits as over bars, orders through the desk.
//!
//! Bars are made of the trades that are received (`formed`), and the rules evaluated as they close, which is when a trade
//! shows it. What fires becomes orders at once: exits first; entries when no order that closes a position is under way,
//! sized at the price that they are expected to fill at: the touch, or the last trade where there is no book. Guards look
//! at the price that a position could be closed at, the touch or, without a book, each trade, and close at the market.

mod formed;
mod lane;
mod reload;
mod state;

use serde::{Deserialize, Serialize};
use tradenode_core::bars::{Bar, TradeBar};
use tradenode_core::event::Event;
use tradenode_core::instrument::{Instrument, InstrumentSpec};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, Reason, Side};
use tradenode_core::risk::{Check, Refusal};
use tradenode_core::rules::Machine;
use tradenode_core::strategy::EntryOrder;

use self::formed::Formed;
use self::lane::Lane;
pub use self::state::RuleState;
use super::desk::Desk;
use super::spec::TickSpec;
use super::strategy::{Interest, TickStrategy};
use super::terms::PositionMode;
use crate::error::RunError;
use crate::plan::PlanSpec;
use crate::rules::{Use, Wanted, said};
use crate::signals::Ways;
use crate::sizing::{Ordered, Sizer, sized};
use crate::spec::SpecError;
use crate::strategy::{Entry, Request};
use crate::venue::{BookSource, Report};

/// What a strategy of rules may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Acts {
    /// Whatever the rules ask for.
    Freely,
    /// Nothing but leave what is held.
    ToLeave,
    /// Nothing: bars are made and rules evaluated all the same, so that it can be recalled.
    Not,
}

/// A strategy of rules.
pub struct RuleTrader {
    spec: PlanSpec,
    instruments: Vec<InstrumentSpec>,
    ways: Ways,
    uses: Vec<Use>,
    /// The rules of each instrument.
    machines: Vec<Machine>,
    formed: Formed,
    lanes: Vec<Lane>,
    /// Parts that come off at a profit, with it.
    parts: Vec<(usize, f64)>,
    /// Whether anything but rules takes a position out.
    guards: bool,
    /// The strategy's own word on sizes.
    sizer: Option<Box<dyn Sizer>>,
    acts: Acts,
    /// When the bars closed that closed last, ns UTC.
    closed_at: i64,
    /// Those bars, by instrument.
    closed: Vec<(usize, TradeBar)>,
}

impl RuleTrader {
    /// The strategy of a description's rules.
    ///
    /// # Errors
    /// A description without rules, or with such as do not compile; two legs an instrument.
    pub fn new(spec: &TickSpec, sizer: Option<Box<dyn Sizer>>) -> Result<Self, RunError> {
        let Some(given) = &spec.plan else {
            return Err(SpecError::Conflict { key: "plan", reason: "there are no rules".to_owned() }.into());
        };
        if spec.positions == PositionMode::Hedging {
            let reason = "rules hold one position an instrument, long or short".to_owned();
            return Err(SpecError::Conflict { key: "positions", reason }.into());
        }
        let plan = given.plan(&spec.instruments);
        plan.check()?;
        let wanted = Wanted::of(plan)?;
        let places = 0..spec.instruments.len();
        let machine = |index| wanted.compile(plan, index).map(|program| Machine::new(&program));
        let machines = places.clone().map(machine).collect::<Result<Vec<_>, _>>()?;
        let length = given.timeframe_ns;
        Ok(Self {
            ways: Ways::new(plan),
            parts: plan.parts_at_profit(),
            guards: plan.exits.takes_out() || !plan.scale_out.is_empty(),
            formed: Formed::new(places.len(), length)
                .map_err(|_| SpecError::range("plan.timeframe_ns", "above 0", length as f64))?,
            lanes: places.map(|_| Lane::new()).collect(),
            uses: wanted.into_uses(),
            machines,
            sizer,
            acts: Acts::Freely,
            closed_at: i64::MIN,
            closed: Vec::new(),
            spec: given.with_position_limits(),
            instruments: spec.instruments.clone(),
        })
    }

    /// From now on it does nothing.
    pub const fn retire(&mut self) {
        self.acts = Acts::Not;
    }

    /// From now on it acts again.
    pub const fn recall(&mut self) {
        self.acts = Acts::Freely;
    }

    /// Whether it does nothing.
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        matches!(self.acts, Acts::Not)
    }

    /// From now on it only leaves what is held, at once.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn give_up(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        if self.acts != Acts::Freely {
            return Ok(());
        }
        self.acts = Acts::ToLeave;
        (0..self.lanes.len()).try_for_each(|index| self.leave(index, desk))
    }

    /// Does what is left to be done of an instrument's exits.
    fn leave(&mut self, index: usize, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let lane = &mut self.lanes[index];
        match self.acts {
            Acts::Not => return Ok(()),
            Acts::ToLeave => lane.give_up(desk),
            Acts::Freely => {}
        }
        lane.leave(desk, index, self.spec.plan(&self.instruments))
    }

    /// The bars that have just closed: rules are evaluated on them, and what fires is asked for.
    fn close_bars(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let Some((_, first)) = self.closed.first() else { return Ok(()) };
        self.closed_at = first.ts.saturating_add(self.spec.timeframe_ns);
        if self.acts != Acts::Not {
            self.lanes.iter_mut().for_each(|lane| lane.close_bar(desk, self.closed_at));
        }
        for index in 0..self.lanes.len() {
            if self.evaluate(index, desk.instruments())? && self.acts == Acts::Freely {
                self.decide(index, desk)?;
            }
        }
        (0..self.lanes.len()).try_for_each(|index| self.leave(index, desk))?;
        self.enter_all(desk)
    }

    /// Shows the bars to the rules of an instrument, its own last; whether that is among them.
    fn evaluate(&mut self, own: usize, instruments: &[Instrument]) -> Result<bool, RunError> {
        let machine = &mut self.machines[own];
        let (others, ours) =
            (self.closed.iter().filter(|each| each.0 != own), self.closed.iter().find(|each| each.0 == own));
        for (index, bar) in others.chain(ours) {
            let bar = in_units(bar, &instruments[*index]);
            machine.on_bar(*index, &bar).map_err(|error| RunError::Rules(error.to_string()))?;
        }
        Ok(ours.is_some())
    }

    /// What the rules of an instrument ask for on its bar.
    fn decide(&mut self, index: usize, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let lane = &mut self.lanes[index];
        let (fired, numbers) = said(&self.uses, self.machines[index].outputs());
        let (held, mut requests) = (desk.position(index), Vec::new());
        self.ways.decide(fired, held, || lane.entries(), || numbers, &mut requests);
        for request in requests {
            match request {
                Request::Leave(reason) => lane.want_out(reason),
                Request::TakeOff(part) => lane.want_part_off(part),
                Request::Enter(entry) => {
                    if held != 0 && !entry.adds && entry.order == EntryOrder::Market {
                        lane.want_out(Reason::Reversal);
                    }
                    lane.want_in(entry);
                }
                // Rules ask for nothing else.
                Request::Place { .. } | Request::Cancel(_) | Request::CancelAll | Request::Kill(_) => {}
            }
        }
        Ok(())
    }

    /// Sends the entries that wait, once nothing that closes a position is under way.
    fn enter_all(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        if self.acts != Acts::Freely || !self.lanes.iter().all(Lane::is_settled) {
            return Ok(());
        }
        for index in 0..self.lanes.len() {
            for entry in self.lanes[index].take_waiting() {
                if !self.enter(index, &entry, desk)? {
                    self.lanes[index].want_in(entry);
                }
            }
        }
        Ok(())
    }

    /// Sizes an entry and sends it; false where it has to wait.
    fn enter(&mut self, index: usize, entry: &Entry, desk: &mut Desk<'_>) -> Result<bool, RunError> {
        let held = desk.position(index);
        if (held != 0) != entry.adds || (held != 0 && Side::adding(held) != entry.side) {
            return Ok(true);
        }
        let rests = entry.order != EntryOrder::Market;
        match self.lanes[index].makes_room(desk, entry, rests) {
            None => return Ok(true),
            Some(false) => return Ok(false),
            Some(true) => {}
        }
        let (now, reason) = (desk.now(), entry.reason());
        if let Some(refusal) = entry.undefined(&self.spec.exits) {
            desk.ledger.recorder.refuse(now, index, reason, refusal);
            return Ok(true);
        }
        let kind = entry.kind(&desk.instruments()[index].price)?;
        let Some(price) = kind.price().or_else(|| expected(desk, index, entry.side)) else {
            let refusal = Refusal { check: Check::Undefined, limit: 0.0, value: f64::NAN };
            desk.ledger.recorder.refuse(now, index, reason, refusal);
            return Ok(true);
        };
        (0..self.lanes.len()).for_each(|each| desk.mark(each));
        let waiting = adding(desk, index, entry.side);
        let sizer = self.sizer.as_deref_mut();
        let plan = self.spec.plan(&self.instruments);
        let Some(lots) = sized(plan, &mut desk.ledger, sizer, Ordered { index, entry, price, waiting, now })? else {
            return Ok(true);
        };
        let intent = Intent { instrument: index, side: entry.side, lots, kind, reduce_only: false, reason };
        if let Some(order) = desk.send(&intent, Terms::default(), 0)? {
            let until = rests.then(|| self.closed_at.saturating_add(entry.valid_ns));
            self.lanes[index].note_sent(order, entry, until);
        }
        Ok(true)
    }

    fn watch(&mut self, desk: &mut Desk<'_>, index: usize, ticks: i64) -> Result<(), RunError> {
        if self.acts == Acts::Not {
            return Ok(());
        }
        self.lanes[index].watch(desk, index, (self.spec.plan(&self.instruments), &self.parts), ticks)
    }
}

/// A bar in quote units and base units.
fn in_units(bar: &TradeBar, instrument: &Instrument) -> Bar {
    let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|ticks| instrument.price.value(ticks));
    Bar { ts: bar.ts, open, high, low, close, volume: instrument.quantity.value(bar.volume) }
}

/// Where a market order of a side would fill, ticks; none before there is a price.
fn expected(desk: &Desk<'_>, index: usize, side: Side) -> Option<i64> {
    let view = desk.view(index);
    if view.source() == BookSource::Trades {
        return Some(view.last).filter(|&last| last > 0);
    }
    view.touch().map(|(bid, ask)| if side == Side::Buy { ask.price } else { bid.price })
}

/// The lots that open orders of a side may still add.
fn adding(desk: &Desk<'_>, index: usize, side: Side) -> i64 {
    let orders = desk.open_orders(index).iter().filter_map(|&id| desk.order(id));
    let adding = orders.filter(|order| !order.intent.reduce_only && order.intent.side == side);
    adding.map(|order| order.life.left()).sum()
}

impl TickStrategy for RuleTrader {
    fn interest(&self) -> Interest {
        let book_every_ns = self.guards.then_some(0);
        Interest { trade_every_ns: Some(0), book_every_ns, reports: true, ..Interest::default() }
    }

    fn on_trade(&mut self, desk: &mut Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        self.formed.take(instrument, trade, &mut self.closed);
        if !self.closed.is_empty() {
            self.close_bars(desk)?;
        }
        if desk.view(instrument).source() == BookSource::Trades {
            return self.watch(desk, instrument, trade.price);
        }
        self.leave(instrument, desk)
    }

    fn on_book(&mut self, desk: &mut Desk<'_>, instrument: usize) -> Result<(), RunError> {
        let side = Side::adding(desk.position(instrument)).opposite();
        match expected(desk, instrument, side) {
            Some(ticks) => self.watch(desk, instrument, ticks),
            None => Ok(()),
        }
    }

    fn on_report(&mut self, desk: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        self.lanes[report.instrument].hear(desk, report, &self.spec.exits);
        self.leave(report.instrument, desk)?;
        self.enter_all(desk)
    }
}

#[cfg(test)]
mod tests;
