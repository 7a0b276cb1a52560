//! Coarser bars from finer ones, in one pass.

use thiserror::Error;

use super::{BarColumns, Bars};
use crate::timeframe::{DAY_NS, WEEK_NS};

/// 1970-01-05, the first Monday of the epoch: where weeks are anchored.
const MONDAY_NS: i64 = 4 * DAY_NS;

/// What becomes of a first or last bucket that the bars do not reach the edge of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// It is left out.
    Drop,
    /// It is kept, and [`Resampled`] tells so.
    Mark,
}

/// Coarser bars, and which of the outer two are made from a part of their interval.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resampled {
    /// The bars; `ts` is each bucket's start, whether or not a bar opens there.
    pub bars: BarColumns,
    /// The first bar is kept although the first input opens after its bucket's start.
    pub first_partial: bool,
    /// The last bar is kept although the last input closes before its bucket's end.
    pub last_partial: bool,
}

/// Why bars cannot be resampled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResampleError {
    /// An interval is not positive, or the target is no whole multiple of the base.
    #[error("cannot resample bars of {base_ns} ns to {target_ns} ns: the target must be a whole multiple of the base")]
    Multiple {
        /// The interval of the input, ns.
        base_ns: i64,
        /// The interval asked for, ns.
        target_ns: i64,
    },
    /// The columns differ in length.
    #[error("column {column} has {length} rows where ts has {rows}")]
    Length {
        /// The column's name.
        column: &'static str,
        /// Its length.
        length: usize,
        /// The length of `ts`.
        rows: usize,
    },
    /// A bar does not open after the one before it.
    #[error("row {row}: bar at {ts} ns does not open after the bar before it")]
    Disorder {
        /// The row, from 0.
        row: usize,
        /// Its opening time, ns UTC.
        ts: i64,
    },
    /// A bar lies in two buckets.
    #[error("row {row}: bar at {ts} ns reaches across the bucket that ends at {bucket_end} ns")]
    Straddle {
        /// The row, from 0.
        row: usize,
        /// Its opening time, ns UTC.
        ts: i64,
        /// The end of the bucket that it opens in, ns UTC.
        bucket_end: i64,
    },
    /// A bar's bucket lies outside what an `i64` of nanoseconds can name (1677 to 2262).
    #[error("row {row}: time {ts} ns is out of range")]
    Range {
        /// The row, from 0.
        row: usize,
        /// Its opening time, ns UTC.
        ts: i64,
    },
}

/// The start of the bucket of `target_ns` that holds `ts`: aligned to the epoch in UTC, whole weeks to Monday.
///
/// None where `target_ns` is not positive or the start is out of range.
#[must_use]
pub fn bucket_start(ts: i64, target_ns: i64) -> Option<i64> {
    if target_ns <= 0 {
        return None;
    }
    let anchor = if target_ns % WEEK_NS == 0 { MONDAY_NS } else { 0 };
    ts.checked_sub(ts.checked_sub(anchor)?.rem_euclid(target_ns))
}

/// Aggregates bars of `base_ns` into bars of `target_ns` (both ns): first open, highest high, lowest low, last close,
/// summed volume.
///
/// A bucket with gaps is made of the bars that are there, an empty one makes no bar; only the first and the last bucket
/// can be partial. Values are taken as they are: finite ones are the caller's business.
///
/// # Errors
/// [`ResampleError`] names the first row that cannot be placed.
pub fn resample(bars: &Bars<'_>, base_ns: i64, target_ns: i64, partial: Partial) -> Result<Resampled, ResampleError> {
    if base_ns <= 0 || target_ns <= 0 || target_ns % base_ns != 0 {
        return Err(ResampleError::Multiple { base_ns, target_ns });
    }
    check_lengths(bars)?;
    let (Some(&first), Some(&last)) = (bars.ts.first(), bars.ts.last()) else {
        return Ok(Resampled::default());
    };
    let mut out = with_capacity(bars.ts.len(), last.saturating_sub(first) / target_ns);
    let end = aggregate(bars, base_ns, target_ns, &mut out)?;
    let first_partial = first > out.ts[0];
    // `aggregate` has shown that the last bar's close is in range.
    let last_partial = last + base_ns < end;
    Ok(trim(out, first_partial, last_partial, partial))
}

