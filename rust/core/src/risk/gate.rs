//! The gate: which intents become orders.

use std::collections::VecDeque;

use super::approved::{Approved, Permit};
use super::exposure::{Asked, Cap, margin_of};
use super::guarded::Guarded;
use super::limits::{LimitError, Limits};
use super::losses::Losses;
use super::pace::Pace;
use super::refusal::{Check, Refusal, Verdict, refuse};
use super::situation::{OpenOrders, Situation};
use super::state::{Latch, LatchError, TradingState};
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, Scale};
use crate::orders::{Intent, Side};
use crate::portfolio::correlation::Correlation;
use crate::units::{Decimal, Rate, UnitError};

const SECOND_NS: i64 = 1_000_000_000;
const MINUTE_NS: i64 = 60 * SECOND_NS;

/// The gate's state.
#[derive(Debug, Clone)]
pub struct RiskGate {
    pub(super) limits: Limits,
    /// By place.
    pub(super) caps: Vec<Cap>,
    pub(super) gross: Option<Atoms>,
    pub(super) net: Option<Atoms>,
    /// The margin each instrument needs, the account's leverage included.
    pub(super) margin: Vec<Rate>,
    /// Which instruments have the same base: the first with it.
    pub(super) bases: Vec<usize>,
    /// Whether nothing but margins limits what is held.
    pub(super) only_margins: bool,
    pub(super) isolated: bool,
    /// Places from an instrument's long leg to its short one; 0 where it has one position.
    pub(super) legs: usize,
    pub(super) scale: Scale,
    pub(super) second: Option<Pace>,
    pub(super) minute: Option<Pace>,
    pub(super) cancels: Option<Pace>,
    /// The last approved intents and when that was, oldest first; at most [`RiskGate::APPROVED_MAX`].
    pub(super) approved: VecDeque<(i64, Intent)>,
    pub(super) losses: Losses,
    pub(super) latch: Latch,
    pub(super) guarded: Option<Box<Guarded>>,
    pub(super) correlation: Option<Correlation>,
    pub(super) orders: u64,
}

impl RiskGate {
    /// So many approved intents are remembered, for those that come twice.
    pub const APPROVED_MAX: usize = 16;

    /// A gate for these instruments.
    ///
    /// # Errors
    /// A limit that does not fit an instrument's grid or the account's scale, one out of its range, a leverage below 1.
    pub fn new(
        limits: &Limits,
        instruments: &[Instrument],
        scale: Scale,
        leverage: Decimal,
    ) -> Result<Self, LimitError> {
        limits.check(leverage)?;
        if let Some(symbol) =
            limits.instruments.keys().find(|symbol| instruments.iter().all(|i| i.spec().symbol != **symbol))
        {
            let traded = instruments.iter().map(|i| i.spec().symbol.as_str()).collect::<Vec<_>>().join(", ");
            return Err(LimitError::Unknown { symbol: symbol.clone(), traded });
        }
        let floor = margin_of(leverage.to_f64());
        let base = |instrument: &Instrument| instruments.iter().position(|i| i.spec().base == instrument.spec().base);
        let correlation =
            limits.correlation.map(|c| Correlation::new(instruments.len(), c.every_ns, c.window as usize));
        let caps = instruments.iter().map(|i| cap(limits, i, scale)).collect::<Result<Vec<_>, _>>()?;
        let margin: Vec<_> = instruments.iter().map(|instrument| instrument.spec().initial_margin.max(floor)).collect();
        Ok(Self {
            only_margins: Self::margins_alone(limits, &caps, &margin, instruments),
            caps,
            gross: atoms(scale, "max_gross_exposure", limits.max_gross_exposure)?,
            net: atoms(scale, "max_net_exposure", limits.max_net_exposure)?,
            margin,
            bases: instruments.iter().filter_map(base).collect(),
            isolated: false,
            legs: 0,
            scale,
            second: limits.max_orders_per_second.map(|most| Pace::new(most, SECOND_NS)),
            minute: limits.max_orders_per_minute.map(|most| Pace::new(most, MINUTE_NS)),
            cancels: limits.max_cancels_per_second.map(|most| Pace::new(most, SECOND_NS)),
            approved: VecDeque::new(),
            losses: Losses::default(),
            latch: Latch::default(),
            guarded: None,
            correlation,
            orders: 0,
            limits: limits.clone(),
        })
    }

