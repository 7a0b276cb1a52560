//! An instrument: what is traded, on which grid, at which fees and margins.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::money::{Atoms, Divisor, MoneyError, Scale, as_f64, mul_div, times};
use crate::units::{Decimal, Grid, RATE_ONE, Rate, UnitError};

/// The description of an instrument as configs and venues give it. Sizes are in base units (or contracts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSpec {
    /// The venue's name; empty for data without one.
    #[serde(default)]
    pub venue: String,
    /// The symbol as rules and reports use it.
    pub symbol: String,
    /// The currency bought and sold.
    pub base: String,
    /// The currency of the price.
    pub quote: String,
    /// The currency in which profit is paid: the quote, or the base for inverse contracts.
    pub settlement: String,
    /// The price step.
    pub tick: Decimal,
    /// The quantity step.
    pub lot: Decimal,
    /// The smallest order, 0 for none.
    #[serde(default = "zero")]
    pub min_quantity: Decimal,
    /// The largest order, 0 for none.
    #[serde(default = "zero")]
    pub max_quantity: Decimal,
    /// The smallest notional of an order in the settlement currency, 0 for none.
    #[serde(default = "zero")]
    pub min_notional: Decimal,
    /// Base units (linear) or quote units (inverse) in one contract.
    #[serde(default = "one")]
    pub multiplier: Decimal,
    /// Whether the contract is worth `multiplier` / price of the base currency.
    #[serde(default)]
    pub inverse: bool,
    /// The fee of a fill that added liquidity; negative for a rebate.
    pub maker_fee: Rate,
    /// The fee of a fill that took liquidity.
    pub taker_fee: Rate,
    /// The margin that opens a position, as a part of its notional; 1 without leverage.
    #[serde(default = "whole")]
    pub initial_margin: Rate,
    /// The margin below which a position is liquidated, as a part of its notional; 0 for never above zero equity.
    #[serde(default)]
    pub maintenance_margin: Rate,
}

fn zero() -> Decimal {
    Decimal::ZERO
}

fn one() -> Decimal {
    Decimal::ONE
}

fn whole() -> Rate {
    Rate::ONE
}

/// An instrument that cannot be traded as described.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("instrument {symbol}: {field}: {reason}")]
pub struct InstrumentError {
    /// The instrument.
    pub symbol: String,
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// A checked instrument bound to an account's money scale: everything the hot path needs, in integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    spec: InstrumentSpec,
    /// The price grid.
    pub price: Grid,
    /// The quantity grid.
    pub quantity: Grid,
    /// The smallest order in lots.
    pub min_lots: i64,
    /// The largest order in lots.
    pub max_lots: i64,
    /// The smallest notional in atoms.
    pub min_notional: Atoms,
    /// Linear: atoms of one lot at one tick. Inverse: atom-ticks of one lot.
    unit: Atoms,
    /// The same as a double.
    unit_atoms: f64,
    /// The same as a double in currency units.
    unit_f64: f64,
    /// A notional of one and its taker fee, in parts per billion; a rebate is none.
    with_fee: Divisor,
}

impl InstrumentSpec {
    /// The digits after the point of tick × lot × multiplier.
    #[must_use]
    pub fn digits(&self) -> u32 {
        u32::from(self.tick.scale()) + u32::from(self.lot.scale()) + u32::from(self.multiplier.scale())
    }

    /// Checks the description and binds it to a money scale.
    ///
    /// # Errors
    /// The first field that does not hold together.
    pub fn bind(&self, scale: Scale) -> Result<Instrument, InstrumentError> {
        let fault = |field, reason: String| InstrumentError { symbol: self.symbol.clone(), field, reason };
        let unit_fault = |field| move |error: UnitError| (field, error.to_string());
        let lift = |(field, reason)| fault(field, reason);
        let price = Grid::new(self.tick).map_err(unit_fault("tick")).map_err(lift)?;
        let quantity = Grid::new(self.lot).map_err(unit_fault("lot")).map_err(lift)?;
        let lots = |field, value: Decimal| {
            let steps = quantity.steps_of_decimal(value).map_err(unit_fault(field)).map_err(lift)?;
            if steps < 0 { Err(fault(field, format!("must not be negative, got {value}"))) } else { Ok(steps) }
        };
        let (min_lots, max_lots) = (lots("min_quantity", self.min_quantity)?, lots("max_quantity", self.max_quantity)?);
        self.check_words().map_err(lift)?;
        let money = |field| move |error: MoneyError| (field, error.to_string());
        let min_notional = scale.atoms(self.min_notional).map_err(money("min_notional")).map_err(lift)?;
        let unit = self.unit(scale).map_err(money("multiplier")).map_err(lift)?;
        Ok(Instrument {
            spec: self.clone(),
            price,
            quantity,
            min_lots: min_lots.max(1),
            max_lots: if max_lots == 0 { i64::MAX } else { max_lots },
            min_notional,
            unit,
            unit_atoms: as_f64(unit),
            unit_f64: scale.to_f64(unit),
            with_fee: Divisor::new(RATE_ONE as u64 + self.taker_fee.0.max(0) as u64),
        })
    }

