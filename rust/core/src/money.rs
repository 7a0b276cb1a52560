//! Cash as exact integers: atoms of the account's currency, and the one rounding rule.
//!
//! An account chooses atoms so fine that price × quantity of every instrument it holds is a whole number of them
//! ([`Scale::covering`]); a linear notional is therefore never rounded. What can still fall between two atoms (a fee,
//! a funding payment, interest, an inverse contract's value, a share of a cost) is rounded once, half to even, by
//! [`mul_div`].

use thiserror::Error;

use crate::units::{Decimal, RATE_ONE, Rate};

/// Whole atoms of the account's currency.
pub type Atoms = i128;

/// The fewest digits after the point that an account keeps.
pub const SCALE_MIN: u8 = 12;
/// The most digits after the point that an account keeps: a quintillion still fits.
pub const SCALE_LIMIT: u8 = 24;

/// Money that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Tick × lot × multiplier is finer than an account can count.
    #[error("tick, lot and multiplier together have {digits} digits after the point; an account counts {SCALE_LIMIT}")]
    TooFine {
        /// The digits needed.
        digits: u32,
    },
    /// A value beyond 128 bits.
    #[error("an amount of money is too large to count")]
    Overflow,
}

/// How many digits after the point an account's atoms have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    digits: u8,
    one: Atoms,
    one_f64: f64,
}

impl Scale {
    /// The scale at which all of `digits` (one entry an instrument) are whole, but no coarser than [`SCALE_MIN`].
    ///
    /// # Errors
    /// More digits than [`SCALE_LIMIT`].
    pub fn covering(digits: impl IntoIterator<Item = u32>) -> Result<Self, MoneyError> {
        let digits = digits.into_iter().max().unwrap_or(0).max(u32::from(SCALE_MIN));
        if digits > u32::from(SCALE_LIMIT) {
            return Err(MoneyError::TooFine { digits });
        }
        let one = 10_i128.pow(digits);
        Ok(Self { digits: digits as u8, one, one_f64: one as f64 })
    }

    /// The digits after the point.
    #[must_use]
    pub const fn digits(self) -> u32 {
        self.digits as u32
    }

    /// Atoms in one unit of the currency.
    #[must_use]
    pub const fn one(self) -> Atoms {
        self.one
    }

    /// A decimal amount in atoms.
    ///
    /// # Errors
    /// Digits finer than the atom, or an amount beyond 128 bits.
    pub fn atoms(self, amount: Decimal) -> Result<Atoms, MoneyError> {
        let Some(shift) = self.digits.checked_sub(amount.scale()) else {
            return Err(MoneyError::TooFine { digits: u32::from(amount.scale()) });
        };
        let power = 10_i128.pow(u32::from(shift));
        i128::from(amount.mantissa()).checked_mul(power).ok_or(MoneyError::Overflow)
    }

    /// An amount as a double, for curves and reports: the nearest one, or its neighbour beyond 64 bits.
    #[must_use]
    #[inline]
    pub fn to_f64(self, atoms: Atoms) -> f64 {
        as_f64(atoms) / self.one_f64
    }
}

/// Atoms as a double: the nearest one, or its neighbour beyond 64 bits.
#[must_use]
#[inline]
pub fn as_f64(atoms: Atoms) -> f64 {
    const HIGH: f64 = 18_446_744_073_709_551_616.0;
    // In halves: the conversion of 128 bits at once is a call.
    match i64::try_from(atoms) {
        Ok(small) => small as f64,
        Err(_) => ((atoms >> 64) as i64) as f64 * HIGH + (atoms as u64) as f64,
    }
}

/// `value` × `numerator` / `denominator`, rounded half to even, without overflow between.
///
/// # Errors
/// A result beyond 128 bits.
///
/// # Panics
/// When `denominator` is not above zero.
#[inline]
pub fn mul_div(value: Atoms, numerator: i64, denominator: i64) -> Result<Atoms, MoneyError> {
    let (base, left) = floor_mul_div(value, numerator, denominator)?;
    let half = left.cmp(&(denominator - left));
    let up = half.is_gt() || (half.is_eq() && base % 2 != 0);
    Ok(base + i128::from(up))
}

/// `value` × `numerator` / `denominator` rounded towards minus infinity, and the remainder.
///
/// # Errors
/// A result beyond 128 bits.
///
/// # Panics
/// When `denominator` is not above zero.
#[inline]
pub fn floor_mul_div(value: Atoms, numerator: i64, denominator: i64) -> Result<(Atoms, i64), MoneyError> {
    assert!(denominator > 0, "a denominator is above zero");
    // value = whole * denominator + rest, so the product with the rest stays within 127 bits. A small value is all rest.
    let whole = if i64::try_from(value).is_ok() { 0 } else { value / i128::from(denominator) };
    let product = (value - whole * i128::from(denominator)) * i128::from(numerator);
    let (mut floor, mut left) = divide(product, denominator);
    if left < 0 {
        (floor, left) = (floor - 1, left + denominator);
    }
    let base =
        whole.checked_mul(i128::from(numerator)).and_then(|w| w.checked_add(floor)).ok_or(MoneyError::Overflow)?;
    Ok((base, left))
}

