//! Changes against the value some rows ago: rate of change, momentum, returns and log returns.

use super::batch::{self, Fresh, is_finite};
use super::finite::checked;
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const RATE: Spec = Spec {
    name: "roc",
    title: "rate of change: this value against the one period rows ago, in percent",
    inputs: &[Input::Source],
    params: &[Param::period("period", 10.0)],
    outputs: &["value"],
    make: |p| Ok(Lagged::boxed(p[0], rate_of_change)),
};

pub(super) const MOMENTUM: Spec = Spec {
    name: "mom",
    title: "momentum: this value less the one period rows ago",
    inputs: &[Input::Source],
    params: &[Param::period("period", 10.0)],
    outputs: &["value"],
    make: |p| Ok(Lagged::boxed(p[0], |now, before| now - before)),
};

pub(super) const RETURNS: Spec = Spec {
    name: "returns",
    title: "simple return over period rows, as a fraction; NaN after a value of 0",
    inputs: &[Input::Source],
    params: &[Param::period("period", 1.0)],
    outputs: &["value"],
    make: |p| Ok(Lagged::boxed(p[0], simple_return)),
};

pub(super) const LOG_RETURNS: Spec = Spec {
    name: "log_returns",
    title: "logarithmic return over period rows; NaN where the two values' ratio is not above 0",
    inputs: &[Input::Source],
    params: &[Param::period("period", 1.0)],
    outputs: &["value"],
    make: |p| Ok(Lagged::boxed(p[0], log_return)),
};

/// 0 after a value of 0 (TA-Lib's convention).
#[inline(always)]
fn rate_of_change(now: f64, before: f64) -> f64 {
    let rate = 100.0 * ((now - before) / before);
    if before == 0.0 { 0.0 } else { rate }
}

#[inline(always)]
fn simple_return(now: f64, before: f64) -> f64 {
    let change = (now - before) / before;
    if before == 0.0 { f64::NAN } else { change }
}

#[inline(always)]
fn log_return(now: f64, before: f64) -> f64 {
    let ratio = now / before;
    if ratio > 0.0 && ratio.is_finite() { ratio.ln() } else { f64::NAN }
}

/// `change(now, before)` with the value `period` rows before.
struct Lagged<F> {
    period: usize,
    change: F,
    past: Vec<f64>,
    next: usize,
}

kept!([F] Lagged<F> { past, next });

impl<F: Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static> Lagged<F> {
    fn new(period: usize, change: F) -> Self {
        Self { period, change, past: Vec::new(), next: 0 }
    }

    fn boxed(period: f64, change: F) -> Box<dyn Indicator> {
        Box::new(Self::new(period as usize, change))
    }

    fn push(&mut self, now: f64) -> f64 {
        if self.past.len() < self.period {
            self.past.push(now);
            return f64::NAN;
        }
        let before = std::mem::replace(&mut self.past[self.next], now);
        self.next = if self.next + 1 == self.period { 0 } else { self.next + 1 };
        (self.change)(now, before)
    }
}

impl<F: Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static> Fresh for Lagged<F> {
    fn fresh(&self) -> Self {
        Self::new(self.period, self.change)
    }
}

impl<F: Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static> Indicator for Lagged<F> {
    fn lookback(&self) -> usize {
        self.period
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |[x]: [f64; 1]| [self.push(x)]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (period, change) = (self.period, self.change);
        batch::run(self, columns, out, |_: Self, [column]: [&[f64]; 1], [out]: &mut [&mut [f64]; 1]| {
            let warm_up = period.min(column.len());
            let (undefined, out) = out.split_at_mut(warm_up);
            undefined.fill(f64::NAN);
            let (now, before) = (&column[warm_up..], &column[..out.len()]);
            change_all(now, before, out, change) && is_finite(&column[..warm_up])
        });
    }
}

/// Rows taken at once, checked as they are read.
const BLOCK: usize = 8;

/// Writes the change of every row; `false` when a value of `now` was not finite.
fn change_all(now: &[f64], before: &[f64], out: &mut [f64], change: impl Fn(f64, f64) -> f64) -> bool {
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    let (nows, last) = now.as_chunks::<BLOCK>();
    let mut poison = [0.0; BLOCK];
    for ((y, now), before) in blocks.iter_mut().zip(nows).zip(before.as_chunks::<BLOCK>().0) {
        for lane in 0..BLOCK {
            poison[lane] += 0.0 * now[lane]; // NaN unless finite
            y[lane] = change(now[lane], before[lane]);
        }
    }
    for ((y, &now), &before) in rest.iter_mut().zip(last).zip(&before[nows.len() * BLOCK..]) {
        *y = change(now, before);
    }
    poison.iter().all(|&lane| lane == 0.0) && is_finite(last)
}