    /// The gate of an account whose margins are isolated.
    #[must_use]
    pub fn with_isolated_margins(self) -> Self {
        Self { isolated: true, ..self }
    }

    /// The gate of an account that keeps a long and a short leg of each of the first `instruments`, the short ones so many
    /// places after the long ones.
    #[must_use]
    pub fn with_legs(self, instruments: usize) -> Self {
        Self { legs: instruments, ..self }
    }

    /// The place of the position that an order is about: where legs are kept, the one of its side, or the other if it
    /// may only reduce.
    #[must_use]
    #[inline]
    pub fn place(&self, instrument: usize, side: Side, reduce_only: bool) -> usize {
        instrument + if (side == Side::Sell) == reduce_only { 0 } else { self.legs }
    }

    /// The part of a notional that must be covered by equity.
    #[must_use]
    pub fn margin(&self, instrument: usize) -> Rate {
        self.margin[instrument]
    }

    /// Whether it matters how old a quote is.
    #[must_use]
    pub const fn judges_age(&self) -> bool {
        self.limits.max_quote_age_ns.is_some()
    }

    /// What has been lost.
    #[must_use]
    pub const fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Whether and why trading was stopped.
    #[must_use]
    pub const fn latch(&self) -> &Latch {
        &self.latch
    }

    /// The number of the last order.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.orders
    }

    /// Stops trading as far as `state`; false where it is stopped as far already.
    pub fn trip(&mut self, state: TradingState, by: &str, reason: &str, at: i64) -> bool {
        self.latch.trip(state, by, reason, at)
    }

    /// Lets a person resume trading: lifts what has stopped it, and the limits on losses that have been passed.
    ///
    /// # Errors
    /// Nobody, no reason, nothing to lift.
    pub fn resume(&mut self, by: &str, reason: &str, at: i64) -> Result<(), LatchError> {
        if self.losses.stand() {
            self.latch.trip(TradingState::Reducing, "losses", "a limit was passed", at);
        }
        self.latch.clear(by, reason, at)?;
        self.losses.lift();
        Ok(())
    }

    /// Takes note of the equity at the start, before the first mark.
    pub fn begin_with(&mut self, equity: f64) {
        self.losses.begin_with(equity);
    }

    /// Takes note of the price of each instrument, quote units, not above 0 where there is none: what moves together is told
    /// from them.
    #[inline]
    pub fn observe(&mut self, at: i64, price: impl Fn(usize) -> f64) {
        if let Some(correlation) = &mut self.correlation {
            correlation.observe(at, price);
        }
    }

    /// Lets a strategy's cancel pass, or says that there were too many. Those of a kill switch are not asked about.
    pub fn check_cancel(&mut self, now: i64) -> Result<(), Refusal> {
        let Some(pace) = &mut self.cancels else { return Ok(()) };
        if let Some(most) = pace.is_used_up(now) {
            return refuse(Check::CancelsPerSecond, most, most + 1.0);
        }
        pace.note(now);
        Ok(())
    }

    /// Approves an intent or says which check it failed.
    ///
    /// # Errors
    /// `Ok(Err(refusal))` is the gate's answer; the outer error is money that cannot be counted.
    pub fn check(&mut self, intent: &Intent, at: &Situation<'_>) -> Result<Result<Approved, Refusal>, MoneyError> {
        Ok(self.permit(intent, at)?.map(|permit| self.approve(permit, at.now)))
    }

    /// Permits an intent or says which check it failed: the same in two steps, so that the order is made where it is wanted. A
    /// copy of it would have to wait for its parts to be written.
    ///
    /// # Errors
    /// See [`RiskGate::check`].
    pub fn permit<'i>(
        &mut self,
        intent: &'i Intent,
        at: &Situation<'_>,
    ) -> Result<Result<Permit<'i>, Refusal>, MoneyError> {
        if intent.instrument >= self.caps.len().min(at.instruments.len()) {
            return Ok(Err(Refusal {
                check: Check::Instrument,
                limit: self.caps.len() as f64,
                value: intent.instrument as f64,
            }));
        }
        let Some(account) = at.account else {
            return Ok(Err(Refusal { check: Check::Account, limit: f64::NAN, value: f64::NAN }));
        };
        let there = at.open.get(intent.instrument).unwrap_or(&OpenOrders::NONE);
        let without = at.replaced.as_ref().map(|replaced| there.without(replaced));
        let asked = Asked { at, account, open: without.as_ref().unwrap_or(there) };
        let reducible = self.reducible(intent, &asked)?;
        let cut = Intent { lots: intent.lots.min(reducible), ..*intent };
        let judged = if intent.reduce_only && reducible > 0 { &cut } else { intent };
        let reducing = reducible > 0 && judged.lots <= reducible;
        let unlocked = if reducing { Ok(()) } else { self.unlocked(judged, at.now) };
        let lots = judged.lots;
        Ok(self.judge(judged, &asked, reducing, unlocked)?.map(|()| Permit { intent, lots }))
    }

    /// How many lots of an intent can do nothing but shrink a position. What is marked as reduce-only the venue cuts to what is
    /// there then; of the rest, what waits on its side may have used up the position before.
    fn reducible(&self, intent: &Intent, asked: &Asked<'_>) -> Result<i64, MoneyError> {
        let Asked { at, account, open } = asked;
        let held = account.position(self.place(intent.instrument, intent.side, intent.reduce_only)).lots;
        let shrinks = held != 0 && Side::adding(held) == intent.side.opposite();
        let there = if shrinks { held.abs() } else { 0 };
        let side = intent.side as usize;
        if !intent.reduce_only {
            return Ok(there - open.adding[side].saturating_add(open.reducing[side]).min(there));
        }
        // It may come to reduce what an order on the other side opens before.
        let against = if at.at_once { 0 } else { open.adding[intent.side.opposite() as usize] };
        there.checked_add(against).ok_or(MoneyError::Overflow)
    }

    /// Makes the order of a permit that was given now.
    #[inline(always)]
    pub fn approve(&mut self, permit: Permit<'_>, now: i64) -> Approved {
        let Permit { intent, lots } = permit;
        self.orders += 1;
        if self.second.is_some() || self.minute.is_some() || self.limits.duplicate_ns.is_some() {
            self.note(Intent { lots, ..*intent }, now);
        }
        Approved::new(self.orders, Intent { lots, ..*intent })
    }

    /// Takes note of an approved intent, for the limits that look back.
    #[inline(never)]
    fn note(&mut self, intent: Intent, now: i64) {
        for pace in [&mut self.second, &mut self.minute].into_iter().flatten() {
            pace.note(now);
        }
        if self.limits.duplicate_ns.is_some() {
            if self.approved.len() == Self::APPROVED_MAX {
                self.approved.pop_front();
            }
            self.approved.push_back((now, intent));
        }
    }

    fn judge(
        &self,
        intent: &Intent,
        asked: &Asked<'_>,
        reducing: bool,
        unlocked: Verdict,
    ) -> Result<Verdict, MoneyError> {
        let at = asked.at;
        let verdict = match self.shape(intent, at, reducing) {
            Ok(()) if reducing => {
                let verdict = self.collared(intent, at).and_then(|()| self.lets_reduce(intent));
                return match verdict {
                    Ok(()) => self.leaves_room(intent, asked),
                    refused => Ok(refused),
                };
            }
            Ok(()) => self.admits(intent, at, unlocked),
            refused => refused,
        };
        if verdict.is_err() { Ok(verdict) } else { self.exposure(intent, asked) }
    }

    /// Whether orders that wait on the same side, and that count on the position to shrink, do not open too much once this
    /// one has shrunk it. While trading is stopped they are on their way out, and what closes must pass.
    fn leaves_room(&self, intent: &Intent, asked: &Asked<'_>) -> Result<Verdict, MoneyError> {
        // Where legs are kept, what waits opens the other leg, whatever becomes of this one.
        let waits = asked.open.adding[intent.side as usize] > 0 && self.legs == 0;
        if !waits || !intent.reduce_only || asked.at.at_once || self.latch.state() != TradingState::Active {
            return Ok(Ok(()));
        }
        self.uncovers(intent, asked)
    }

    /// Halted, only what the venue too keeps from opening anything passes.
    fn lets_reduce(&self, intent: &Intent) -> Verdict {
        let halted = self.latch.state() == TradingState::Halted && !intent.reduce_only;
        if halted { refuse(Check::Halted, f64::NAN, f64::NAN) } else { Ok(()) }
    }

    /// Everything that new risk must pass before it is counted what would be held.
    fn admits(&self, intent: &Intent, at: &Situation<'_>, unlocked: Verdict) -> Verdict {
        self.priced(intent, at)?;
        self.collared(intent, at)?;
        self.band(intent, at)?;
        self.new_to_us(intent, at.now)?;
        self.meets_none_of_ours(intent, at)?;
        if self.latch.state() != TradingState::Active {
            return refuse(Check::Halted, f64::NAN, f64::NAN);
        }
        self.losses.judge(at.now, &self.limits)?;
        if !self.limits.hours.is_empty() && !self.limits.hours.iter().any(|window| window.holds(at.now)) {
            return refuse(Check::Hours, f64::NAN, f64::NAN);
        }
        unlocked?;
        // Reductions are counted but never refused, so that a window may hold more than its limit.
        for (check, pace) in [(Check::OrdersPerSecond, &self.second), (Check::OrdersPerMinute, &self.minute)] {
            if let Some(most) = pace.as_ref().and_then(|pace| pace.is_used_up(at.now)) {
                return refuse(check, most, most + 1.0);
            }
        }
        let count = at.open.get(intent.instrument).map_or(0, |open| open.count);
        match self.caps[intent.instrument].orders {
            Some(most) if count >= most + u32::from(at.replaced.is_some()) => {
                refuse(Check::OpenOrders, f64::from(most), f64::from(count) + 1.0)
            }
            _ => Ok(()),
        }
    }
}

