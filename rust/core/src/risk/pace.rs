//! How many messages a window of time has seen.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The times of the last messages, as many as one window may hold: whether another one fits is seen from the oldest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pace {
    pub(super) most: usize,
    window_ns: i64,
    sent: VecDeque<i64>,
}

impl Pace {
    pub(super) const fn new(most: u32, window_ns: i64) -> Self {
        Self { most: most as usize, window_ns, sent: VecDeque::new() }
    }

    /// Whether another can be this one at another time: for one that was read.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.most, self.window_ns) == (other.most, other.window_ns) && other.sent.len() <= self.most
    }

    /// Takes over what another has seen of the same window, as far as this one remembers.
    pub(super) fn take_over(&mut self, before: &Self) {
        let forgotten = before.sent.len().saturating_sub(self.most);
        self.sent = before.sent.iter().copied().skip(forgotten).collect();
    }

    /// The most messages in a window, if another one now would be too many.
    #[inline]
    pub(super) fn is_used_up(&self, now: i64) -> Option<f64> {
        let full = self.sent.len() == self.most && self.sent.front().is_none_or(|&at| at > now - self.window_ns);
        full.then_some(self.most as f64)
    }

    /// Takes note of a message, which may be one more than the window holds.
    #[inline]
    pub(super) fn note(&mut self, now: i64) {
        if self.most == 0 {
            return;
        }
        if self.sent.len() == self.most {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It says what counting all messages of the window says, those beyond its limit included.
        #[test]
        fn it_counts_the_window(gaps in prop::collection::vec((0_i64..40, any::<bool>()), 1..200), most in 0_u32..6) {
            let mut pace = Pace::new(most, 100);
            let (mut now, mut all) = (0, Vec::new());
            for (gap, anyway) in gaps {
                now += gap;
                let used_up = all.iter().filter(|&&at| at > now - 100).count() >= most as usize;
                prop_assert_eq!(pace.is_used_up(now).is_some(), used_up);
                if anyway || !used_up {
                    pace.note(now);
                    all.push(now);
                }
            }
        }
    }
}
