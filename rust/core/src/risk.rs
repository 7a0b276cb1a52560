//! The risk gate: the only maker of an [`Approved`] order.
//!
//! An intent is checked in this order: size, halt, price band, order rate, minimum notional, position limit, notional
//! limit, open positions, margin. Open orders count as if
//! filled. An intent that only shrinks its position is cut to
//! the position and passes every limit on new risk, the halt included. A reduce-only one may be as large as the position
//! and the open orders that could add to it: how much there is to reduce when it executes, the venue sees to.
//!
//! Where margins are isolated, the free balance must cover the margin of what an order would open; otherwise the equity
//! that of all positions. Where long and short are held side by side (hedging), each leg is a position of its own to
//! every limit, and their margins add up.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::Account;
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, Scale, rate_of};
use crate::orders::{Intent, Side};
use crate::units::{Decimal, RATE_ONE, Rate, UnitError};

const MINUTE_NS: i64 = 60_000_000_000;

/// Limits in the user's units; an absent limit does not bind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest position of an instrument, in base units.
    pub max_position: Option<Decimal>,
    /// The largest notional of a position, in the account's currency.
    pub max_notional: Option<Decimal>,
    /// The most orders in any 60 seconds.
    pub max_orders_per_minute: Option<u32>,
    /// How far a limit or stop price may lie from the reference price.
    pub price_band: Option<Rate>,
    /// The fall of equity at a bar's end from its peak, the start included, below which no new risk is taken for the
    /// rest of the run: orders that wait are cancelled, new ones refused.
    pub max_drawdown: Option<Rate>,
    /// The most positions open at once; an instrument with orders that wait to open one counts.
    pub max_open_positions: Option<u32>,
}

/// Limits that cannot be applied to the run's instruments.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LimitError {
    /// A position limit off an instrument's quantity grid.
    #[error("risk: max_position on {symbol}: {source}")]
    Position {
        /// The instrument.
        symbol: String,
        /// Why.
        source: UnitError,
    },
    /// A notional limit that the account cannot count.
    #[error("risk: max_notional: {0}")]
    Notional(MoneyError),
    /// A limit below zero, or a leverage below one.
    #[error("risk: {limit} must be {expected}, got {value}")]
    Range {
        /// The limit's name.
        limit: &'static str,
        /// The accepted range in words.
        expected: &'static str,
        /// What was given.
        value: String,
    },
}

/// Which check refused an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Check {
    /// Smaller or larger than one order of the instrument may be.
    OrderSize,
    /// Trading is halted.
    Halted,
    /// Too far from the reference price, or there is no reference price.
    PriceBand,
    /// Too many orders within a minute.
    OrderRate,
    /// Worth less than an order of the instrument must be.
    MinNotional,
    /// The position would be too large.
    MaxPosition,
    /// The position would be worth too much.
    MaxNotional,
    /// Too many positions are open.
    OpenPositions,
    /// The equity does not cover the margin and the fee.
    Margin,
    /// A rule gave no price, or no distance above zero for a stop or a target: an entry without its exit is none.
    Undefined,
}

impl Check {
    /// Every check, in the order in which they are made (the last one before the gate is asked); its place is its number
    /// in columns.
    pub const ALL: [Self; 10] = [
        Self::OrderSize,
        Self::Halted,
        Self::PriceBand,
        Self::OrderRate,
        Self::MinNotional,
        Self::MaxPosition,
        Self::MaxNotional,
        Self::OpenPositions,
        Self::Margin,
        Self::Undefined,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderSize => "order_size",
            Self::Halted => "halted",
            Self::PriceBand => "price_band",
            Self::OrderRate => "order_rate",
            Self::MinNotional => "min_notional",
            Self::MaxPosition => "max_position",
            Self::MaxNotional => "max_notional",
            Self::OpenPositions => "max_open_positions",
            Self::Margin => "margin",
            Self::Undefined => "undefined",
        }
    }
}

/// Why an intent did not become an order: the check, its limit and the value that broke it, in the user's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refusal {
    /// The check.
    pub check: Check,
    /// The limit.
    pub limit: f64,
    /// The value.
    pub value: f64,
}

