//! The account as the venue has it: fees, funding, and at which prices what backs a position may be used up.
//!
//! The desk's books follow it, a report's way later: whatever is decided here is told with its amount. In hedging mode a
//! position has a *place*, as in [`Ledger`](crate::ledger::Ledger): the long legs of all instruments, then the short ones.
//!
//! Funding is paid from the free balance; what that lacks comes out of the position's own margin, where there is one.

use tradenode_core::account::{Account, Fill};
use tradenode_core::book::Book;
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Atoms, MoneyError, Scale, rate_of};
use tradenode_core::orders::Side;
use tradenode_core::units::Rate;

use super::spec::TickSpec;
use super::terms::MarginMode;
use super::wire::Payment;
use crate::ledger::Ledger;
use crate::models::fees::Fees;
use crate::spec::SpecError;
use crate::venue::{Band, Report, What};

/// What is known of an instrument's price and when it matters. Prices are ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    /// The last price at which its positions were valued; 0 before the first.
    pub(super) price: i64,
    /// Whether that comes from the tape's mark rows. Once there was one, no other price counts.
    pub(super) marked: bool,
    /// Between these, both included, everything is backed for certain.
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Watch {
    const IDLE: Self = Self { price: 0, marked: false, low: i64::MIN, high: i64::MAX };
}

/// The account at the venue.
#[derive(Debug)]
pub(super) struct Clearing {
    pub(super) account: Account,
    /// By place.
    pub(super) instruments: Vec<Instrument>,
    /// The initial margins, by place.
    margins: Vec<Rate>,
    /// By instrument.
    pub(super) watches: Vec<Watch>,
    pub(super) isolated: bool,
    pub(super) hedging: bool,
    fees: Option<Fees>,
    /// The part of the notional that a liquidation costs.
    pub(super) penalty: Rate,
    /// What is in the insurance fund.
    pub(super) fund: Atoms,
    pub(super) liquidations: u64,
}

impl Clearing {
    /// The account that a ledger's books will follow.
    ///
    /// # Errors
    /// Tiers, a liquidation fee or a fund that make no sense.
    pub(super) fn new(spec: &TickSpec, ledger: &Ledger<'_>, start: i64) -> Result<Self, SpecError> {
        let scale: Scale = ledger.scale;
        let penalty = spec.liquidation.fee;
        if penalty < Rate::ZERO || penalty >= Rate::ONE {
            return Err(SpecError::range("liquidation.fee", "at least 0 and below 1", penalty.to_f64()));
        }
        let fund = spec.liquidation.insurance.map(|fund| scale.atoms(fund)).transpose()?.unwrap_or(0);
        if fund < 0 {
            return Err(SpecError::range("liquidation.insurance", "at least 0", scale.to_f64(fund)));
        }
        let instruments = ledger.instruments.clone();
        let listed = ledger.instruments().len();
        Ok(Self {
            account: ledger.account.clone(),
            margins: (0..instruments.len()).map(|place| ledger.gate.margin(place)).collect(),
            watches: vec![Watch::IDLE; listed],
            isolated: spec.margin == MarginMode::Isolated,
            hedging: instruments.len() > listed,
            fees: spec.fees.as_ref().map(|fees| Fees::new(fees, scale, start)).transpose()?,
            penalty,
            fund,
            liquidations: 0,
            instruments,
        })
    }

    /// The places of an instrument's positions.
    pub(super) fn places(&self, instrument: usize) -> impl Iterator<Item = usize> + use<> {
        (instrument..self.instruments.len()).step_by(self.watches.len())
    }

    /// Books what a report of the venue's tells; the fee of a fill.
    pub(super) fn settle(&mut self, report: &Report) -> Result<Atoms, MoneyError> {
        let What::Filled(execution) = report.what else { return Ok(0) };
        let is_short = self.hedging && (execution.side == Side::Sell) != execution.reduce_only;
        let place = report.instrument + if is_short { self.watches.len() } else { 0 };
        let instrument = &self.instruments[place];
        let spec = instrument.spec();
        let rate = match &mut self.fees {
            Some(fees) => fees.rate(report.at, execution.maker),
            None if execution.maker => spec.maker_fee,
            None => spec.taker_fee,
        };
        let fill = Fill::new(instrument, execution.side, execution.lots, execution.ticks, rate)?;
        if let Some(fees) = &mut self.fees {
            fees.add(fill.worth.abs(), report.at)?;
        }
        self.book(place, &fill)?;
        let watch = &mut self.watches[report.instrument];
        if watch.price == 0 {
            watch.price = fill.ticks;
        }
        Ok(fill.fee)
    }

    pub(super) fn book(&mut self, place: usize, fill: &Fill) -> Result<(), MoneyError> {
        let instrument = &self.instruments[place];
        if self.isolated {
            self.account.fill_isolated(place, instrument, fill, self.margins[place])?;
        } else {
            self.account.fill(place, instrument, fill)?;
        }
        Ok(())
    }

    /// Charges funding on the positions of an instrument at its price: longs pay a positive rate, shorts receive it.
    pub(super) fn charge(&mut self, instrument: usize, rate: Rate, at: i64) -> Result<Vec<Payment>, MoneyError> {
        let price = self.watches[instrument].price;
        let mut payments = Vec::new();
        for place in self.places(instrument) {
            let lots = self.account.position(place).lots;
            if lots == 0 {
                continue;
            }
            let amount = rate_of(self.instruments[place].notional(lots, price)?, rate)?;
            let received = if lots > 0 { -amount } else { amount };
            if self.isolated {
                self.account.pay_isolated(place, received)?;
            } else {
                self.account.pay(received)?;
            }
            payments.push(Payment { at, place, received });
        }
        Ok(payments)
    }

    /// Takes the tape's mark price; none that is not above zero.
    pub(super) fn set_mark(&mut self, instrument: usize, price: i64) {
        if price > 0 {
            let watch = &mut self.watches[instrument];
            (watch.price, watch.marked) = (price, true);
        }
    }

    /// Takes the middle of a book that can be trusted, a half tick cut off, unless the tape has marks.
    pub(super) fn look_at(&mut self, instrument: usize, book: &Book) {
        let watch = &mut self.watches[instrument];
        if !watch.marked
            && !book.is_stale()
            && !book.is_crossed()
            && let Some(middle) = middle(book)
        {
            watch.price = middle;
        }
    }

    /// Between which touches everything is backed for certain: the middle is not below the best bid and not above the best
    /// ask. Where the tape has marks, the touch does not matter.
    #[inline]
    pub(super) fn band(&self, instrument: usize) -> Band {
        let Watch { marked, low, high, .. } = self.watches[instrument];
        if marked { Band::ALL } else { Band { low, high } }
    }

    /// The instruments whose positions are backed by what backs those of this one.
    pub(super) fn backed_with(&self, instrument: usize) -> std::ops::Range<usize> {
        if self.isolated { instrument..instrument + 1 } else { 0..self.watches.len() }
    }

    /// Whether the last price of an instrument is where not everything is backed for certain.
    pub(super) fn has_strayed(&self, instrument: usize) -> bool {
        let Watch { price, low, high, .. } = self.watches[instrument];
        price < low || price > high
    }
}

fn middle(book: &Book) -> Option<i64> {
    book.touch().map(|(bid, ask)| (bid.price + ask.price) >> 1).filter(|&price| price > 0)
}
