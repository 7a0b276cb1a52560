//! When a bar made of trades is full.
//!
//! The rules are those of López de Prado, Advances in Financial Machine Learning (2018), chapter 2. Imbalance and run bars
//! close when the order flow is more one-sided than was expected at their start. With b = 1 for a trade of a buyer and
//! -1 for a seller, and v the measure of a trade (1, its volume or its notional), of a bar of T trades:
//!
//! - imbalance (2.3.2.1): `|sum b v| >= E[T] |E[b v]|`;
//! - run (2.3.2.2): `max(sum of v of buys, sum of v of sells) >= E[T] max(P[b=1] E[v | b=1], P[b=-1] E[v | b=-1])`,
//!   where P E is the mean over all trades of v of one side.
//!
//! The expectations are exponentially weighted means over the bars before, each bar with its T and its means, weighted by
//! `2 / (span + 1)`. The first bar takes the expected number of trades. E[T] is kept between a tenth and ten times that
//! number: without bounds these bars are known to grow, or shrink, without end.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::resample::bucket_start;

/// How far E[T] may leave the number of trades that was given.
const MOST_TIMES: f64 = 10.0;

/// What a trade counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 1.
    Tick,
    /// Its size, lots.
    Volume,
    /// Its price times its size, ticks times lots.
    Notional,
}

impl Measure {
    pub(super) const fn of(self, price: i64, size: i64) -> i128 {
        match self {
            Self::Tick => 1,
            Self::Volume => size as i128,
            Self::Notional => price as i128 * size as i128,
        }
    }
}

/// When a bar is full.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Bars of so many ns, aligned as [`bucket_start`] does; one without a trade does not exist.
    Time(i64),
    /// A bar takes trades until their measure is at least this; the last one is not split.
    Amount(Measure, i128),
    /// Imbalance bars.
    Imbalance {
        /// What is summed.
        measure: Measure,
        /// The expected number of trades of the first bar.
        trades: u32,
        /// Of the weighted means, bars.
        span: u32,
    },
    /// Run bars.
    Run {
        /// What is summed.
        measure: Measure,
        /// The expected number of trades of the first bar.
        trades: u32,
        /// Of the weighted means, bars.
        span: u32,
    },
}

/// A rule under which no bar is ever full, or always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a bar of {0}: the number must be above zero")]
pub struct RuleError(&'static str);

impl Rule {
    /// Refuses what is not above zero.
    ///
    /// # Errors
    /// A length, an amount, a number of trades or a span of zero or below.
    pub const fn check(self) -> Result<(), RuleError> {
        match self {
            Self::Time(length) if length <= 0 => Err(RuleError("time")),
            Self::Amount(_, amount) if amount <= 0 => Err(RuleError("an amount")),
            Self::Imbalance { trades, span, .. } | Self::Run { trades, span, .. } if trades == 0 || span == 0 => {
                Err(RuleError("expected trades"))
            }
            _ => Ok(()),
        }
    }

    /// The start of the time bar that a moment lies in; for other rules, and out of range, the moment itself.
    pub(super) fn start_of(self, ts: i64) -> i64 {
        match self {
            Self::Time(length) => bucket_start(ts, length).unwrap_or(ts),
            _ => ts,
        }
    }
}

/// What was expected of a bar at its start; see the module's formulas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    trades: f64,
    /// The mean over all trades of v of buys, and of v of sells.
    sides: [f64; 2],
    weight: f64,
    bounds: (f64, f64),
    /// No bar is full yet: the sides are not known.
    first: bool,
}

impl Expected {
    pub(super) fn new(trades: u32, span: u32) -> Self {
        let trades = f64::from(trades);
        Self {
            trades,
            sides: [0.0; 2],
            weight: 2.0 / (f64::from(span) + 1.0),
            bounds: (trades / MOST_TIMES, trades * MOST_TIMES),
            first: true,
        }
    }

    /// Whether a bar of `count` trades that sum up to `buys` and `sells` is full.
    pub(super) fn met(&self, runs: bool, count: u64, [buys, sells]: [i128; 2]) -> bool {
        if self.first {
            return count as f64 >= self.trades;
        }
        if runs {
            buys.max(sells) as f64 >= self.trades * self.sides[0].max(self.sides[1])
        } else {
            (buys - sells).unsigned_abs() as f64 >= self.trades * (self.sides[0] - self.sides[1]).abs()
        }
    }

    /// Learns from a bar that is full.
    pub(super) fn learn(&mut self, count: u64, sums: [i128; 2]) {
        let means = sums.map(|sum| sum as f64 / count as f64);
        if self.first {
            self.sides = means;
            self.first = false;
        } else {
            let weight = self.weight;
            self.trades = (self.trades + weight * (count as f64 - self.trades)).clamp(self.bounds.0, self.bounds.1);
            self.sides = [0, 1].map(|side| self.sides[side] + weight * (means[side] - self.sides[side]));
        }
    }
}
