//! The loop over events.
//!
//! Six things have a next time: a row that happens at the venue, an order whose time is over there, a request that arrives
//! there, a report that arrives at the desk, a row that is received, the timer. The earliest is next; at one time they come
//! in this order, instruments in theirs.

use std::borrow::Cow;

use super::exchange::Exchange;
use super::feed::Feed;
use super::glances::Glance;
use super::outcomes::Outcomes;
use super::spec::TickSpec;
use super::strategy::TickStrategy;
use super::trader::Trader;
use crate::error::RunError;
use crate::models::latency::Latency;
use crate::recorder::Recorder;
use crate::spec::SpecError;
use crate::venue::BookSource;

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
    pub(super) exchange: Exchange,
    pub(super) trader: Trader<'a, S>,
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
        let sources: Vec<BookSource> = feeds.iter().map(|feed| feed.source).collect();
        let start = feeds.iter().map(Feed::venue_time).min().unwrap_or(i64::MAX);
        let trader = Trader::new(spec, &sources, start, latency, strategy)?;
        let exchange = Exchange::new(spec, &trader.desk.ledger, &sources, start)?;
        Ok(Self { feeds, exchange, trader })
    }

    /// Runs to the end of the data; what is still under way then is not waited for.
    ///
    /// # Errors
    /// What the strategy stops at, and money that cannot be counted.
    pub fn run(&mut self) -> Result<(), RunError> {
        let gate = &self.trader.desk.ledger.gate;
        let by_timer = self.feeds.len() == 1 && self.trader.interest.is_of_time_alone() && !gate.watches_market();
        let touch_alone = self.trader.interest.touch_alone && !gate.judges_age();
        let shown = by_timer && touch_alone && self.feeds[0].makes_one_book();
        if shown {
            self.feeds[0].show_at(self.trader.timer, self.trader.sample);
            self.trader.desk.views[0].see(&Glance::NOTHING);
        }
        self.trader.strategy.on_start(&mut self.trader.desk)?;
        if by_timer {
            self.run_by_timer(shown)?;
        } else {
            while self.run_market()? {
                self.run_rest()?;
            }
        }
        self.trader.record()?;
        let (fund, recorder) = (self.exchange.clearing.fund, &mut self.trader.desk.ledger.recorder);
        recorder.insurance = self.trader.desk.ledger.scale.to_f64(fund);
        recorder.liquidations = self.exchange.clearing.liquidations;
        self.trader.strategy.on_stop(&mut self.trader.desk)
    }

    /// What the run leaves behind, when it is over.
    #[must_use]
    pub fn finish(self) -> TickRun<'a, S> {
        let mut recorder = self.trader.desk.ledger.into_recorder();
        recorder.equity_ts = Cow::Owned(self.trader.sampled);
        TickRun { recorder, outcomes: self.trader.desk.outcomes, strategy: self.trader.strategy }
    }

    /// The whole run of one instrument and a strategy that nothing but the timer calls. Between two calls the desk decides
    /// nothing: the venue goes first, alone with the requests that arrive, then what it told is heard, then rows are taken
    /// in. Each is one stretch. A desk that is `shown` the touch takes in no rows: it sees the venue's book as those that are
    /// received have left it.
    fn run_by_timer(&mut self, shown: bool) -> Result<(), RunError> {
        let last = self.feeds[0].last_received();
        loop {
            // What the kill switch does follows from what is heard: the venue must not be ahead.
            while self.trader.desk.switch.pulled().is_some() {
                if !self.run_market()? {
                    return Ok(());
                }
                self.run_rest()?;
            }
            let until = self.trader.next_tick().min(last);
            self.run_venue(until)?;
            while self.trader.desk.wire.next_news() <= until {
                self.hear()?;
            }
            let over = if shown { self.show(until) } else { self.receive_until(until) };
            if over {
                return Ok(());
            }
            self.trader.tick()?;
        }
    }

    /// Shows the desk what is to be seen of the only instrument at a time; whether every row is received.
    fn show(&mut self, until: i64) -> bool {
        let over = self.feeds[0].show(&mut self.trader.desk.views[0], &self.exchange.venue, 0, until);
        if over {
            self.trader.desk.now = until;
        }
        over
    }

    /// Lets everything happen at the venue of the only instrument that happens there until a time.
    fn run_venue(&mut self, until: i64) -> Result<(), RunError> {
        loop {
            let (request, expiry) = (self.trader.desk.wire.next_request(), self.exchange.venue.next_expiry());
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
        let concerns = self.feeds[0].happen(&mut self.exchange.venue, 0, until, self.exchange.clearing.band(0));
        let told = self.exchange.send_reports(0, &mut self.trader.desk.wire)?;
        // What was told may have moved the band.
        if (concerns || told)
            && let Some((kind, flags)) = self.feeds[0].last_kind()
            && self.exchange.moves_money(0, kind, flags)
            && let Some(event) = self.feeds[0].last_happened()
        {
            return Ok(self.exchange.settle(0, &event, &mut self.trader.desk.wire)? | told);
        }
        Ok(told)
    }

    /// Takes in the rows of the only instrument that are received until a time; whether they are the last.
    fn receive_until(&mut self, until: i64) -> bool {
        if let Some(now) = self.feeds[0].receive(&mut self.trader.desk.views[0], until) {
            self.trader.desk.now = now;
        }
        self.feeds[0].desk_time() == i64::MAX
    }

    /// Takes rows until something else is due; false when no row is left to be received.
    fn run_market(&mut self) -> Result<bool, RunError> {
        if self.feeds.len() == 1
            && !self.trader.interest.calls_on_rows()
            && !self.trader.desk.ledger.gate.watches_market()
        {
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

    /// Until when rows go first.
    #[inline]
    fn due(&self) -> Due {
        let message = self
            .trader
            .desk
            .wire
            .next_request()
            .min(self.trader.desk.wire.next_news())
            .min(self.exchange.venue.next_expiry());
        let timer = self.trader.next_tick();
        Due { happening: message.min(timer), receiving: message.saturating_sub(1).min(timer) }
    }

    /// Takes what is due besides rows.
    fn run_rest(&mut self) -> Result<(), RunError> {
        let (request, report) = (self.trader.desk.wire.next_request(), self.trader.desk.wire.next_news());
        let (timer, expiry) = (self.trader.next_tick(), self.exchange.venue.next_expiry());
        if expiry <= request && expiry <= report && expiry <= timer {
            self.expire(expiry)
        } else if request <= report && request <= timer {
            self.deliver()
        } else if report <= timer {
            self.hear()
        } else {
            self.trader.tick()
        }
    }

    fn deliver(&mut self) -> Result<(), RunError> {
        let wire = &mut self.trader.desk.wire;
        let at = wire.next_request();
        // Read where it lies: it is large.
        if let Some(request) = wire.first_request() {
            let instrument = self.exchange.venue.on_request(request, at);
            wire.take_request();
            self.exchange.send_reports(instrument, wire)?;
        }
        Ok(())
    }

    fn expire(&mut self, now: i64) -> Result<(), RunError> {
        self.exchange.expire(now, &mut self.trader.desk.wire)
    }

    fn hear(&mut self) -> Result<(), RunError> {
        self.trader.desk.now = self.trader.desk.wire.next_news();
        let news = self.trader.desk.wire.take_news();
        self.trader.hear(news)
    }

    /// Takes a row that happens at the venue; whether the venue had anything to tell.
    #[inline]
    fn happen(&mut self, instrument: usize) -> Result<bool, RunError> {
        let event = self.feeds[instrument].take_venue();
        self.exchange.happen(instrument, &event, &mut self.trader.desk.wire)
    }

    /// Takes a row that is received; whether the strategy was called.
    #[inline]
    fn receive(&mut self, instrument: usize) -> Result<bool, RunError> {
        let event = self.feeds[instrument].take_desk();
        self.trader.receive(instrument, &event)
    }
}
