//! A venue's checksum of a book's best levels: CRC-32 over the numbers as the venue writes them.
//!
//! A book keeps no text. A venue writes all prices of an instrument alike, so that steps and the number of decimals give
//! the text back: OKX drops zeros at the end, Kraken never does.

use crc32fast::Hasher;
use thiserror::Error;

use super::{Book, Level};
use crate::orders::Side;
use crate::units::Decimal;

/// How a venue makes its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumRule {
    /// OKX: the best 25 levels, a bid and an ask in turn, price and size, all joined by colons; a side that has run out is
    /// skipped. A signed number; 0 means that there is none.
    Okx,
    /// Kraken (WebSocket version 1): the best 10 asks and then the best 10 bids, price and size without the point and
    /// without zeros at the front. The book must have been cut to the subscribed depth ([`Book::truncate`]).
    Kraken,
}

/// Why numbers cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChecksumError {
    /// The step has digits that the text would not show.
    #[error("{decimals} decimals do not show a step of {step}")]
    Decimals {
        /// The step.
        step: Decimal,
        /// The decimals.
        decimals: u8,
    },
    /// A step of nothing or less, or one that is too large at so many decimals.
    #[error("a step of {step} cannot be counted at {decimals} decimals")]
    Step {
        /// The step.
        step: Decimal,
        /// The decimals.
        decimals: u8,
    },
}

/// How steps become text: one step is `unit` in the last of `decimals` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberText {
    unit: u64,
    decimals: u8,
}

impl NumberText {
    /// Numbers of this step with so many decimals.
    ///
    /// # Errors
    /// Fewer decimals than the step has; a step that is not above zero, or beyond 64 bits at so many decimals.
    pub fn new(step: Decimal, decimals: u8) -> Result<Self, ChecksumError> {
        let more = decimals.checked_sub(step.scale()).ok_or(ChecksumError::Decimals { step, decimals })?;
        let unit = u64::try_from(step.mantissa()).ok().filter(|unit| *unit > 0);
        let unit = unit.zip(10_u64.checked_pow(u32::from(more))).and_then(|(unit, power)| unit.checked_mul(power));
        Ok(Self { unit: unit.ok_or(ChecksumError::Step { step, decimals })?, decimals })
    }
}

/// Whether a book is the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumVerdict {
    /// The venue gave none.
    Absent,
    /// Both are alike.
    Match,
    /// They differ: the book is not the venue's and is stale until the next snapshot.
    Mismatch {
        /// The venue's.
        given: i64,
        /// The book's.
        computed: i64,
    },
}

/// The checksum of one instrument's book.
#[derive(Debug, Clone, Copy)]
pub struct Checksum {
    /// Whose.
    pub rule: ChecksumRule,
    /// How prices are written.
    pub price: NumberText,
    /// How sizes are written.
    pub size: NumberText,
}

impl Checksum {
    const OKX_LEVELS: usize = 25;
    const KRAKEN_LEVELS: usize = 10;

    /// The checksum of a book.
    #[must_use]
    pub fn compute<const BLOCKS: usize>(&self, book: &Book<BLOCKS>) -> i64 {
        let mut text = Text::new();
        match self.rule {
            ChecksumRule::Okx => {
                let (mut bids, mut asks) = (book.levels(Side::Buy), book.levels(Side::Sell));
                for _ in 0..Self::OKX_LEVELS {
                    for level in [bids.next(), asks.next()].into_iter().flatten() {
                        self.write_okx(level, &mut text);
                    }
                }
                i64::from(text.finish().cast_signed())
            }
            ChecksumRule::Kraken => {
                for side in [Side::Sell, Side::Buy] {
                    for level in book.levels(side).take(Self::KRAKEN_LEVELS) {
                        text.number(level.price, self.price, 0);
                        text.number(level.size, self.size, 0);
                    }
                }
                i64::from(text.finish())
            }
        }
    }

