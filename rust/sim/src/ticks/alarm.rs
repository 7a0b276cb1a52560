//! Times that come back.

use serde::{Deserialize, Serialize};

/// The next multiple of a length of time that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alarm {
    next: i64,
    every: i64,
}

impl Alarm {
    /// The multiples of so many ns, above zero, after a time; none at all without a length.
    pub(super) const fn after(start: i64, every: Option<i64>) -> Self {
        match every {
            Some(every) => Self { next: start.div_euclid(every).saturating_add(1).saturating_mul(every), every },
            None => Self { next: i64::MAX, every: i64::MAX },
        }
    }

    /// Whether it rings as often as another.
    pub(super) const fn is_like(&self, other: &Self) -> bool {
        self.every == other.every
    }

    /// How often it rings, ns.
    pub(super) const fn every(&self) -> i64 {
        self.every
    }

    /// When it is due, `i64::MAX` for never.
    #[inline]
    pub(super) const fn next(&self) -> i64 {
        self.next
    }

    /// It was due and is seen to.
    #[inline]
    pub(super) const fn pass(&mut self) {
        self.next += self.every;
    }

    /// Passes over everything before a time.
    #[inline]
    pub(super) const fn skip_to(&mut self, time: i64) {
        if self.next < time {
            self.next = self.next.saturating_add(self.every);
            if self.next < time {
                *self = Self::after(time - 1, Some(self.every));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_does_not_come_again() {
        let mut alarm = Alarm::after(-25, Some(10));
        assert_eq!(alarm.next(), -20);
        alarm.pass();
        let due = [-10, -9, 0, 1, 57, 60].map(|time| {
            alarm.skip_to(time);
            alarm.next()
        });
        assert_eq!(due, [-10, 0, 0, 10, 60, 60]);
        let mut never = Alarm::after(0, None);
        never.skip_to(i64::MAX);
        assert_eq!(never.next(), i64::MAX);
    }
}
