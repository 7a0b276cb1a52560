//! The loop over events.
//!
//! Six things have a next time: a row that happens at the venue, an order whose time is over there, a request that arrives
//! there, a report that arrives at the desk, a row that is received, the timer. The earliest is next; at one time they come
//! in this order, instruments in theirs.

use std::borrow::Cow;

use tradenode_core::event::{Event, Kind};
use tradenode_core::risk::{KillSwitch, Market};

use super::alarm::Alarm;
use super::calls::Calls;
use super::clearing::Clearing;
use super::desk::{Desk, View};
use super::feed::Feed;
use super::glances::Glance;
use super::outcomes::Outcomes;
use super::owner::Owner;
use super::spec::TickSpec;
use super::strategy::{Interest, TickStrategy};
use super::terms::PositionMode;
use super::wire::{News, Wire};
use crate::error::RunError;
use crate::ledger::Ledger;
use crate::models::latency::Latency;
use crate::recorder::Recorder;
use crate::spec::SpecError;
use crate::venue::{Listing, Venue, What};

/// What a run leaves behind.
#[derive(Debug)]
pub struct TickRun<'a, S> {
    /// Fills, round trips, refusals, equity.
    pub recorder: Recorder<'a>,
    /// What became of orders.
    pub outcomes: Outcomes,
    /// The strategy.
    pub strategy: S,
}

/// A run under way.
#[derive(Debug)]
pub struct TickEngine<'a, S> {
    pub(super) feeds: Vec<Feed<'a>>,
    pub(super) venue: Venue,
    pub(super) clearing: Clearing,
    pub(super) desk: Desk<'a>,
    pub(super) strategy: S,
    interest: Interest,
    /// When the strategy's timer and the recording of equity are due.
    timer: Alarm,
    sample: Alarm,
    /// What of each instrument the strategy is called for.
    calls: Vec<Calls>,
    /// When the equity was recorded.
    sampled: Vec<i64>,
}

/// The last times at which a row happens, and is received, before something else is due.
#[derive(Debug, Clone, Copy)]
struct Due {
    happening: i64,
    receiving: i64,
}

impl<'a, S: TickStrategy> TickEngine<'a, S> {
    /// A run that has not begun.
    ///
    /// # Errors
    /// What the description has wrong; feeds that are not one an instrument.
    pub fn new(spec: &TickSpec, feeds: Vec<Feed<'a>>, latency: Latency<'a>, strategy: S) -> Result<Self, SpecError> {
        if spec.instruments.len() != feeds.len() {
            let reason = format!("{} instruments, but {} tapes", spec.instruments.len(), feeds.len());
            return Err(SpecError::Conflict { key: "instruments", reason });
        }
        let interest = strategy.interest();
        for (key, ns) in
            [("sample_ns", Some(spec.sample_ns)), ("timer_ns", interest.timer_ns), ("bar_ns", interest.bar_ns)]
        {
            if let Some(ns) = ns.filter(|&ns| ns <= 0) {
                return Err(SpecError::range(key, "above 0", ns as f64));
            }
        }
        spec.venue.check()?;
        let mut ledger = Ledger::new(&spec.terms(&spec.listed()), Recorder::with_capacity(0, false))?;
        ledger.markets = vec![Market::default(); feeds.len()];
        let listings: Vec<Listing> = ledger
            .instruments
            .iter()
            .zip(&feeds)
            .map(|(instrument, feed)| Listing { lot: instrument.quantity.value(1), source: feed.source })
            .collect();
        let views = feeds.iter().map(|feed| View::new(feed.source)).collect();
        let (places, wire) = (ledger.instruments.len(), Wire::new(latency));
        let start = feeds.iter().map(Feed::venue_time).min().unwrap_or(i64::MAX);
        let hedging = spec.positions == PositionMode::Hedging;
        let venue = Venue::new(&listings, spec.venue);
        Ok(Self {
            venue: if hedging { venue.keeping_legs() } else { venue },
            clearing: Clearing::new(spec, &ledger, start)?,
            desk: Desk {
                now: start,
                views,
                owner: Owner::new(ledger.instruments().len()),
                ledger,
                wire,
                outcomes: Outcomes::default(),
                switch: KillSwitch::new(places),
            },
            timer: Alarm::after(start, interest.timer_ns),
            sample: Alarm::after(start, Some(spec.sample_ns)),
            calls: feeds.iter().map(|feed| Calls::new(&interest, feed.source)).collect(),
            sampled: Vec::new(),
            feeds,
            strategy,
            interest,
        })
    }

