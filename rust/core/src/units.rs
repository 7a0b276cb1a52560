//! Decimals, grids and rates: the one place where text and floats become integers.
//!
//! A price is a whole number of ticks, a quantity a whole number of lots. What does not lie on the grid is refused
//! with the value and the grid; nothing is rounded unless the caller asks for a direction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The most digits after the point that a decimal may have.
pub const SCALE_MAX: u8 = 18;

/// 2^53: the first count of steps beyond which a double skips some.
const STEPS_MAX: f64 = 9_007_199_254_740_992.0;

/// 1.5 * 2^52: adding and subtracting it rounds a double below [`SHIFT_MAX`] to a whole number, halves to even.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// 2^51.
const SHIFT_MAX: f64 = 2_251_799_813_685_248.0;

/// Parts per billion: the unit of [`Rate`].
pub const RATE_ONE: i64 = 1_000_000_000;

/// A value that is no number, or no number of the grid.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum UnitError {
    /// Text that is not a plain decimal.
    #[error("`{0}` is not a decimal number")]
    NotDecimal(String),
    /// More digits than fit.
    #[error("`{0}` has more digits than fit (18 after the point, 18 in all)")]
    TooLong(String),
    /// A step of zero or below.
    #[error("a grid's step must be above zero, got {0}")]
    Step(Decimal),
    /// A NaN or an infinity.
    #[error("{value} is not a finite number (grid {step})")]
    NotFinite {
        /// What was given.
        value: f64,
        /// The grid.
        step: Decimal,
    },
    /// A finite value between two grid points.
    #[error("{value} is not on the grid of {step}: the nearest are {below} and {above}")]
    OffGrid {
        /// What was given, as text.
        value: String,
        /// The grid.
        step: Decimal,
        /// The grid point below.
        below: String,
        /// The grid point above.
        above: String,
    },
    /// Too large for 64-bit steps.
    #[error("{value} is too large for the grid of {step}")]
    Overflow {
        /// What was given, as text.
        value: String,
        /// The grid.
        step: Decimal,
    },
}

/// An exact decimal, `mantissa` × 10^-`scale`, without trailing zeros after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// One.
    pub const ONE: Self = Self { mantissa: 1, scale: 0 };
    /// Nought.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// The digits as a whole number.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / power_of_ten_f64(self.scale)
    }

    fn reduced(mut mantissa: i64, mut scale: u8) -> Self {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }
}

/// 10^`scale`, exact as a double up to 22.
fn power_of_ten_f64(scale: u8) -> f64 {
    10_i64.pow(u32::from(scale)) as f64
}

impl FromStr for Decimal {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let bad = || UnitError::NotDecimal(text.to_owned());
        let (significand, exponent) = match text.split_once(['e', 'E']) {
            Some((head, tail)) => (head, tail.parse::<i32>().map_err(|_| bad())?),
            None => (text, 0),
        };
        let unsigned = significand.strip_prefix(['-', '+']).unwrap_or(significand);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let too_long = || UnitError::TooLong(text.to_owned());
        let kept = digits.trim_end_matches('0');
        let mut scale = fraction.len() as i64 - (digits.len() - kept.len()) as i64 - i64::from(exponent);
        let mut mantissa: i64 = if kept.is_empty() { 0 } else { kept.parse().map_err(|_| too_long())? };
        if mantissa == 0 {
            return Ok(Self::ZERO);
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10).ok_or_else(too_long)?;
            scale += 1;
        }
        if scale > i64::from(SCALE_MAX) {
            return Err(too_long());
        }
        let sign = if significand.starts_with('-') { -1 } else { 1 };
        Ok(Self::reduced(sign * mantissa, scale as u8))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_scaled(i128::from(self.mantissa), self.scale))
    }
}