/// An order that has passed the gate. Nothing else can make one, and a venue takes nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    id: u64,
    intent: Intent,
}

impl Approved {
    /// The order's number in this run, from 1.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What was approved; `lots` may be fewer than asked for when the intent only shrinks a position.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }
}

/// What the gate looks at besides the intent.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The time of the intent, ns UTC.
    pub now: i64,
    /// The account.
    pub account: &'a Account,
    /// All instruments; where legs are kept, of each the long one, then of each the short one, as in the account.
    pub instruments: &'a [Instrument],
    /// The last price of each, in ticks; 0 where there is none yet.
    pub marks: &'a [i64],
    /// Lots of open orders that would add on the intent's side, in the intent's instrument.
    pub open_lots: i64,
    /// Lots of open orders on the other side of the intent's instrument: what they open, a reduce-only intent may reduce.
    pub open_against: i64,
    /// The margin of open orders in other instruments.
    pub reserved: Atoms,
    /// How many other instruments have no position but open orders that would open one.
    pub waiting: usize,
}

/// The gate's state.
#[derive(Debug, Clone)]
pub struct RiskGate {
    limits: Limits,
    max_lots: Vec<i64>,
    max_notional: Option<Atoms>,
    /// The margin each instrument needs, the account's leverage included.
    margin: Vec<Rate>,
    isolated: bool,
    /// Places from an instrument's long leg to its short one; 0 where it has one position.
    legs: usize,
    scale: Scale,
    recent: VecDeque<i64>,
    peak: f64,
    halted: bool,
    orders: u64,
}

