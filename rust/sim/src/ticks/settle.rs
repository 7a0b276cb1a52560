//! Rows that move money besides trades: marks, funding, and prices at which positions are not backed any more.

use tradenode_core::event::{Event, Kind};
use tradenode_core::money::{Atoms, MoneyError};
use tradenode_core::units::Rate;

use super::exchange::Exchange;
use super::liquidation::Takeover;
use super::wire::{News, Wire};
use crate::error::RunError;
use crate::venue::VENUES_ORDERS;

impl Exchange {
    /// Does what a row that may move money brings about; whether there is anything to tell.
    #[cold]
    pub(super) fn settle(&mut self, instrument: usize, event: &Event, wire: &mut Wire<'_>) -> Result<bool, RunError> {
        if event.kind == Kind::Mark {
            self.clearing.set_mark(instrument, event.price);
        } else {
            self.clearing.look_at(instrument, self.venue.book(instrument));
        }
        let mut told = false;
        if event.kind == Kind::Funding {
            for payment in self.clearing.charge(instrument, Rate(event.price), event.ts_event)? {
                wire.tell(News::Funding(payment));
                told = true;
            }
            return Ok(self.look(instrument, event.ts_event, wire)? | told);
        }
        if self.clearing.has_strayed(instrument) {
            told |= self.liquidate(instrument, event.ts_event, wire)?;
        }
        Ok(told)
    }

    /// Looks at the account after fills or funding of an instrument, which may have left too little to back what is held;
    /// whether something was liquidated.
    pub(super) fn look(&mut self, instrument: usize, at: i64, wire: &mut Wire<'_>) -> Result<bool, RunError> {
        let concerned = self.clearing.backed_with(instrument);
        concerned.clone().for_each(|each| self.clearing.look_at(each, self.venue.book(each)));
        self.clearing.watch(instrument);
        if concerned.into_iter().any(|each| self.clearing.has_strayed(each)) {
            return self.liquidate(instrument, at, wire);
        }
        Ok(false)
    }

    /// Takes over what is not backed, if anything is; whether there was.
    fn liquidate(&mut self, instrument: usize, at: i64, wire: &mut Wire<'_>) -> Result<bool, RunError> {
        (0..self.listed()).for_each(|each| self.clearing.look_at(each, self.venue.book(each)));
        let mut next = self.clearing.next_takeover(instrument)?;
        let told = next.is_some();
        if told {
            for each in self.clearing.backed_with(instrument) {
                self.venue.cancel_liquidated(each, at);
                self.send_reports(each, wire)?;
            }
        }
        // Each closes a position, and none opens one.
        while let Some(takeover) = next {
            self.take_over(&takeover, at, wire)?;
            next = self.clearing.next_takeover(instrument)?;
        }
        self.clearing.watch(instrument);
        Ok(told)
    }

    fn take_over(&mut self, takeover: &Takeover, at: i64, wire: &mut Wire<'_>) -> Result<(), RunError> {
        let worth = self.market_worth(takeover)?;
        let fee = self.clearing.take_over(takeover, worth)?;
        let (instrument, order) = (takeover.place % self.listed(), VENUES_ORDERS + self.clearing.liquidations);
        let report = self.venue.take_over(instrument, order, takeover.side(), takeover.lots.abs(), takeover.ticks, at);
        wire.tell(News::Order(report, fee));
        Ok(())
    }

    /// What the market gives for a position: what the levels of the book are worth that take it, what is beyond the last
    /// at its price; the last price known where there is no book to trade on. The levels stay: the position is not ours
    /// any more.
    fn market_worth(&self, takeover: &Takeover) -> Result<Atoms, MoneyError> {
        let Takeover { place, lots, .. } = *takeover;
        let (index, instrument) = (place % self.listed(), &self.clearing.instruments[place]);
        let book = self.venue.book(index);
        let (sign, mut left) = (lots.signum(), lots.abs());
        let (mut worth, mut price) = (0, self.clearing.watches[index].price);
        if !book.is_stale() && !book.is_crossed() {
            for level in book.levels(takeover.side().opposite()).take_while(|level| level.price > 0) {
                let taken = level.size.min(left);
                worth += instrument.worth(sign * taken, level.price)?;
                (left, price) = (left - taken, level.price);
                if left == 0 {
                    return Ok(worth);
                }
            }
        }
        Ok(worth + instrument.worth(sign * left, price)?)
    }
}