    /// Runs to the end of the data; what is still under way then is not waited for.
    ///
    /// # Errors
    /// What the strategy stops at, and money that cannot be counted.
    pub fn run(&mut self) -> Result<(), RunError> {
        let gate = &self.desk.ledger.gate;
        let by_timer = self.feeds.len() == 1 && self.interest.is_of_time_alone() && !gate.watches_market();
        let touch_alone = self.interest.touch_alone && !gate.judges_age();
        let shown = by_timer && touch_alone && self.feeds[0].makes_one_book();
        if shown {
            self.feeds[0].show_at(self.timer, self.sample);
            self.desk.views[0].see(Glance::NOTHING);
        }
        self.strategy.on_start(&mut self.desk)?;
        if by_timer {
            self.run_by_timer(shown)?;
        } else {
            while self.run_market()? {
                self.run_rest()?;
            }
        }
        self.record()?;
        let (fund, recorder) = (self.clearing.fund, &mut self.desk.ledger.recorder);
        recorder.insurance = self.desk.ledger.scale.to_f64(fund);
        recorder.liquidations = self.clearing.liquidations;
        self.strategy.on_stop(&mut self.desk)
    }

    /// What the run leaves behind, when it is over.
    #[must_use]
    pub fn finish(self) -> TickRun<'a, S> {
        let mut recorder = self.desk.ledger.into_recorder();
        recorder.equity_ts = Cow::Owned(self.sampled);
        TickRun { recorder, outcomes: self.desk.outcomes, strategy: self.strategy }
    }

    /// The whole run of one instrument and a strategy that nothing but the timer calls. Between two calls the desk decides
    /// nothing: the venue goes first, alone with the requests that arrive, then what it told is heard, then rows are taken
    /// in. Each is one stretch. A desk that is `shown` the touch takes in no rows: it sees the venue's book as those that are
    /// received have left it.
    fn run_by_timer(&mut self, shown: bool) -> Result<(), RunError> {
        let last = self.feeds[0].last_received();
        loop {
            // What the kill switch does follows from what is heard: the venue must not be ahead.
            while self.desk.switch.pulled().is_some() {
                if !self.run_market()? {
                    return Ok(());
                }
                self.run_rest()?;
            }
            let until = self.next_tick().min(last);
            self.run_venue(until)?;
            while self.desk.wire.next_news() <= until {
                self.hear()?;
            }
            let over = if shown { self.show(until) } else { self.receive_until(until) };
            if over {
                return Ok(());
            }
            self.tick()?;
        }
    }

    /// Shows the desk what is to be seen of the only instrument at a time; whether every row is received.
    fn show(&mut self, until: i64) -> bool {
        let over = self.feeds[0].show(&mut self.desk.views[0], &self.venue, 0, until);
        if over {
            self.desk.now = until;
        }
        over
    }

    /// Lets everything happen at the venue of the only instrument that happens there until a time.
    fn run_venue(&mut self, until: i64) -> Result<(), RunError> {
        loop {
            let (request, expiry) = (self.desk.wire.next_request(), self.venue.next_expiry());
            let next = request.min(expiry).min(until);
            while self.feeds[0].venue_time() <= next {
                self.happen_until(next)?;
            }
            // A fill may have ended the order whose time would have been over.
            if expiry <= until && expiry <= request {
                self.expire(expiry)?;
            } else if request <= until {
                self.deliver()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Lets the rows of the only instrument happen up to a time, or up to one that brings something about besides;
    /// whether there is anything to tell.
    fn happen_until(&mut self, until: i64) -> Result<bool, RunError> {
        let concerns = self.feeds[0].happen(&mut self.venue, 0, until, self.clearing.band(0));
        let told = self.send_reports(0)?;
        // What was told may have moved the band.
        if (concerns || told)
            && let Some(event) = self.feeds[0].last_happened()
            && self.moves_money(0, &event)
        {
            return Ok(self.settle(0, &event)? | told);
        }
        Ok(told)
    }

    /// Takes in the rows of the only instrument that are received until a time; whether they are the last.
    fn receive_until(&mut self, until: i64) -> bool {
        if let Some(now) = self.feeds[0].receive(&mut self.desk.views[0], until) {
            self.desk.now = now;
        }
        self.feeds[0].desk_time() == i64::MAX
    }

    /// Takes rows until something else is due; false when no row is left to be received.
    fn run_market(&mut self) -> Result<bool, RunError> {
        if self.feeds.len() == 1 && !self.interest.calls_on_rows() && !self.desk.ledger.gate.watches_market() {
            return self.run_alone();
        }
        let mut due = self.due();
        loop {
            let (mut happens, mut received) = ((i64::MAX, 0), (i64::MAX, 0));
            for (instrument, feed) in self.feeds.iter().enumerate() {
                if feed.venue_time() < happens.0 {
                    happens = (feed.venue_time(), instrument);
                }
                if feed.desk_time() < received.0 {
                    received = (feed.desk_time(), instrument);
                }
            }
            if received.0 == i64::MAX {
                return Ok(false);
            }
            if happens.0 <= received.0 {
                if happens.0 > due.happening {
                    return Ok(true);
                }
                if self.happen(happens.1)? {
                    due = self.due();
                }
            } else {
                if received.0 > due.receiving {
                    return Ok(true);
                }
                if self.receive(received.1)? {
                    due = self.due();
                }
            }
        }
    }

    /// The same for one instrument and a strategy that no row calls. Until something else is due the venue and the desk then
    /// know nothing of one another: each takes its rows in a loop of its own, which guesses no order between them.
    fn run_alone(&mut self) -> Result<bool, RunError> {
        let mut due = self.due();
        while self.feeds[0].venue_time() <= due.happening {
            if self.happen_until(due.happening)? {
                due = self.due();
            }
        }
        Ok(!self.receive_until(due.receiving))
    }

    /// When the timer or the recording of equity is due.
    #[inline]
    fn next_tick(&self) -> i64 {
        self.timer.next().min(self.sample.next()).min(self.desk.switch.due())
    }

    /// Until when rows go first.
    #[inline]
    fn due(&self) -> Due {
        let message = self.desk.wire.next_request().min(self.desk.wire.next_news()).min(self.venue.next_expiry());
        let timer = self.next_tick();
        Due { happening: message.min(timer), receiving: message.saturating_sub(1).min(timer) }
    }

    /// Takes what is due besides rows.
    fn run_rest(&mut self) -> Result<(), RunError> {
        let (request, report) = (self.desk.wire.next_request(), self.desk.wire.next_news());
        let (timer, expiry) = (self.next_tick(), self.venue.next_expiry());
        if expiry <= request && expiry <= report && expiry <= timer {
            self.expire(expiry)
        } else if request <= report && request <= timer {
            self.deliver()
        } else if report <= timer {
            self.hear()
        } else {
            self.tick()
        }
    }

    /// Books and sends what the venue has to tell; whether that was anything.
    #[inline]
    pub(super) fn send_reports(&mut self, instrument: usize) -> Result<bool, RunError> {
        let any = self.venue.has_reports(instrument);
        if any {
            let mut filled = None;
            for report in self.venue.reports(instrument) {
                if matches!(report.what, What::Filled(_)) {
                    filled = Some(report.at);
                }
                let fee = self.clearing.settle(&report)?;
                self.desk.wire.tell(News::Order(report, fee));
            }
            if let Some(at) = filled {
                self.look(instrument, at)?;
            }
        }
        Ok(any)
    }

    /// Ends the orders whose time is over, which is told from that time on.
    fn expire(&mut self, now: i64) -> Result<(), RunError> {
        self.venue.expire(now);
        (0..self.feeds.len()).try_for_each(|instrument| self.send_reports(instrument).map(drop))
    }

    fn deliver(&mut self) -> Result<(), RunError> {
        let at = self.desk.wire.next_request();
        // Read where it lies: it is large.
        if let Some(request) = self.desk.wire.first_request() {
            let instrument = request.instrument();
            self.venue.on_request(request, at);
            self.desk.wire.take_request();
            self.send_reports(instrument)?;
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<(), RunError> {
        self.desk.now = self.desk.wire.next_news();
        match self.desk.wire.take_news() {
            Some(News::Order(report, fee)) => {
                let news = self.desk.hear(&report, fee)?;
                self.desk.step_switch()?;
                if news && self.interest.reports { self.strategy.on_report(&mut self.desk, &report) } else { Ok(()) }
            }
            Some(News::Funding(payment)) => self.desk.ledger.receive(payment.place, payment.received, payment.at),
            None => Ok(()),
        }
    }

    /// Takes a row that happens at the venue; whether the venue had anything to tell.
    #[inline]
    fn happen(&mut self, instrument: usize) -> Result<bool, RunError> {
        let event = self.feeds[instrument].take_venue();
        self.venue.on_event(instrument, &event);
        let told = self.send_reports(instrument)?;
        if self.moves_money(instrument, &event) {
            return Ok(self.settle(instrument, &event)? | told);
        }
        Ok(told)
    }

    /// Takes a row that is received into what the desk sees.
    #[inline]
    fn take_in(&mut self, instrument: usize) -> Event {
        let event = self.feeds[instrument].take_desk();
        self.desk.now = event.ts_recv;
        self.desk.views[instrument].on_event(&event);
        event
    }

    /// Takes a row that is received; whether the strategy was called.
    #[inline]
    fn receive(&mut self, instrument: usize) -> Result<bool, RunError> {
        let event = self.take_in(instrument);
        if self.desk.ledger.gate.watches_market() {
            self.desk.watch(instrument, &event)?;
        }
        let calls = &mut self.calls[instrument];
        match event.kind {
            Kind::Trade if calls.of_trades() => {
                let (bar, trade) = (calls.bar(&event), calls.trade(&event));
                if let Some(bar) = bar {
                    self.strategy.on_bar(&mut self.desk, instrument, &bar)?;
                }
                if trade {
                    self.strategy.on_trade(&mut self.desk, instrument, &event)?;
                }
                Ok(bar.is_some() || trade)
            }
            Kind::Funding if self.interest.funding => {
                self.strategy.on_funding(&mut self.desk, instrument, &event)?;
                Ok(true)
            }
            _ if calls.book(&event) && self.desk.views[instrument].is_sound() => {
                calls.book_shown(event.ts_recv);
                self.strategy.on_book(&mut self.desk, instrument)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn tick(&mut self) -> Result<(), RunError> {
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
    fn record(&mut self) -> Result<(), RunError> {
        self.desk.mark_all();
        if self.desk.ledger.sample(self.desk.now)? {
            self.desk.cancel_adding();
        }
        self.sampled.push(self.desk.now);
        Ok(())
    }
}
