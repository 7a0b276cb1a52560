//! The equity against its peak within a lookback, and against that at the start of the day.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::timeframe::DAY_NS;

/// Into how many steps a lookback is cut: the most peaks that are kept.
pub const PEAK_STEPS: i64 = 4096;

/// The equities that may come to be the peak: each above all after it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peaks {
    /// The step of each, and its equity.
    kept: VecDeque<(i64, f64)>,
}

impl Peaks {
    /// Takes an equity, and gives the greatest within the lookback, itself included.
    pub(super) fn push(&mut self, at: i64, equity: f64, lookback: i64) -> f64 {
        let length = (lookback - 1) / PEAK_STEPS + 1;
        let (step, past) = (at.div_euclid(length), at.saturating_sub(lookback).div_euclid(length));
        while self.kept.front().is_some_and(|&(kept, _)| kept <= past) {
            self.kept.pop_front();
        }
        while self.kept.back().is_some_and(|&(_, kept)| kept <= equity) {
            self.kept.pop_back();
        }
        // A lower equity of the same step leaves the window with the higher one.
        if self.kept.back().is_none_or(|&(kept, _)| kept < step) {
            self.kept.push_back((step, equity));
        }
        self.kept.front().map_or(equity, |&(_, peak)| peak)
    }
}

/// The equity at the start of the day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Day {
    day: i64,
    start: Option<f64>,
    last: Option<f64>,
}

impl Day {
    /// Takes an equity, and gives that at the start of its day: the last at midnight or before it, or else the first.
    pub(super) fn push(&mut self, at: i64, equity: f64) -> f64 {
        let (day, at_midnight) = (at.div_euclid(DAY_NS), at.rem_euclid(DAY_NS) == 0);
        if self.start.is_none() || day != self.day || at_midnight {
            self.start = if at_midnight { Some(equity) } else { self.last.or(Some(equity)) };
            self.day = day;
        }
        self.last = Some(equity);
        self.start.unwrap_or(equity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_fall_keeps_no_more_peaks_than_steps() {
        let (mut peaks, lookback) = (Peaks::default(), 1_000_000);
        for fallen in 0..400_000 {
            let at = fallen * 17;
            let peak = peaks.push(at, -(fallen as f64), lookback);
            // Within a step (245 ns) of the exact window's peak.
            assert!((-peak * 17.0 - (at - lookback).max(0) as f64).abs() <= 262.0, "{at}: {peak}");
        }
        assert!((PEAK_STEPS / 2..=PEAK_STEPS + 1).contains(&(peaks.kept.len() as i64)), "{}", peaks.kept.len());
    }
}
