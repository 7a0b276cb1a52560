//! The locks that stand: which entries they cover, when they end, and what is told of them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::lock::{Cause, Event, Lock, Place, What};
use crate::orders::Side;

/// The most events that wait to be taken; of more, the oldest are lost, and counted.
pub const EVENTS_MAX: usize = 16_384;

/// What of the locks survives a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// In the order of their numbers.
    pub(super) standing: Vec<Lock>,
    /// How many there have ever been.
    count: u64,
    pub(super) events: VecDeque<Event>,
    pub(super) lost: u64,
}

impl Kept {
    /// Whether the lock at a place has a number after that before it, and one that was given.
    pub(super) fn follows(&self, place: usize) -> bool {
        let number = self.standing[place].number;
        number <= self.count && (place == 0 || self.standing[place - 1].number < number)
    }
}

/// The locks of an engine.
#[derive(Debug, Clone)]
pub(super) struct Locks {
    pub(super) kept: Kept,
    /// How many locks stand on each instrument's entries, buys first.
    covering: Vec<[u32; 2]>,
}

/// What a protection wants locked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) protection: usize,
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) until: Option<i64>,
    pub(super) cause: Cause,
}

impl Locks {
    pub(super) fn new(kept: Kept, instruments: usize) -> Self {
        let mut locks = Self { covering: vec![[0; 2]; instruments], kept };
        for lock in locks.kept.standing.clone() {
            locks.cover(lock.place, true);
        }
        locks
    }

    /// Of the locks on an entry the one that ends last; the eldest of several.
    #[inline]
    pub(super) fn on(&self, instrument: usize, side: Side) -> Option<&Lock> {
        if self.covering[instrument][row(side)] == 0 {
            return None;
        }
        let here = self.kept.standing.iter().filter(|lock| lock.place.covers(instrument, side));
        here.reduce(|last, lock| if last.outlasts(lock.until) { last } else { lock })
    }

    fn cover(&mut self, place: Place, more: bool) {
        let only = place.instrument.map_or(0..self.covering.len(), |own| own..own + 1);
        for sides in &mut self.covering[only] {
            for side in [Side::Buy, Side::Sell] {
                if place.side.is_none_or(|own| own == side) {
                    let count = &mut sides[row(side)];
                    *count = if more { *count + 1 } else { *count - 1 };
                }
            }
        }
    }

    /// The place of a protection's lock among those that stand.
    fn find(&self, protection: usize, place: Place) -> Option<usize> {
        self.kept.standing.iter().position(|lock| lock.protection == protection && lock.place == place)
    }

    /// Sets a lock, or moves the end of the one that stands; an end never moves to an earlier time. When the lock is next due.
    pub(super) fn set(&mut self, at: i64, wanted: Wanted) -> Option<i64> {
        let Wanted { protection, kind, place, until, cause } = wanted;
        if let Some(found) = self.find(protection, place) {
            let lock = &mut self.kept.standing[found];
            if !lock.outlasts(until) {
                (lock.until, lock.cause) = (until, cause);
            }
            return lock.due();
        }
        if until.is_some_and(|until| until <= at) {
            return None;
        }
        self.kept.count += 1;
        let number = self.kept.count;
        let lock = Lock { number, protection, kind, place, since: at, until, cause, told: until };
        self.kept.standing.push(lock);
        self.cover(place, true);
        self.tell(at, What::Locked {}, lock);
        lock.due()
    }

    /// The cause of a lock without an end is over: it runs out at `until`. When it is due.
    pub(super) fn run_out(&mut self, protection: usize, place: Place, until: i64) -> Option<i64> {
        let found = self.find(protection, place)?;
        self.kept.standing[found].until = Some(until);
        Some(until)
    }

    /// The lock that is due first, and when; the eldest of several.
    pub(super) fn first_due(&self) -> Option<(i64, usize)> {
        let due = |(found, lock): (usize, &Lock)| lock.due().map(|due| (due, found));
        self.kept.standing.iter().enumerate().filter_map(due).min()
    }

    /// Ends a lock that is due at `at`, or tells that it goes on.
    pub(super) fn pass(&mut self, at: i64, found: usize) {
        let lock = &mut self.kept.standing[found];
        if lock.until > Some(at) {
            lock.told = lock.until;
            let lock = *lock;
            self.tell(at, What::Extended {}, lock);
        } else {
            self.remove(at, found, What::Ended {});
        }
    }

    /// Takes a lock away.
    pub(super) fn remove(&mut self, at: i64, found: usize, what: What) -> Lock {
        let lock = self.kept.standing.remove(found);
        self.cover(lock.place, false);
        self.tell(at, what, lock);
        lock
    }

    fn tell(&mut self, at: i64, what: What, lock: Lock) {
        if self.kept.events.len() == EVENTS_MAX {
            self.kept.events.pop_front();
            self.kept.lost += 1;
        }
        self.kept.events.push_back(Event { at, what, lock });
    }
}

/// A side's place in a pair.
#[inline]
pub(super) const fn row(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_is_counted_up_and_down() {
        let mut locks = Locks::new(Kept::default(), 2);
        let cause = Cause { instrument: None, value: 1.0, limit: 1.0 };
        let places = [(None, None), (Some(1), None), (None, Some(Side::Sell)), (Some(0), Some(Side::Buy))];
        for (protection, (instrument, side)) in places.into_iter().enumerate() {
            let place = Place { instrument, side };
            locks.set(0, Wanted { protection, kind: Kind::Cooldown, place, until: Some(5), cause });
        }
        assert_eq!(locks.covering, [[2, 2], [2, 3]]);
        assert_eq!(Locks::new(locks.kept.clone(), 2).covering, locks.covering);
        while let Some((due, found)) = locks.first_due() {
            locks.pass(due, found);
        }
        assert_eq!(locks.covering, [[0, 0], [0, 0]]);
    }
}
