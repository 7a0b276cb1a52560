//! From bars to the closes of UTC days, and from closes to returns.

use super::{Curve, MetricOptions, Sampling};

pub(super) const DAY_NS: i64 = 86_400_000_000_000;

/// The last equity of each UTC day from the day of the first bar's opening to the day of the last equity.
///
/// Midnight belongs to the day that it ends. A day without an equity repeats the one before it.
#[derive(Debug, Default)]
pub(super) struct DailyCloses {
    /// Days since 1970-01-01 of the first entry.
    pub(super) first_day: i64,
    pub(super) equity: Vec<f64>,
}

impl DailyCloses {
    pub(super) fn of(curve: &Curve<'_>) -> Self {
        let days = DayEnds::of(curve.ts, curve.bar_ns);
        let equity = |seen: &usize| seen.checked_sub(1).map_or(curve.start_equity, |row| curve.equity[row]);
        Self { first_day: days.first_day, equity: days.seen.iter().map(equity).collect() }
    }
}

/// How many bars have closed by the end of each UTC day, from the day of the first bar's opening to the day of the last
/// bar's end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayEnds {
    /// Days since 1970-01-01 of the first entry.
    pub(super) first_day: i64,
    pub(super) seen: Vec<usize>,
}

impl DayEnds {
    /// How many days there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.seen.len()
    }

    /// Of bars of `bar_ns` whose opening times `ts`, ns UTC, ascend.
    #[must_use]
    pub fn of(ts: &[i64], bar_ns: i64) -> Self {
        let (Some(&first), Some(&last)) = (ts.first(), ts.last()) else { return Self::default() };
        let first_day = first.div_euclid(DAY_NS).min(day_of(first + bar_ns));
        let last_day = day_of(last + bar_ns);
        let mut seen = Vec::with_capacity(usize::try_from(last_day - first_day + 1).unwrap_or(0));
        let mut row = 0;
        for day in first_day..=last_day {
            row = row.max(rows_until(ts, row, (day + 1) * DAY_NS - bar_ns));
            seen.push(row);
        }
        Self { first_day, seen }
    }
}

/// The UTC day that a moment closes: midnight counts to the day before it.
fn day_of(moment: i64) -> i64 {
    (moment - 1).div_euclid(DAY_NS)
}

/// How many leading rows have `ts <= limit`, given that the first `from` do: a gallop, so that a day costs a few probes.
fn rows_until(ts: &[i64], from: usize, limit: i64) -> usize {
    let mut low = from;
    let mut step = 64;
    while low + step <= ts.len() && ts[low + step - 1] <= limit {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(ts.len());
    low + ts[low..high].partition_point(|&t| t <= limit)
}

/// Simple returns of one sampling, and how many such periods make a year.
pub(super) struct Returns {
    pub(super) sampling: Sampling,
    pub(super) periods_per_year: f64,
    pub(super) values: Vec<f64>,
}

impl Returns {
    pub(super) fn of(curve: &Curve<'_>, daily: &DailyCloses, options: &MetricOptions) -> Self {
        let sampling = options.sampling.over(daily.equity.len());
        let (closes, periods_per_year) = match sampling {
            Sampling::Daily => (daily.equity.as_slice(), options.days_per_year),
            _ => (curve.equity, options.days_per_year * DAY_NS as f64 / curve.bar_ns as f64),
        };
        Self { sampling, periods_per_year, values: simple_returns(curve.start_equity, closes) }
    }
}

/// `close / previous - 1` from `start` on. The series ends with the first close at or below zero: nothing can be
/// earned on equity that is gone.
pub(super) fn simple_returns(start: f64, closes: &[f64]) -> Vec<f64> {
    let alive = closes.iter().position(|&c| c <= 0.0).map_or(closes.len(), |row| row + 1);
    let before = std::iter::once(&start).chain(closes);
    before.zip(&closes[..alive]).map(|(previous, close)| close / previous - 1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gallop_finds_what_a_scan_finds() {
        let ts: Vec<i64> = (0..1_000).map(|i| i * 3 + i % 2).collect();
        for from in [0, 1, 63, 64, 500] {
            for limit in [-1, 0, 191, 192, 1_499, 2_996, 2_997, 5_000] {
                let scan = ts.iter().filter(|&&t| t <= limit).count().max(from);
                assert_eq!(rows_until(&ts, from, limit.max(ts.get(from.wrapping_sub(1)).copied().unwrap_or(-1))), scan);
            }
        }
    }

    #[test]
    fn returns_end_where_the_equity_does() {
        assert_eq!(simple_returns(2.0, &[1.0, 0.0, 5.0]), [-0.5, -1.0]);
        assert_eq!(simple_returns(2.0, &[3.0, -3.0, 5.0]), [0.5, -2.0]);
        assert!(simple_returns(2.0, &[]).is_empty());
    }
}
