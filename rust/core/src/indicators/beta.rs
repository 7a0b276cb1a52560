//! Rolling beta.

use super::batch::{self, Fresh, is_finite};
use super::finite::checked;
use super::rolling_fold::{Fold, RollingFold, Rows, Window, fold_windows};
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "beta",
    title: "beta: slope of the other series' returns on this one's over the last period returns",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 5.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Beta::new(p[0] as usize))),
};

/// Covariance of both series' one-row returns over the variance of the first one's, TA-Lib's order: the source is the
/// market, the other series the asset. A return after a value of 0 is 0; beta is 0 where the source's returns are
/// constant.
struct Beta {
    last: Option<[f64; 2]>,
    returns: RollingFold<Products, 2>,
}

kept!(Beta { last, returns });

impl Beta {
    fn new(period: usize) -> Self {
        Self { last: None, returns: RollingFold::new(period) }
    }
}

#[inline(always)]
fn change(now: f64, before: f64) -> f64 {
    let change = (now - before) / before; // not now / before - 1, which rounds a small return
    if before == 0.0 { 0.0 } else { change }
}

/// Sums of x, y, x x and x y, where x and y are deviations from the anchor.
struct Products;

impl Fold<2> for Products {
    type Item = [f64; 4];
    const EMPTY: [f64; 4] = [0.0; 4];

    fn item(row: [f64; 2], anchor: [f64; 2], _position: f64) -> [f64; 4] {
        let (x, y) = (row[0] - anchor[0], row[1] - anchor[1]);
        [x, y, x * x, x * y]
    }

    fn join(older: [f64; 4], newer: [f64; 4]) -> [f64; 4] {
        std::array::from_fn(|sum| older[sum] + newer[sum])
    }
}

#[inline(always)]
fn slope(window: Window<[f64; 4], 2>, per_row: f64) -> f64 {
    let [x, y, xx, xy] = window.fold;
    let mean = x * per_row;
    let slope = (xy - mean * y) / (xx - mean * x);
    if xx > 0.0 { slope } else { 0.0 }
}

impl Fresh for Beta {
    fn fresh(&self) -> Self {
        Self::new(self.returns.window())
    }
}

impl Indicator for Beta {
    fn lookback(&self) -> usize {
        self.returns.window()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row: [f64; 2]| {
            let Some(last) = self.last.replace(row) else { return [f64::NAN] };
            let window = self.returns.push([change(row[0], last[0]), change(row[1], last[1])]);
            let per_row = 1.0 / self.returns.window() as f64;
            [window.map_or(f64::NAN, |window| slope(window, per_row))]
        });
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let window = self.returns.window();
        batch::run(self, columns, out, |_: Self, prices: [&[f64]; 2], [out]: &mut [&mut [f64]; 1]| {
            let Some((first, out)) = out.split_first_mut() else { return true };
            *first = f64::NAN;
            let (per_row, rows) = (1.0 / window as f64, ReturnRows::new(prices, window));
            fold_windows::<Products, 2, 1>(window, rows, &mut [out], |window| [slope(window, per_row)])
        });
    }
}

/// One-row returns of two series, computed a stretch at a time: row `i` is the change from price `i` to `i + 1`.
struct ReturnRows<'a> {
    prices: [&'a [f64]; 2],
    window: usize,
    base: usize,
    returns: [Vec<f64>; 2],
}

impl<'a> ReturnRows<'a> {
    fn new(prices: [&'a [f64]; 2], window: usize) -> Self {
        Self { prices, window, base: 0, returns: [Vec::new(), Vec::new()] }
    }
}

impl Rows<2> for ReturnRows<'_> {
    fn load(&mut self, start: usize, end: usize) -> bool {
        let base = start.saturating_sub(self.window);
        for (returns, prices) in self.returns.iter_mut().zip(self.prices) {
            returns.drain(..base - self.base);
            let (befores, nows) = (&prices[start..end], &prices[start + 1..=end]);
            returns.extend(nows.iter().zip(befores).map(|(&now, &before)| change(now, before)));
        }
        self.base = base;
        self.prices.iter().all(|prices| is_finite(&prices[start..=end]))
    }

    fn columns(&self, start: usize, len: usize) -> [&[f64]; 2] {
        let start = start - self.base;
        self.returns.each_ref().map(|returns| &returns[start..start + len])
    }
}