    /// Compares a book with what the venue gave.
    #[must_use]
    pub fn verify<const BLOCKS: usize>(&self, book: &Book<BLOCKS>, given: Option<i64>) -> ChecksumVerdict {
        let given = given.filter(|given| self.rule != ChecksumRule::Okx || *given != 0);
        let Some(given) = given else { return ChecksumVerdict::Absent };
        let computed = self.compute(book);
        if computed == given { ChecksumVerdict::Match } else { ChecksumVerdict::Mismatch { given, computed } }
    }

    fn write_okx(&self, level: Level, text: &mut Text) {
        for (steps, form) in [(level.price, self.price), (level.size, self.size)] {
            if !text.empty {
                text.write(b":");
            }
            text.number(steps, form, form.decimals);
        }
    }
}

/// The digits of the largest number: 64 bits of steps times 64 bits of unit.
const DIGITS: usize = 39;
/// The room of one number with colon, sign and point.
const NUMBER_ROOM: usize = DIGITS + 3;

/// What has been written and not yet hashed.
struct Text {
    hasher: Hasher,
    bytes: [u8; 1024],
    length: usize,
    empty: bool,
}

impl Text {
    fn new() -> Self {
        Self { hasher: Hasher::new(), bytes: [0; 1024], length: 0, empty: true }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
        self.empty = false;
    }

    /// Writes a number without zeros at the front; the last `decimals` digits go behind a point, without zeros at the
    /// end.
    fn number(&mut self, steps: i64, form: NumberText, decimals: u8) {
        if self.length + NUMBER_ROOM > self.bytes.len() {
            self.hasher.update(&self.bytes[..self.length]);
            self.length = 0;
        }
        if steps < 0 {
            self.write(b"-");
        }
        let mut digits = [b'0'; DIGITS];
        let point = DIGITS - usize::from(decimals);
        let first = fill(&mut digits, u128::from(steps.unsigned_abs()) * u128::from(form.unit)).min(point - 1);
        self.write(&digits[first..point]);
        let fraction = digits[point..].iter().rposition(|digit| *digit != b'0');
        if let Some(last) = fraction {
            self.write(b".");
            self.write(&digits[point..=point + last]);
        }
    }

    fn finish(mut self) -> u32 {
        self.hasher.update(&self.bytes[..self.length]);
        self.hasher.finalize()
    }
}

