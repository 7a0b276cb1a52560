//! Market data, one row an event: what a venue said, when it said so and when it was received.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::orders::Side;

mod audit;
mod columns;
mod merge;

pub use audit::{Audit, Fault, Finding};
pub use columns::TapeColumns;
pub use merge::Merge;

/// What a row of a tape says. The numbers are those of the `kind` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A trade: side of the taker, price, size.
    Trade = 1,
    /// The best price of one side with its size; a size of 0 is an empty side.
    Quote = 2,
    /// One side of the book, or both without a side, is empty: a snapshot follows.
    Clear = 3,
    /// The size of one level is now this; 0 removes it.
    Depth = 4,
    /// An order rests in the book: order id, side, price, size.
    Add = 5,
    /// A resting order has now this price and size.
    Modify = 6,
    /// A resting order lost this size, or is gone where nothing is left of it; a size of 0 removes it whole.
    Cancel = 7,
    /// A resting order was filled for this size.
    Execute = 8,
    /// The mark price.
    Mark = 9,
    /// A funding payment falls due; the rate, in parts of 10^-9, stands in the price column.
    Funding = 10,
    /// The instrument's status changed to [`Status`], whose number stands in the size column.
    Status = 11,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Trade,
        Self::Quote,
        Self::Clear,
        Self::Depth,
        Self::Add,
        Self::Modify,
        Self::Cancel,
        Self::Execute,
        Self::Mark,
        Self::Funding,
        Self::Status,
    ];

    /// Whether rows of this kind make a book, of levels or of orders.
    #[must_use]
    #[inline]
    pub const fn makes_book(self) -> bool {
        matches!(self, Self::Clear | Self::Depth | Self::Add | Self::Modify | Self::Cancel | Self::Execute)
    }

    /// The kind of a number in the `kind` column.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if number == 0 || number as usize > Self::ALL.len() { None } else { Some(Self::ALL[number as usize - 1]) }
    }
}

/// Whether an instrument can be traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// Orders are taken and matched.
    Trading = 1,
    /// Orders are cancelled only; nothing is matched.
    Halted = 2,
    /// Resting orders stay, limit orders that do not take are accepted.
    PostOnly = 3,
    /// The instrument is gone; everything of it is cancelled.
    Closed = 4,
}

impl Status {
    /// The status of a number in the size column.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Trading),
            2 => Some(Self::Halted),
            3 => Some(Self::PostOnly),
            4 => Some(Self::Closed),
            _ => None,
        }
    }
}

/// The last row of a venue's message: only here is the book as the venue had it.
pub const LAST: u8 = 1;
/// Part of a snapshot.
pub const SNAPSHOT: u8 = 2;
/// Messages of this row's stream (the book, quotes or trades) are missing before it: a book is stale until the next
/// snapshot.
pub const GAP: u8 = 4;
/// Every flag.
pub const FLAGS: u8 = LAST | SNAPSHOT | GAP;

/// The number of a side in the `side` column: 0 without one.
#[must_use]
pub const fn side_number(side: Option<Side>) -> u8 {
    match side {
        None => 0,
        Some(Side::Buy) => 1,
        Some(Side::Sell) => 2,
    }
}

/// The side of a number in the `side` column; bids are buys, asks are sells.
#[must_use]
#[inline]
pub const fn side_of(number: u8) -> Option<Side> {
    match number {
        1 => Some(Side::Buy),
        2 => Some(Side::Sell),
        _ => None,
    }
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When the venue made it, ns UTC.
    pub ts_event: i64,
    /// When it was received, ns UTC.
    pub ts_recv: i64,
    /// What it says.
    pub kind: Kind,
    /// The taker's side of a trade, the side of a level or order.
    pub side: Option<Side>,
    /// [`LAST`], [`SNAPSHOT`], [`GAP`].
    pub flags: u8,
    /// Ticks.
    pub price: i64,
    /// Lots, never below zero.
    pub size: i64,
    /// The venue's number of the message, or 0.
    pub sequence: u64,
    /// The venue's number of the order, or 0.
    pub order_id: u64,
}

