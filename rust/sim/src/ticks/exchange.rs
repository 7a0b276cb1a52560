//! The venue's side of a run over events: the market it makes of rows, our orders in it, and the account as it has it.

use tradenode_core::event::{Event, Kind, LAST};

use super::clearing::Clearing;
use super::spec::TickSpec;
use super::terms::PositionMode;
use super::wire::{News, Wire};
use crate::error::RunError;
use crate::ledger::Ledger;
use crate::spec::SpecError;
use crate::venue::{BookSource, Listing, Venue, What};

/// The venue and its books. What it tells goes on the wire it is given.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) venue: Venue,
    pub(super) clearing: Clearing,
}

impl Exchange {
    /// The venue of a description, at a time, with the account that a desk's ledger begins with.
    pub(super) fn new(
        spec: &TickSpec,
        ledger: &Ledger<'_>,
        sources: &[BookSource],
        start: i64,
    ) -> Result<Self, SpecError> {
        spec.venue.check()?;
        let listings: Vec<Listing> = ledger
            .instruments
            .iter()
            .zip(sources)
            .map(|(instrument, &source)| Listing { lot: instrument.quantity.value(1), source })
            .collect();
        let venue = Venue::new(&listings, spec.venue);
        let hedging = spec.positions == PositionMode::Hedging;
        let clearing = Clearing::new(spec, ledger, start)?;
        Ok(Self { venue: if hedging { venue.keeping_legs() } else { venue }, clearing })
    }

    /// How many instruments there are.
    pub(super) fn listed(&self) -> usize {
        self.clearing.watches.len()
    }

    /// Takes a row that happens; whether there was anything to tell.
    #[inline]
    pub(super) fn happen(&mut self, instrument: usize, event: &Event, wire: &mut Wire<'_>) -> Result<bool, RunError> {
        self.venue.on_event(instrument, event);
        let told = self.send_reports(instrument, wire)?;
        if self.moves_money(instrument, event.kind, event.flags) {
            return Ok(self.settle(instrument, event, wire)? | told);
        }
        Ok(told)
    }

    /// Whether a row of that kind, with these flags, that the venue has taken may move money.
    #[inline]
    pub(super) fn moves_money(&self, instrument: usize, kind: Kind, flags: u8) -> bool {
        matches!(kind, Kind::Mark | Kind::Funding)
            || (flags & LAST != 0 && self.clearing.band(instrument).is_left_by(self.venue.book(instrument)))
    }

    /// Books and sends what the venue has to tell; whether that was anything.
    #[inline]
    pub(super) fn send_reports(&mut self, instrument: usize, wire: &mut Wire<'_>) -> Result<bool, RunError> {
        let any = self.venue.has_reports(instrument);
        if any {
            self.send_all(instrument, wire)?;
        }
        Ok(any)
    }

    #[inline(never)]
    fn send_all(&mut self, instrument: usize, wire: &mut Wire<'_>) -> Result<(), RunError> {
        let mut filled = None;
        let reports = self.venue.lend_reports(instrument);
        for report in &reports {
            if matches!(report.what, What::Filled(_)) {
                filled = Some(report.at);
            }
            let fee = self.clearing.settle(report)?;
            wire.tell(News::Order(*report, fee));
        }
        self.venue.take_back(instrument, reports);
        match filled {
            Some(at) => self.look(instrument, at, wire).map(drop),
            None => Ok(()),
        }
    }

    /// Ends the orders whose time is over, which is told from that time on.
    pub(super) fn expire(&mut self, now: i64, wire: &mut Wire<'_>) -> Result<(), RunError> {
        self.venue.expire(now);
        (0..self.listed()).try_for_each(|instrument| self.send_reports(instrument, wire).map(drop))
    }
}