    fn check_words(&self) -> Result<(), (&'static str, String)> {
        if self.multiplier.mantissa() <= 0 {
            return Err(("multiplier", format!("must be above zero, got {}", self.multiplier)));
        }
        if self.initial_margin <= Rate::ZERO || self.initial_margin > Rate::ONE {
            return Err((
                "initial_margin",
                format!("must be above 0 and at most 1, got {}", self.initial_margin.to_f64()),
            ));
        }
        if self.maintenance_margin < Rate::ZERO || self.maintenance_margin > self.initial_margin {
            let got = self.maintenance_margin.to_f64();
            return Err(("maintenance_margin", format!("must be from 0 to the initial margin, got {got}")));
        }
        let settled = if self.inverse { &self.base } else { &self.quote };
        if self.settlement != *settled {
            let kind = if self.inverse {
                "an inverse contract settles in its base"
            } else {
                "a linear instrument settles in its quote"
            };
            return Err(("settlement", format!("{kind}, {settled}, got {}", self.settlement)));
        }
        Ok(())
    }

    fn unit(&self, scale: Scale) -> Result<Atoms, MoneyError> {
        let mantissas = i128::from(self.lot.mantissa()) * i128::from(self.multiplier.mantissa());
        if self.inverse {
            // One lot is worth lot * multiplier / (ticks * tick): atom-ticks = lot * multiplier / tick in atoms.
            let shift = u32::from(self.tick.scale()) + scale.digits();
            let down = u32::from(self.lot.scale()) + u32::from(self.multiplier.scale());
            let power = 10_i128.checked_pow(shift - down.min(shift)).ok_or(MoneyError::Overflow)?;
            let numerator = mantissas.checked_mul(power).ok_or(MoneyError::Overflow)?;
            return mul_div(numerator, 1, self.tick.mantissa());
        }
        let shift = scale.digits().checked_sub(self.digits()).ok_or(MoneyError::TooFine { digits: self.digits() })?;
        let product = mantissas.checked_mul(i128::from(self.tick.mantissa())).ok_or(MoneyError::Overflow)?;
        product.checked_mul(10_i128.pow(shift)).ok_or(MoneyError::Overflow)
    }
}

impl Instrument {
    /// The description this was bound from.
    #[must_use]
    pub const fn spec(&self) -> &InstrumentSpec {
        &self.spec
    }

    /// The signed worth of `lots` at `ticks` whose change is the profit: for inverse contracts minus lots / price.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    ///
    /// # Panics
    /// When an inverse contract is valued at a price of zero or below.
    #[inline]
    pub fn worth(&self, lots: i64, ticks: i64) -> Result<Atoms, MoneyError> {
        if self.spec.inverse {
            return self.inverse_worth(lots, ticks);
        }
        times(i128::from(lots) * i128::from(ticks), self.unit)
    }

    #[inline(never)]
    fn inverse_worth(&self, lots: i64, ticks: i64) -> Result<Atoms, MoneyError> {
        assert!(ticks > 0, "an inverse contract has a price above zero");
        Ok(-mul_div(times(self.unit, i128::from(lots))?, 1, ticks)?)
    }

    /// The magnitude of [`Instrument::worth`].
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    #[inline]
    pub fn notional(&self, lots: i64, ticks: i64) -> Result<Atoms, MoneyError> {
        Ok(self.worth(lots, ticks)?.abs())
    }

    /// [`Instrument::worth`] as a double, in currency units, for curves.
    #[must_use]
    #[inline]
    pub fn worth_f64(&self, lots: i64, price: f64) -> f64 {
        let ticks = price * self.price.inverse();
        if self.spec.inverse { -(lots as f64) * self.unit_f64 / ticks } else { lots as f64 * ticks * self.unit_f64 }
    }

    /// What [`Instrument::worth`] of `lots` is at a price of one tick, in atoms as a double: linear instruments are worth that
    /// times the price, inverse ones that over the price.
    #[must_use]
    #[inline]
    pub fn worth_at_one(&self, lots: i64) -> f64 {
        let worth = lots as f64 * self.unit_atoms;
        if self.spec.inverse { -worth } else { worth }
    }