/// Writes the digits of a number at the end of an array of zeros; returns where they begin.
fn fill(digits: &mut [u8; DIGITS], value: u128) -> usize {
    // 64 bits are divided faster than 128, and almost every number fits.
    let (mut place, mut rest, mut high) = (DIGITS, value as u64, 0);
    if value > u128::from(u64::MAX) {
        (rest, high) = ((value % TEN_18) as u64, value / TEN_18);
    }
    while rest > 0 {
        place -= 1;
        digits[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if high > 0 {
        place = DIGITS - 18;
    }
    while high > 0 {
        place -= 1;
        digits[place] = b'0' + (high % 10) as u8;
        high /= 10;
    }
    place
}

const TEN_18: u128 = 1_000_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn form(step: &str, decimals: u8) -> NumberText {
        NumberText::new(step.parse().unwrap(), decimals).unwrap()
    }

    fn written(steps: i64, form: NumberText, decimals: u8) -> String {
        let mut text = Text::new();
        text.number(steps, form, decimals);
        String::from_utf8(text.bytes[..text.length].to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_venues_write_them() {
        let tenths = form("0.1", 1);
        assert_eq!(written(302_494, tenths, 1), "30249.4");
        assert_eq!(written(302_610, tenths, 1), "30261");
        assert_eq!(written(5, form("0.0001", 4), 4), "0.0005");
        assert_eq!(written(-25, tenths, 1), "-2.5");
        assert_eq!(written(7, form("0.5", 1), 1), "3.5");
        assert_eq!(written(35_415, form("0.01", 8), 0), "35415000000");
        assert_eq!(written(1_000, form("10", 0), 0), "10000");
    }

    #[test]
    fn the_largest_numbers_are_written_whole() {
        let form = NumberText { unit: u64::MAX, decimals: 3 };
        let expected = (u128::from(u64::MAX) * u128::from(i64::MAX as u64)).to_string();
        let (whole, fraction) = expected.split_at(expected.len() - 3);
        assert_eq!(written(i64::MAX, form, 3), format!("{whole}.{fraction}"));
        let round = NumberText { unit: 10_u64.pow(19), decimals: 0 };
        assert_eq!(written(10_i64.pow(18), round, 0), format!("1{}", "0".repeat(37)));
        assert_eq!(written(i64::MIN, form, 0).len(), 1 + 39);
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let error = NumberText::new("0.001".parse().unwrap(), 2).unwrap_err();
        assert_eq!(error.to_string(), "2 decimals do not show a step of 0.001");
        let error = NumberText::new(Decimal::ZERO, 2).unwrap_err();
        assert_eq!(error.to_string(), "a step of 0 cannot be counted at 2 decimals");
        assert!(NumberText::new("1000".parse().unwrap(), 18).is_err());
    }

    fn check(rule: ChecksumRule) -> Checksum {
        Checksum { rule, price: form("0.1", 1), size: form("1", 0) }
    }

    #[test]
    fn okx_takes_turns_and_skips_a_side_that_has_run_out() {
        let mut book: Book = Book::new();
        book.set(Side::Buy, 33_661, 7);
        for (price, size) in [(33_668, 9), (33_680, 8), (33_720, 8)] {
            book.set(Side::Sell, price, size);
        }
        let text = "3366.1:7:3366.8:9:3368:8:3372:8";
        let expected = i64::from(crc32fast::hash(text.as_bytes()).cast_signed());
        let check = check(ChecksumRule::Okx);
        assert_eq!(check.compute(&book), expected);
        assert_eq!(check.verify(&book, Some(expected)), ChecksumVerdict::Match);
        let mismatch = ChecksumVerdict::Mismatch { given: 5, computed: expected };
        assert_eq!(check.verify(&book, Some(5)), mismatch);
        assert_eq!([Some(0), None].map(|given| check.verify(&book, given)), [ChecksumVerdict::Absent; 2]);
    }

    #[test]
    fn kraken_writes_asks_first_and_ten_of_each() {
        let mut book: Book = Book::new();
        let mut text = String::new();
        for price in 501..520 {
            book.set(Side::Sell, price, price * 2);
            text += &if price <= 510 { format!("{price}{}", price * 2) } else { String::new() };
        }
        for price in (480..500).rev() {
            book.set(Side::Buy, price, price * 3);
            text += &if price >= 490 { format!("{price}{}", price * 3) } else { String::new() };
        }
        assert_eq!(check(ChecksumRule::Kraken).compute(&book), i64::from(crc32fast::hash(text.as_bytes())));
        assert_eq!(check(ChecksumRule::Kraken).verify(&book, None), ChecksumVerdict::Absent);
    }

    #[test]
    fn a_text_longer_than_the_room_is_hashed_in_parts() {
        let mut book: Book = Book::new();
        let wide = Checksum { rule: ChecksumRule::Okx, price: form("0.000000001", 9), size: form("0.000000001", 9) };
        let mut text = Vec::new();
        for level in 0..25 {
            let (bid, ask) = (8_000_000_000_000_000_001 - level * 2, 8_000_000_000_000_000_003 + level * 2);
            book.set(Side::Buy, bid, bid);
            book.set(Side::Sell, ask, ask);
            let number = |steps: i64| format!("{}.{:09}", steps / 1_000_000_000, steps % 1_000_000_000);
            text.extend([number(bid), number(bid), number(ask), number(ask)]);
        }
        let expected = crc32fast::hash(text.join(":").as_bytes()).cast_signed();
        assert_eq!(wide.compute(&book), i64::from(expected));
    }
}
