//! Changes against the value some rows ago: rate of change, momentum, returns and log returns.

use super::batch::all_finite;
use super::finite::{self, STRETCH, checked};
use super::{Indicator, Input, Param, Spec};

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

impl<F: Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static> Indicator for Lagged<F> {
    fn lookback(&self) -> usize {
        self.period
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |[x]: [f64; 1]| [self.push(x)]);
    }

    fn reset(&mut self) {
        *self = Self::new(self.period, self.change);
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let (period, change) = (self.period, self.change);
        finite::run(
            || Self::new(period, change),
            columns,
            out,
            |[column]: [&[f64]; 1], [out]: &mut [&mut [f64]; 1]| {
                let warm_up = period.min(column.len());
                let (undefined, out) = out.split_at_mut(warm_up);
                undefined.fill(f64::NAN);
                let (befores, nows) = (column.chunks(STRETCH), column[warm_up..].chunks(STRETCH));
                for ((y, now), before) in out.chunks_mut(STRETCH).zip(nows).zip(befores) {
                    if !all_finite(now) {
                        return false;
                    }
                    for ((y, &now), &before) in y.iter_mut().zip(now).zip(before) {
                        *y = change(now, before);
                    }
                }
                all_finite(&column[..warm_up])
            },
        );
    }
}
