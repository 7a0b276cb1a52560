//! Accumulation/distribution line.

use super::batch::{self, Fresh};
use super::finite::checked;
use super::money_flow::{money_flow, money_flows};
use super::{Indicator, Input, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "ad",
    title: "accumulation/distribution line: running sum of the volume, signed by where the bar closes in its range",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Box::new(Accumulation { sum: 0.0 })),
};

/// Bars computed before they are summed: few, so that one block's divisions overlap the sums of the block before.
const BLOCK: usize = 64;

/// Chaikin's running sum of money flow volume, from 0.
struct Accumulation {
    sum: f64,
}

kept!(Accumulation { sum });

impl Fresh for Accumulation {
    fn fresh(&self) -> Self {
        Self { sum: 0.0 }
    }
}

impl Indicator for Accumulation {
    fn lookback(&self) -> usize {
        0
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |bar| {
            self.sum += money_flow(bar);
            [self.sum]
        });
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run(self, columns, out, |_: Self, columns: [&[f64]; 4], [out]: &mut [&mut [f64]; 1]| {
            let mut flows = [0.0; BLOCK];
            let mut sum = 0.0;
            for (at, stretch) in out.chunks_mut(BLOCK).enumerate() {
                let start = at * BLOCK;
                let bars = columns.map(|column| &column[start..start + stretch.len()]);
                let flows = &mut flows[..stretch.len()];
                if !money_flows(bars, flows) {
                    return false;
                }
                for (y, flow) in stretch.iter_mut().zip(flows) {
                    sum += *flow;
                    *y = sum;
                }
            }
            true
        });
    }
}
