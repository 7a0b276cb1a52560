//! What a strategy sees and does: the market as it was received, its orders and positions, and requests.

use tradenode_core::event::{Event, Kind, LAST};
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Atoms, Scale};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{KillSwitch, Refusal};

use super::joint::Member;
use super::outcomes::Outcomes;
use super::owner::{OwnOrder, Owner};
use super::view::View;
use super::wire::Wire;
use crate::error::RunError;
use crate::ledger::Ledger;
use crate::venue::{Report, Request, What};

/// An order that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The instrument's index.
    pub instrument: usize,
    /// Which way.
    pub side: Side,
    /// Lots, above zero.
    pub lots: i64,
    /// How.
    pub kind: OrderKind,
    /// Whether it may only shrink the position.
    pub reduce_only: bool,
    /// The rest.
    pub terms: Terms,
    /// The strategy's own number of the order.
    pub tag: u64,
}

impl Ticket {
    fn intent(&self) -> Intent {
        let Self { instrument, side, lots, kind, reduce_only, .. } = *self;
        Intent { instrument, side, lots, kind, reduce_only, reason: Reason::Strategy }
    }
}

/// The desk.
#[derive(Debug)]
pub struct Desk<'a> {
    pub(super) now: i64,
    pub(super) views: Vec<View>,
    pub(super) ledger: Ledger<'a>,
    pub(super) owner: Owner,
    pub(super) wire: Wire<'a>,
    pub(super) switch: KillSwitch,
    /// Its part of an account that several desks share.
    pub(super) joint: Option<Member>,
    /// What became of its orders.
    pub outcomes: Outcomes,
}