/// The columns of one instrument's events, in the order in which they were received.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tape<'a> {
    /// ns UTC.
    pub ts_event: &'a [i64],
    /// ns UTC, never falling.
    pub ts_recv: &'a [i64],
    /// Numbers of [`Kind`].
    pub kind: &'a [u8],
    /// See [`side_of`].
    pub side: &'a [u8],
    /// See [`FLAGS`].
    pub flags: &'a [u8],
    /// Ticks.
    pub price: &'a [i64],
    /// Lots.
    pub size: &'a [i64],
    /// Empty where the venue gave none.
    pub sequence: &'a [u64],
    /// Empty where the venue gave none.
    pub order_id: &'a [u64],
}

/// A row of a tape that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("row {row}: {reason}")]
pub struct TapeError {
    /// The row, from 0.
    pub row: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl<'a> Tape<'a> {
    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.kind.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// A row of a checked tape.
    ///
    /// # Panics
    /// Beyond the end, and for a kind that [`Tape::check`] refuses.
    #[must_use]
    #[inline(always)]
    pub fn event(&self, row: usize) -> Event {
        Event {
            ts_event: self.ts_event[row],
            ts_recv: self.ts_recv[row],
            kind: Kind::from_number(self.kind[row]).expect("a checked tape holds known kinds"),
            side: side_of(self.side[row]),
            flags: self.flags[row],
            price: self.price[row],
            size: self.size[row],
            sequence: self.sequence.get(row).copied().unwrap_or(0),
            order_id: self.order_id.get(row).copied().unwrap_or(0),
        }
    }

    /// Checks what must hold of every row before an engine reads it.
    ///
    /// # Errors
    /// The first row at fault: columns of other lengths, an unknown kind, side or flag, a kind that needs a side or an
    /// order id without one, a negative size, a time of receipt before that of the row above.
    pub fn check(&self) -> Result<(), TapeError> {
        self.check_lengths()?;
        if self.is_sound() {
            return Ok(());
        }
        (0..self.len()).try_for_each(|row| self.check_row(row).map_err(|reason| TapeError { row, reason }))
    }

    /// Whether [`Tape::check_row`] would find nothing: the same conditions by column and without a branch.
    fn is_sound(&self) -> bool {
        let mut unsound = false;
        for (&kind, &side) in self.kind.iter().zip(self.side) {
            let of_order = (Kind::Add as u8..=Kind::Execute as u8).contains(&kind) && self.order_id.is_empty();
            let sided = kind == Kind::Quote as u8 || kind == Kind::Depth as u8 || kind == Kind::Add as u8;
            let known = kind >= 1 && kind as usize <= Kind::ALL.len();
            unsound |= !known | (side > 2) | (sided & (side == 0)) | of_order;
        }
        unsound |= self.flags.iter().fold(0, |all, &flags| all | flags) & !FLAGS != 0;
        unsound |= self.size.iter().fold(0, |all, &size| all | size) < 0;
        unsound |= self.ts_recv.windows(2).fold(false, |fell, pair| fell | (pair[1] < pair[0]));
        !unsound
    }

    /// Checks that the columns have one length; the last two may be empty.
    ///
    /// # Errors
    /// The first column of another length than `kind`.
    pub fn check_lengths(&self) -> Result<(), TapeError> {
        let rows = self.len();
        let needed = [
            ("ts_event", self.ts_event.len()),
            ("ts_recv", self.ts_recv.len()),
            ("side", self.side.len()),
            ("flags", self.flags.len()),
            ("price", self.price.len()),
            ("size", self.size.len()),
        ];
        let optional = [("sequence", self.sequence.len()), ("order_id", self.order_id.len())];
        let optional = optional.into_iter().filter(|(_, length)| *length > 0);
        for (name, length) in needed.into_iter().chain(optional) {
            if length != rows {
                let reason = format!("column {name} has {length} rows, kind has {rows}");
                return Err(TapeError { row: length.min(rows), reason });
            }
        }
        Ok(())
    }

    fn check_row(&self, row: usize) -> Result<(), String> {
        self.check_values(row)?;
        if row > 0 && self.ts_recv[row] < self.ts_recv[row - 1] {
            return Err(format!(
                "received at {}, before the row above at {}",
                self.ts_recv[row],
                self.ts_recv[row - 1]
            ));
        }
        Ok(())
    }

    /// What holds of a row whatever the one above.
    fn check_values(&self, row: usize) -> Result<(), String> {
        let kind = Kind::from_number(self.kind[row]).ok_or_else(|| format!("unknown kind {}", self.kind[row]))?;
        if self.side[row] > 2 {
            return Err(format!("unknown side {}", self.side[row]));
        }
        if self.flags[row] & !FLAGS != 0 {
            return Err(format!("unknown flags {}", self.flags[row]));
        }
        if matches!(kind, Kind::Quote | Kind::Depth | Kind::Add) && self.side[row] == 0 {
            return Err(format!("{kind:?} without a side"));
        }
        let of_order = matches!(kind, Kind::Add | Kind::Modify | Kind::Cancel | Kind::Execute);
        if of_order && self.order_id.is_empty() {
            return Err(format!("{kind:?} without order ids"));
        }
        if self.size[row] < 0 {
            return Err(format!("negative size {}", self.size[row]));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape<'a>(kind: &'a [u8], side: &'a [u8], size: &'a [i64], ts: &'a [i64]) -> Tape<'a> {
        Tape { ts_event: ts, ts_recv: ts, kind, side, flags: side, price: size, size, ..Tape::default() }
    }

    #[test]
    fn kinds_have_the_numbers_of_their_places() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_number(kind as u8), Some(kind));
        }
        assert_eq!((Kind::from_number(0), Kind::from_number(12)), (None, None));
    }