fn check_lengths(bars: &Bars<'_>) -> Result<(), ResampleError> {
    let rows = bars.ts.len();
    let columns =
        [("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close), ("volume", bars.volume)];
    match columns.iter().find(|(_, values)| values.len() != rows) {
        Some(&(column, values)) => Err(ResampleError::Length { column, length: values.len(), rows }),
        None => Ok(()),
    }
}

/// Room for every bucket, so that the loop never allocates: there are at most as many as bars, and at most
/// `whole` + 2 between the first bar and the last.
fn with_capacity(rows: usize, whole: i64) -> BarColumns {
    let room = usize::try_from(whole).unwrap_or(0).saturating_add(2).min(rows);
    BarColumns {
        ts: Vec::with_capacity(room),
        open: Vec::with_capacity(room),
        high: Vec::with_capacity(room),
        low: Vec::with_capacity(room),
        close: Vec::with_capacity(room),
        volume: Vec::with_capacity(room),
    }
}

/// Fills `out` and returns the end of the last bucket, ns UTC.
fn aggregate(bars: &Bars<'_>, base_ns: i64, target_ns: i64, out: &mut BarColumns) -> Result<i64, ResampleError> {
    let mut end = i64::MIN;
    let mut previous = None;
    for row in 0..bars.ts.len() {
        let ts = bars.ts[row];
        if previous.is_some_and(|before| ts <= before) {
            return Err(ResampleError::Disorder { row, ts });
        }
        previous = Some(ts);
        let close = ts.checked_add(base_ns).ok_or(ResampleError::Range { row, ts })?;
        if ts >= end {
            let start = bucket_start(ts, target_ns).ok_or(ResampleError::Range { row, ts })?;
            end = start.checked_add(target_ns).ok_or(ResampleError::Range { row, ts })?;
            out.ts.push(start);
            out.open.push(bars.open[row]);
            out.high.push(bars.high[row]);
            out.low.push(bars.low[row]);
            out.close.push(bars.close[row]);
            out.volume.push(bars.volume[row]);
        } else {
            let at = out.ts.len() - 1;
            out.high[at] = out.high[at].max(bars.high[row]);
            out.low[at] = out.low[at].min(bars.low[row]);
            out.close[at] = bars.close[row];
            out.volume[at] += bars.volume[row];
        }
        if close > end {
            return Err(ResampleError::Straddle { row, ts, bucket_end: end });
        }
    }
    Ok(end)
}

/// Drops or marks the outer buckets; a single bucket may be both first and last.
fn trim(mut bars: BarColumns, first_partial: bool, last_partial: bool, partial: Partial) -> Resampled {
    if partial == Partial::Mark {
        return Resampled { bars, first_partial, last_partial };
    }
    let from = usize::from(first_partial);
    let to = (bars.ts.len() - usize::from(last_partial)).max(from);
    bars.ts.truncate(to);
    bars.ts.drain(..from);
    for column in [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close, &mut bars.volume] {
        column.truncate(to);
        column.drain(..from);
    }
    Resampled { bars, first_partial: false, last_partial: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000_000_000;
    const HOUR: i64 = 60 * MINUTE;

    fn columns(ts: &[i64]) -> BarColumns {
        let price = |row: usize| 100.0 + (row * 7 % 11) as f64;
        let column = |shift: f64| (0..ts.len()).map(|row| price(row) + shift).collect::<Vec<_>>();
        BarColumns {
            ts: ts.to_vec(),
            open: column(0.0),
            high: column(2.0),
            low: column(-2.0),
            close: column(1.0),
            volume: column(-90.0),
        }
    }

    fn run(ts: &[i64], target: i64, partial: Partial) -> Result<Resampled, ResampleError> {
        resample(&columns(ts).view(), MINUTE, target, partial)
    }

    #[test]
    fn five_minutes_are_first_highest_lowest_last_and_sum() {
        let ts: Vec<i64> = (0..5).map(|row| row * MINUTE).collect();
        let out = run(&ts, 5 * MINUTE, Partial::Drop).unwrap();
        let expected = BarColumns {
            ts: vec![0],
            open: vec![100.0],
            high: vec![112.0],
            low: vec![98.0],
            close: vec![107.0],
            volume: vec![10.0 + 17.0 + 13.0 + 20.0 + 16.0],
        };
        assert_eq!(out, Resampled { bars: expected, ..Resampled::default() });
    }

    #[test]
    fn outer_buckets_are_dropped_or_marked() {
        let ts: Vec<i64> = (3..12).map(|row| row * MINUTE).collect();
        let dropped = run(&ts, 5 * MINUTE, Partial::Drop).unwrap();
        assert_eq!(dropped.bars.ts, [5 * MINUTE]);
        assert!(!dropped.first_partial && !dropped.last_partial);
        let marked = run(&ts, 5 * MINUTE, Partial::Mark).unwrap();
        assert_eq!(marked.bars.ts, [0, 5 * MINUTE, 10 * MINUTE]);
        assert!(marked.first_partial && marked.last_partial);
        let inside = run(&ts[..1], 5 * MINUTE, Partial::Drop).unwrap();
        assert!(inside.bars.ts.is_empty());
    }

    #[test]
    fn a_gap_in_the_middle_keeps_the_bucket_and_an_empty_one_makes_no_bar() {
        let ts = [0, 4 * MINUTE, 7 * MINUTE, 20 * MINUTE, 24 * MINUTE];
        let out = run(&ts, 5 * MINUTE, Partial::Drop).unwrap();
        assert_eq!(out.bars.ts, [0, 5 * MINUTE, 20 * MINUTE]);
    }

    #[test]
    fn weeks_start_on_monday_and_days_before_the_epoch_at_midnight() {
        assert_eq!(bucket_start(0, WEEK_NS), Some(MONDAY_NS - WEEK_NS));
        assert_eq!(bucket_start(MONDAY_NS, WEEK_NS), Some(MONDAY_NS));
        assert_eq!(bucket_start(-1, DAY_NS), Some(-DAY_NS));
        assert_eq!(bucket_start(5, 0), None);
    }

    #[test]
    fn what_cannot_be_placed_is_named() {
        use ResampleError as E;
        let wrong = E::Multiple { base_ns: MINUTE, target_ns: 90_000_000_000 };
        assert_eq!(run(&[0], 90_000_000_000, Partial::Drop), Err(wrong));
        assert!(matches!(run(&[0], 0, Partial::Drop), Err(E::Multiple { .. })));
        let twice = run(&[0, MINUTE, MINUTE], HOUR, Partial::Drop);
        assert_eq!(twice, Err(E::Disorder { row: 2, ts: MINUTE }));
        let across = run(&[4 * MINUTE + 1], 5 * MINUTE, Partial::Drop);
        let expected = E::Straddle { row: 0, ts: 4 * MINUTE + 1, bucket_end: 5 * MINUTE };
        assert_eq!(across, Err(expected));
        for ts in [i64::MIN, i64::MAX] {
            assert_eq!(run(&[ts], HOUR, Partial::Mark), Err(E::Range { row: 0, ts }));
        }
        let mut short = columns(&[0, MINUTE]);
        short.low.pop();
        let error = resample(&short.view(), MINUTE, HOUR, Partial::Drop);
        assert_eq!(error, Err(E::Length { column: "low", length: 1, rows: 2 }));
    }

    proptest! {
        /// The obvious way: group by bucket, then take each group's aggregate.
        #[test]
        fn agrees_with_grouping(
            gaps in prop::collection::vec(1i64..9, 1..200),
            start in -500i64..500,
            factor in 1i64..70,
        ) {
            let mut ts = vec![start * MINUTE];
            for gap in gaps {
                ts.push(ts[ts.len() - 1] + gap * MINUTE);
            }
            let input = columns(&ts);
            let target = factor * MINUTE;
            let out = resample(&input.view(), MINUTE, target, Partial::Mark).unwrap();
            let mut groups: Vec<(i64, Vec<usize>)> = Vec::new();
            for (row, &time) in ts.iter().enumerate() {
                let bucket = time.div_euclid(target) * target;
                match groups.last_mut().filter(|group| group.0 == bucket) {
                    Some(group) => group.1.push(row),
                    None => groups.push((bucket, vec![row])),
                }
            }
            prop_assert_eq!(out.bars.ts.len(), groups.len());
            for (at, (bucket, rows)) in groups.iter().enumerate() {
                let of = |column: &[f64]| rows.iter().map(|&row| column[row]).collect::<Vec<_>>();
                prop_assert_eq!(out.bars.ts[at], *bucket);
                prop_assert_eq!(out.bars.open[at], input.open[rows[0]]);
                prop_assert_eq!(out.bars.close[at], input.close[rows[rows.len() - 1]]);
                prop_assert_eq!(out.bars.high[at], of(&input.high).into_iter().fold(f64::MIN, f64::max));
                prop_assert_eq!(out.bars.low[at], of(&input.low).into_iter().fold(f64::MAX, f64::min));
                prop_assert_eq!(out.bars.volume[at], of(&input.volume).iter().sum::<f64>());
            }
            let end = out.bars.ts[groups.len() - 1] + target;
            prop_assert_eq!(out.first_partial, ts[0] != out.bars.ts[0]);
            prop_assert_eq!(out.last_partial, ts[ts.len() - 1] + MINUTE != end);
        }
    }
}