/// `units` × 10^-`scale` in plain digits.
fn format_scaled(units: i128, scale: u8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A ratio in parts per billion: 0.1 % is 1,000,000. Its text form is a decimal (`"0.001"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(pub i64);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(RATE_ONE);

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / RATE_ONE as f64
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let decimal: Decimal = text.parse()?;
        let ppb: Decimal = Decimal { mantissa: 1, scale: 9 };
        Ok(Self(Grid::new(ppb)?.steps_of_decimal(decimal)?))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Decimal::reduced(self.0, 9))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Which neighbour to take for a value between two grid points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
}

/// The multiples of one positive step: an instrument's prices or its quantities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    step: Decimal,
    mantissa: f64,
    power: f64,
    inverse: f64,
}

impl Grid {
    /// The grid of that step.
    ///
    /// # Errors
    /// A step of zero or below.
    pub fn new(step: Decimal) -> Result<Self, UnitError> {
        if step.mantissa <= 0 {
            return Err(UnitError::Step(step));
        }
        let (mantissa, power) = (step.mantissa as f64, power_of_ten_f64(step.scale));
        Ok(Self { step, mantissa, power, inverse: power / mantissa })
    }

    /// The distance between neighbours.
    #[must_use]
    pub const fn step(&self) -> Decimal {
        self.step
    }

    /// The double nearest to `steps` × step: the same bits as parsing its decimal text.
    #[must_use]
    #[inline]
    pub fn value(&self, steps: i64) -> f64 {
        (steps as f64 * self.mantissa) / self.power
    }

    /// Steps in one unit.
    #[must_use]
    #[inline]
    pub const fn inverse(&self) -> f64 {
        self.inverse
    }

    /// The plain decimal text of `steps` × step.
    #[must_use]
    pub fn text(&self, steps: i64) -> String {
        format_scaled(i128::from(steps) * i128::from(self.step.mantissa), self.step.scale)
    }

    /// The steps of a value that lies on the grid, to within four units in the last place of `value`.
    ///
    /// # Errors
    /// NaN, an infinity, a value between two grid points, a value too large.
    #[inline]
    pub fn steps(&self, value: f64) -> Result<i64, UnitError> {
        self.on_grid(value).ok_or_else(|| self.refusal(value))
    }

    /// The steps nearest to a value; of one in the middle those further from zero.
    ///
    /// # Errors
    /// NaN, an infinity, a value too large.
    pub fn nearest(&self, value: f64) -> Result<i64, UnitError> {
        let steps = (value * self.inverse).round();
        if steps.abs() < STEPS_MAX { Ok(steps as i64) } else { Err(self.refusal(value)) }
    }

    #[inline]
    fn on_grid(&self, value: f64) -> Option<i64> {
        let scaled = value * self.inverse;
        let steps = (scaled + SHIFT) - SHIFT;
        if (steps - scaled).abs() <= scaled.abs() * (2.0 * f64::EPSILON) && scaled.abs() < SHIFT_MAX {
            return Some(steps as i64);
        }
        self.near(value)
    }

    /// The exact check, for values that are not within rounding of a whole number of steps at first sight.
    #[cold]
    fn near(&self, value: f64) -> Option<i64> {
        let steps = (value * self.inverse).round_ties_even();
        // Beyond 2^53 steps a double no longer tells neighbours apart; a NaN fails this comparison too.
        if steps.abs() >= STEPS_MAX || steps.is_nan() {
            return None;
        }
        let steps = steps as i64;
        ((self.value(steps) - value).abs() <= value.abs() * (4.0 * f64::EPSILON)).then_some(steps)
    }

    /// The first of `values` that is not on the grid, if any: its index and why.
    #[must_use]
    pub fn first_off_grid(&self, values: &[f64]) -> Option<(usize, UnitError)> {
        const BLOCK: usize = 512;
        for (block, chunk) in values.chunks(BLOCK).enumerate() {
            let mut all_on = true;
            for &value in chunk {
                let scaled = value * self.inverse;
                let steps = (scaled + SHIFT) - SHIFT;
                // Tighter than the exact check, which decides where this one does not accept.
                all_on &= (scaled.abs() < SHIFT_MAX) & ((steps - scaled).abs() <= scaled.abs() * (2.0 * f64::EPSILON));
            }
            if all_on {
                continue;
            }
            for (offset, &value) in chunk.iter().enumerate() {
                if let Err(error) = self.steps(value) {
                    return Some((block * BLOCK + offset, error));
                }
            }
        }
        None
    }

    /// The steps of the grid point at or beside `value`, in the given direction.
    ///
    /// A value within four units in the last place of a grid point is that point.
    ///
    /// # Errors
    /// NaN, an infinity, a value too large.
    pub fn steps_towards(&self, value: f64, rounding: Rounding) -> Result<i64, UnitError> {
        if let Some(steps) = self.on_grid(value) {
            return Ok(steps);
        }
        let scaled = value * self.inverse;
        let steps = match rounding {
            Rounding::Down => scaled.floor(),
            Rounding::Up => scaled.ceil(),
        };
        if steps.abs() < STEPS_MAX { Ok(steps as i64) } else { Err(self.refusal(value)) }
    }

    /// The steps of an exact decimal that lies on the grid.
    ///
    /// # Errors
    /// A value between two grid points, a value too large.
    pub fn steps_of_decimal(&self, value: Decimal) -> Result<i64, UnitError> {
        let overflow = || UnitError::Overflow { value: value.to_string(), step: self.step };
        let scale = value.scale.max(self.step.scale);
        let power = |from: u8| 10_i128.pow(u32::from(scale - from));
        let units = i128::from(value.mantissa) * power(value.scale);
        let step = i128::from(self.step.mantissa) * power(self.step.scale);
        let steps = i64::try_from(units.div_euclid(step)).map_err(|_| overflow())?;
        if units.rem_euclid(step) == 0 { Ok(steps) } else { Err(self.off_grid(value.to_string(), steps)) }
    }

    /// The steps of decimal text that lies on the grid.
    ///
    /// # Errors
    /// Text that is no decimal, a value between two grid points, a value too large.
    pub fn steps_of_text(&self, text: &str) -> Result<i64, UnitError> {
        self.steps_of_decimal(text.parse()?)
    }

    #[cold]
    fn refusal(&self, value: f64) -> UnitError {
        if !value.is_finite() {
            return UnitError::NotFinite { value, step: self.step };
        }
        let below = (value * self.inverse).floor();
        if below.abs() >= STEPS_MAX {
            return UnitError::Overflow { value: value.to_string(), step: self.step };
        }
        self.off_grid(value.to_string(), below as i64)
    }

    fn off_grid(&self, value: String, below: i64) -> UnitError {
        UnitError::OffGrid { value, step: self.step, below: self.text(below), above: self.text(below + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(step: &str) -> Grid {
        Grid::new(step.parse().unwrap()).unwrap()
    }

    #[test]
    fn decimal_text_round_trips() {
        for (text, printed) in [("0.50", "0.5"), ("-12", "-12"), ("1e-8", "0.00000001"), ("2.5E3", "2500"), ("0", "0")]
        {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), printed);
        }
        for bad in ["", ".", "1.2.3", "nan", "1,5", "0x1", "1e", " 1", "99999999999999999999", "1e-30"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }

    #[test]
    fn values_between_have_a_nearest_step() {
        let near = [10.0, 10.1, 10.125, -10.125, 10.2].map(|value| grid("0.25").nearest(value).unwrap());
        assert_eq!(near, [40, 40, 41, -41, 41]);
        assert!(grid("0.25").nearest(f64::NAN).is_err() && grid("0.25").nearest(1e300).is_err());
    }

    #[test]
    fn off_grid_values_name_the_grid_and_its_neighbours() {
        let error = grid("0.25").steps(10.3).unwrap_err().to_string();
        assert_eq!(error, "10.3 is not on the grid of 0.25: the nearest are 10.25 and 10.50");
        assert!(matches!(grid("1").steps(f64::NAN), Err(UnitError::NotFinite { .. })));
        assert!(matches!(grid("1").steps(f64::INFINITY), Err(UnitError::NotFinite { .. })));
        assert!(matches!(grid("1e-8").steps(1e30), Err(UnitError::Overflow { .. })));
        assert!(grid("0.25").steps_of_text("10.3").is_err());
        assert!(Grid::new(Decimal::ZERO).is_err());
    }

    #[test]
    fn a_rate_is_parts_per_billion() {
        assert_eq!("0.001".parse::<Rate>().unwrap(), Rate(1_000_000));
        assert_eq!(serde_json::to_string(&Rate(-250_000)).unwrap(), "\"-0.00025\"");
        assert!("0.0000000001".parse::<Rate>().is_err());
    }

    proptest! {
        #[test]
        fn steps_survive_the_way_through_floats_and_text(steps in -1_000_000_000_000_i64..1_000_000_000_000, pick in 0..4) {
            let grid = grid(["0.01", "0.5", "1e-8", "5"][pick as usize]);
            prop_assert_eq!(grid.steps(grid.value(steps)).unwrap(), steps);
            prop_assert_eq!(grid.steps_of_text(&grid.text(steps)).unwrap(), steps);
            prop_assert_eq!(grid.text(steps).parse::<f64>().unwrap().to_bits(), (grid.value(steps) + 0.0).to_bits());
        }

        #[test]
        fn block_check_and_single_check_agree(values in proptest::collection::vec(-1e6..1e6_f64, 0..40), on in any::<bool>()) {
            let grid = grid("0.01");
            let values: Vec<f64> = if on { values.iter().map(|v| grid.value((v * 100.0) as i64)).collect() } else { values };
            let single = values.iter().position(|&v| grid.steps(v).is_err());
            prop_assert_eq!(grid.first_off_grid(&values).map(|(i, _)| i), single);
        }

        #[test]
        fn directed_rounding_brackets_the_value(value in -1e6..1e6_f64) {
            let grid = grid("0.25");
            let (down, up) = (grid.steps_towards(value, Rounding::Down).unwrap(), grid.steps_towards(value, Rounding::Up).unwrap());
            prop_assert!(grid.value(down) <= value + 1e-9 && value - 1e-9 <= grid.value(up) && up - down <= 1);
        }
    }
}
