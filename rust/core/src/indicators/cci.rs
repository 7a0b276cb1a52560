//! Commodity channel index.

use super::batch::{self, Fresh, is_finite};
use super::finite::{STRETCH, checked};
use super::recent::Recent;
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "cci",
    title: "commodity channel index: distance of the typical price from its average, in mean deviations",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param { name: "period", default: 14.0, min: 1.0, max: 10_000.0, integer: true }],
    outputs: &["value"],
    make: |p| Ok(Box::new(CommodityChannel::new(p[0] as usize))),
};

/// A mean deviation below this share of the mean counts as none, as in TA-Lib.
const FLAT: f64 = 1e-14;

/// Lambert's `(typical - mean) / (0.015 mean absolute deviation)`, 0 without deviation. A row costs time in proportion
/// to the period, which is why that ends at 10,000.
struct CommodityChannel {
    period: usize,
    typical: Recent,
}

kept!(CommodityChannel { typical });

impl CommodityChannel {
    const fn new(period: usize) -> Self {
        Self { period, typical: Recent::new(period) }
    }
}

/// The index of the last of these typical prices.
#[inline(always)]
fn index(window: &[f64]) -> f64 {
    let per_row = 1.0 / window.len() as f64;
    let mean = lane_sum(window, |x| x) * per_row;
    let deviation = lane_sum(window, |x| (x - mean).abs()) * per_row;
    let index = (window[window.len() - 1] - mean) / (0.015 * deviation);
    if deviation > FLAT * mean.abs() { index } else { 0.0 }
}

fn typical_price(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) / 3.0
}

impl Fresh for CommodityChannel {
    fn fresh(&self) -> Self {
        Self::new(self.period)
    }
}

impl Indicator for CommodityChannel {
    fn lookback(&self) -> usize {
        self.period - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |[high, low, close]| {
            [self.typical.push(typical_price(high, low, close)).map_or(f64::NAN, index)]
        });
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let period = self.period;
        batch::run(self, columns, out, |_: Self, columns: [&[f64]; 3], [out]: &mut [&mut [f64]; 1]| {
            let warm_up = (period - 1).min(out.len());
            out[..warm_up].fill(f64::NAN);
            let mut typical = Vec::new();
            for start in (0..out.len()).step_by(STRETCH) {
                let end = out.len().min(start + STRETCH);
                let [high, low, close] = columns.map(|column| &column[start..end]);
                if ![high, low, close].into_iter().all(is_finite) {
                    return false;
                }
                typical.drain(..typical.len() - typical.len().min(period - 1));
                typical.extend(high.iter().zip(low).zip(close).map(|((&h, &l), &c)| typical_price(h, l, c)));
                let results = out[..end].iter_mut().skip(start.max(warm_up));
                results.zip(typical.windows(period)).for_each(|(y, window)| *y = index(window));
            }
            true
        });
    }
}

/// A sum in four lanes, two to the instruction.
#[inline(always)]
fn lane_sum(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let (blocks, rest) = values.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += term(x);
        }
    }
    let rest: f64 = rest.iter().map(|&x| term(x)).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}
