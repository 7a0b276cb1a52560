//! Protections: what locks entries for a while, until when, and why.
//!
//! A protection judges closed trades, the equity, prices, quotes or rejects, and locks entries: of all instruments or of
//! one, of both sides or of one. Exits are never locked. `cooldown`, `stop_guard`, `low_profit` and `max_drawdown` follow
//! the rules of Freqtrade's protections (2026.9): they are run after every closed trade, those of instruments before
//! those of all; a lock's time begins at the latest close among the trades considered and is rounded up to the next bar.
//! `consecutive_losses` does the same. What judges the equity, the market or the venue acts at once and is not rounded.
//!
//! Every input carries its time, and none may be older than the last; a question for a lock is an input, too. A lock that
//! is set again is extended, not doubled, and its end never moves to an earlier time. To keep a lasting fall from filling the report,
//! that an end has moved is told when the end told before has come.
//!
//! Nothing grows with the length of a run: counts keep as many times as they count, an equity's peaks
//! [`PEAK_STEPS`], a volatility its returns; only `low_profit` and the drawdowns of closed trades keep
//! every trade of their lookback. An input costs constant time on average, whatever the lookback; only when a lock or a
//! silence falls due are all locks and instruments looked through. Deposits and withdrawals are not known here: after one,
//! an operator lifts what it has locked.

mod equity;
mod error;
mod falls;
mod feed;
mod kind;
mod lock;
mod locks;
mod protection;
mod release;
mod returns;
mod spec;
mod state;
mod trades;
mod watch;

pub use equity::PEAK_STEPS;
pub use error::{InputError, LiftError, RestoreError};
pub use feed::SPREAD_MAX_BP;
pub use kind::Kind;
pub use lock::{Cause, Event, Lock, Place, What};
pub use locks::EVENTS_MAX;
pub use release::{Release, TimeOfDay, TimeOfDayError};
pub use spec::{
    Baseline, COUNT_MAX, DrawdownMode, PROTECTIONS_MAX, ProtectionSpec, Rule, SAMPLES_MAX, Scope, Settings, SpecError,
};
pub use state::State;
pub use trades::{ClosedTrade, RATIO_MAX};

use self::locks::{Kept, Locks, Wanted};
use self::protection::Protection;
use self::trades::Heard;
use self::watch::Watch;
use crate::orders::Side;

/// The most bytes of who lifts a lock, and of why.
pub const LIFT_TEXT_MAX: usize = 1024;

/// Which locks to lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that stand.
    All,
    /// The one of this number.
    Number(u64),
}

/// The protections of an account.
#[derive(Debug, Clone)]
pub struct Protections {
    settings: Settings,
    protections: Vec<Protection>,
    locks: Locks,
    /// Nothing happens by itself before this time.
    due: i64,
    now: Option<i64>,
    /// The latest close of a trade.
    closed: i64,
}

impl Protections {
    /// Protections that have seen nothing.
    ///
    /// # Errors
    /// A value that makes no sense, with protection and key.
    pub fn new(specs: &[ProtectionSpec], settings: Settings) -> Result<Self, SpecError> {
        settings.check()?;
        if specs.len() > PROTECTIONS_MAX {
            return Err(SpecError::Count { count: specs.len() });
        }
        let mut protections = Vec::with_capacity(specs.len());
        for (number, spec) in specs.iter().enumerate() {
            spec.check(number)?;
            let watch = Watch::new(spec, settings.instruments, settings.balance);
            protections.push(Protection::new(number, spec.clone(), settings.bar_ns, watch));
        }
        let locks = Locks::new(Kept::default(), settings.instruments);
        Ok(Self { settings, protections, locks, due: i64::MAX, now: None, closed: i64::MIN })
    }

    /// The time of an input: what falls due until then happens first.
    #[inline]
    fn advance(&mut self, at: i64) -> Result<(), InputError> {
        match self.now {
            Some(last) if at < last => return Err(InputError::Backwards { at, last }),
            Some(_) if at < self.due => {}
            Some(_) => self.pass(at),
            None => self.start(at),
        }
        self.now = Some(at);
        Ok(())
    }

