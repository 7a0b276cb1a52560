//! The venue of a run over events by itself, for whoever brings rows and requests to it from outside.

use tradenode_core::account::Position;
use tradenode_core::book::Book;
use tradenode_core::event::{Event, Tape};
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Atoms, Scale};
use tradenode_core::orders::Intent;
use tradenode_core::orders::terms::Terms;

use super::exchange::Exchange;
use super::spec::TickSpec;
use super::wire::{News, Wire};
use crate::error::RunError;
use crate::ledger::Ledger;
use crate::models::latency::Latency;
use crate::recorder::Recorder;
use crate::spec::SpecError;

/// A venue without a clock and without a way between: what is asked arrives at once, what it tells is there at once.
/// Whoever asks sees to it that times never fall.
#[derive(Debug)]
pub struct LoneVenue {
    exchange: Exchange,
    wire: Wire<'static>,
    scale: Scale,
}

impl LoneVenue {
    /// The venue of a description, at a time.
    ///
    /// # Errors
    /// What the description has wrong.
    pub fn new(spec: &TickSpec, start: i64) -> Result<Self, SpecError> {
        let ledger = Ledger::new(&spec.terms(&spec.listed()), Recorder::with_capacity(0, false))?;
        let exchange = Exchange::new(spec, &ledger, &spec.sources(), start)?;
        Ok(Self { exchange, wire: Wire::new(Latency::none()), scale: ledger.scale })
    }

    /// Lets the rows of a checked tape happen, each at its `ts_event`.
    ///
    /// # Errors
    /// Money that cannot be counted; so for all that follows.
    pub fn on_rows(&mut self, instrument: usize, rows: &Tape<'_>) -> Result<(), RunError> {
        (0..rows.len()).try_for_each(|row| self.on_event(instrument, &rows.event(row)))
    }

    fn on_event(&mut self, instrument: usize, event: &Event) -> Result<(), RunError> {
        self.exchange.happen(instrument, event, &mut self.wire).map(drop)
    }

    /// Takes an order.
    ///
    /// # Errors
    /// See [`LoneVenue::on_rows`].
    pub fn submit(&mut self, at: i64, order: u64, intent: &Intent, terms: Terms) -> Result<(), RunError> {
        self.exchange.venue.submit(order, intent, terms, at);
        self.tell(intent.instrument)
    }

    /// Takes a cancel.
    ///
    /// # Errors
    /// See [`LoneVenue::on_rows`].
    pub fn cancel(&mut self, at: i64, instrument: usize, order: u64) -> Result<(), RunError> {
        self.exchange.venue.cancel(instrument, order, at);
        self.tell(instrument)
    }

    /// Takes a new size, filled lots included, and price of an order.
    ///
    /// # Errors
    /// See [`LoneVenue::on_rows`].
    pub fn replace(&mut self, at: i64, order: u64, by: &Intent) -> Result<(), RunError> {
        self.exchange.venue.replace(order, by, at);
        self.tell(by.instrument)
    }

    /// Ends the orders whose time is over.
    ///
    /// # Errors
    /// See [`LoneVenue::on_rows`].
    pub fn expire(&mut self, at: i64) -> Result<(), RunError> {
        self.exchange.expire(at, &mut self.wire)
    }

    /// When the time of an order is over next, `i64::MAX` for never.
    #[must_use]
    pub fn next_expiry(&self) -> i64 {
        self.exchange.venue.next_expiry()
    }

    /// What it has told first of what is not taken yet.
    pub fn take_news(&mut self) -> Option<News> {
        self.wire.take_news()
    }

    /// The instruments.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.exchange.clearing.instruments[..self.exchange.listed()]
    }

    /// The position at a place: the long legs of all instruments first where there are legs.
    #[must_use]
    pub fn position(&self, place: usize) -> Position {
        self.exchange.clearing.account.position(place)
    }

    /// How many places there are.
    #[must_use]
    pub fn places(&self) -> usize {
        self.exchange.clearing.instruments.len()
    }

    /// Of each living order its number, instrument, lots, lots left, and whether it rests in the book; ascending.
    #[must_use]
    pub fn orders(&self) -> Vec<(u64, usize, i64, i64, bool)> {
        self.exchange.venue.orders()
    }

    /// The public book of an instrument.
    #[must_use]
    pub fn book(&self, instrument: usize) -> &Book {
        self.exchange.venue.book(instrument)
    }

    /// The cash balance.
    #[must_use]
    pub fn balance(&self) -> Atoms {
        self.exchange.clearing.account.balance()
    }

    /// How money is counted.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    fn tell(&mut self, instrument: usize) -> Result<(), RunError> {
        self.exchange.send_reports(instrument, &mut self.wire).map(drop)
    }
}
