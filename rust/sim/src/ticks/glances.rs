//! What the desk sees of a book that only the venue keeps.
//!
//! A row leaves the same book at the venue as, later, at the desk: both take the same rows in the same order. Whoever looks
//! at nothing but the touch, and only when an alarm calls, needs no book of his own: before a row happens that is not
//! received before the next call, it is noted what is to be seen then.

use std::collections::VecDeque;

use tradenode_core::book::{Book, Level};

use super::alarm::Alarm;

/// What is seen of an instrument at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glance {
    /// The best bid and ask, where there are both.
    pub(super) touch: Option<(Level, Level)>,
    /// Whether the book is neither stale nor crossed.
    pub(super) sound: bool,
    /// The last trade's price in ticks, 0 before the first.
    pub(super) last: i64,
}

impl Glance {
    /// A look at an empty book.
    pub(super) const NOTHING: Self = Self { touch: None, sound: true, last: 0 };

    #[inline]
    pub(super) fn at(book: &Book, last: i64) -> Self {
        Self { touch: book.touch(), sound: !book.is_stale() && !book.is_crossed(), last }
    }
}

/// The glances of calls to come, as far as rows have happened that are not received before them.
#[derive(Debug)]
pub(super) struct Glances {
    /// The next calls of which nothing is noted yet.
    timer: Alarm,
    sample: Alarm,
    /// When the last row is received: then the desk is looked at a last time.
    end: i64,
    /// From which call on each was to be seen, oldest first: at most one for each row that is under way to the desk.
    notes: VecDeque<(i64, Glance)>,
}

impl Glances {
    pub(super) const fn new(timer: Alarm, sample: Alarm, end: i64) -> Self {
        Self { timer, sample, end, notes: VecDeque::new() }
    }

    /// The next call of which nothing is noted.
    #[inline]
    pub(super) fn next(&self) -> i64 {
        self.timer.next().min(self.sample.next()).min(self.end)
    }

    /// Takes note of what is seen before a row happens that is received after [`Glances::next`].
    pub(super) fn note(&mut self, seen: Glance, received: i64) {
        self.notes.push_back((self.next(), seen));
        self.skip_to(received);
    }

    /// What is seen at a call, `None` where that is what is to be seen at the venue now; calls come in their order.
    pub(super) fn look(&mut self, call: i64) -> Option<&Glance> {
        if self.next() <= call {
            // Nothing has happened that is not received.
            self.notes.clear();
            self.skip_to(call.saturating_add(1));
            return None;
        }
        while self.notes.get(1).is_some_and(|&(from, _)| from <= call) {
            self.notes.pop_front();
        }
        self.notes.front().map(|(_, seen)| seen)
    }

    fn skip_to(&mut self, time: i64) {
        self.timer.skip_to(time);
        self.sample.skip_to(time);
    }
}

#[cfg(test)]
#[path = "glances_test.rs"]
mod tests;
