//! The desk's side of a run over events: what is received and heard, the strategy that it calls, and its alarms.
//!
//! A back-test and a live node drive the same object. At one time reports are heard first, then rows are received, and
//! alarms are last.

use tradenode_core::event::{Event, Kind, Tape};
use tradenode_core::money::Atoms;
use tradenode_core::orders::Reason;
use tradenode_core::risk::{Kill, KillSwitch, LatchError, Market};

use super::alarm::Alarm;
use super::calls::Calls;
use super::desk::Desk;
use super::outcomes::Outcomes;
use super::owner::Owner;
use super::spec::TickSpec;
use super::strategy::{Interest, TickStrategy};
use super::view::View;
use super::wire::{News, Wire};
use crate::error::RunError;
use crate::ledger::Ledger;
use crate::models::latency::Latency;
use crate::recorder::Recorder;
use crate::spec::SpecError;
use crate::venue::{BookSource, Execution, Report, Request};

/// A desk with the strategy that decides at it.
#[derive(Debug)]
pub struct Trader<'a, S> {
    pub(super) desk: Desk<'a>,
    pub(super) strategy: S,
    pub(super) interest: Interest,
    /// When the strategy's timer and the recording of equity are due.
    pub(super) timer: Alarm,
    pub(super) sample: Alarm,
    /// What of each instrument the strategy is called for.
    pub(super) calls: Vec<Calls>,
    /// When the equity was recorded.
    pub(super) sampled: Vec<i64>,
}

impl<'a, S: TickStrategy> Trader<'a, S> {
    /// A desk at a time, before anything was received; a book of the given source an instrument.
    ///
    /// # Errors
    /// What the description has wrong.
    pub fn new(
        spec: &TickSpec,
        sources: &[BookSource],
        start: i64,
        latency: Latency<'a>,
        strategy: S,
    ) -> Result<Self, SpecError> {
        let interest = strategy.interest();
        for (key, ns) in
            [("sample_ns", Some(spec.sample_ns)), ("timer_ns", interest.timer_ns), ("bar_ns", interest.bar_ns)]
        {
            if let Some(ns) = ns.filter(|&ns| ns <= 0) {
                return Err(SpecError::range(key, "above 0", ns as f64));
            }
        }
        let mut ledger = Ledger::new(&spec.terms(&spec.listed()), Recorder::with_capacity(0, false))?;
        ledger.markets = vec![Market::default(); sources.len()];
        let places = ledger.instruments.len();
        Ok(Self {
            desk: Desk {
                now: start,
                views: sources.iter().map(|&source| View::new(source)).collect(),
                owner: Owner::new(ledger.instruments().len()),
                ledger,
                wire: Wire::new(latency),
                outcomes: Outcomes::default(),
                switch: KillSwitch::new(places),
                joint: None,
            },
            timer: Alarm::after(start, interest.timer_ns),
            sample: Alarm::after(start, Some(spec.sample_ns)),
            calls: sources.iter().map(|&source| Calls::new(&interest, source)).collect(),
            sampled: Vec::new(),
            strategy,
            interest,
        })
    }

    /// When the timer, the recording of equity or the kill switch is due.
    #[must_use]
    #[inline]
    pub fn next_tick(&self) -> i64 {
        self.timer.next().min(self.sample.next()).min(self.desk.switch.due())
    }

    /// The strategy begins.
    ///
    /// # Errors
    /// What it stops at, and money that cannot be counted; so for all that follows.
    pub fn start(&mut self) -> Result<(), RunError> {
        self.strategy.on_start(&mut self.desk)
    }