    #[cold]
    fn start(&mut self, at: i64) {
        self.protections.iter_mut().for_each(|protection| protection.start(at));
        self.pass(at);
    }

    /// Lets happen, in its order, what falls due until `at`: ends of locks, then what has lasted too long.
    #[cold]
    fn pass(&mut self, at: i64) {
        loop {
            let lock = self.locks.first_due();
            let lasting = self.protections.iter().enumerate();
            let lasting = lasting.filter_map(|(which, own)| own.first_due().map(|(due, own)| (due, which, own))).min();
            let lock_due = lock.map_or(i64::MAX, |(due, _)| due);
            let lasting_due = lasting.map_or(i64::MAX, |(due, ..)| due);
            self.due = lock_due.min(lasting_due);
            match (lock, lasting) {
                _ if self.due > at => return,
                (Some((due, found)), _) if due == self.due => self.locks.pass(due, found),
                (_, Some((due, which, instrument))) => {
                    let wanted = self.protections[which].lasted(instrument, due);
                    self.set(due, wanted);
                }
                // A time at the end of all times.
                _ => return,
            }
        }
    }

    fn set(&mut self, at: i64, wanted: Option<Wanted>) {
        if let Some(due) = wanted.and_then(|wanted| self.locks.set(at, wanted)) {
            self.due = self.due.min(due);
        }
    }

    fn check_instrument(&self, instrument: usize) -> Result<(), InputError> {
        let count = self.settings.instruments;
        if instrument < count { Ok(()) } else { Err(InputError::Instrument { instrument, count }) }
    }

    /// Takes note of a trade that is over. One that is heard of late, after others that closed later, counts as closed
    /// with the last of them.
    ///
    /// # Errors
    /// An input that makes no sense; it has changed nothing.
    pub fn on_trade(&mut self, at: i64, trade: &ClosedTrade) -> Result<(), InputError> {
        self.check_instrument(trade.instrument)?;
        error::ratio(trade.profit_ratio)?;
        error::finite("profit", trade.profit)?;
        if trade.closed > at {
            return Err(InputError::Closed { closed: trade.closed, at });
        }
        self.advance(at)?;
        self.closed = self.closed.max(trade.closed);
        let heard = Heard::new(at, ClosedTrade { closed: self.closed, ..*trade });
        for scope in [Scope::Instrument, Scope::Global] {
            for which in 0..self.protections.len() {
                if self.protections[which].spec.scope == scope {
                    let wanted = self.protections[which].on_trade(&heard);
                    self.set(at, wanted);
                }
            }
        }
        Ok(())
    }

    /// Takes note of the account's equity, open profit included.
    ///
    /// # Errors
    /// An input that makes no sense; it has changed nothing.
    pub fn on_equity(&mut self, at: i64, equity: f64) -> Result<(), InputError> {
        error::finite("equity", equity)?;
        self.advance(at)?;
        for which in 0..self.protections.len() {
            let wanted = self.protections[which].on_equity(at, equity);
            self.set(at, wanted);
        }
        Ok(())
    }

    /// Takes note of a price of an instrument.
    ///
    /// # Errors
    /// An input that makes no sense; it has changed nothing.
    pub fn on_price(&mut self, instrument: usize, at: i64, price: f64) -> Result<(), InputError> {
        self.check_instrument(instrument)?;
        error::price(price)?;
        self.advance(at)?;
        for which in 0..self.protections.len() {
            let wanted = self.protections[which].on_price(instrument, at, price);
            self.set(at, wanted);
        }
        self.on_data(instrument, at, None);
        Ok(())
    }

    /// Takes note of the best bid and ask of an instrument; a side that is NaN, 0 or below is missing.
    ///
    /// # Errors
    /// An input that makes no sense; it has changed nothing.
    pub fn on_quote(&mut self, instrument: usize, at: i64, bid: f64, ask: f64) -> Result<(), InputError> {
        self.check_instrument(instrument)?;
        self.advance(at)?;
        self.on_data(instrument, at, Some((bid, ask)));
        Ok(())
    }

