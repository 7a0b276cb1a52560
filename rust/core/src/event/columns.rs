//! Columns of events that own their memory, for whoever makes a tape row by row.

use super::{Event, Tape, side_number};

/// Owned columns; see [`Tape`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapeColumns {
    /// ns UTC.
    pub ts_event: Vec<i64>,
    /// ns UTC, never falling.
    pub ts_recv: Vec<i64>,
    /// Numbers of [`Kind`](super::Kind).
    pub kind: Vec<u8>,
    /// See [`side_of`](super::side_of).
    pub side: Vec<u8>,
    /// See [`FLAGS`](super::FLAGS).
    pub flags: Vec<u8>,
    /// Ticks.
    pub price: Vec<i64>,
    /// Lots.
    pub size: Vec<i64>,
    /// The venue's numbers of messages.
    pub sequence: Vec<u64>,
    /// The venue's numbers of orders.
    pub order_id: Vec<u64>,
}

impl TapeColumns {
    /// Room for so many rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            ts_event: Vec::with_capacity(rows),
            ts_recv: Vec::with_capacity(rows),
            kind: Vec::with_capacity(rows),
            side: Vec::with_capacity(rows),
            flags: Vec::with_capacity(rows),
            price: Vec::with_capacity(rows),
            size: Vec::with_capacity(rows),
            sequence: Vec::with_capacity(rows),
            order_id: Vec::with_capacity(rows),
        }
    }

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

    /// Adds a row.
    pub fn push(&mut self, event: Event) {
        self.ts_event.push(event.ts_event);
        self.ts_recv.push(event.ts_recv);
        self.kind.push(event.kind as u8);
        self.side.push(side_number(event.side));
        self.flags.push(event.flags);
        self.price.push(event.price);
        self.size.push(event.size);
        self.sequence.push(event.sequence);
        self.order_id.push(event.order_id);
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        self.ts_event.truncate(rows);
        self.ts_recv.truncate(rows);
        self.kind.truncate(rows);
        self.side.truncate(rows);
        self.flags.truncate(rows);
        self.price.truncate(rows);
        self.size.truncate(rows);
        self.sequence.truncate(rows);
        self.order_id.truncate(rows);
    }

    /// The columns as a borrowed view.
    #[must_use]
    pub fn view(&self) -> Tape<'_> {
        Tape {
            ts_event: &self.ts_event,
            ts_recv: &self.ts_recv,
            kind: &self.kind,
            side: &self.side,
            flags: &self.flags,
            price: &self.price,
            size: &self.size,
            sequence: &self.sequence,
            order_id: &self.order_id,
        }
    }
}