    /// Takes the rows of a message that is received now, of a checked tape; alarms that were due before it ring first.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn on_rows(&mut self, now: i64, instrument: usize, rows: &Tape<'_>) -> Result<(), RunError> {
        let ts_recv = self.go_on_to(now)?;
        (0..rows.len())
            .try_for_each(|row| self.receive(instrument, &Event { ts_recv, ..rows.event(row) }).map(drop))?;
        self.desk.show_account(instrument)
    }

    /// Takes news that are heard now; alarms that were due before them ring first.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn on_news(&mut self, now: i64, news: News) -> Result<(), RunError> {
        self.go_on_to(now)?;
        self.hear(Some(news))
    }

    /// Books a fill, heard of now, of an order that has ended: venues tell some fills after a cancel.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn on_late_fill(&mut self, now: i64, report: &Report, fill: &Execution, fee: Atoms) -> Result<(), RunError> {
        self.go_on_to(now)?;
        self.desk.ledger.book(report, fill, fee, Reason::Strategy)?;
        self.desk.tell_account(report.instrument)
    }

    /// Takes note that nothing was heard of an order for too long; whether it was still waited for.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn on_silence(&mut self, now: i64, order: u64) -> Result<bool, RunError> {
        self.go_on_to(now)?;
        Ok(self.desk.owner.miss(order))
    }

    /// Pulls the kill switch now, from outside: see [`Desk::kill`].
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn kill(&mut self, now: i64, kill: Kill, by: &str, reason: &str) -> Result<(), RunError> {
        self.go_on_to(now)?;
        self.desk.kill(kill, by, reason)
    }

    /// Lets a person resume trading now: see [`Desk::resume`]. What the latch says to it is the inner result.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn resume(&mut self, now: i64, by: &str, reason: &str) -> Result<Result<(), LatchError>, RunError> {
        self.go_on_to(now)?;
        Ok(self.desk.resume(by, reason))
    }

    /// Lets the alarms ring that are due by a time.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn on_time(&mut self, now: i64) -> Result<(), RunError> {
        while self.next_tick() <= now {
            self.tick()?;
        }
        self.desk.now = self.desk.now.max(now);
        Ok(())
    }

    /// Goes on to a time and passes over all alarms before it: nobody was there to hear them.
    pub fn skip_to(&mut self, now: i64) {
        self.timer.skip_to(now);
        self.sample.skip_to(now);
        self.desk.now = self.desk.now.max(now);
    }

    /// The strategy ends.
    ///
    /// # Errors
    /// See [`Trader::start`].
    pub fn stop(&mut self) -> Result<(), RunError> {
        self.record()?;
        self.strategy.on_stop(&mut self.desk)
    }

    /// The request made first of those that are not taken yet. For a trader whose requests take no time: they are on
    /// their way when the call that made them returns.
    pub fn take_request(&mut self) -> Option<Request> {
        self.desk.wire.take_request()
    }

    /// The desk.
    #[must_use]
    pub const fn desk(&self) -> &Desk<'a> {
        &self.desk
    }

    /// The strategy.
    #[must_use]
    pub const fn strategy(&self) -> &S {
        &self.strategy
    }

    /// The strategy, to be told what no call-back tells.
    pub const fn strategy_mut(&mut self) -> &mut S {
        &mut self.strategy
    }

    /// The time at which something comes in that is received at `now`, before which all alarms have rung; time does not
    /// go back.
    pub(super) fn go_on_to(&mut self, now: i64) -> Result<i64, RunError> {
        while self.next_tick() < now {
            self.tick()?;
        }
        self.desk.now = self.desk.now.max(now);
        Ok(self.desk.now)
    }

    /// Takes news; when they are heard is now.
    pub(super) fn hear(&mut self, news: Option<News>) -> Result<(), RunError> {
        match news {
            Some(News::Order(report, fee)) => {
                let news = self.desk.hear(&report, fee)?;
                self.desk.step_switch()?;
                if news && self.interest.reports { self.strategy.on_report(&mut self.desk, &report) } else { Ok(()) }
            }
            Some(News::Funding(payment)) => {
                self.desk.ledger.receive(payment.place, payment.received, payment.at)?;
                self.desk.tell_account(payment.place % self.calls.len())
            }
            None => Ok(()),
        }
    }

    /// Takes a row that is received at its `ts_recv`; whether the strategy was called.
    #[inline]
    pub(super) fn receive(&mut self, instrument: usize, event: &Event) -> Result<bool, RunError> {
        self.desk.now = event.ts_recv;
        self.desk.views[instrument].on_event(event);
        if self.desk.ledger.gate.watches_market() {
            self.desk.watch(instrument, event)?;
        }
        let calls = &mut self.calls[instrument];
        match event.kind {
            Kind::Trade if calls.of_trades() => {
                let (bar, trade) = (calls.bar(event), calls.trade(event));
                if let Some(bar) = bar {
                    self.strategy.on_bar(&mut self.desk, instrument, &bar)?;
                }
                if trade {
                    self.strategy.on_trade(&mut self.desk, instrument, event)?;
                }
                Ok(bar.is_some() || trade)
            }
            Kind::Funding if self.interest.funding => {
                self.strategy.on_funding(&mut self.desk, instrument, event)?;
                Ok(true)
            }
            _ if calls.book(event) && self.desk.views[instrument].is_sound() => {
                calls.book_shown(event.ts_recv);
                self.strategy.on_book(&mut self.desk, instrument)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Does what is due at [`Trader::next_tick`].
    pub(super) fn tick(&mut self) -> Result<(), RunError> {
        let now = self.next_tick();
        self.desk.now = now;
        if self.sample.next() == now {
            self.record()?;
            self.sample.pass();
        }
        if self.desk.switch.due() <= now {
            self.desk.step_switch()?;
        }
        if self.timer.next() == now {
            self.timer.pass();
            self.strategy.on_timer(&mut self.desk)?;
        }
        Ok(())
    }

    /// Records the equity, every instrument at its mid.
    pub(super) fn record(&mut self) -> Result<(), RunError> {
        self.desk.mark_all();
        if self.desk.ledger.sample(self.desk.now)? {
            self.desk.cancel_adding();
        }
        self.sampled.push(self.desk.now);
        Ok(())
    }
}
