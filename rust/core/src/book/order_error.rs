//! What a book of orders cannot be told.

use thiserror::Error;

use crate::orders::Side;

/// A message that a book of orders cannot take; the book is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OrderError {
    /// An order that is there already.
    #[error("order {id} is in the book already")]
    Duplicate {
        /// The venue's number.
        id: u64,
    },
    /// An order that is not there.
    #[error("order {id} is not in the book")]
    Unknown {
        /// The venue's number.
        id: u64,
    },
    /// A size of nothing or less.
    #[error("order {id}: a size of {size} is not above zero")]
    NotPositive {
        /// The venue's number.
        id: u64,
        /// Lots.
        size: i64,
    },
    /// More than what is left of an order.
    #[error("order {id}: {size} lots of {left}")]
    TooLarge {
        /// The venue's number.
        id: u64,
        /// Lots.
        size: i64,
        /// What is left of it, lots.
        left: i64,
    },
    /// A level whose orders together are beyond 64 bits.
    #[error("order {id}: {size} lots more at price {price} are too many to count")]
    LevelOverflow {
        /// The venue's number.
        id: u64,
        /// Ticks.
        price: i64,
        /// Lots.
        size: i64,
    },
    /// An order of the other side.
    #[error("order {id} is no {given:?}")]
    WrongSide {
        /// The venue's number.
        id: u64,
        /// The side that the message gives.
        given: Side,
    },
    /// A new order of neither side.
    #[error("order {id} has no side")]
    NoSide {
        /// The venue's number.
        id: u64,
    },
    /// As many orders as a book can number.
    #[error("order {id}: the book is full")]
    Full {
        /// The venue's number.
        id: u64,
    },
}
