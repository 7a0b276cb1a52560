//! Percentile rank.

use super::batch::{self, Fresh, is_finite};
use super::finite::{STRETCH, checked};
use super::recent::Recent;
use super::{Indicator, Input, Param, Spec};

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

impl PercentileRank {
    fn new(period: usize) -> Self {
        Self { period, recent: Recent::new(period + 1) }
    }
}

/// The rank of the last value among those before it.
#[inline(always)]
fn rank(values: &[f64]) -> f64 {
    let (before, x) = (&values[..values.len() - 1], values[values.len() - 1]);
    // wrapping: a sum that checks for overflow would take one value an instruction
    let less = before.iter().fold(0_i64, |less, &other| less.wrapping_sub(if other < x { -1 } else { 0 }));
    100.0 * (less as f64 / before.len() as f64)
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
        checked(row, out, |[x]: [f64; 1]| [self.recent.push(x).map_or(f64::NAN, rank)]);
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
            let windows = column.windows(period + 1);
            out.iter_mut().zip(windows).for_each(|(y, window)| *y = rank(window));
            column.chunks(STRETCH).all(is_finite)
        });
    }
}
