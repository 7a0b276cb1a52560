//! Closed trades, as protections count them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::locks::row;
use crate::orders::{Reason, Side};
use crate::units::RATE_ONE;

/// The largest profit ratio, either way.
pub const RATIO_MAX: f64 = 1_000_000.0;

/// A trade that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosedTrade {
    /// Its instrument.
    pub instrument: usize,
    /// The side of its entry: a buy made a long position.
    pub side: Side,
    /// When it was closed, ns UTC.
    pub closed: i64,
    /// The profit as a part of what was put in, fees included.
    pub profit_ratio: f64,
    /// The profit in the account's currency, fees included.
    pub profit: f64,
    /// Why it was closed.
    pub reason: Reason,
}

/// Whether it was a stop, wherever that had moved to, or the liquidation that a stop should have come before.
#[must_use]
pub(super) const fn is_stop(reason: Reason) -> bool {
    matches!(reason, Reason::StopLoss | Reason::TrailingStop | Reason::BreakEven | Reason::Liquidation)
}

/// A trade when it was heard of, its ratio in parts per billion: their sums are exact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) at: i64,
    pub(super) ratio: i64,
    pub(super) trade: ClosedTrade,
}

impl Heard {
    pub(super) fn new(at: i64, trade: ClosedTrade) -> Self {
        Self { at, ratio: (trade.profit_ratio * RATE_ONE as f64).round_ties_even() as i64, trade }
    }

    /// The end of what no longer counts.
    pub(super) const fn past(&self, lookback: i64) -> i64 {
        self.at.saturating_sub(lookback)
    }
}

/// The last times at which something happened, as many as a limit counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Recent {
    times: VecDeque<i64>,
}

impl Recent {
    pub(super) fn push(&mut self, time: i64, limit: u32) {
        if self.times.len() >= limit as usize {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    /// The count and the limit, if it happened as often as the limit says, each time strictly after `past`.
    pub(super) fn reached(&self, limit: u32, past: i64) -> Option<(f64, f64)> {
        let count = self.times.len();
        let reached = count >= limit as usize && self.times.front().is_some_and(|&first| first > past);
        reached.then(|| (count as f64, f64::from(limit)))
    }

    pub(super) fn clear(&mut self) {
        self.times.clear();
    }
}

/// A trade's close, side and ratio.
type Entry = (i64, Side, i64);

/// The profit ratios of the trades in a lookback.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub(super) struct Profits {
    trades: VecDeque<Entry>,
    sums: [i128; 2],
}

impl From<Vec<Entry>> for Profits {
    fn from(trades: Vec<Entry>) -> Self {
        let mut profits = Self::default();
        trades.into_iter().for_each(|(closed, side, ratio)| profits.push(closed, side, ratio));
        profits
    }
}

impl From<Profits> for Vec<Entry> {
    fn from(profits: Profits) -> Self {
        profits.trades.into()
    }
}

impl Profits {
    pub(super) fn push(&mut self, closed: i64, side: Side, ratio: i64) {
        self.trades.push_back((closed, side, ratio));
        self.sums[row(side)] += i128::from(ratio);
    }

    /// Lets go of the trades that closed at `time` or before.
    pub(super) fn forget_to(&mut self, time: i64) {
        while let Some(&(closed, side, ratio)) = self.trades.front()
            && closed <= time
        {
            self.trades.pop_front();
            self.sums[row(side)] -= i128::from(ratio);
        }
    }

    /// Lets go of all trades of a side, or of both.
    pub(super) fn clear(&mut self, side: Option<Side>) {
        self.trades.retain(|&(_, own, _)| side.is_some_and(|side| side != own));
        for cleared in [Side::Buy, Side::Sell] {
            if side.is_none_or(|side| side == cleared) {
                self.sums[row(cleared)] = 0;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.trades.len()
    }

    /// The sum of the ratios of a side, or of both, in parts per billion.
    pub(super) fn sum(&self, side: Option<Side>) -> i128 {
        side.map_or(self.sums[0] + self.sums[1], |side| self.sums[row(side)])
    }
}