/// Quotient and remainder, towards zero; in 64 bits where they suffice, which is several times faster.
#[inline]
fn divide(value: Atoms, denominator: i64) -> (Atoms, i64) {
    match i64::try_from(value) {
        Ok(small) => (i128::from(small / denominator), small % denominator),
        Err(_) => {
            let quotient = value / i128::from(denominator);
            (quotient, (value - quotient * i128::from(denominator)) as i64)
        }
    }
}

/// `rate` of `value`, rounded half to even: [`mul_div`] by parts per billion, several times faster.
///
/// # Errors
/// A result beyond 128 bits.
#[inline]
pub fn rate_of(value: Atoms, rate: Rate) -> Result<Atoms, MoneyError> {
    /// Rates below this times a remainder fit 64 bits.
    const RATE_MAX: u64 = 1 << 33;
    const ONE: u64 = RATE_ONE as u64;
    let times = rate.0.unsigned_abs();
    if rate == Rate::ONE {
        return Ok(value);
    }
    if times >= RATE_MAX {
        return mul_div(value, rate.0, RATE_ONE);
    }
    // Rounding half to even is the same on both sides of zero, so magnitudes suffice.
    let (whole, rest) = billions(value.unsigned_abs());
    let (floor, left) = (rest * times / ONE, rest * times % ONE);
    let base = whole.checked_mul(u128::from(times)).ok_or(MoneyError::Overflow)? + u128::from(floor);
    let up = 2 * left > ONE || (2 * left == ONE && base % 2 != 0);
    let magnitude = i128::try_from(base + u128::from(up)).map_err(|_| MoneyError::Overflow)?;
    Ok(if (value < 0) == (rate.0 < 0) { magnitude } else { -magnitude })
}

/// Quotient and remainder by [`RATE_ONE`], 32 bits at a time: a division by a constant is a multiplication.
#[inline]
fn billions(value: u128) -> (u128, u64) {
    const ONE: u64 = RATE_ONE as u64;
    if let Ok(small) = u64::try_from(value) {
        return (u128::from(small / ONE), small % ONE);
    }
    let (mut quotient, mut rest) = (0_u128, (value >> 96) as u64);
    if rest >= ONE {
        (quotient, rest) = (u128::from(rest / ONE), rest % ONE);
    }
    for shift in [64, 32, 0] {
        let digits = (rest << 32) | u64::from((value >> shift) as u32);
        quotient = (quotient << 32) | u128::from(digits / ONE);
        rest = digits % ONE;
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_to_the_even_atom() {
        assert_eq!(mul_div(5, 1, 2), Ok(2));
        assert_eq!(mul_div(7, 1, 2), Ok(4));
        assert_eq!(mul_div(-5, 1, 2), Ok(-2));
        assert_eq!(mul_div(-7, 1, 2), Ok(-4));
        assert_eq!(mul_div(i128::MAX, 3, 1), Err(MoneyError::Overflow));
        assert_eq!(rate_of(1_000_000_000_000, Rate(1_000_000)), Ok(1_000_000_000));
    }

    #[test]
    fn a_scale_covers_the_finest_grid_or_says_why_not() {
        assert_eq!(Scale::covering([3, 7]).unwrap().digits(), u32::from(SCALE_MIN));
        assert_eq!(Scale::covering([22]).unwrap().one(), 10_i128.pow(22));
        assert!(matches!(Scale::covering([25]), Err(MoneyError::TooFine { digits: 25 })));
    }

    proptest! {
        #[test]
        fn a_double_is_the_nearest_or_its_neighbour(high in any::<i64>(), low in any::<u64>(), shift in 0..100_u32) {
            let atoms = ((i128::from(high) << 64) | i128::from(low)) >> shift;
            let places = as_f64(atoms).to_bits().abs_diff((atoms as f64).to_bits());
            prop_assert!(places <= 1, "{} is {} places off", as_f64(atoms), places);
        }

        #[test]
        fn the_fast_rate_is_the_plain_one(high in any::<i64>(), shift in 0..60_u32, rate in any::<i64>(), narrow in 0..63_u32) {
            let (value, rate) = ((i128::from(high) << 62) >> shift, Rate(rate >> narrow));
            prop_assert_eq!(rate_of(value, rate), mul_div(value, rate.0, RATE_ONE));
        }

        #[test]
        fn mul_div_is_the_nearest_whole(value in -1_000_000_000_000_i128..1_000_000_000_000, n in -5_000_000_000_i64..5_000_000_000, d in 1_i64..5_000_000_000) {
            let got = mul_div(value, n, d).unwrap();
            let distance = (got * i128::from(d) - value * i128::from(n)).abs();
            prop_assert!(2 * distance <= i128::from(d));
            if 2 * distance == i128::from(d) { prop_assert_eq!(got % 2, 0); }
        }
    }
}
