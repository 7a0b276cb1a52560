//! From a size description to lots.

use super::SizeSpec;
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, Scale, rate_of};
use crate::orders::Side;
use crate::units::{Decimal, Grid, RATE_ONE, Rate, UnitError};

/// Results of the trades closed so far, for Kelly's fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TradeRecord {
    /// Closed trades.
    pub trades: u32,
    /// Those with a profit after costs.
    pub wins: u32,
    /// The sum of their returns on notional.
    pub won: f64,
    /// The sum of the other trades' losses on notional, above zero.
    pub lost: f64,
}

impl TradeRecord {
    /// Takes note of a closed trade's return on its entry notional.
    pub fn note(&mut self, result: f64) {
        self.trades += 1;
        if result > 0.0 {
            self.wins += 1;
            self.won += result;
        } else {
            self.lost -= result;
        }
    }

    /// Kelly's fraction `W - (1 - W) / R`, R being the mean win over the mean loss; 1 when nothing was ever lost.
    ///
    /// Source: J. L. Kelly, "A New Interpretation of Information Rate" (1956), in the form for unequal bets.
    #[must_use]
    pub fn kelly(&self) -> f64 {
        let losses = self.trades - self.wins;
        if self.wins == 0 {
            return 0.0;
        }
        if self.lost <= 0.0 {
            return 1.0;
        }
        let win_rate = f64::from(self.wins) / f64::from(self.trades);
        let payoff = (self.won / f64::from(self.wins)) / (self.lost / f64::from(losses));
        win_rate - (1.0 - win_rate) / payoff
    }
}

/// What a size may depend on at the moment of the order.
#[derive(Debug, Clone, Copy)]
pub struct SizeInput<'a> {
    /// The instrument.
    pub instrument: &'a Instrument,
    /// The way the order trades.
    pub side: Side,
    /// The account's atoms.
    pub scale: Scale,
    /// Equity in atoms.
    pub equity: Atoms,
    /// The price the order is expected to fill at, in ticks, above zero.
    pub price: i64,
    /// How far the stop is from that price, in quote units; NaN without one.
    pub stop_distance: f64,
    /// The closed trades.
    pub record: TradeRecord,
}

impl SizeSpec {
    /// The lots of an order, rounded down; 0 when it is smaller than one lot.
    ///
    /// # Errors
    /// A quantity that is too large for the grid, or money beyond 128 bits.
    pub fn lots(&self, input: &SizeInput<'_>) -> Result<i64, SizeError> {
        let equity = input.equity.max(0);
        match self {
            Self::FixedQuantity { quantity } => Ok(floor_lots(&input.instrument.quantity, *quantity)?),
            Self::FixedNotional { notional } => {
                Ok(input.instrument.lots_for(input.scale.atoms(*notional)?, input.price))
            }
            Self::EquityFraction { fraction } => Ok(fraction_lots(input, rate_of(equity, *fraction)?)?),
            Self::RiskPerTrade { risk } => Ok(risk_lots(input, rate_of(equity, *risk)?)),
            Self::Kelly { fraction, min_trades, initial, cap } => {
                let part = if input.record.trades < *min_trades {
                    *initial
                } else {
                    let wanted = input.record.kelly() * fraction.to_f64();
                    Rate((wanted.clamp(0.0, cap.to_f64()) * RATE_ONE as f64).floor() as i64)
                };
                Ok(fraction_lots(input, rate_of(equity, part.min(*cap))?)?)
            }
        }
    }
}

/// A size that cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// The quantity does not fit the grid.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// The money cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

fn floor_lots(grid: &Grid, quantity: Decimal) -> Result<i64, UnitError> {
    match grid.steps_of_decimal(quantity) {
        Err(UnitError::OffGrid { .. }) => Ok((quantity.to_f64() * grid.inverse()).floor() as i64),
        other => other,
    }
}

/// The most lots whose notional and taker fee together are within the budget.
fn fraction_lots(input: &SizeInput<'_>, budget: Atoms) -> Result<i64, MoneyError> {
    Ok(input.instrument.lots_for(input.instrument.before_fee(budget)?, input.price))
}

