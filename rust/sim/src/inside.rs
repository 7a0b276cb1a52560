//! The inside of a bar: what resting orders and guards do, by the path rule.
//!
//! What the open has already passed comes first: the position's stop and targets, then resting orders by number. Inside
//! the bar the pessimistic path takes the position's stop, stop orders, limit orders, then stop and targets of what is
//! held by then against the part of the bar that it sees; the optimistic path takes targets before the stop, limit
//! orders, stop orders, then again targets and stop. Orders of one kind go nearest to the open first, at their own
//! price, and all see the part of the bar as it was before the first of them; a position that one of them opened sees
//! what [`TickBar::rest`] says, an addition leaves that part as it was.

use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::strategy::guard::Level;
use tradenode_core::units::Rounding;

use crate::engine::Engine;
use crate::error::RunError;
use crate::ledger::Quote;
use crate::spec::Path;
use crate::working::{Kind, TickBar, Trigger, Working};

/// A level that a bar reaches, and where.
type Hit = Option<(Level, Trigger)>;

impl Engine<'_> {
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
            // A step of the profit table that falls due with the price beyond it is a limit order that takes.
            let maker = !(trigger.at_open && level.reason == Reason::ProfitTable);
            self.get_out(index, level.reason, Quote { ticks: trigger.ticks, maker, ..quote })?;
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
            self.lanes[index].cut_short = !self.leave(index, i64::MAX, reason, &quote)?;
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
                self.take_off(index, part, &Quote { ticks: trigger.ticks, maker: true, ..quote })?;
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
            let Some(approved) = self.ledger.approve(&left, quote.now, None)? else { return Ok(()) };
            self.fill(index, &approved, &order.distances, &at)?;
        } else {
            self.fill(index, &order.approved, &order.distances, &at)?;
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
