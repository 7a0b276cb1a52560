//! Commodity channel index.

use super::recent::Recent;
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "cci",
    title: "commodity channel index: distance of the typical price from its average, in mean deviations",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param { name: "period", default: 14.0, min: 1.0, max: 10_000.0, integer: true }],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(CommodityChannel { period: p[0] as usize, typical: Recent::new(p[0] as usize) })),
};

/// Lambert's `(typical - mean) / (0.015 mean absolute deviation)`, 0 without deviation. A row costs time in proportion
/// to the period, which is why that ends at 10,000.
#[derive(Clone)]
struct CommodityChannel {
    period: usize,
    typical: Recent,
}

impl Step<3, 1> for CommodityChannel {
    fn lookback(&self) -> usize {
        self.period - 1
    }

    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 1] {
        let typical = (high + low + close) / 3.0;
        let Some(window) = self.typical.push(typical) else { return [f64::NAN] };
        let mean = lane_sum(window, |x| x) / window.len() as f64;
        let deviation = lane_sum(window, |x| (x - mean).abs()) / window.len() as f64;
        [if deviation > 0.0 { (typical - mean) / (0.015 * deviation) } else { 0.0 }]
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
