//! The account: a balance in atoms and a position an instrument.
//!
//! The balance moves with realised profit, fees and carry only; what an open position has gained is in
//! [`Account::equity`]. Spot bought with the whole balance and a contract at leverage 1 are the same here.
//!
//! Where margins are isolated, a part of the balance is set apart for each position: an opening fill moves it there, a
//! closing one gives the share of its lots back. What the rest of the balance cannot pay comes out of the position's.

use serde::{Deserialize, Serialize};

use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, mul_div, rate_of};
use crate::orders::Side;
use crate::units::Rate;

/// Lots held of one instrument and the exact worth at which they were taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Above zero long, below zero short.
    pub lots: i64,
    /// The sum of [`Instrument::worth`] over the lots held, at their entry prices.
    pub cost: Atoms,
}

impl Position {
    /// The profit that closing at `ticks` would realise, before fees.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn unrealised(&self, instrument: &Instrument, ticks: i64) -> Result<Atoms, MoneyError> {
        if self.lots == 0 {
            // What is held against one another in parts of an account is worth what it was taken at.
            return Ok(-self.cost);
        }
        Ok(instrument.worth(self.lots, ticks)? - self.cost)
    }

    /// The price at which the lots held were taken on average, in quote units; NaN when flat.
    #[must_use]
    pub fn average_price(&self, instrument: &Instrument) -> f64 {
        instrument.price_of(self.lots, self.cost)
    }
}

/// A fill as an account books it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// Which way.
    pub side: Side,
    /// How many lots, above zero.
    pub lots: i64,
    /// The price.
    pub ticks: i64,
    /// [`Instrument::worth`] of the lots, with the side's sign, at that price.
    pub worth: Atoms,
    /// The fee; below zero for a rebate.
    pub fee: Atoms,
}

impl Fill {
    /// A fill with its worth, exact, and its fee: `rate` of the notional, rounded.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    #[inline]
    pub fn new(instrument: &Instrument, side: Side, lots: i64, ticks: i64, rate: Rate) -> Result<Self, MoneyError> {
        let worth = instrument.worth(lots.checked_mul(side.sign()).ok_or(MoneyError::Overflow)?, ticks)?;
        Ok(Self { side, lots, ticks, worth, fee: rate_of(worth.abs(), rate)? })
    }
}

/// What one fill did to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Profit realised by the lots that closed, before fees.
    pub realised: Atoms,
    /// Lots that closed, above zero.
    pub closed: i64,
    /// Lots that opened, above zero.
    pub opened: i64,
    /// [`Instrument::worth`] of the lots that closed, as they were held, at the fill's price.
    pub taken_off: Atoms,
    /// [`Instrument::worth`] of the lots that opened.
    pub added: Atoms,
}

/// A position and what of the balance is set apart for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stake {
    /// The position.
    pub position: Position,
    /// What is set apart.
    pub margin: Atoms,
}

/// A balance and its positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    balance: Atoms,
    positions: Vec<Position>,
    /// What of the balance is set apart for each position; zero where margins are not isolated.
    margins: Vec<Atoms>,
}

impl Account {
    /// An account with cash and no position in any of `instruments`.
    #[must_use]
    pub fn new(cash: Atoms, instruments: usize) -> Self {
        Self { balance: cash, positions: vec![Position::default(); instruments], margins: vec![0; instruments] }
    }

    /// An account that has positions already; their cost is what they were taken at.
    #[must_use]
    pub fn with_positions(balance: Atoms, positions: Vec<Position>) -> Self {
        let margins = vec![0; positions.len()];
        Self { balance, positions, margins }
    }

    /// Whether it can be one of so many positions: for an account that was read.
    #[must_use]
    pub fn is_sound(&self, instruments: usize) -> bool {
        let held = |(position, &margin): (&Position, &Atoms)| position.lots != 0 || (position.cost == 0 && margin == 0);
        self.positions.len() == instruments
            && self.margins.len() == instruments
            && self.positions.iter().zip(&self.margins).all(held)
    }

    /// Cash with all realised profit, fees and carry.
    #[must_use]
    pub const fn balance(&self) -> Atoms {
        self.balance
    }

