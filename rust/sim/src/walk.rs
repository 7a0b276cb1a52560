//! From requests and resting orders to fills: at the open, and inside the bar by the path rule.
//!
//! What the open has already passed comes first: the position's stop and targets, then resting orders by number. Inside
//! the bar the pessimistic path takes the position's stop, stop orders, limit orders, then stop and targets of what is
//! held by then against the part of the bar that it sees; the optimistic path takes targets before the stop, limit
//! orders, stop orders, then again targets and stop. Orders of one kind go nearest to the open first, at their own
//! price, and all see the part of the bar as it was before the first of them; a position that one of them opened sees
//! what [`TickBar::rest`] says, an addition leaves that part as it was.

use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Approved, Check, Refusal};
use tradenode_core::strategy::guard::{Distances, Guard, Level};
use tradenode_core::strategy::sizing::SizeInput;
use tradenode_core::strategy::{EntryOrder, ScaleOutSpec};
use tradenode_core::units::{RATE_ONE, Rounding};

use crate::engine::{Engine, Lane};
use crate::error::RunError;
use crate::ledger::{OpenOrders, Quote};
use crate::spec::Path;
use crate::strategy::{Entry, Request};
use crate::working::{Kind, TickBar, Trigger, Working, adding_lots, any_adds};

/// A level that a bar reaches, and where.
type Hit = Option<(Level, Trigger)>;