    fn on_data(&mut self, instrument: usize, at: i64, quote: Option<(f64, f64)>) {
        for (number, protection) in self.protections.iter_mut().enumerate() {
            if let Some((place, until)) = protection.on_data(instrument, at, quote) {
                self.locks.run_out(number, place, until);
                self.due = self.due.min(until);
            }
            self.due = self.due.min(protection.due(instrument));
        }
        if self.due <= at {
            self.pass(at);
        }
    }

    /// Takes note of an order that the venue refused.
    ///
    /// # Errors
    /// An input that makes no sense; it has changed nothing.
    pub fn on_reject(&mut self, instrument: usize, at: i64) -> Result<(), InputError> {
        self.check_instrument(instrument)?;
        self.advance(at)?;
        for which in 0..self.protections.len() {
            let wanted = self.protections[which].on_reject(instrument, at);
            self.set(at, wanted);
        }
        Ok(())
    }

    /// Takes note of the time: locks end, data grow stale.
    ///
    /// # Errors
    /// A time before the last one; it has changed nothing.
    pub fn on_time(&mut self, at: i64) -> Result<(), InputError> {
        self.advance(at)
    }

    /// The lock on an entry at `now`, if there is one; of several the one that ends last. It is the gate's question on
    /// every intent, and takes note of the time itself, so that no end and no stale feed is missed.
    ///
    /// # Errors
    /// An unknown instrument, a time before the last one.
    #[inline]
    pub fn lock(&mut self, instrument: usize, side: Side, now: i64) -> Result<Option<&Lock>, InputError> {
        self.check_instrument(instrument)?;
        self.advance(now)?;
        Ok(self.locks.on(instrument, side))
    }

    /// The locks that stand since the last input, in the order in which they were set.
    #[must_use]
    pub fn locks(&self) -> &[Lock] {
        &self.locks.kept.standing
    }

    /// Takes the events since they were last taken, in their order. Those of one input are in the order in which they
    /// happened, be it before the input.
    pub fn events(&mut self) -> impl Iterator<Item = Event> {
        self.locks.kept.events.drain(..)
    }

    /// How many events were lost because nobody took the [`EVENTS_MAX`] before them.
    #[must_use]
    pub const fn events_lost(&self) -> u64 {
        self.locks.kept.lost
    }

    /// Lifts locks by hand. What led to them is forgotten: only what comes after the lift counts. Returns how many there
    /// were.
    ///
    /// # Errors
    /// No name or no reason, or one above [`LIFT_TEXT_MAX`]; a lock that does not stand (any more); a time before the last.
    pub fn lift(&mut self, which: Which, by: &str, reason: &str, at: i64) -> Result<usize, LiftError> {
        for (key, text) in [("by", by), ("reason", reason)] {
            if text.trim().is_empty() {
                return Err(LiftError::Empty { key });
            }
            if text.len() > LIFT_TEXT_MAX {
                return Err(LiftError::Long { key, length: text.len(), most: LIFT_TEXT_MAX });
            }
        }
        self.advance(at)?;
        let mut lifted = 0;
        while let Some(found) = self.locks().iter().position(|lock| which.is(lock)) {
            let what = What::Lifted { by: by.to_owned(), reason: reason.to_owned() };
            let lock = self.locks.remove(at, found, what);
            self.protections[lock.protection].forget(lock.place, at);
            lifted += 1;
        }
        match which {
            Which::Number(number) if lifted == 0 => Err(LiftError::NoLock { number }),
            _ => {
                // What is silent or wide begins to last anew.
                self.pass(at);
                Ok(lifted)
            }
        }
    }
}

impl Which {
    fn is(self, lock: &Lock) -> bool {
        match self {
            Self::All => true,
            Self::Number(number) => number == lock.number,
        }
    }
}
