//! Money flow index.

use super::rolling_fold::{RollingFold, Sums};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "mfi",
    title: "money flow index: share, in percent, of the traded value on bars whose typical price rose",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(MoneyFlowIndex { last: f64::NAN, flows: RollingFold::new(p[0] as usize) })),
};

/// Typical prices that differ by less than this share of their sum count as equal, as in TA-Lib.
const EQUAL: f64 = 1e-14;

/// Typical price (high + low + close) / 3 times volume, counted as rising or falling against the bar before; 0 where
/// nothing flowed over the last `period` bars.
#[derive(Clone)]
struct MoneyFlowIndex {
    last: f64,
    flows: RollingFold<Sums, 2>,
}

kept!(MoneyFlowIndex { last, flows });

impl Step<4, 1> for MoneyFlowIndex {
    fn lookback(&self) -> usize {
        self.flows.window()
    }

    fn step(&mut self, [high, low, close, volume]: [f64; 4]) -> [f64; 1] {
        let typical = (high + low + close) / 3.0;
        let last = std::mem::replace(&mut self.last, typical);
        if last.is_nan() {
            return [f64::NAN];
        }
        let flow = typical * volume;
        let (change, equal) = (typical - last, EQUAL * (typical + last));
        let rising = if change > equal { flow } else { 0.0 };
        let falling = if -change > equal { flow } else { 0.0 };
        let Some(window) = self.flows.push([rising, falling]) else { return [f64::NAN] };
        let [rising, falling] = window.fold;
        let total = rising + falling;
        [if total > 0.0 { 100.0 * (rising / total) } else { 0.0 }]
    }
}