/// The limits of an instrument, its own before those of all.
fn cap(limits: &Limits, instrument: &Instrument, scale: Scale) -> Result<Cap, LimitError> {
    let own = limits.instruments.get(&instrument.spec().symbol);
    Ok(Cap {
        lots: position_limit(own.and_then(|own| own.max_position).or(limits.max_position), instrument)?,
        notional: atoms(scale, "max_notional", own.and_then(|own| own.max_notional).or(limits.max_notional))?,
        order: atoms(
            scale,
            "max_order_notional",
            own.and_then(|own| own.max_order_notional).or(limits.max_order_notional),
        )?,
        orders: own.and_then(|own| own.max_open_orders).or(limits.max_open_orders),
    })
}

fn atoms(scale: Scale, limit: &'static str, value: Option<Decimal>) -> Result<Option<Atoms>, LimitError> {
    value.map(|value| scale.atoms(value)).transpose().map_err(|source| LimitError::Amount { limit, source })
}

fn position_limit(limit: Option<Decimal>, instrument: &Instrument) -> Result<i64, LimitError> {
    let Some(limit) = limit else { return Ok(i64::MAX) };
    // A limit between two lots binds at the lower one.
    match instrument.quantity.steps_of_decimal(limit) {
        Ok(lots) => Ok(lots),
        Err(UnitError::OffGrid { .. }) => Ok((limit.to_f64() * instrument.quantity.inverse()).floor() as i64),
        Err(source) => Err(LimitError::Position { symbol: instrument.spec().symbol.clone(), source }),
    }
}

#[cfg(test)]
#[path = "gate_test.rs"]
mod tests;