impl Engine<'_> {
    /// Carries out what was asked for, at each lane's price: exits first, then the rest.
    pub(crate) fn carry_out(&mut self, due: &[usize], now: i64) -> Result<(), RunError> {
        let quote = |engine: &Self, index: usize| {
            let (lane, instrument) = (&engine.lanes[index], &engine.ledger.instruments[index]);
            let ticks = instrument.price.steps(lane.price)?;
            Ok::<_, RunError>(Quote { ticks, maker: false, volume: engine.volume(index), now })
        };
        // What is gone by now holds back neither lots nor margin.
        for lane in &mut self.lanes {
            lane.working.retain(|order| order.expires > now);
        }
        for &index in due {
            if self.lanes[index].requests.is_empty() {
                continue;
            }
            let at = quote(self, index)?;
            let mut requests = std::mem::take(&mut self.lanes[index].requests);
            let mut kept = 0;
            for place in 0..requests.len() {
                let request = requests[place];
                if !self.reduce(index, request, at)? {
                    requests[kept] = request;
                    kept += 1;
                }
            }
            requests.truncate(kept);
            self.lanes[index].requests = requests;
        }
        for &index in due {
            if self.lanes[index].requests.is_empty() {
                continue;
            }
            let at = quote(self, index)?;
            let mut requests = std::mem::take(&mut self.lanes[index].requests);
            // What could not be closed for want of volume is tried again at the next event.
            let mut left = None;
            for request in requests.drain(..) {
                match request {
                    Request::Enter(entry) => self.enter(index, entry, at)?,
                    Request::Place { .. } => self.place(index, request, at)?,
                    leave @ Request::Leave(_) => left = Some(leave),
                    Request::TakeOff(_) | Request::Cancel(_) | Request::CancelAll => {}
                }
            }
            requests.extend(left);
            self.lanes[index].requests = requests;
        }
        Ok(())
    }

    /// The current bar's volume in lots, where the slippage asks for it.
    #[inline]
    fn volume(&self, index: usize) -> f64 {
        if self.needs_volume {
            self.lanes[index].volume() * self.ledger.instruments[index].quantity.inverse()
        } else {
            0.0
        }
    }

    /// The first pass: whatever shrinks a position or cancels. Returns whether the request is done with.
    fn reduce(&mut self, index: usize, request: Request, at: Quote) -> Result<bool, RunError> {
        let held = self.ledger.position(index).lots;
        match request {
            Request::Leave(reason) => self.leave(index, held.abs(), reason, at),
            Request::Enter(entry) => {
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
            Request::Place { .. } => Ok(false),
        }
    }

    /// Closes `lots` of the position at a quote; returns whether nothing is left of them.
    fn leave(&mut self, index: usize, lots: i64, reason: Reason, at: Quote) -> Result<bool, RunError> {
        let held = self.ledger.position(index).lots;
        if held == 0 || lots == 0 {
            return Ok(true);
        }
        let side = Side::adding(held).opposite();
        let intent = Intent { instrument: index, side, lots, kind: OrderKind::Market, reduce_only: true, reason };
        let Some(approved) = self.ledger.approve(&intent, at.now, OpenOrders::default())? else { return Ok(true) };
        let applied = self.ledger.execute(&approved, at)?;
        if self.ledger.position(index).lots == 0 {
            self.flat(index);
        }
        Ok(applied.is_some_and(|applied| applied.closed == lots.min(held.abs())))
    }

    /// Nothing is held any more: nothing is left to guard or to reduce.
    fn flat(&mut self, index: usize) {
        let lane = &mut self.lanes[index];
        lane.guard = None;
        lane.working.retain(|order| !order.approved.intent().reduce_only);
    }

    fn take_off(&mut self, index: usize, part: usize, at: Quote) -> Result<bool, RunError> {
        let Some(trade) = self.ledger.trades[index].as_mut().filter(|trade| trade.parts_taken & (1 << part) == 0)
        else {
            return Ok(true);
        };
        trade.parts_taken |= 1 << part;
        let spec: &ScaleOutSpec = &self.spec.scale_out[part];
        // Whole numbers: a hundred lots times 0.29 in doubles are less than 29.
        let lots = (i128::from(trade.largest) * i128::from(spec.fraction.0) / i128::from(RATE_ONE)) as i64;
        self.leave(index, lots, Reason::ScaleOut, at)
    }

    /// Sizes an entry at the quote and fills it, or lets it rest.
    fn enter(&mut self, index: usize, entry: Entry, at: Quote) -> Result<(), RunError> {
        let held = self.ledger.position(index).lots;
        if (held != 0) != entry.adds || (held != 0 && Side::adding(held) != entry.side) {
            return Ok(());
        }
        let reason = if entry.adds { Reason::ScaleIn } else { Reason::Entry };
        let unpriced = (entry.order != EntryOrder::Market && !entry.price.is_finite()).then_some(entry.price);
        // Call-backs give no distances: what the exits take from rules does not apply to their positions.
        let unguarded = if entry.tag == 0 { self.spec.exits.undefined(entry.distances) } else { None };
        if let Some(value) = unpriced.or(unguarded) {
            let refusal = Refusal { check: Check::Undefined, limit: 0.0, value };
            self.ledger.recorder.refuse(at.now, index, reason, refusal);
            return Ok(());
        }
        let instrument = &self.ledger.instruments[index];
        let kind = match entry.order {
            EntryOrder::Market => OrderKind::Market,
            // A price between two ticks goes to the one that is worse to reach.
            EntryOrder::Limit | EntryOrder::Stop => {
                let limit = entry.order == EntryOrder::Limit;
                let down = (entry.side == Side::Buy) == limit;
                let rounding = if down { Rounding::Down } else { Rounding::Up };
                let price = instrument.price.steps_towards(entry.price, rounding)?;
                if limit { OrderKind::Limit(price) } else { OrderKind::Stop(price) }
            }
        };
        let price = kind.price().unwrap_or(at.ticks);
        let size = if entry.adds { self.spec.scale_in.as_ref().and_then(|scale| scale.size.as_ref()) } else { None };
        let Some(size) = size.or(self.spec.size.as_ref()) else { return Ok(()) };
        let stop_distance = self.spec.exits.stop_distance(instrument, price, entry.distances);
        let (side, scale, record) = (entry.side, self.ledger.scale, self.ledger.record);
        let equity = self.ledger.equity_atoms()?;
        let instrument = &self.ledger.instruments[index];
        let lots = size.lots(&SizeInput { instrument, side, scale, equity, price, stop_distance, record })?;
        let lots = lots.min(instrument.max_lots);
        let intent = Intent { instrument: index, side: entry.side, lots, kind, reduce_only: false, reason };
        if kind != OrderKind::Market && entry.tag == 0 {
            // A new signal replaces the rule's open entry on that side.
            self.lanes[index].working.retain(|order| order.tag != 0 || order.approved.intent().side != entry.side);
        }
        let expires = at.now.saturating_add(entry.valid_ns);
        self.send(intent, expires, entry.distances, entry.tag, at)
    }

    fn place(&mut self, index: usize, request: Request, at: Quote) -> Result<(), RunError> {
        let Request::Place { side, lots, kind, reduce_only, tag } = request else { return Ok(()) };
        let intent = Intent { instrument: index, side, lots, kind, reduce_only, reason: Reason::Strategy };
        self.send(intent, i64::MAX, Distances::NONE, tag, at)
    }

    /// Through the gate, then to the market or to rest at the venue.
    fn send(
        &mut self,
        intent: Intent,
        expires: i64,
        distances: Distances,
        tag: u64,
        at: Quote,
    ) -> Result<(), RunError> {
        let index = intent.instrument;
        let open_lots = adding_lots(&self.lanes[index].working, intent.side);
        let reserved = self.reserved(index)?;
        let open = OpenOrders { lots: open_lots, reserved, positions: self.waiting(index) };
        let Some(approved) = self.ledger.approve(&intent, at.now, open)? else { return Ok(()) };
        if intent.kind == OrderKind::Market {
            return self.fill(index, &approved, distances, at);
        }
        self.lanes[index].working.push(Working { approved, expires, resting: false, distances, tag });
        Ok(())
    }

    /// The other instruments in which nothing is held but open orders would open a position.
    fn waiting(&self, but: usize) -> usize {
        let waits = |(index, lane): &(usize, &Lane<'_>)| {
            *index != but && self.ledger.position(*index).lots == 0 && any_adds(&lane.working)
        };
        self.lanes.iter().enumerate().filter(waits).count()
    }

    /// Fills an order of the strategy and guards what it opens.
    fn fill(&mut self, index: usize, approved: &Approved, distances: Distances, at: Quote) -> Result<(), RunError> {
        let before = self.ledger.position(index).lots;
        let Some(applied) = self.ledger.execute(approved, at)? else { return Ok(()) };
        let position = self.ledger.position(index);
        if position.lots == 0 {
            self.flat(index);
            return Ok(());
        }
        if applied.opened > 0 {
            let instrument = &self.ledger.instruments[index];
            let (grid, entry) = (&instrument.price, position.average_price(instrument));
            let guard = &mut self.lanes[index].guard;
            match guard {
                Some(guard) if before.signum() == position.lots.signum() => {
                    guard.add(&self.spec.exits, grid, entry, distances)
                }
                _ => {
                    let direction = position.lots.signum() as f64;
                    *guard = Some(Guard::open(&self.spec.exits, grid, direction, entry, distances, at.now));
                }
            }
        }
        Ok(())
    }

    /// What happens inside a bar to an instrument's position and orders.
    #[inline]
    pub(crate) fn inside(&mut self, index: usize, now: i64) -> Result<(), RunError> {
        let lane = &self.lanes[index];
        if lane.guard.is_none() && lane.working.is_empty() {
            return Ok(());
        }
        if self.is_calm(index, now) { Ok(()) } else { self.eventful(index, now) }
    }

    /// Takes a bar that reaches nothing over into the position's extremes; returns whether the bar is such.
    #[inline]
    fn is_calm(&mut self, index: usize, now: i64) -> bool {
        let lane = &mut self.lanes[index];
        let Some(guard) = lane.guard.as_mut().filter(|_| lane.working.is_empty() && !self.takes_parts) else {
            return false;
        };
        if self.ledger.skips(index, guard, &self.spec.exits) {
            return true;
        }
        let (high, low) = (lane.fills.high[lane.next], lane.fills.low[lane.next]);
        self.ledger.passes(index, guard, &self.spec.exits, now, high, low)
    }

    /// A bar that may reach a level or an order.
    fn eventful(&mut self, index: usize, now: i64) -> Result<(), RunError> {
        let lane = &self.lanes[index];
        let instrument = &self.ledger.instruments[index];
        let bar = lane.ticks(&instrument.price)?;
        let quote = Quote { ticks: bar.open, maker: false, volume: self.volume(index), now };
        self.lanes[index].cut_short = false;
        if self.lanes[index].guard.as_ref().is_some_and(|guard| guard.expired(&self.spec.exits, now)) {
            self.get_out(index, Reason::MaxHold, quote)?;
        }
        self.guarded(index, bar.opening(), quote)?;
        let mut seen = bar;
        if self.lanes[index].working.is_empty() {
            self.guarded(index, bar, quote)?;
        } else {
            self.lanes[index].working.retain(|order| order.expires > now);
            seen = self.with_orders(index, bar, quote)?;
        }
        self.close_bar(index, seen);
        Ok(())
    }

    /// Stops and targets of the position against a part of a bar, by the path rule.
    #[inline]
    fn guarded(&mut self, index: usize, part: TickBar, quote: Quote) -> Result<(), RunError> {
        let Some((stop, target)) = self.reached(index, part, quote.now) else { return Ok(()) };
        let pessimistic = self.fill.path == Path::Pessimistic;
        if pessimistic {
            self.stopped(index, stop, quote)?;
        }
        self.parts(index, part, quote, target)?;
        if let Some((level, trigger)) = target {
            self.get_out(index, level.reason, Quote { ticks: trigger.ticks, maker: true, ..quote })?;
        }
        if !pessimistic {
            // Anew: what came off has moved the liquidation away.
            self.stop_only(index, part, quote)?;
        }
        Ok(())
    }

    /// The guard closes the position; what it could not close for want of volume it tries again in the next bar.
    fn get_out(&mut self, index: usize, reason: Reason, quote: Quote) -> Result<(), RunError> {
        if !self.lanes[index].cut_short {
            self.lanes[index].cut_short = !self.leave(index, i64::MAX, reason, quote)?;
        }
        Ok(())
    }

    fn stopped(&mut self, index: usize, stop: Hit, quote: Quote) -> Result<(), RunError> {
        if let Some((level, trigger)) = stop {
            self.get_out(index, level.reason, Quote { ticks: trigger.ticks, ..quote })?;
        }
        Ok(())
    }

    /// The stop (or the liquidation, where it is nearer) and the target that a bar reaches.
    #[inline]
    fn reached(&self, index: usize, bar: TickBar, now: i64) -> Option<(Hit, Hit)> {
        let guard = self.lanes[index].guard.as_ref()?;
        let held = self.ledger.position(index).lots;
        let side = Side::adding(held).opposite();
        let adverse = if held > 0 { bar.low } else { bar.high };
        let at = |level: Level, kind| bar.reaches(side, kind, self.fill.touch_fills).map(|trigger| (level, trigger));
        let liquidation = self.liquidation(index, held, adverse);
        let stop = match (guard.stop(), liquidation) {
            (Some(stop), Some(limit)) if (limit.ticks - stop.ticks) * held.signum() > 0 => Some(limit),
            (stop, limit) => stop.or(limit),
        };
        let stop = stop.and_then(|level| at(level, OrderKind::Stop(level.ticks)));
        let target = guard.target(now).and_then(|level| at(level, OrderKind::Limit(level.ticks)));
        Some((stop, target))
    }

    /// Where the equity no longer covers the maintenance margin, if the bar goes there.
    #[inline]
    fn liquidation(&self, index: usize, held: i64, adverse: i64) -> Option<Level> {
        let grid = &self.ledger.instruments[index].price;
        if self.ledger.covered(index, grid.value(adverse)) {
            return None;
        }
        let rounding = if held > 0 { Rounding::Up } else { Rounding::Down };
        let ticks = grid.steps_towards(self.ledger.bankruptcy_price(index), rounding).ok()?;
        (ticks > 0).then_some(Level { ticks, reason: Reason::Liquidation })
    }

    /// Parts that come off at their profit, nearest first, before the target.
    fn parts(&mut self, index: usize, bar: TickBar, quote: Quote, target: Hit) -> Result<(), RunError> {
        for place in 0..self.parts.len() {
            let (part, profit) = self.parts[place];
            let held = self.ledger.position(index).lots;
            let Some(guard) = self.lanes[index].guard.as_ref().filter(|_| !self.lanes[index].cut_short) else {
                return Ok(());
            };
            let grid = &self.ledger.instruments[index].price;
            let Some(ticks) = guard.profit_ticks(grid, profit) else { continue };
            let beyond = target.is_some_and(|(level, _)| (ticks - level.ticks) * held.signum() >= 0);
            let side = Side::adding(held).opposite();
            if let Some(trigger) = bar.reaches(side, OrderKind::Limit(ticks), self.fill.touch_fills).filter(|_| !beyond)
            {
                self.take_off(index, part, Quote { ticks: trigger.ticks, maker: true, ..quote })?;
            }
        }
        Ok(())
    }

    /// A bar with resting orders: what the open reached, then the inside by the path rule. Returns the part of the
    /// bar that the position has seen.
    fn with_orders(&mut self, index: usize, bar: TickBar, quote: Quote) -> Result<TickBar, RunError> {
        let mut seen = bar;
        self.orders(index, bar.opening(), bar, quote, None, &mut seen)?;
        if self.fill.path == Path::Optimistic {
            self.guarded(index, seen, quote)?;
            self.orders(index, seen, bar, quote, Some(Kind::Limit), &mut seen)?;
            self.orders(index, seen, bar, quote, Some(Kind::Stop), &mut seen)?;
        } else {
            self.stop_only(index, seen, quote)?;
            self.orders(index, seen, bar, quote, Some(Kind::Stop), &mut seen)?;
            self.orders(index, seen, bar, quote, Some(Kind::Limit), &mut seen)?;
        }
        self.guarded(index, seen, quote)?;
        for order in &mut self.lanes[index].working {
            order.resting = true;
        }
        Ok(seen)
    }

    fn stop_only(&mut self, index: usize, bar: TickBar, quote: Quote) -> Result<(), RunError> {
        let stop = self.reached(index, bar, quote.now).and_then(|(stop, _)| stop);
        self.stopped(index, stop, quote)
    }

    /// Fills the resting orders of a kind that a part of a bar reaches, nearest to its open first; without a kind those
    /// that the open has reached.
    fn orders(
        &mut self,
        index: usize,
        part: TickBar,
        whole: TickBar,
        quote: Quote,
        wanted: Option<Kind>,
        seen: &mut TickBar,
    ) -> Result<(), RunError> {
        loop {
            let touch = self.fill.touch_fills;
            let reached = |order: &Working| {
                let intent = order.approved.intent();
                let trigger = match wanted {
                    None => part.reaches(intent.side, intent.kind, touch)?,
                    Some(kind) if kind != Kind::of(intent.kind) => return None,
                    Some(_) => part.reaches(intent.side, intent.kind, touch)?.inside(intent.kind),
                };
                Some(((trigger.ticks - part.open).abs(), order.approved.id(), trigger))
            };
            let working = &self.lanes[index].working;
            let next = working.iter().enumerate().filter_map(|(place, order)| Some((reached(order)?, place)));
            let Some(((_, _, trigger), place)) = next.min_by_key(|((distance, id, _), _)| (*distance, *id)) else {
                return Ok(());
            };
            let order = self.lanes[index].working.remove(place);
            self.meet(index, order, trigger, whole, quote, seen)?;
        }
    }

    /// One resting order fills.
    fn meet(
        &mut self,
        index: usize,
        order: Working,
        trigger: Trigger,
        whole: TickBar,
        quote: Quote,
        seen: &mut TickBar,
    ) -> Result<(), RunError> {
        let intent = order.approved.intent();
        let before = self.ledger.position(index).lots;
        if intent.reduce_only && (before == 0 || Side::adding(before) == intent.side) {
            return Ok(());
        }
        let limit = matches!(intent.kind, OrderKind::Limit(_));
        // A limit that was already beyond the market when it arrived takes liquidity.
        let maker = limit && (order.resting || !trigger.at_open);
        let at = Quote { ticks: trigger.ticks, maker, ..quote };
        if intent.reduce_only && intent.lots > before.abs() {
            let left = Intent { lots: before.abs(), ..*intent };
            let Some(approved) = self.ledger.approve(&left, quote.now, OpenOrders::default())? else { return Ok(()) };
            self.fill(index, &approved, order.distances, at)?;
        } else {
            self.fill(index, &order.approved, order.distances, at)?;
        }
        let after = self.ledger.position(index).lots;
        if order.tag == 0 && after != 0 {
            // Of the entries of a rule that wait on both sides, the first to fill cancels the other.
            self.lanes[index].working.retain(|other| other.tag != 0);
        }
        if after != 0 && after.signum() != before.signum() && !trigger.at_open {
            *seen = whole.rest(after.signum(), trigger.ticks, self.fill.path == Path::Optimistic);
        }
        Ok(())
    }

    /// The bar is over: the guard and the open trade take over what the position has seen of it.
    fn close_bar(&mut self, index: usize, seen: TickBar) {
        let grid = &self.ledger.instruments[index].price;
        let Some(guard) = self.lanes[index].guard.as_mut() else { return };
        let (high, low) = (grid.value(seen.high), grid.value(seen.low));
        guard.on_bar(&self.spec.exits, grid, high, low);
        self.ledger.extend(index, high, low);
    }
}
