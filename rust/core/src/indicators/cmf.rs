//! Chaikin money flow.

use super::batch::{self, Fresh};
use super::finite::{STRETCH, checked};
use super::money_flow::{money_flow, money_flows};
use super::rolling_fold::{RollingFold, Rows, Sums, Window, fold_windows};
use super::{Indicator, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "cmf",
    title: "Chaikin money flow: money flow volume of the last period bars as a share of their volume",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[Param::period("period", 20.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(ChaikinMoneyFlow(RollingFold::new(p[0] as usize)))),
};

/// 0 while nothing trades.
struct ChaikinMoneyFlow(RollingFold<Sums, 2>);

fn share(window: Window<[f64; 2], 2>) -> f64 {
    let [flow, volume] = window.fold;
    let share = flow / volume;
    if volume == 0.0 { 0.0 } else { share }
}

impl Fresh for ChaikinMoneyFlow {
    fn fresh(&self) -> Self {
        Self(RollingFold::new(self.0.window()))
    }
}

impl Indicator for ChaikinMoneyFlow {
    fn lookback(&self) -> usize {
        self.0.window() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |bar: [f64; 4]| [self.0.push([money_flow(bar), bar[3]]).map_or(f64::NAN, share)]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let window = self.0.window();
        batch::run(self, columns, out, |_: Self, bars: [&[f64]; 4], out: &mut [&mut [f64]; 1]| {
            let rows = FlowRows { bars, window, base: 0, flows: Vec::new() };
            fold_windows::<Sums, 2, 1>(window, rows, out, |window| [share(window)])
        });
    }
}

/// Money flow volume, computed a stretch at a time, beside the volume.
struct FlowRows<'a> {
    bars: [&'a [f64]; 4],
    window: usize,
    /// The row of the first of `flows`.
    base: usize,
    flows: Vec<f64>,
}

impl Rows<2> for FlowRows<'_> {
    fn load(&mut self, start: usize, end: usize) -> bool {
        let known = self.base + self.flows.len();
        if end <= known {
            return true;
        }
        let kept = start.saturating_sub(self.window).max(self.base);
        self.flows.drain(..kept - self.base);
        self.base = kept;
        let end = end.max(known + STRETCH).min(self.bars[3].len());
        self.flows.resize(end - kept, 0.0);
        money_flows(self.bars.map(|column| &column[known..end]), &mut self.flows[known - kept..])
    }

    fn columns(&self, start: usize, len: usize) -> [&[f64]; 2] {
        [&self.flows[start - self.base..start - self.base + len], &self.bars[3][start..start + len]]
    }
}