/// The most lots that lose at most `budget` when the stop is hit, taker fees of both sides included.
fn risk_lots(input: &SizeInput<'_>, budget: Atoms) -> i64 {
    let price = input.instrument.price.value(input.price);
    let distance = input.stop_distance;
    if !(distance > 0.0 && distance < price) {
        return 0;
    }
    let fee = input.instrument.spec().taker_fee.to_f64();
    let one_lot = |price: f64| input.instrument.worth_f64(1, price);
    let stop = price - input.side.sign() as f64 * distance;
    let loss = (one_lot(price) - one_lot(stop)).abs();
    let fees = fee * (one_lot(price).abs() + one_lot(stop).abs());
    // What was rounded on the way, most of it in the difference, must not take a whole lot off what comes out even.
    let rounded = 8.0 * f64::EPSILON * (1.0 + price / distance);
    let lots = input.scale.to_f64(budget) / (loss + fees) * (1.0 + rounded);
    if lots.is_finite() { lots.floor().min(i64::MAX as f64) as i64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::InstrumentSpec;

    fn lots(size: &SizeSpec, record: TradeRecord, stop_distance: f64) -> i64 {
        lots_of(size, Side::Buy, record, stop_distance)
    }

    fn lots_of(size: &SizeSpec, side: Side, record: TradeRecord, stop_distance: f64) -> i64 {
        let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"1","lot":"0.001",
            "maker_fee":"0","taker_fee":"0.001"}"#;
        let spec: InstrumentSpec = serde_json::from_str(text).unwrap();
        let scale = Scale::covering([spec.digits()]).unwrap();
        let instrument = spec.bind(scale).unwrap();
        let equity = 10_000 * scale.one();
        let input = SizeInput { instrument: &instrument, side, scale, equity, price: 100, stop_distance, record };
        size.lots(&input).unwrap()
    }

    #[test]
    fn sizes_worked_by_hand() {
        let none = TradeRecord::default();
        let nan = f64::NAN;
        assert_eq!(lots(&SizeSpec::FixedQuantity { quantity: "1.2345".parse().unwrap() }, none, nan), 1_234);
        assert_eq!(lots(&SizeSpec::FixedNotional { notional: "250".parse().unwrap() }, none, nan), 2_500);
        // 10,000 / (100 * 1.001) = 99.9000999
        assert_eq!(lots(&SizeSpec::EquityFraction { fraction: Rate::ONE }, none, nan), 99_900);
        // 1 % of 10,000 lost over 5 a unit, with fees of 0.1 and 0.095: 100 / 5.195 = 19.2492...
        assert_eq!(lots(&SizeSpec::RiskPerTrade { risk: Rate(10_000_000) }, none, 5.0), 19_249);
        assert_eq!(lots(&SizeSpec::RiskPerTrade { risk: Rate(10_000_000) }, none, nan), 0);
        // 640 / (8 + 0.1 + 0.092) is 78.125 exactly, and a little less in doubles.
        assert_eq!(lots(&SizeSpec::RiskPerTrade { risk: Rate(64_000_000) }, none, 8.0), 78_125);
        // A short is stopped out above: the fees are 0.1 and 0.105, 100 / 5.205 = 19.2122...
        let short = lots_of(&SizeSpec::RiskPerTrade { risk: Rate(10_000_000) }, Side::Sell, none, 5.0);
        assert_eq!(short, 19_212);
    }

    #[test]
    fn kelly_waits_for_its_sample_and_keeps_its_cap() {
        let kelly = SizeSpec::Kelly {
            fraction: Rate(500_000_000),
            min_trades: 4,
            initial: Rate(100_000_000),
            cap: Rate(250_000_000),
        };
        let mut record = TradeRecord::default();
        for result in [0.02, 0.02, -0.01] {
            record.note(result);
        }
        let tenth = lots(&SizeSpec::EquityFraction { fraction: Rate(100_000_000) }, record, f64::NAN);
        assert_eq!(lots(&kelly, record, f64::NAN), tenth);
        record.note(-0.01);
        // W = 1/2, R = 2: 1/2 - 1/4 = 1/4; half of it is 1/8.
        assert!((record.kelly() - 0.25).abs() < 1e-12);
        let eighth = lots(&SizeSpec::EquityFraction { fraction: Rate(125_000_000) }, record, f64::NAN);
        assert_eq!(lots(&kelly, record, f64::NAN), eighth);
        record.note(1.0);
        let quarter = lots(&SizeSpec::EquityFraction { fraction: Rate(250_000_000) }, record, f64::NAN);
        assert_eq!(lots(&kelly, record, f64::NAN), quarter);
    }
}
