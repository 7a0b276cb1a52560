//! Percentile rank.

use super::batch::{self, Fresh, is_finite};
use super::finite::{STRETCH, checked};
use super::recent::Recent;
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "percentile_rank",
    title: "percentile rank: how many of the period values before this one are less, in percent",
    inputs: &[Input::Source],
    params: &[Param { name: "period", default: 100.0, min: 1.0, max: 10_000.0, integer: true }],
    outputs: &["value"],
    make: |p| Ok(Box::new(PercentileRank::new(p[0] as usize))),
};

/// The rank of ConnorsRSI (Connors Research, 2012): equal values do not count as less. A row costs time in proportion
/// to the period, which is why that ends at 10,000.
struct PercentileRank {
    period: usize,
    recent: Recent,
}

kept!(PercentileRank { recent });

impl PercentileRank {
    fn new(period: usize) -> Self {
        Self { period, recent: Recent::new(period + 1) }
    }
}

/// Rows ranked at once.
const LANES: usize = 8;

/// The rank of a value that so many of the `period` before it are less than.
#[inline(always)]
fn rank(less: i64, period: usize) -> f64 {
    100.0 * (less as f64 / period as f64)
}

/// 1 where `other` is less than `x`. Sums of it must wrap: one that checks for overflow would take a value at a time.
#[inline(always)]
fn is_less(other: f64, x: f64) -> i64 {
    if other < x { 1 } else { 0 }
}

/// The rank of the last value among those before it.
#[inline(always)]
fn rank_of_last(values: &[f64]) -> f64 {
    let (before, x) = (&values[..values.len() - 1], values[values.len() - 1]);
    rank(before.iter().fold(0, |less: i64, &other| less.wrapping_add(is_less(other, x))), before.len())
}

/// The ranks of the last values of as many windows, the first of which begins `column`.
#[inline(always)]
fn rank_block(column: &[f64], period: usize) -> [f64; LANES] {
    let (mut less, last) = ([0_i64; LANES], &column[period..][..LANES]);
    let last: [f64; LANES] = std::array::from_fn(|lane| last[lane]);
    for others in column.windows(LANES).take(period) {
        for lane in 0..LANES {
            less[lane] = less[lane].wrapping_add(is_less(others[lane], last[lane]));
        }
    }
    less.map(|less| rank(less, period))
}

impl Fresh for PercentileRank {
    fn fresh(&self) -> Self {
        Self::new(self.period)
    }
}

impl Indicator for PercentileRank {
    fn lookback(&self) -> usize {
        self.period
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |[x]: [f64; 1]| [self.recent.push(x).map_or(f64::NAN, rank_of_last)]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let period = self.period;
        batch::run(self, columns, out, |_: Self, [column]: [&[f64]; 1], [out]: &mut [&mut [f64]; 1]| {
            let warm_up = period.min(out.len());
            let (undefined, out) = out.split_at_mut(warm_up);
            undefined.fill(f64::NAN);
            let (blocks, last) = out.as_chunks_mut::<LANES>();
            for (block, y) in blocks.iter_mut().enumerate() {
                *y = rank_block(&column[block * LANES..], period);
            }
            let windows = column[blocks.len() * LANES..].windows(period + 1);
            last.iter_mut().zip(windows).for_each(|(y, window)| *y = rank_of_last(window));
            column.chunks(STRETCH).all(is_finite)
        });
    }
}