    /// What the columns tell at once is what the rows tell one by one.
    #[test]
    fn every_kind_side_flag_and_size_is_judged_alike() {
        for kind in 0..=13 {
            for side in 0..=3 {
                for (flags, size, falls, ids) in
                    [(0, 1, 0, 1), (7, 0, 0, 0), (8, 1, 0, 1), (1, -1, 0, 1), (1, 1, 1, 1), (0, 5, 0, 0)]
                {
                    let (kinds, sides, flags, sizes) = ([1, kind], [0, side], [0, flags], [1, size]);
                    let (ts, order_id) = ([5, 5 - falls], [0, 1]);
                    let order_id = if ids == 1 { &order_id[..] } else { &[] };
                    let all = Tape { flags: &flags, order_id, ..tape(&kinds, &sides, &sizes, &ts) };
                    let by_row = (0..2).all(|row| all.check_row(row).is_ok());
                    assert_eq!(all.is_sound(), by_row, "{all:?}");
                }
            }
        }
    }

    #[test]
    fn faults_are_named_with_their_row() {
        let fault = |tape: Tape<'_>| tape.check().unwrap_err();
        assert_eq!(tape(&[1, 4], &[0, 2], &[5, 0], &[1, 1]).check(), Ok(()));
        assert_eq!(fault(tape(&[1, 99], &[0, 2], &[5, 0], &[1, 1])).to_string(), "row 1: unknown kind 99");
        assert_eq!(fault(tape(&[1, 4], &[0, 0], &[5, 0], &[1, 1])).to_string(), "row 1: Depth without a side");
        assert_eq!(fault(tape(&[1, 4], &[0, 2], &[5, -3], &[1, 1])).to_string(), "row 1: negative size -3");
        assert_eq!(
            fault(tape(&[1, 4], &[0, 2], &[5, 0], &[2, 1])).to_string(),
            "row 1: received at 1, before the row above at 2"
        );
        assert_eq!(fault(tape(&[5], &[1], &[5], &[1])).to_string(), "row 0: Add without order ids");
        assert_eq!(
            fault(tape(&[1, 1], &[0], &[5, 5], &[1, 1])).to_string(),
            "row 1: column side has 1 rows, kind has 2"
        );
    }
}
