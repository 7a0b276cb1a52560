//! The gate's protections: what it passes on to them, and what they lock.

use super::gate::RiskGate;
use super::refusal::{Check, Refusal, Verdict};
use crate::orders::Intent;
use crate::protections::{ClosedTrade, Event, InputError, Protections, RestoreError};

/// Protections and the latest time that they were told.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub(super) protections: Protections,
    clock: i64,
}

impl Guarded {
    /// Protections, at the time of their last input.
    pub(super) fn new(protections: Protections) -> Self {
        Self { clock: protections.now().unwrap_or(i64::MIN), protections }
    }

    /// Goes on where others stopped: see [`Protections::take_over`].
    pub(super) fn take_over(&mut self, before: &Self) -> Result<(), RestoreError> {
        self.protections.take_over(&before.protections)?;
        self.clock = before.clock;
        Ok(())
    }
}

impl RiskGate {
    /// The gate with protections.
    #[must_use]
    pub fn with_protections(mut self, protections: Protections) -> Self {
        self.guarded = Some(Box::new(Guarded::new(protections)));
        self
    }

    /// The protections, where there are some.
    #[must_use]
    pub fn protections(&self) -> Option<&Protections> {
        self.guarded.as_ref().map(|guarded| &guarded.protections)
    }

    /// The same, to be lifted by an operator or asked for what has happened.
    pub fn protections_mut(&mut self) -> Option<&mut Protections> {
        self.guarded.as_mut().map(|guarded| &mut guarded.protections)
    }

    /// The protections and a time to tell them something: what is told of late happens now.
    #[inline]
    fn told(&mut self, at: i64) -> Option<(&mut Protections, i64)> {
        let guarded = self.guarded.as_mut()?;
        guarded.clock = guarded.clock.max(at);
        Some((&mut guarded.protections, guarded.clock))
    }

    /// Whether trades that close matter to it.
    #[must_use]
    pub const fn watches_trades(&self) -> bool {
        self.limits.max_consecutive_losses.is_some() || self.guarded.is_some()
    }

    /// Whether the equity of every bar matters to it.
    #[must_use]
    pub const fn watches_equity(&self) -> bool {
        self.limits.watch_losses() || self.guarded.is_some()
    }

    /// Whether prices and quotes matter to it.
    #[must_use]
    pub const fn watches_market(&self) -> bool {
        self.guarded.is_some()
    }

    /// Takes note of the equity; true when a limit on losses has just been passed.
    ///
    /// # Errors
    /// An equity that is no number.
    #[inline]
    pub fn mark(&mut self, at: i64, equity: f64) -> Result<bool, InputError> {
        if let Some((protections, at)) = self.told(at) {
            protections.on_equity(at, equity)?;
        }
        Ok(self.losses.mark(at, equity, &self.limits))
    }

    /// Takes note of a closed trade; true when a limit has just been passed.
    ///
    /// # Errors
    /// A trade that makes no sense.
    #[inline]
    pub fn close(&mut self, trade: &ClosedTrade) -> Result<bool, InputError> {
        if let Some((protections, at)) = self.told(trade.closed) {
            protections.on_trade(at, trade)?;
        }
        Ok(self.losses.close(trade.closed, trade.profit > 0.0, &self.limits))
    }

    /// Takes note of a price of an instrument, quote units.
    ///
    /// # Errors
    /// A price that is not above zero.
    pub fn on_price(&mut self, instrument: usize, at: i64, price: f64) -> Result<(), InputError> {
        self.told(at).map_or(Ok(()), |(protections, at)| protections.on_price(instrument, at, price))
    }

    /// Takes note of the best bid and ask of an instrument, quote units; a side that is NaN or not above zero is missing.
    ///
    /// # Errors
    /// An unknown instrument.
    pub fn on_quote(&mut self, instrument: usize, at: i64, bid: f64, ask: f64) -> Result<(), InputError> {
        self.told(at).map_or(Ok(()), |(protections, at)| protections.on_quote(instrument, at, bid, ask))
    }

    /// Takes note of an order that the venue refused.
    ///
    /// # Errors
    /// An unknown instrument.
    pub fn on_reject(&mut self, instrument: usize, at: i64) -> Result<(), InputError> {
        self.told(at).map_or(Ok(()), |(protections, at)| protections.on_reject(instrument, at))
    }

    /// Takes note of the time: locks end, feeds grow stale.
    ///
    /// # Errors
    /// None that can happen: what is told of late happens now.
    pub fn on_time(&mut self, at: i64) -> Result<(), InputError> {
        self.told(at).map_or(Ok(()), |(protections, at)| protections.on_time(at))
    }

    /// What has happened to locks since this was asked last.
    pub fn lock_events(&mut self) -> Vec<Event> {
        self.guarded.as_mut().map_or_else(Vec::new, |guarded| guarded.protections.events().collect())
    }

    /// Whether a lock stands against an entry; of an instrument that the protections do not know, everything does.
    #[inline]
    pub(super) fn unlocked(&mut self, intent: &Intent, now: i64) -> Verdict {
        let Some((protections, at)) = self.told(now) else { return Ok(()) };
        match protections.lock(intent.instrument, intent.side, at) {
            Ok(None) => Ok(()),
            Ok(Some(lock)) => Err(Refusal { check: Check::Locked, limit: lock.cause.limit, value: lock.cause.value }),
            Err(_) => Err(Refusal { check: Check::Locked, limit: f64::NAN, value: f64::NAN }),
        }
    }
}
