//! The monitor: who holds what, and what it has come to.
//!
//! Each strategy has positions of its own, at its own cost; the account is their sum, and what is held of an instrument in
//! all is netted, as the venue has it. The equity is the capital with every strategy's profit, to the atom.
//!
//! Until an instrument has been marked, its last fill's price stands for its mark in all but the samples. What comes late,
//! after a later day has begun, belongs to the day on which it became known.

use super::attribution::{Attribution, By, Cell};
use super::correlation::Correlation;
use super::profit::Profit;
use super::spec::{MonitorError, MonitorSpec};
use crate::account::{Account, Fill};
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, Scale, mul_div};
use crate::orders::Side;

/// Whose positions: one strategy's, or all, netted.
pub type Whose = Option<usize>;

/// A fill and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrategyFill {
    /// The strategy.
    pub strategy: usize,
    /// The instrument.
    pub instrument: usize,
    /// Which way.
    pub side: Side,
    /// How many lots, above zero.
    pub lots: i64,
    /// The price, above zero.
    pub ticks: i64,
    /// The fee; below zero for a rebate.
    pub fee: Atoms,
}

/// Positions, profit and risk of several strategies of one account. It reads no clock: times come with what happens, ns UTC.
#[derive(Debug, Clone)]
pub struct Monitor {
    pub(super) instruments: Vec<Instrument>,
    strategies: Vec<String>,
    pub(super) scale: Scale,
    capital: Atoms,
    /// Of each strategy; their balances begin with nought.
    accounts: Vec<Account>,
    /// The last mark of each instrument in ticks, 0 before the first.
    marks: Vec<i64>,
    /// The price of its last fill.
    fills: Vec<i64>,
    attribution: Attribution,
    pub(super) correlation: Correlation,
}

impl Monitor {
    /// A monitor of an account that holds nothing. Positions that are there already are fills at the price by which they were
    /// counted into the capital.
    ///
    /// # Errors
    /// What the description has wrong.
    pub fn new(spec: &MonitorSpec) -> Result<Self, MonitorError> {
        let (scale, instruments) = spec.bind()?;
        let (strategies, count) = (spec.strategies.clone(), instruments.len());
        Ok(Self {
            capital: scale.atoms(spec.capital)?,
            accounts: vec![Account::new(0, count); strategies.len()],
            marks: vec![0; count],
            fills: vec![0; count],
            attribution: Attribution::new(strategies.len(), count),
            correlation: Correlation::new(count, spec.every_ns, spec.window as usize),
            strategies,
            instruments,
            scale,
        })
    }

    /// What is traded.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// One of them.
    ///
    /// # Errors
    /// No such instrument.
    pub fn instrument(&self, instrument: usize) -> Result<&Instrument, MonitorError> {
        self.check(None, instrument)?;
        Ok(&self.instruments[instrument])
    }

    /// The names of the strategies.
    #[must_use]
    pub fn strategies(&self) -> &[String] {
        &self.strategies
    }

    /// How money is counted.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The samples' returns, their volatilities and correlations.
    #[must_use]
    pub const fn correlation(&self) -> &Correlation {
        &self.correlation
    }

    /// A fill.
    ///
    /// # Errors
    /// No such strategy or instrument, lots or ticks that are not above zero, a time before the epoch: nothing is booked then.
    /// An amount beyond 128 bits: the monitor is not to be used any more.
    pub fn on_fill(&mut self, at: i64, fill: &StrategyFill) -> Result<(), MonitorError> {
        let StrategyFill { strategy, instrument, side, lots, ticks, fee } = *fill;
        self.check(Some(strategy), instrument)?;
        above_zero("lots", lots)?;
        above_zero("ticks", ticks)?;
        let traded = &self.instruments[instrument];
        let worth = traded.worth(side.sign() * lots, ticks)?;
        let fees = fee.checked_neg().ok_or(MoneyError::Overflow)?;
        self.turn(at)?;
        let fill = Fill { side, lots, ticks, worth, fee };
        let applied = self.accounts[strategy].fill(instrument, &self.instruments[instrument], &fill)?;
        self.fills[instrument] = ticks;
        let profit = Profit { realised: applied.realised, fees, ..Profit::default() };
        Ok(self.attribution.book(strategy, instrument, &profit)?)
    }

    /// A payment for what is held of an instrument, above zero received: a strategy's, or split over all by their lots, so
    /// that the parts are the whole to the atom.
    ///
    /// # Errors
    /// As of fills; a payment to be split over positions that come to nothing.
    pub fn on_payment(&mut self, at: i64, whose: Whose, instrument: usize, amount: Atoms) -> Result<(), MonitorError> {
        self.check(whose, instrument)?;
        let held = self.lots(None, instrument);
        if whose.is_none() && held == 0 {
            return Err(MonitorError::Unheld { symbol: self.instruments[instrument].spec().symbol.clone() });
        }
        self.turn(at)?;
        if let Some(strategy) = whose {
            return Ok(self.pay(strategy, instrument, amount)?);
        }
        // Each gets what its lots add to the rounded share of those before it.
        let (mut lots, mut paid) = (0, 0);
        for strategy in 0..self.accounts.len() {
            lots += self.accounts[strategy].position(instrument).lots;
            let due = mul_div(amount, lots * held.signum(), held.abs())?;
            self.pay(strategy, instrument, due - paid)?;
            paid = due;
        }
        Ok(())
    }

