//! Carry: funding and interest, charged on the notional held at given times.

use crate::spec::{CarrySpec, SpecError};
use tradenode_core::units::Rate;

/// The charges that fall due in a span of time, oldest first.
#[derive(Debug, Clone)]
pub enum Carry<'a> {
    /// Nothing is charged.
    None,
    /// The same rate at every multiple of a time.
    Constant(CarrySpec),
    /// Recorded rates: times in ns, ascending, each with its rate; and how many are past.
    Recorded {
        /// When each rate was charged.
        ts: &'a [i64],
        /// The rates.
        rates: &'a [f64],
        /// The first not yet charged.
        next: usize,
    },
}

impl<'a> Carry<'a> {
    /// Charges of a constant rate.
    ///
    /// # Errors
    /// A time between charges of zero or below.
    pub fn constant(key: &'static str, spec: Option<CarrySpec>) -> Result<Self, SpecError> {
        match spec {
            None => Ok(Self::None),
            Some(spec) if spec.every_ns <= 0 => Err(SpecError::range(key, "above 0", spec.every_ns as f64)),
            Some(spec) => Ok(Self::Constant(spec)),
        }
    }

    /// Recorded charges.
    ///
    /// # Errors
    /// Columns of different length, times not ascending, a rate that is not finite.
    pub fn recorded(ts: &'a [i64], rates: &'a [f64]) -> Result<Self, SpecError> {
        if ts.len() != rates.len() {
            return Err(SpecError::Funding(format!("{} times but {} rates", ts.len(), rates.len())));
        }
        if let Some(row) = ts.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(SpecError::Funding(format!("row {}: times must ascend", row + 1)));
        }
        if let Some(row) = rates.iter().position(|rate| !rate.is_finite()) {
            return Err(SpecError::Funding(format!("row {row}: the rate is {}", rates[row])));
        }
        Ok(Self::Recorded { ts, rates, next: 0 })
    }

    /// The rates that fall due after `from` and up to `to`, added up.
    #[inline]
    pub fn due(&mut self, from: i64, to: i64) -> Option<Rate> {
        match self {
            Self::None => None,
            Self::Constant(spec) => {
                let times = to.div_euclid(spec.every_ns) - from.div_euclid(spec.every_ns);
                (times > 0).then(|| Rate(spec.rate.0.saturating_mul(times)))
            }
            Self::Recorded { ts, rates, next } => {
                let mut sum = 0.0;
                let first = *next;
                while *next < ts.len() && ts[*next] <= to {
                    if ts[*next] > from {
                        sum += rates[*next];
                    }
                    *next += 1;
                }
                (*next > first && sum != 0.0).then(|| Rate((sum * Rate::ONE.0 as f64).round() as i64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_charge_falls_due_at_the_multiples_of_its_time() {
        let mut carry = Carry::constant("x", Some(CarrySpec { rate: Rate(5), every_ns: 100 })).unwrap();
        assert_eq!(carry.due(0, 99), None);
        assert_eq!(carry.due(99, 100), Some(Rate(5)));
        assert_eq!(carry.due(100, 350), Some(Rate(10)));
        assert!(Carry::constant("x", Some(CarrySpec { rate: Rate(5), every_ns: 0 })).is_err());
    }

    #[test]
    fn recorded_charges_before_the_span_are_skipped() {
        let (ts, rates) = ([10, 20, 30, 40], [0.1, 0.2, 0.3, 0.4]);
        let mut carry = Carry::recorded(&ts, &rates).unwrap();
        assert_eq!(carry.due(15, 30), Some(Rate(500_000_000)));
        assert_eq!(carry.due(30, 39), None);
        assert_eq!(carry.due(39, 99), Some(Rate(400_000_000)));
        assert!(Carry::recorded(&[2, 1], &[0.0, 0.0]).is_err());
        assert!(Carry::recorded(&[1], &[f64::NAN]).is_err());
    }
}
