//! What was asked for on a close, carried out at the next price: exits first, then entries and orders.

use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Approved, Kill, TradingState};
use tradenode_core::strategy::EntryOrder;
use tradenode_core::strategy::guard::{Distances, Guard};

use crate::engine::Engine;
use crate::error::RunError;
use crate::ledger::{Filled, Quote};
use crate::sizing::{Ordered, sized};
use crate::strategy::{Entry, Request};
use crate::working::{Working, open_orders, staying_lots};

impl Engine<'_> {
    /// Carries out what was asked for, at each instrument's last price: exits first, then the rest.
    pub(crate) fn carry_out(&mut self, due: &[usize], now: i64) -> Result<(), RunError> {
        // What is gone by now holds back neither lots nor margin.
        for lane in self.lanes.iter_mut().filter(|lane| !lane.working.is_empty()) {
            lane.working.retain(|order| order.expires > now);
        }
        if due.iter().all(|&index| self.lanes[index].requests.is_empty()) {
            return Ok(());
        }
        if due.iter().any(|&index| self.lanes[index].requests.iter().any(|asked| matches!(asked, Request::Kill(_)))) {
            self.pull(due, now);
        }
        self.ledger.refresh_marks()?;
        if let [index] = *due
            && self.lanes[index].requests.len() == 1
        {
            // The two passes below, for what is by far the most usual.
            let at = self.quote(index, now);
            let mut requests = std::mem::take(&mut self.lanes[index].requests);
            if !self.reduce(index, &requests[0], &at)? {
                self.grow(index, &requests[0], &at)?;
            }
            if self.lanes[index].requests.is_empty() {
                requests.clear();
                self.lanes[index].requests = requests;
            }
            return Ok(());
        }
        for &index in due {
            if self.lanes[index].requests.is_empty() {
                continue;
            }
            let at = self.quote(index, now);
            let requests = std::mem::take(&mut self.lanes[index].requests);
            for request in requests {
                if !self.reduce(index, &request, &at)? {
                    self.lanes[index].requests.push(request);
                }
            }
        }
        for &index in due {
            if self.lanes[index].requests.is_empty() {
                continue;
            }
            let at = self.quote(index, now);
            for request in std::mem::take(&mut self.lanes[index].requests) {
                self.grow(index, &request, &at)?;
            }
        }
        Ok(())
    }

    /// The market as an order meets it at the last price.
    #[inline]
    fn quote(&self, index: usize, now: i64) -> Quote {
        Quote { ticks: self.ledger.ticks(index), maker: false, volume: self.volume(index), now }
    }

    /// The second pass: entries and orders; what could not be closed for want of volume is asked for again.
    fn grow(&mut self, index: usize, request: &Request, at: &Quote) -> Result<(), RunError> {
        match *request {
            Request::Enter(ref entry) => self.enter(index, entry, at),
            Request::Place { .. } => self.place(index, request, at),
            Request::Leave(_) => {
                self.lanes[index].requests.clear();
                self.lanes[index].requests.push(*request);
                Ok(())
            }
            // Done in the first pass or before it.
            Request::TakeOff(_) | Request::Cancel(_) | Request::CancelAll | Request::Kill(_) => Ok(()),
        }
    }

    /// Pulls the kill switch: trading stays halted, orders go, and positions are asked to be closed first of all.
    #[cold]
    fn pull(&mut self, due: &[usize], now: i64) {
        let mut pulled = None;
        for &index in due {
            self.lanes[index].requests.retain(|asked| {
                let Request::Kill(kill) = *asked else { return true };
                pulled = pulled.max(Some(kill));
                false
            });
        }
        let Some(kill) = pulled else { return };
        if kill != Kill::CancelAll {
            self.ledger.gate.trip(TradingState::Halted, "strategy", "asked for in a call-back", now);
        }
        for lane in &mut self.lanes {
            lane.working.retain(|order| kill == Kill::Halt && order.approved.intent().reduce_only);
            if kill == Kill::Flatten {
                lane.requests.insert(0, Request::Leave(Reason::KillSwitch));
            }
        }
    }

    /// The current bar's volume in lots, where the slippage asks for it.
    #[inline]
    pub(crate) fn volume(&self, index: usize) -> f64 {
        if self.needs_volume {
            self.lanes[index].volume() * self.ledger.instruments[index].quantity.inverse()
        } else {
            0.0
        }
    }

    /// The first pass: whatever shrinks a position or cancels. Returns whether the request is done with.
    fn reduce(&mut self, index: usize, request: &Request, at: &Quote) -> Result<bool, RunError> {
        let held = self.ledger.position(index).lots;
        match *request {
            Request::Leave(reason) => self.leave(index, held.abs(), reason, at),
            Request::Enter(ref entry) => {
                if held != 0 && Side::adding(held) != entry.side && entry.order == EntryOrder::Market {
                    self.leave(index, held.abs(), Reason::Reversal, at)?;
                }
                Ok(false)
            }
            Request::TakeOff(part) => {
                self.take_off(index, part, at)?;
                Ok(true)
            }
            Request::Cancel(tag) => {
                self.lanes[index].working.retain(|order| order.tag != tag);
                Ok(true)
            }
            Request::CancelAll => {
                self.lanes[index].working.clear();
                Ok(true)
            }
            Request::Place { .. } | Request::Kill(_) => Ok(false),
        }
    }

    /// Closes `lots` of the position at a quote; returns whether nothing is left of them.
    pub(crate) fn leave(&mut self, index: usize, lots: i64, reason: Reason, at: &Quote) -> Result<bool, RunError> {
        let held = self.ledger.position(index).lots;
        if held == 0 || lots == 0 {
            return Ok(true);
        }
        let side = Side::adding(held).opposite();
        let intent = Intent { instrument: index, side, lots, kind: OrderKind::Market, reduce_only: true, reason };
        let Some(filled) = self.ledger.trade(&intent, at)? else { return Ok(true) };
        if self.ledger.position(index).lots == 0 {
            self.flat(index);
        }
        Ok(filled.closed == lots.min(held.abs()))
    }

    /// Nothing is held any more: nothing is left to guard or to reduce.
    pub(crate) fn flat(&mut self, index: usize) {
        let lane = &mut self.lanes[index];
        lane.guard = None;
        lane.working.retain(|order| !order.approved.intent().reduce_only);
    }

    pub(crate) fn take_off(&mut self, index: usize, part: usize, at: &Quote) -> Result<bool, RunError> {
        let Some(trade) = self.ledger.trades[index].as_mut().filter(|trade| trade.parts_taken & (1 << part) == 0)
        else {
            return Ok(true);
        };
        trade.parts_taken |= 1 << part;
        let lots = self.spec.scale_out[part].lots_of(trade.largest);
        self.leave(index, lots, Reason::ScaleOut, at)
    }

    /// Sizes an entry at the quote and fills it, or lets it rest.
    fn enter(&mut self, index: usize, entry: &Entry, at: &Quote) -> Result<(), RunError> {
        let held = self.ledger.position(index).lots;
        if (held != 0) != entry.adds || (held != 0 && Side::adding(held) != entry.side) {
            return Ok(());
        }
        let reason = entry.reason();
        if let Some(refusal) = entry.undefined(&self.spec.exits) {
            self.ledger.recorder.refuse(at.now, index, reason, refusal);
            return Ok(());
        }
        let kind = entry.kind(&self.ledger.instruments[index].price)?;
        let replaces = kind != OrderKind::Market && entry.tag == 0;
        let waiting = staying_lots(&self.lanes[index].working, entry.side, replaces);
        let ordered = Ordered { index, entry, price: kind.price().unwrap_or(at.ticks), waiting, now: at.now };
        let sizer = self.sizer.as_deref_mut();
        let Some(lots) = sized(self.spec.plan(), &mut self.ledger, sizer, ordered)? else { return Ok(()) };
        let intent = Intent { instrument: index, side: entry.side, lots, kind, reduce_only: false, reason };
        if replaces {
            // A new signal replaces the rule's open entry on that side.
            self.lanes[index].working.retain(|order| order.tag != 0 || order.approved.intent().side != entry.side);
        }
        let expires = at.now.saturating_add(entry.valid_ns);
        self.send(&intent, expires, &entry.distances, entry.tag, at)
    }

    fn place(&mut self, index: usize, request: &Request, at: &Quote) -> Result<(), RunError> {
        let Request::Place { side, lots, kind, reduce_only, tag } = *request else { return Ok(()) };
        let intent = Intent { instrument: index, side, lots, kind, reduce_only, reason: Reason::Strategy };
        self.send(&intent, i64::MAX, &Distances::NONE, tag, at)
    }

    /// Through the gate, then to the market or to rest at the venue.
    fn send(
        &mut self,
        intent: &Intent,
        expires: i64,
        distances: &Distances,
        tag: u64,
        at: &Quote,
    ) -> Result<(), RunError> {
        let index = intent.instrument;
        self.show_open_orders()?;
        if intent.kind == OrderKind::Market {
            let before = self.ledger.position(index).lots;
            let filled = self.ledger.trade(intent, at)?.unwrap_or_default();
            self.guard(index, before, filled, distances, at.now);
        } else if let Some(approved) = self.ledger.approve(intent, at.now, None)? {
            let order = Working { approved, expires, resting: false, distances: *distances, tag };
            self.lanes[index].working.push(order);
        }
        Ok(())
    }

    /// Shows the gate what waits at the venue.
    fn show_open_orders(&mut self) -> Result<(), RunError> {
        for (index, lane) in self.lanes.iter().enumerate() {
            if lane.working.is_empty() && self.ledger.open[index].count == 0 {
                continue;
            }
            let mark = self.ledger.ticks(index);
            self.ledger.open[index] = open_orders(&lane.working, &self.ledger.instruments[index], mark)?;
        }
        Ok(())
    }

    /// Fills an approved order of the strategy and guards what it opens.
    pub(crate) fn fill(
        &mut self,
        index: usize,
        approved: &Approved,
        distances: &Distances,
        at: &Quote,
    ) -> Result<(), RunError> {
        let before = self.ledger.position(index).lots;
        let filled = self.ledger.execute(approved, at)?;
        self.guard(index, before, filled, distances, at.now);
        Ok(())
    }

    /// Guards what a fill has opened; takes the guard off what it has closed.
    fn guard(&mut self, index: usize, before: i64, filled: Filled, distances: &Distances, now: i64) {
        let position = self.ledger.position(index);
        if filled.closed > 0 && position.lots == 0 {
            self.flat(index);
        }
        if filled.opened > 0 {
            let instrument = &self.ledger.instruments[index];
            let (grid, entry) = (&instrument.price, position.average_price(instrument));
            let guard = &mut self.lanes[index].guard;
            match guard {
                Some(guard) if before.signum() == position.lots.signum() => {
                    guard.add(&self.spec.exits, grid, entry, *distances)
                }
                _ => {
                    let direction = position.lots.signum() as f64;
                    Guard::open(guard, &self.spec.exits, grid, direction, entry, *distances, now);
                }
            }
        }
    }
}