    /// The position of an instrument.
    #[must_use]
    #[inline]
    pub fn position(&self, instrument: usize) -> Position {
        self.positions[instrument]
    }

    /// What of the balance is set apart for a position.
    #[must_use]
    pub fn margin(&self, instrument: usize) -> Atoms {
        self.margins[instrument]
    }

    /// What all positions were taken at.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn invested(&self) -> Result<Atoms, MoneyError> {
        self.positions.iter().try_fold(0, |sum: Atoms, each| sum.checked_add(each.cost)).ok_or(MoneyError::Overflow)
    }

    /// A position and what is set apart for it.
    #[must_use]
    pub fn stake(&self, instrument: usize) -> Stake {
        Stake { position: self.positions[instrument], margin: self.margins[instrument] }
    }

    /// Takes over, as the sum of several accounts, that a position has changed in one of them.
    ///
    /// # Errors
    /// More than can be counted; the account is then as it was.
    pub fn follow(&mut self, index: usize, was: &Stake, is: &Stake) -> Result<(), MoneyError> {
        let shifted = |sum: Atoms, was: Atoms, is: Atoms| sum.checked_add(is - was).ok_or(MoneyError::Overflow);
        let Position { lots, cost } = self.positions[index];
        let more = is.position.lots - was.position.lots;
        let lots = lots.checked_add(more).ok_or(MoneyError::Overflow)?;
        let cost = shifted(cost, was.position.cost, is.position.cost)?;
        let margin = shifted(self.margins[index], was.margin, is.margin)?;
        (self.positions[index], self.margins[index]) = (Position { lots, cost }, margin);
        Ok(())
    }

    /// The balance without what is set apart for positions.
    #[must_use]
    pub fn free(&self) -> Atoms {
        self.balance - self.margins.iter().sum::<Atoms>()
    }

    /// How many positions are open.
    #[must_use]
    pub fn open_positions(&self) -> usize {
        self.positions.iter().filter(|position| position.lots != 0).count()
    }

    /// The balance and all open profit, each instrument at its mark.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn equity(&self, instruments: &[Instrument], marks: &[i64]) -> Result<Atoms, MoneyError> {
        let mut equity = self.balance;
        for ((position, instrument), &mark) in self.positions.iter().zip(instruments).zip(marks) {
            equity = equity.checked_add(position.unrealised(instrument, mark)?).ok_or(MoneyError::Overflow)?;
        }
        Ok(equity)
    }

    /// Books a fill.
    ///
    /// # Errors
    /// An amount beyond 128 bits; the account is then as it was.
    #[inline]
    pub fn fill(&mut self, index: usize, instrument: &Instrument, fill: &Fill) -> Result<Applied, MoneyError> {
        let (old, lots) = (self.positions[index], fill.lots);
        let signed = lots * fill.side.sign();
        let against = old.lots.signum() == -signed.signum();
        let closed = if against { lots.min(old.lots.abs()) } else { 0 };
        let opened = lots - closed;
        let (taken_off, added) = match (closed, opened) {
            (0, _) => (0, fill.worth),
            (_, 0) => (-fill.worth, 0),
            _ => {
                let worth = |lots| instrument.worth(lots, fill.ticks);
                (worth(old.lots.signum() * closed)?, worth(signed.signum() * opened)?)
            }
        };
        // A share of the cost leaves with the lots that close; the rest keeps every remaining atom.
        let gone = match closed {
            0 => 0,
            all if all == old.lots.abs() => old.cost,
            part => mul_div(old.cost, part, old.lots.abs())?,
        };
        let realised = taken_off - gone;
        let cost = (old.cost - gone).checked_add(added).ok_or(MoneyError::Overflow)?;
        let held = old.lots.checked_add(signed).ok_or(MoneyError::Overflow)?;
        self.balance = self.balance.checked_add(realised - fill.fee).ok_or(MoneyError::Overflow)?;
        self.positions[index] = Position { lots: held, cost };
        Ok(Applied { realised, closed, opened, taken_off, added })
    }

    /// Books a fill of an isolated position: `rate` of what it opens is set apart for it.
    ///
    /// # Errors
    /// An amount beyond 128 bits; the account is not to be used any more then.
    pub fn fill_isolated(
        &mut self,
        index: usize,
        instrument: &Instrument,
        fill: &Fill,
        rate: Rate,
    ) -> Result<Applied, MoneyError> {
        let held = self.positions[index].lots.abs();
        let applied = self.fill(index, instrument, fill)?;
        let margin = self.margins[index];
        let gone = if applied.closed == held { margin } else { mul_div(margin, applied.closed, held)? };
        let added = rate_of(applied.added.abs(), rate)?;
        self.margins[index] = (margin - gone).checked_add(added).ok_or(MoneyError::Overflow)?;
        self.draw(index);
        Ok(applied)
    }

    /// Books a payment on an isolated position (above zero: received).
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn pay_isolated(&mut self, index: usize, amount: Atoms) -> Result<(), MoneyError> {
        self.pay(amount)?;
        self.draw(index);
        Ok(())
    }

    /// Takes what the free balance lacks out of a position's margin, as far as that goes.
    fn draw(&mut self, index: usize) {
        let lacking = (-self.free()).max(0);
        self.margins[index] -= lacking.min(self.margins[index]);
    }

    /// Books a payment (above zero: received).
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn pay(&mut self, amount: Atoms) -> Result<(), MoneyError> {
        self.balance = self.balance.checked_add(amount).ok_or(MoneyError::Overflow)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::InstrumentSpec;
    use crate::money::Scale;
    use proptest::prelude::*;

    fn instrument(inverse: bool) -> Instrument {
        let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"0.5","lot":"0.01",
            "maker_fee":"0","taker_fee":"0.001"}"#;
        let mut spec: InstrumentSpec = serde_json::from_str(text).unwrap();
        if inverse {
            (spec.inverse, spec.settlement) = (true, "X".to_owned());
        }
        spec.bind(Scale::covering([spec.digits()]).unwrap()).unwrap()
    }

    fn filled(instrument: &Instrument, side: Side, lots: i64, ticks: i64, fee: Atoms) -> Fill {
        Fill { fee, ..Fill::new(instrument, side, lots, ticks, Rate::ZERO).unwrap() }
    }

    #[test]
    fn a_fill_through_zero_closes_then_opens() {
        let x = instrument(false);
        let mut account = Account::new(1_000_000_000_000_000, 1);
        account.fill(0, &x, &filled(&x, Side::Buy, 100, 200, 0)).unwrap();
        let applied = account.fill(0, &x, &filled(&x, Side::Sell, 150, 220, 7)).unwrap();
        // 1.00 bought at 100, sold at 110: 10 gained; 0.50 short at 110.
        let (taken_off, added) = (110_000_000_000_000, -55_000_000_000_000);
        assert_eq!(applied, Applied { realised: 10_000_000_000_000, closed: 100, opened: 50, taken_off, added });
        assert_eq!(account.position(0), Position { lots: -50, cost: -55_000_000_000_000 });
        assert_eq!(account.balance(), 1_010_000_000_000_000 - 7);
        assert!((account.position(0).average_price(&x) - 110.0).abs() < 1e-9);
    }

    #[test]
    fn a_margin_is_set_apart_and_given_back_by_the_lots() {
        let (x, one) = (instrument(false), 1_000_000_000_000_i128);
        let mut account = Account::new(100 * one, 1);
        let tenth = Rate(100_000_000);
        // 2.00 at 100: 20 apart. Half of it sold at 110: 10 back and 10 gained.
        account.fill_isolated(0, &x, &filled(&x, Side::Buy, 200, 200, 0), tenth).unwrap();
        assert_eq!((account.margin(0), account.free()), (20 * one, 80 * one));
        account.fill_isolated(0, &x, &filled(&x, Side::Sell, 100, 220, 0), tenth).unwrap();
        assert_eq!((account.margin(0), account.free()), (10 * one, 100 * one));
        // 104 paid: 100 are free, 4 come out of the margin.
        account.pay_isolated(0, -104 * one).unwrap();
        assert_eq!((account.margin(0), account.free()), (6 * one, 0));
        // Through zero at 100: nothing gained, 6 back, of the 10 that a short of 1.00 wants 6 are there.
        account.fill_isolated(0, &x, &filled(&x, Side::Sell, 200, 200, 0), tenth).unwrap();
        assert_eq!((account.margin(0), account.free()), (6 * one, 0));
    }

    proptest! {
        /// Whatever the fills, no atom appears or vanishes: equity is cash plus the cash flows at their prices.
        #[test]
        fn money_is_conserved(fills in proptest::collection::vec((any::<bool>(), 1..500_i64, 1..5_000_i64), 1..60), last in 1..5_000_i64) {
            let x = instrument(false);
            let cash = 1_000_000_000_000_000_000;
            let mut account = Account::new(cash, 1);
            let (mut flow, mut held) = (0_i128, 0_i64);
            for (buy, lots, ticks) in fills {
                let side = if buy { Side::Buy } else { Side::Sell };
                account.fill(0, &x, &filled(&x, side, lots, ticks, 3)).unwrap();
                flow -= x.worth(side.sign() * lots, ticks).unwrap() + 3;
                held += side.sign() * lots;
            }
            prop_assert_eq!(account.position(0).lots, held);
            prop_assert_eq!(account.equity(std::slice::from_ref(&x), &[last]).unwrap(), cash + flow + x.worth(held, last).unwrap());
            if held == 0 { prop_assert_eq!(account.position(0).cost, 0); }
        }

        /// Margin moves inside an account and nowhere else: it is never below zero, never more than was ever opened with
        /// it, gone with its position, and the account is otherwise that without isolated margins.
        #[test]
        fn margins_move_within_the_balance(
            steps in proptest::collection::vec((0..2_usize, any::<bool>(), 1..500_i64, 1..5_000_i64, -3_000_i64..3_000), 1..60),
            rate in 1..1_000_000_000_i64,
            cash in 0..3_000_000_000_000_000_i128,
        ) {
            let x = instrument(false);
            let (mut plain, mut isolated) = (Account::new(cash, 2), Account::new(cash, 2));
            for (index, buy, lots, ticks, paid) in steps {
                let side = if buy { Side::Buy } else { Side::Sell };
                let fill = filled(&x, side, lots, ticks, 3);
                let before = isolated.margin(index);
                let applied = isolated.fill_isolated(index, &x, &fill, Rate(rate)).unwrap();
                prop_assert_eq!(applied, plain.fill(index, &x, &fill).unwrap());
                let most = rate_of(applied.added.abs(), Rate(rate)).unwrap();
                prop_assert!(isolated.margin(index) <= before + most);
                plain.pay(paid.into()).unwrap();
                isolated.pay_isolated(index, paid.into()).unwrap();
                prop_assert_eq!((plain.balance(), plain.position(index)), (isolated.balance(), isolated.position(index)));
                for index in 0..2 {
                    prop_assert!(isolated.margin(index) >= 0);
                    prop_assert!(isolated.position(index).lots != 0 || isolated.margin(index) == 0);
                }
                // Only what the position itself cannot pay is missing in the free balance.
                prop_assert!(isolated.free() >= 0 || isolated.margin(index) == 0);
            }
        }

        #[test]
        fn an_inverse_account_is_off_by_rounding_at_most(fills in proptest::collection::vec((any::<bool>(), 1..500_i64, 1..5_000_i64), 1..60)) {
            let x = instrument(true);
            let mut account = Account::new(0, 1);
            let (mut flow, mut held) = (0.0, 0_i64);
            let count = fills.len() as f64;
            for (buy, lots, ticks) in fills {
                let side = if buy { Side::Buy } else { Side::Sell };
                account.fill(0, &x, &filled(&x, side, lots, ticks, 0)).unwrap();
                flow -= x.worth_f64(side.sign() * lots, x.price.value(ticks));
                held += side.sign() * lots;
            }
            let equity = account.equity(std::slice::from_ref(&x), &[100]).unwrap() as f64 * 1e-12;
            prop_assert!((equity - flow - x.worth_f64(held, 50.0)).abs() <= count * 2e-12 + flow.abs() * 1e-12);
        }
    }
}
