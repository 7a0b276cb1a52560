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

    /// An amount as decimal text, without zeros at its end.
    #[must_use]
    pub fn text(self, atoms: Atoms) -> String {
        let (sign, size) = (if atoms < 0 { "-" } else { "" }, atoms.unsigned_abs());
        let one = self.one.unsigned_abs();
        let fraction = format!("{:0width$}", size % one, width = usize::from(self.digits));
        match fraction.trim_end_matches('0') {
            "" => format!("{sign}{}", size / one),
            fraction => format!("{sign}{}.{fraction}", size / one),
        }
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
    Ok(base + i128::from(rounds_up(left as u64, denominator as u64, base)))
}

/// `value` × `numerator` / `denominator` rounded towards minus infinity, and the remainder.
#[inline]
fn floor_mul_div(value: Atoms, numerator: i64, denominator: i64) -> Result<(Atoms, i64), MoneyError> {
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

/// `value` × `factor`, in one step where both fit 64 bits, by way of halves where the factor does.
///
/// # Errors
/// A result beyond 128 bits.
#[inline]
pub fn times(value: Atoms, factor: Atoms) -> Result<Atoms, MoneyError> {
    if let (Ok(value), Ok(factor)) = (i64::try_from(value), i64::try_from(factor)) {
        return Ok(Atoms::from(value) * Atoms::from(factor));
    }
    long_times(value, factor)
}

#[inline(never)]
fn long_times(value: Atoms, factor: Atoms) -> Result<Atoms, MoneyError> {
    match u64::try_from(factor).ok().and_then(|small| product(value.unsigned_abs(), small)) {
        Some(magnitude) => Ok(if value < 0 { -magnitude } else { magnitude }),
        None => value.checked_mul(factor).ok_or(MoneyError::Overflow),
    }
}

/// `rate` of `value`, rounded half to even: [`mul_div`] by parts per billion, several times faster.
///
/// # Errors
/// A result beyond 128 bits.
#[inline]
pub fn rate_of(value: Atoms, rate: Rate) -> Result<Atoms, MoneyError> {
    const BILLION: u64 = RATE_ONE as u64;
    const DIVISOR: Divisor = Divisor::new(BILLION);
    if rate == Rate::ONE {
        return Ok(value);
    }
    // Rounding half to even is the same on both sides of zero, so magnitudes suffice.
    let (amount, parts) = (value.unsigned_abs(), rate.0.unsigned_abs());
    let (floor, left) = match u64::try_from(amount) {
        // The billions and the rest apart: neither product, nor their sum, is beyond 64 bits.
        Ok(amount) if parts <= BILLION => {
            let rest = amount % BILLION * parts;
            (Atoms::from(amount / BILLION * parts + rest / BILLION), rest % BILLION)
        }
        _ => match product(amount, parts) {
            Some(product) => DIVISOR.divide(product),
            None => return mul_div(value, rate.0, RATE_ONE),
        },
    };
    let magnitude = floor + Atoms::from(rounds_up(left, BILLION, floor));
    Ok(if (value < 0) == (rate.0 < 0) { magnitude } else { -magnitude })
}

/// Whether `floor` and a remainder are rounded up, half to even; without a jump, which nobody could foresee.
#[inline]
fn rounds_up(left: u64, denominator: u64, floor: Atoms) -> bool {
    let (above, below) = (left, denominator - left);
    (above > below) | ((above == below) & (floor % 2 != 0))
}

/// A product of magnitudes that an amount of money can have.
#[inline]
fn product(value: u128, factor: u64) -> Option<Atoms> {
    let low = u128::from(value as u64) * u128::from(factor);
    let high = (value >> 64) * u128::from(factor) + (low >> 64);
    Some((Atoms::from(i64::try_from(high).ok()?) << 64) | Atoms::from(low as u64))
}

/// A number above one by which amounts are divided often: its reciprocal makes that a few multiplications.
///
/// With `reciprocal` = ceil(2^(128 + `shift`) / `value`) and 2^`shift` < `value` <= 2^(`shift` + 1) the quotient of
/// every amount below 2^127 is exact. Source: T. Granlund, P. L. Montgomery, "Division by Invariant Integers using
/// Multiplication" (1994), theorem 4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divisor {
    value: u64,
    reciprocal: u128,
    shift: u32,
}

impl Divisor {
    /// The divisor of that value.
    ///
    /// # Panics
    /// When it is not above one.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        assert!(value > 1, "a divisor is above one");
        let shift = (value - 1).ilog2();
        // In two digits of 64 bits.
        let (wide, top) = (value as u128, 1 << (64 + shift));
        let (first, rest) = (top / wide, (top % wide) << 64);
        let reciprocal = (first << 64) + rest.div_ceil(wide);
        Self { value, reciprocal, shift }
    }

    /// Quotient and remainder of an amount of at least zero.
    #[must_use]
    #[inline]
    pub fn divide(self, amount: Atoms) -> (Atoms, u64) {
        debug_assert!(amount >= 0, "only magnitudes are divided");
        let quotient = high_half(amount as u128, self.reciprocal) >> self.shift;
        let left = (amount as u64).wrapping_sub((quotient as u64).wrapping_mul(self.value));
        (quotient as Atoms, left)
    }
}

/// The upper 128 bits of a product of 256.
#[inline]
const fn high_half(one: u128, other: u128) -> u128 {
    const fn halves(value: u128) -> (u128, u128) {
        (value >> 64, value as u64 as u128)
    }
    let ((a, b), (c, d)) = (halves(one), halves(other));
    let ((high, low), (more, less)) = (halves(a * d), halves(b * c));
    let carried = (low + less + ((b * d) >> 64)) >> 64;
    // The whole product fits 256 bits, so nothing wraps.
    (a * c).wrapping_add(high).wrapping_add(more).wrapping_add(carried)
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
        assert_eq!([500, 1_500, 2_500].map(|atoms| rate_of(atoms, Rate(-1_000_000)).unwrap()), [0, -2, -2]);
    }

    #[test]
    fn amounts_are_told_to_the_atom() {
        let scale = Scale::covering([2]).unwrap();
        let texts = [0, 1, -1, 1_500_000_000_000, -200_000_000_000_000].map(|atoms| scale.text(atoms));
        assert_eq!(texts, ["0", "0.000000000001", "-0.000000000001", "1.5", "-200"]);
        assert_eq!(scale.atoms(texts[3].parse().unwrap()), Ok(1_500_000_000_000));
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
        fn the_fast_product_is_the_plain_one(high in any::<i64>(), low in any::<u64>(), shift in 0..127_u32, factor in any::<i128>(), narrow in 0..127_u32) {
            let (value, factor) = (((i128::from(high) << 64) | i128::from(low)) >> shift, factor >> narrow);
            prop_assert_eq!(times(value, factor), value.checked_mul(factor).ok_or(MoneyError::Overflow));
        }

        #[test]
        fn a_reciprocal_divides_exactly(amount in 0..=i128::MAX, shift in 0..127_u32, value in 2..=u64::MAX, narrow in 0..63_u32, off in -2..=2_i128) {
            let value = (value >> narrow).max(2);
            let (wide, divisor) = (i128::from(value), Divisor::new(value));
            // Beside a multiple, where a quotient would first be off.
            for amount in [amount >> shift, i128::MAX, ((amount >> shift) / wide * wide + off).max(0)] {
                prop_assert_eq!(divisor.divide(amount), (amount / wide, (amount % wide) as u64));
            }
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