impl Desk<'_> {
    /// The time, ns UTC.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// An instrument as it was received.
    #[must_use]
    #[inline]
    pub fn view(&self, instrument: usize) -> &View {
        &self.views[instrument]
    }

    /// The instruments, in the run's order.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        self.ledger.instruments()
    }

    /// Lots held, as far as fills were heard of: above zero long.
    #[must_use]
    #[inline]
    pub fn position(&self, instrument: usize) -> i64 {
        self.ledger.net(instrument)
    }

    /// Lots held long, from zero on, and short, up to zero.
    #[must_use]
    pub fn legs(&self, instrument: usize) -> (i64, i64) {
        self.ledger.legs(instrument)
    }

    /// Balance and open profit, in the account's currency.
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.ledger.equity()
    }

    /// The average price of what is held, in quote units; NaN when flat.
    #[must_use]
    pub fn average_price(&self, instrument: usize) -> f64 {
        self.ledger.position(instrument).average_price(&self.ledger.instruments[instrument])
    }

    /// Cash with all realised profit, fees and funding, in the account's currency.
    #[must_use]
    pub fn balance(&self) -> f64 {
        self.ledger.balance()
    }

    /// The same as decimal text, exactly.
    #[must_use]
    pub fn balance_text(&self) -> String {
        self.ledger.scale.text(self.ledger.account.balance())
    }

    /// How money is counted.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.ledger.scale
    }

    /// Values an instrument's position at its mid; where there is none any more, at the last price that was reckoned with.
    pub fn mark(&mut self, instrument: usize) {
        let mid = self.views[instrument].mid();
        let tick = self.ledger.instruments[instrument].price.value(1);
        let price = if mid > 0.0 { mid * tick } else { self.ledger.last[instrument] };
        self.ledger.mark_legs(instrument, price);
    }

    /// Values all positions and records at which prices.
    pub(super) fn mark_all(&mut self) {
        let instruments = self.views.len();
        (0..instruments).for_each(|instrument| self.mark(instrument));
        self.ledger.recorder.value(&self.ledger.last[..instruments]);
    }

    /// An instrument as it was received, to be lent to the strategy for a call.
    pub fn view_mut(&mut self, instrument: usize) -> &mut View {
        &mut self.views[instrument]
    }

    /// How often the orders of an instrument have changed.
    #[must_use]
    #[inline]
    pub fn order_changes(&self, instrument: usize) -> u64 {
        self.owner.changes(instrument)
    }

    /// The fee of the fill that was booked last, in the account's currency.
    #[must_use]
    pub fn last_fee(&self) -> f64 {
        self.ledger.recorder.fills.fee.last().copied().unwrap_or(0.0)
    }

    /// Why the gate refused what it refused last.
    #[must_use]
    pub const fn last_refusal(&self) -> Option<Refusal> {
        self.ledger.recorder.last_refusal
    }

    /// The numbers of an instrument's orders that have not ended, oldest first.
    #[must_use]
    #[inline]
    pub fn open_orders(&self, instrument: usize) -> &[u64] {
        self.owner.open(instrument)
    }

    /// An instrument's order by its place among [`Desk::open_orders`].
    #[must_use]
    #[inline]
    pub fn open_order(&self, instrument: usize, place: usize) -> &OwnOrder {
        self.owner.at(instrument, place)
    }

    /// An order that has not ended, or the one that ended last.
    #[must_use]
    pub fn order(&self, order: u64) -> Option<&OwnOrder> {
        self.owner.get(order)
    }

    /// Sends an order that the gate approves; its number, or `None` where it was refused.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn submit(&mut self, ticket: &Ticket) -> Result<Option<u64>, RunError> {
        self.send(&ticket.intent(), ticket.terms, ticket.tag)
    }

    /// Sends an order that the gate approves.
    pub(super) fn send(&mut self, intent: &Intent, terms: Terms, tag: u64) -> Result<Option<u64>, RunError> {
        let instrument = intent.instrument;
        self.show_gate(instrument);
        let Some(permit) = self.ledger.permit(intent, self.now, None, false)? else { return Ok(None) };
        let approved = self.ledger.gate.approve(permit, self.now);
        if self.joint.is_some() && !self.passes_jointly(*approved.intent(), None)? {
            return Ok(None);
        }
        let mark = self.ledger.ticks(instrument);
        let (traded, open) = (&self.ledger.instruments[instrument], &mut self.ledger.open[instrument]);
        self.owner.submit(&approved, terms, tag, mark, traded, open)?;
        self.tell_account(instrument)?;
        self.outcomes.sent += 1;
        self.wire.request(Request::Submit(approved, terms), self.now);
        Ok(Some(approved.id()))
    }

    /// Sends a cancel; false where the order has ended, one is under way or there were too many within a second.
    pub fn cancel(&mut self, order: u64) -> bool {
        let Some(instrument) = self.owner.get(order).map(|order| order.intent.instrument) else { return false };
        if let Err(refusal) = self.ledger.gate.check_cancel(self.now) {
            self.ledger.recorder.refuse(self.now, instrument, Reason::Strategy, refusal);
            return false;
        }
        self.cancel_in_any_case(order)
    }

    /// Sends a cancel that the gate is not asked about.
    pub(super) fn cancel_in_any_case(&mut self, order: u64) -> bool {
        let sent = self.owner.cancel(order);
        if let Some(instrument) = sent {
            self.wire.request(Request::Cancel { instrument, order }, self.now);
        }
        sent.is_some()
    }

    /// Sends a new size, filled lots included, and price; false where the gate refused it, the order has ended or a request
    /// is under way.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn replace(&mut self, order: u64, lots: i64, kind: OrderKind) -> Result<bool, RunError> {
        let Some(old) = self.owner.get(order) else { return Ok(false) };
        let Intent { instrument, side, reduce_only, .. } = old.intent;
        let ticket = Ticket { instrument, side, lots, kind, reduce_only, terms: old.terms, tag: old.tag };
        let pending = self.owner.pending(order);
        self.show_gate(instrument);
        let Some(approved) = self.ledger.approve(&ticket.intent(), self.now, pending)? else { return Ok(false) };
        if self.joint.is_some() && !self.passes_jointly(*approved.intent(), pending)? {
            return Ok(false);
        }
        let (traded, open) = (&self.ledger.instruments[instrument], &mut self.ledger.open[instrument]);
        let sent = self.owner.replace(order, &approved, traded, open)?;
        if sent {
            self.tell_account(instrument)?;
            self.wire.request(Request::Replace { order, by: approved }, self.now);
        }
        Ok(sent)
    }

    /// Sends a cancel of every order of an instrument.
    pub fn cancel_all(&mut self, instrument: usize) {
        for order in self.owner.open(instrument).to_vec() {
            self.cancel(order);
        }
    }

    /// Shows the gate's protections a row that was received.
    #[cold]
    pub(super) fn watch(&mut self, instrument: usize, event: &Event) -> Result<(), RunError> {
        let (view, grid) = (&self.views[instrument], &self.ledger.instruments[instrument].price);
        let gate = &mut self.ledger.gate;
        match view.market().touch {
            Some((bid, ask)) if event.flags & LAST != 0 => {
                let (bid, ask) = (grid.value(bid), grid.value(ask));
                gate.on_quote(instrument, self.now, bid, ask)?;
                if bid + ask > 0.0 {
                    gate.on_price(instrument, self.now, (bid + ask) / 2.0)?;
                }
            }
            None if event.kind == Kind::Trade && event.price > 0 => {
                gate.on_price(instrument, self.now, grid.value(event.price))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes one message of all requests that are made in a call: one latency, and they arrive together, in their order.
    pub fn batch<T>(&mut self, requests: impl FnOnce(&mut Self) -> T) -> T {
        let opened = self.wire.open_batch();
        let answer = requests(self);
        if opened {
            self.wire.close_batch();
        }
        answer
    }

    /// Shows the gate an instrument's market as it was received.
    #[inline]
    fn show_gate(&mut self, instrument: usize) {
        let mid = self.views[instrument].mid_ticks();
        if mid > 0 {
            self.ledger.trades_at_ticks(instrument, mid);
        }
        self.ledger.markets[instrument] = self.views[instrument].market();
    }

    /// Books what a report tells; whether it tells anything new.
    pub(super) fn hear(&mut self, report: &Report, fee: Atoms) -> Result<bool, RunError> {
        let (traded, open) = (&self.ledger.instruments[report.instrument], &mut self.ledger.open[report.instrument]);
        let Some(heard) = self.owner.hear(report, traded, open)? else {
            // What is no news may have counted an order anew: a replace that was refused after its cancel was sent.
            self.tell_account(report.instrument)?;
            return Ok(false);
        };
        self.outcomes.count(report);
        if let What::Rejected(_) = report.what {
            self.ledger.gate.on_reject(report.instrument, self.now)?;
        }
        if let What::Filled(fill) = report.what {
            self.ledger.book(report, &fill, fee, heard.reason)?;
        }
        self.tell_account(report.instrument)?;
        Ok(true)
    }
}
