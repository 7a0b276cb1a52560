//! Accumulation/distribution line.

use super::finite::{self, STRETCH, checked};
use super::money_flow::{money_flow, money_flows};
use super::{Indicator, Input, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "ad",
    title: "accumulation/distribution line: running sum of the volume, signed by where the bar closes in its range",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[],
    outputs: &["value"],
    make: |_| Ok(Box::new(Accumulation { sum: 0.0 })),
};

/// Chaikin's running sum of money flow volume, from 0.
struct Accumulation {
    sum: f64,
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
        self.sum = 0.0;
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        finite::run(
            || Self { sum: 0.0 },
            columns,
            out,
            |columns: [&[f64]; 4], [out]: &mut [&mut [f64]; 1]| {
                let mut flows = [0.0; STRETCH];
                let mut sum = 0.0;
                for (at, stretch) in out.chunks_mut(STRETCH).enumerate() {
                    let start = at * STRETCH;
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
            },
        );
    }
}