    /// The price at which `lots` are worth `worth` atoms, in quote units; NaN for no lots.
    #[must_use]
    pub fn price_of(&self, lots: i64, worth: Atoms) -> f64 {
        if lots == 0 {
            return f64::NAN;
        }
        let scaled = self.unit_atoms * lots as f64;
        let worth = as_f64(worth);
        let ticks = if self.spec.inverse { -scaled / worth } else { worth / scaled };
        ticks / self.price.inverse()
    }

    /// The most that can be bought for `budget` so that its taker fee, rounded, is still covered; 0 when none.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    #[inline]
    pub fn before_fee(&self, budget: Atoms) -> Result<Atoms, MoneyError> {
        // A notional within this has, before rounding, a fee of at most the whole number of atoms that is left; and
        // rounding, which keeps order, does not take it beyond.
        let billion = i128::from(RATE_ONE);
        let (whole, rest) = self.with_fee.divide(budget.max(0));
        let (part, _) = self.with_fee.divide(i128::from(rest) * billion);
        times(whole, billion)?.checked_add(part).ok_or(MoneyError::Overflow)
    }

    /// The most lots whose notional at `ticks` is at most `budget`; 0 when none.
    #[must_use]
    pub fn lots_for(&self, budget: Atoms, ticks: i64) -> i64 {
        if budget <= 0 || ticks <= 0 {
            return 0;
        }
        let ticks = i128::from(ticks);
        let lots = if self.spec.inverse {
            // budget * ticks / unit, floored, without a product beyond 128 bits.
            let (whole, rest) = (budget / self.unit, budget % self.unit);
            whole.saturating_mul(ticks).saturating_add(rest.saturating_mul(ticks) / self.unit)
        } else {
            budget / ticks.saturating_mul(self.unit)
        };
        i64::try_from(lots).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn linear() -> InstrumentSpec {
        serde_json::from_str(
            r#"{"symbol":"BTC-USD","base":"BTC","quote":"USD","settlement":"USD","tick":"0.5","lot":"0.001",
                "maker_fee":"0.0002","taker_fee":"0.0005"}"#,
        )
        .unwrap()
    }

    fn bound(spec: &InstrumentSpec) -> Result<Instrument, InstrumentError> {
        spec.bind(Scale::covering([spec.digits()]).unwrap())
    }

    #[test]
    fn a_linear_notional_is_exact() {
        let btc = bound(&linear()).unwrap();
        // 0.003 BTC at 30,000.5 = 90.0015
        assert_eq!(btc.notional(-3, 60_001).unwrap(), 90_001_500_000_000);
        assert_eq!(btc.lots_for(90_001_500_000_000, 60_001), 3);
        assert_eq!(btc.lots_for(90_001_499_999_999, 60_001), 2);
        assert!((btc.worth_f64(3, 30_000.5) - 90.0015).abs() < 1e-12);
    }

    #[test]
    fn an_inverse_contract_gains_base_currency_when_the_price_rises() {
        let spec = InstrumentSpec {
            inverse: true,
            settlement: "BTC".to_owned(),
            multiplier: "100".parse().unwrap(),
            lot: Decimal::ONE,
            ..linear()
        };
        let btc = bound(&spec).unwrap();
        // 10 contracts of 100 USD: 1000/25000 = 0.04 BTC at 25,000; 0.02 at 50,000.
        assert_eq!(btc.notional(10, 50_000).unwrap(), 40_000_000_000);
        assert_eq!(btc.worth(10, 100_000).unwrap() - btc.worth(10, 50_000).unwrap(), 20_000_000_000);
        assert_eq!(btc.lots_for(40_000_000_000, 50_000), 10);
        assert!((btc.worth_f64(10, 25_000.0) + 0.04).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_hold_together_is_named() {
        let cases: [(&str, InstrumentSpec); 5] = [
            ("tick", InstrumentSpec { tick: Decimal::ZERO, ..linear() }),
            ("min_quantity", InstrumentSpec { min_quantity: "0.0005".parse().unwrap(), ..linear() }),
            ("settlement", InstrumentSpec { settlement: "BTC".to_owned(), ..linear() }),
            ("initial_margin", InstrumentSpec { initial_margin: Rate::ZERO, ..linear() }),
            ("maintenance_margin", InstrumentSpec { maintenance_margin: Rate(2_000_000_000), ..linear() }),
        ];
        for (field, spec) in cases {
            assert_eq!(bound(&spec).unwrap_err().field, field);
        }
    }
}
