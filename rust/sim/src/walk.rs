//! From requests and resting orders to fills: at the open, and inside the bar by the path rule.

use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::Approved;
use tradenode_core::strategy::guard::{Distances, Guard, Level};
use tradenode_core::strategy::sizing::SizeInput;
use tradenode_core::strategy::{EntryOrder, ScaleOutSpec};
use tradenode_core::units::Rounding;

use crate::engine::{Engine, Lane};
use crate::error::RunError;
use crate::ledger::Quote;
use crate::spec::Path;
use crate::strategy::{Entry, Request};
use crate::working::{TickBar, Trigger, Working, adding_lots};

/// A level that a bar reaches, and where.
type Hit = Option<(Level, Trigger)>;

impl Engine<'_> {
    /// Carries out what was asked for, at the price that `price` reads from each lane: exits first, then the rest.
    pub(crate) fn carry_out(&mut self, due: &[usize], now: i64, price: fn(&Lane<'_>) -> f64) -> Result<(), RunError> {
        let quote = |engine: &Self, index: usize| {
            let (lane, instrument) = (&engine.lanes[index], &engine.ledger.instruments[index]);
            let ticks = instrument.price.steps(price(lane))?;
            Ok::<_, RunError>(Quote { ticks, maker: false, volume: engine.volume(index), now })
        };
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
        let Some(approved) = self.ledger.approve(&intent, at.now, 0, 0)? else { return Ok(true) };
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
        let lots = (trade.largest as f64 * spec.fraction.to_f64()).floor() as i64;
        self.leave(index, lots, Reason::ScaleOut, at)
    }

    /// Sizes an entry at the quote and fills it, or lets it rest.
    fn enter(&mut self, index: usize, entry: Entry, at: Quote) -> Result<(), RunError> {
        let held = self.ledger.position(index).lots;
        if (held != 0) != entry.adds || (held != 0 && Side::adding(held) != entry.side) {
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
        let (scale, record) = (self.ledger.scale, self.ledger.record);
        let equity = self.ledger.equity_atoms()?;
        let instrument = &self.ledger.instruments[index];
        let lots = size.lots(&SizeInput { instrument, scale, equity, price, stop_distance, record })?;
        let lots = lots.min(instrument.max_lots);
        let reason = if entry.adds { Reason::ScaleIn } else { Reason::Entry };
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
        let Some(approved) = self.ledger.approve(&intent, at.now, open_lots, reserved)? else { return Ok(()) };
        if intent.kind == OrderKind::Market {
            return self.fill(index, &approved, distances, at);
        }
        self.lanes[index].working.push(Working { approved, expires, resting: false, distances, tag });
        Ok(())
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
        let (high, low) = (lane.fills.high[lane.next], lane.fills.low[lane.next]);
        self.ledger.passes(index, guard, &self.spec.exits, now, high, low)
    }

    /// A bar that may reach a level or an order.
    fn eventful(&mut self, index: usize, now: i64) -> Result<(), RunError> {
        let lane = &self.lanes[index];
        let instrument = &self.ledger.instruments[index];
        let bar = lane.ticks(&instrument.price)?;
        let quote = Quote { ticks: bar.open, maker: false, volume: self.volume(index), now };
        if lane.guard.as_ref().is_some_and(|guard| guard.expired(&self.spec.exits, now)) {
            self.leave(index, i64::MAX, Reason::MaxHold, quote)?;
        }
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

    /// Stops and targets of the position against a bar.
    #[inline]
    fn guarded(&mut self, index: usize, bar: TickBar, quote: Quote) -> Result<(), RunError> {
        let Some((stop, target)) = self.reached(index, bar, quote.now) else { return Ok(()) };
        let pessimistic = self.fill.path == Path::Pessimistic;
        // What the open already passed comes before what lies inside; at the same place the path rule decides.
        let stop_first = match (stop, target) {
            (Some((_, stop)), Some((_, target))) if stop.at_open != target.at_open => stop.at_open,
            (Some(_), Some(_)) => pessimistic,
            _ => stop.is_some(),
        };
        if stop_first {
            self.stopped(index, stop, quote)?;
        }
        self.parts(index, bar, quote, target)?;
        if let Some((level, trigger)) = target {
            self.leave(index, i64::MAX, level.reason, Quote { ticks: trigger.ticks, maker: true, ..quote })?;
        }
        if !stop_first {
            self.stopped(index, stop, quote)?;
        }
        Ok(())
    }

    fn stopped(&mut self, index: usize, stop: Hit, quote: Quote) -> Result<(), RunError> {
        if let Some((level, trigger)) = stop {
            self.leave(index, i64::MAX, level.reason, Quote { ticks: trigger.ticks, ..quote })?;
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
        for part in 0..self.spec.scale_out.len() {
            let Some(profit) = self.spec.scale_out[part].at_profit else { continue };
            let held = self.ledger.position(index).lots;
            let Some(guard) = self.lanes[index].guard.as_ref() else { return Ok(()) };
            let grid = &self.ledger.instruments[index].price;
            let Some(ticks) = guard.profit_ticks(grid, profit.to_f64()) else { continue };
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
        let optimistic = self.fill.path == Path::Optimistic;
        let gap = TickBar { high: bar.open, low: bar.open, close: bar.open, ..bar };
        self.guarded(index, gap, quote)?;
        let mut seen = bar;
        self.orders(index, gap, bar, quote, |_| true, &mut seen)?;
        let stops: fn(OrderKind) -> bool = |kind| matches!(kind, OrderKind::Stop(_));
        let limits: fn(OrderKind) -> bool = |kind| matches!(kind, OrderKind::Limit(_));
        if optimistic {
            self.guarded(index, seen, quote)?;
            self.orders(index, seen, bar, quote, limits, &mut seen)?;
            self.orders(index, seen, bar, quote, stops, &mut seen)?;
        } else {
            self.stop_only(index, seen, quote)?;
            self.orders(index, seen, bar, quote, stops, &mut seen)?;
            self.orders(index, seen, bar, quote, limits, &mut seen)?;
            self.guarded(index, seen, quote)?;
        }
        for order in &mut self.lanes[index].working {
            order.resting = true;
        }
        Ok(seen)
    }

    fn stop_only(&mut self, index: usize, bar: TickBar, quote: Quote) -> Result<(), RunError> {
        let stop = self.reached(index, bar, quote.now).and_then(|(stop, _)| stop);
        self.stopped(index, stop, quote)
    }

    /// Fills the resting orders of a kind that a bar reaches, nearest to the open first.
    fn orders(
        &mut self,
        index: usize,
        part: TickBar,
        whole: TickBar,
        quote: Quote,
        wanted: fn(OrderKind) -> bool,
        seen: &mut TickBar,
    ) -> Result<(), RunError> {
        loop {
            let touch = self.fill.touch_fills;
            let reached = |order: &Working| {
                let intent = order.approved.intent();
                let trigger = part.reaches(intent.side, intent.kind, touch).filter(|_| wanted(intent.kind))?;
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
            let Some(approved) = self.ledger.approve(&left, quote.now, 0, 0)? else { return Ok(()) };
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
