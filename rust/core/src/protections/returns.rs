//! The deviation of the last log returns, beside that of those before.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The unit in which returns are whole numbers: sums are exact, however many returns have come and gone.
const UNIT: f64 = 1e-12;
/// The largest log return, either way; so the sums of squares of [`SAMPLES_MAX`](super::spec::SAMPLES_MAX) fit.
const RETURN_MAX: f64 = 30.0;

/// Count, sum and sum of squares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    count: i128,
    first: i128,
    second: i128,
}

impl Sums {
    fn add(&mut self, value: i64, sign: i128) {
        let value = i128::from(value);
        self.count += sign;
        self.first += sign * value;
        self.second += sign * value * value;
    }

    /// Of the population.
    fn deviation(self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let scaled = self.count * self.second - self.first * self.first;
        (scaled as f64).sqrt() / self.count as f64 * UNIT
    }
}

/// What of it survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    judged: usize,
    before: usize,
    last: Option<(i64, f64)>,
    returns: VecDeque<i64>,
}

/// The returns of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub(super) struct Returns {
    /// When the last price was sampled, and what it was.
    last: Option<(i64, f64)>,
    returns: VecDeque<i64>,
    judged: usize,
    before: usize,
    now: Sums,
    then: Sums,
}

/// Two deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deviations {
    /// Of the last returns.
    pub(super) now: f64,
    /// Of those before; 0 where none are kept.
    pub(super) then: f64,
}

impl Returns {
    /// Keeps `judged` returns, and `before` those so many more.
    pub(super) fn new(judged: usize, before: usize) -> Self {
        let (now, then) = (Sums::default(), Sums::default());
        Self { last: None, returns: VecDeque::new(), judged, before, now, then }
    }

    /// Takes a price; the deviations, if it was sampled and there are returns enough.
    pub(super) fn push(&mut self, at: i64, price: f64, sample_ns: i64) -> Option<Deviations> {
        let Some((sampled, last)) = self.last else {
            self.last = Some((at, price));
            return None;
        };
        if at.saturating_sub(sampled) < sample_ns {
            return None;
        }
        self.last = Some((at, price));
        let log = (price / last).ln().clamp(-RETURN_MAX, RETURN_MAX);
        self.add((log / UNIT).round_ties_even() as i64);
        let full = self.returns.len() == self.judged + self.before;
        full.then(|| Deviations { now: self.now.deviation(), then: self.then.deviation() })
    }

    fn add(&mut self, value: i64) {
        self.returns.push_back(value);
        self.now.add(value, 1);
        if self.returns.len() > self.judged {
            let left = self.returns[self.returns.len() - 1 - self.judged];
            self.now.add(left, -1);
            self.then.add(left, 1);
        }
        if self.returns.len() > self.judged + self.before
            && let Some(left) = self.returns.pop_front()
        {
            self.then.add(left, -1);
        }
    }

    /// Whether it keeps as many.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.judged, self.before) == (other.judged, other.before)
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.judged, self.before);
    }
}

impl From<Kept> for Returns {
    fn from(kept: Kept) -> Self {
        let mut returns = Self::new(kept.judged, kept.before);
        kept.returns.into_iter().for_each(|value| returns.add(value));
        returns.last = kept.last;
        returns
    }
}

impl From<Returns> for Kept {
    fn from(from: Returns) -> Self {
        Self { judged: from.judged, before: from.before, last: from.last, returns: from.returns }
    }
}