    /// Money that comes into the account, below zero out of it: capital and no profit.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn on_transfer(&mut self, amount: Atoms) -> Result<(), MonitorError> {
        self.capital = self.capital.checked_add(amount).ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    /// The price at which an instrument is valued from now on.
    ///
    /// # Errors
    /// No such instrument, ticks that are not above zero, a time before the epoch, an amount beyond 128 bits.
    pub fn on_mark(&mut self, at: i64, instrument: usize, ticks: i64) -> Result<(), MonitorError> {
        self.check(None, instrument)?;
        above_zero("ticks", ticks)?;
        self.turn(at)?;
        self.marks[instrument] = ticks;
        Ok(())
    }

    /// Takes a sample of the marks if one is due, that is at or after each multiple of the interval; whether it did. A mark
    /// stands until the next.
    ///
    /// # Errors
    /// A time before the epoch, an amount beyond 128 bits.
    pub fn sample(&mut self, at: i64) -> Result<bool, MonitorError> {
        self.turn(at)?;
        let (marks, instruments) = (&self.marks, &self.instruments);
        Ok(self.correlation.observe(at, |place| instruments[place].price.value(marks[place])))
    }

    /// The lots held of an instrument, below zero short.
    ///
    /// # Errors
    /// No such strategy or instrument.
    pub fn position(&self, whose: Whose, instrument: usize) -> Result<i64, MonitorError> {
        self.check(whose, instrument)?;
        Ok(self.lots(whose, instrument))
    }

    pub(super) fn lots(&self, whose: Whose, instrument: usize) -> i64 {
        match whose {
            Some(strategy) => self.accounts[strategy].position(instrument).lots,
            None => self.accounts.iter().map(|account| account.position(instrument).lots).sum(),
        }
    }

    /// The price in ticks by which an instrument is valued; 0 where none is known.
    #[must_use]
    pub fn price(&self, instrument: usize) -> i64 {
        if self.marks[instrument] > 0 { self.marks[instrument] } else { self.fills[instrument] }
    }

    /// The profit of a strategy or of all since the start, open positions at their prices.
    ///
    /// # Errors
    /// No such strategy, an amount beyond 128 bits.
    pub fn profit(&self, whose: Whose) -> Result<Atoms, MonitorError> {
        self.check_strategy(whose)?;
        let prices: Vec<i64> = (0..self.instruments.len()).map(|instrument| self.price(instrument)).collect();
        let of = |account: &Account| account.equity(&self.instruments, &prices);
        let add = |sum: Atoms, account: &Account| sum.checked_add(of(account)?).ok_or(MoneyError::Overflow);
        match whose {
            Some(strategy) => Ok(of(&self.accounts[strategy])?),
            None => Ok(self.accounts.iter().try_fold(0, add)?),
        }
    }

    /// The capital and all profit.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn equity(&self) -> Result<Atoms, MonitorError> {
        Ok(self.capital.checked_add(self.profit(None)?).ok_or(MoneyError::Overflow)?)
    }

    /// Profit since the start, told apart as asked for; all rows add up to [`Monitor::profit`].
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn attribution(&self, by: By) -> Result<Vec<(Cell, Profit)>, MonitorError> {
        Ok(self.attribution.table(by, &self.unrealised()?)?)
    }

    /// Fails where there is no such strategy or instrument.
    pub(super) fn check(&self, whose: Whose, instrument: usize) -> Result<(), MonitorError> {
        self.check_strategy(whose)?;
        let count = self.instruments.len();
        if instrument < count {
            Ok(())
        } else {
            Err(MonitorError::Place { what: "instrument", given: instrument, count })
        }
    }

    pub(super) fn check_strategy(&self, whose: Whose) -> Result<(), MonitorError> {
        let count = self.accounts.len();
        match whose {
            Some(given) if given >= count => Err(MonitorError::Place { what: "strategy", given, count }),
            _ => Ok(()),
        }
    }

    fn pay(&mut self, strategy: usize, instrument: usize, amount: Atoms) -> Result<(), MoneyError> {
        self.accounts[strategy].pay(amount)?;
        self.attribution.book(strategy, instrument, &Profit { funding: amount, ..Profit::default() })
    }

    /// Ends the day if `at` lies in a later one.
    fn turn(&mut self, at: i64) -> Result<(), MonitorError> {
        if at < 0 {
            return Err(MonitorError::Time(at));
        }
        if self.attribution.is_over(at) {
            let unrealised = self.unrealised()?;
            self.attribution.turn(at, unrealised)?;
        }
        Ok(())
    }

    fn unrealised(&self) -> Result<Vec<Atoms>, MoneyError> {
        let count = self.instruments.len();
        let at = |place: usize| {
            let (account, instrument) = (&self.accounts[place / count], place % count);
            account.position(instrument).unrealised(&self.instruments[instrument], self.price(instrument))
        };
        (0..self.accounts.len() * count).map(at).collect()
    }
}

fn above_zero(what: &'static str, given: i64) -> Result<(), MonitorError> {
    if given > 0 { Ok(()) } else { Err(MonitorError::Zero { what, given }) }
}

#[cfg(test)]
#[path = "monitor_test.rs"]
mod tests;
