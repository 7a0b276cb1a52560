//! Chaikin money flow.

use super::batch::{self, Fresh};
use super::finite::checked;
use super::money_flow::{money_flow, money_flows};
use super::rolling_fold::{RollingFold, Sums};
use super::sums::{LANES, Range, padded, prefix, total};
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "cmf",
    title: "Chaikin money flow: money flow volume of the last period bars as a share of their volume",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[Param::period("period", 20.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(ChaikinMoneyFlow(RollingFold::new(p[0] as usize)))),
};

/// Batch and streaming agree to 1e-12.
struct ChaikinMoneyFlow(RollingFold<Sums, 2>);

kept!(ChaikinMoneyFlow { 0 });

/// A share of the volume below this is none: it is what rounding left of earlier flows.
const STILL: f64 = 1e-13;

/// 0 where nothing trades.
#[inline(always)]
fn share(flow: f64, volume: f64) -> f64 {
    let share = flow / volume;
    if flow.abs() <= STILL * volume { 0.0 } else { share }
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
        checked(row, out, |bar: [f64; 4]| {
            let window = self.0.push([money_flow(bar), bar[3]]);
            [window.map_or(f64::NAN, |window| share(window.fold[0], window.fold[1]))]
        });
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let mut flows = Vec::new();
        batch::run_sums(self, columns, out, |bars: [&[f64]; 4], [value]: [&mut [f64]; 1]| {
            flows.resize(bars[0].len(), 0.0);
            sliding_shares(bars, self.0.window(), &mut flows, value)
        });
    }
}

/// Writes to `out` what window after window of bars holds of its volume, and to `flows` the money flow volume of every
/// bar; the bars are more than the windows by `period` - 1. Answers whether all was finite and the sums of volumes can be
/// trusted.
fn sliding_shares(bars: [&[f64]; 4], period: usize, flows: &mut [f64], out: &mut [f64]) -> bool {
    // What leaves a window shorter than a block entered in the same block.
    let known = if period < LANES { flows.len() } else { period };
    let finite = money_flows(bars.map(|column| &column[..known]), &mut flows[..known]);
    let entering = bars.map(|column| &column[period..]);
    let mut sums = Sliding::new(&flows[..period], &bars[3][..period]);
    out[0] = share(sums.flow, sums.volume);
    let blocks = entering.map(|column| column.as_chunks::<LANES>().0);
    for block in 0..blocks[0].len() {
        let row = block * LANES;
        let left = [&flows[row..], &bars[3][row..]].map(|column| std::array::from_fn(|lane| column[lane]));
        let (entered, shares) = sums.step(blocks.map(|column| &column[block]), left);
        flows[period + row..][..LANES].copy_from_slice(&entered);
        out[1 + row..][..LANES].copy_from_slice(&shares);
    }
    let row = blocks[0].len() * LANES;
    let rest = entering.map(|column| padded(&column[row..]));
    let left = [padded(&flows[row..out.len() - 1]), padded(&bars[3][row..out.len() - 1])];
    let (_, shares) = sums.step(rest.each_ref(), left);
    let last = &mut out[1 + row..];
    last.copy_from_slice(&shares[..last.len()]);
    finite && sums.are_trusted()
}

type Block = [f64; LANES];

/// The sums over a window, sliding from block to block of rows.
struct Sliding {
    flow: f64,
    volume: f64,
    volumes: Range,
    /// 0 while all bars were finite.
    probe: [f64; 2],
}

impl Sliding {
    fn new(flows: &[f64], volumes: &[f64]) -> Self {
        let volume = total(volumes);
        Self { flow: total(flows), volume, volumes: Range::new(volume), probe: [0.0; 2] }
    }

    /// The money flow volumes of the bars that enter the next windows, and those windows' shares; flows and volumes leave
    /// them.
    #[inline(always)]
    fn step(&mut self, bars: [&Block; 4], [left_flows, left_volumes]: [Block; 2]) -> (Block, Block) {
        let flows = std::array::from_fn(|row| {
            let bar = bars.map(|column| column[row]);
            self.probe[row % 2] += 0.0 * ((bar[0] + bar[1]) + (bar[2] + bar[3]));
            money_flow(bar)
        });
        let change = |entering: &Block, left: Block| prefix(std::array::from_fn(|row| entering[row] - left[row]));
        let flow = change(&flows, left_flows).map(|change| self.flow + change);
        let volume = change(bars[3], left_volumes).map(|change| self.volume + change);
        (self.flow, self.volume) = (flow[LANES - 1], volume[LANES - 1]);
        self.volumes.widen(&volume);
        (flows, std::array::from_fn(|row| share(flow[row], volume[row])))
    }

    fn are_trusted(&self) -> bool {
        self.probe == [0.0; 2] && self.flow.is_finite() && self.volumes.is_trusted()
    }
}