impl RiskGate {
    /// A gate for these instruments.
    ///
    /// # Errors
    /// A limit that does not fit an instrument's grid or the account's scale, a limit below zero, a leverage below 1.
    pub fn new(
        limits: &Limits,
        instruments: &[Instrument],
        scale: Scale,
        leverage: Decimal,
    ) -> Result<Self, LimitError> {
        check_ranges(limits, leverage)?;
        let max_lots =
            instruments.iter().map(|instrument| position_limit(limits, instrument)).collect::<Result<_, _>>()?;
        let max_notional = limits.max_notional.map(|n| scale.atoms(n)).transpose().map_err(LimitError::Notional)?;
        let floor = (RATE_ONE as f64 / leverage.to_f64()).ceil() as i64;
        let margin = instruments.iter().map(|instrument| instrument.spec().initial_margin.max(Rate(floor))).collect();
        Ok(Self {
            limits: limits.clone(),
            max_lots,
            max_notional,
            margin,
            isolated: false,
            legs: 0,
            scale,
            recent: VecDeque::new(),
            peak: f64::NEG_INFINITY,
            halted: false,
            orders: 0,
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

    /// Whether no new risk is taken any more.
    #[must_use]
    pub const fn halted(&self) -> bool {
        self.halted
    }

    /// Whether the equity's way matters to the gate.
    #[must_use]
    pub const fn limits_drawdown(&self) -> bool {
        self.limits.max_drawdown.is_some()
    }

    /// Takes note of the equity; returns true when the drawdown limit has just been passed.
    #[inline]
    pub fn mark(&mut self, equity: f64) -> bool {
        self.peak = self.peak.max(equity);
        match self.limits.max_drawdown {
            Some(limit) if !self.halted && equity < self.peak * (1.0 - limit.to_f64()) => {
                self.halted = true;
                true
            }
            _ => false,
        }
    }

    /// Approves an intent or says which check it failed.
    ///
    /// # Errors
    /// `Ok(Err(refusal))` is the gate's answer; the outer error is money that cannot be counted.
    pub fn check(&mut self, intent: &Intent, at: &Situation<'_>) -> Result<Result<Approved, Refusal>, MoneyError> {
        let held = at.account.position(self.place(intent.instrument, intent.side, intent.reduce_only)).lots;
        let shrinks = held != 0 && Side::adding(held) == intent.side.opposite();
        let mut reducible = if shrinks { held.abs() } else { 0 };
        let mut intent = *intent;
        if intent.reduce_only {
            reducible = reducible.checked_add(at.open_against).ok_or(MoneyError::Overflow)?;
            if reducible > 0 {
                intent.lots = intent.lots.min(reducible);
            }
        }
        let reducing = reducible > 0 && intent.lots <= reducible;
        if let Err(refusal) = self.judge(&intent, at, held, reducing)? {
            return Ok(Err(refusal));
        }
        self.orders += 1;
        if self.limits.max_orders_per_minute.is_some() {
            self.forget_before(at.now - MINUTE_NS);
            self.recent.push_back(at.now);
        }
        Ok(Ok(Approved { id: self.orders, intent }))
    }

    fn judge(
        &mut self,
        intent: &Intent,
        at: &Situation<'_>,
        held: i64,
        reducing: bool,
    ) -> Result<Result<(), Refusal>, MoneyError> {
        if let Err(refusal) = self.size(intent, at, reducing) {
            return Ok(Err(refusal));
        }
        if reducing {
            return Ok(Ok(()));
        }
        if self.halted {
            let limit = self.limits.max_drawdown.unwrap_or_default().to_f64();
            return Ok(refuse(Check::Halted, limit, f64::NAN));
        }
        if let Err(refusal) = self.band(intent, at).and_then(|()| self.rate(at.now)) {
            return Ok(Err(refusal));
        }
        self.exposure(intent, at, held)
    }

    fn size(&self, intent: &Intent, at: &Situation<'_>, reducing: bool) -> Result<(), Refusal> {
        let instrument = &at.instruments[intent.instrument];
        let least = if reducing || intent.reduce_only { 1 } else { instrument.min_lots };
        let limit = if intent.lots < least { least } else { instrument.max_lots };
        // A reduce-only order without anything that it reduces or could come to reduce has nothing to do.
        let pointless = intent.reduce_only && !reducing;
        if intent.lots < least || pointless || (intent.lots > limit && !reducing) {
            let value = if pointless { 0.0 } else { instrument.quantity.value(intent.lots) };
            return refuse(Check::OrderSize, instrument.quantity.value(limit), value);
        }
        Ok(())
    }

    fn band(&self, intent: &Intent, at: &Situation<'_>) -> Result<(), Refusal> {
        let reference = at.marks[intent.instrument];
        if reference <= 0 {
            return refuse(Check::PriceBand, f64::NAN, f64::NAN);
        }
        let price = intent.kind.price().unwrap_or(reference);
        let distance = (price - reference) as f64 / reference as f64;
        match self.limits.price_band {
            Some(band) if distance.abs() > band.to_f64() => refuse(Check::PriceBand, band.to_f64(), distance),
            _ if price <= 0 => refuse(Check::PriceBand, 1.0, distance),
            _ => Ok(()),
        }
    }

    fn rate(&mut self, now: i64) -> Result<(), Refusal> {
        let Some(limit) = self.limits.max_orders_per_minute else { return Ok(()) };
        self.forget_before(now - MINUTE_NS);
        // Reductions are counted but never refused, so the window may hold more than the limit.
        if self.recent.len() >= limit as usize {
            return refuse(Check::OrderRate, f64::from(limit), self.recent.len() as f64 + 1.0);
        }
        Ok(())
    }

    fn forget_before(&mut self, time: i64) {
        while self.recent.front().is_some_and(|&sent| sent <= time) {
            self.recent.pop_front();
        }
    }

    fn exposure(&self, intent: &Intent, at: &Situation<'_>, held: i64) -> Result<Result<(), Refusal>, MoneyError> {
        let index = self.place(intent.instrument, intent.side, intent.reduce_only);
        let instrument = &at.instruments[index];
        let price = intent.kind.price().unwrap_or(at.marks[index]);
        let money = |atoms| self.scale.to_f64(atoms);
        let notional = instrument.notional(intent.lots, price)?;
        if notional < instrument.min_notional && !intent.reduce_only {
            return Ok(refuse(Check::MinNotional, money(instrument.min_notional), money(notional)));
        }
        let adding = intent.lots.checked_add(at.open_lots).ok_or(MoneyError::Overflow)?;
        let after = held.checked_add(intent.side.sign() * adding).ok_or(MoneyError::Overflow)?.abs();
        if after > self.max_lots[index] {
            let lots = |lots| instrument.quantity.value(lots);
            return Ok(refuse(Check::MaxPosition, lots(self.max_lots[index]), lots(after)));
        }
        let worth = if after == intent.lots { notional } else { instrument.notional(after, price)? };
        if let Some(limit) = self.max_notional.filter(|&limit| worth > limit) {
            return Ok(refuse(Check::MaxNotional, money(limit), money(worth)));
        }
        let open = at.account.open_positions() + at.waiting;
        if let Some(limit) = self.limits.max_open_positions.filter(|&limit| held == 0 && open >= limit as usize) {
            return Ok(refuse(Check::OpenPositions, f64::from(limit), open as f64 + 1.0));
        }
        if self.isolated {
            let opened = if held.signum() == intent.side.sign() { after - held.abs() } else { after };
            return self.cover_apart(intent, at, instrument.notional(opened, price)?, notional);
        }
        self.cover(intent, at, worth, notional)
    }

    /// The free balance must cover the margin of what would be opened, and this order's taker fee.
    fn cover_apart(
        &self,
        intent: &Intent,
        at: &Situation<'_>,
        opened: Atoms,
        notional: Atoms,
    ) -> Result<Result<(), Refusal>, MoneyError> {
        let fee = rate_of(notional, at.instruments[intent.instrument].spec().taker_fee)?;
        let needed = rate_of(opened, self.margin[intent.instrument])? + fee.max(0) + at.reserved;
        let free = at.account.free();
        if needed > free {
            return Ok(refuse(Check::Margin, self.scale.to_f64(free), self.scale.to_f64(needed)));
        }
        Ok(Ok(()))
    }

    /// Equity must cover the margin of all positions as they would be, and this order's taker fee.
    fn cover(
        &self,
        intent: &Intent,
        at: &Situation<'_>,
        worth: Atoms,
        notional: Atoms,
    ) -> Result<Result<(), Refusal>, MoneyError> {
        let fee = rate_of(notional, at.instruments[intent.instrument].spec().taker_fee)?;
        let mut needed = rate_of(worth, self.margin[intent.instrument])? + fee.max(0) + at.reserved;
        let own = self.place(intent.instrument, intent.side, intent.reduce_only);
        for (index, instrument) in at.instruments.iter().enumerate() {
            let lots = at.account.position(index).lots;
            if lots != 0 && index != own {
                needed += rate_of(instrument.notional(lots, at.marks[index])?, self.margin[index])?;
            }
        }
        let equity = at.account.equity(at.instruments, at.marks)?;
        if needed > equity {
            return Ok(refuse(Check::Margin, self.scale.to_f64(equity), self.scale.to_f64(needed)));
        }
        Ok(Ok(()))
    }
}

fn refuse(check: Check, limit: f64, value: f64) -> Result<(), Refusal> {
    Err(Refusal { check, limit, value })
}

fn position_limit(limits: &Limits, instrument: &Instrument) -> Result<i64, LimitError> {
    let Some(limit) = limits.max_position else { return Ok(i64::MAX) };
    // A limit between two lots binds at the lower one.
    match instrument.quantity.steps_of_decimal(limit) {
        Ok(lots) => Ok(lots),
        Err(UnitError::OffGrid { .. }) => Ok((limit.to_f64() * instrument.quantity.inverse()).floor() as i64),
        Err(source) => Err(LimitError::Position { symbol: instrument.spec().symbol.clone(), source }),
    }
}

fn check_ranges(limits: &Limits, leverage: Decimal) -> Result<(), LimitError> {
    let range =
        |limit, expected, value: &dyn ToString| Err(LimitError::Range { limit, expected, value: value.to_string() });
    if leverage.to_f64() < 1.0 {
        return range("leverage", "at least 1", &leverage);
    }
    for (name, value) in [("max_position", limits.max_position), ("max_notional", limits.max_notional)] {
        if let Some(value) = value.filter(|value| value.mantissa() <= 0) {
            return range(name, "above 0", &value);
        }
    }
    for (name, value) in [("price_band", limits.price_band), ("max_drawdown", limits.max_drawdown)] {
        if let Some(value) = value.filter(|&value| value <= Rate::ZERO || value > Rate::ONE) {
            return range(name, "above 0 and at most 1", &value.to_f64());
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "risk_test.rs"]
mod tests;
