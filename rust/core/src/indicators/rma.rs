//! Wilder's moving average, the one in his RSI and ATR: weight 1/period, seeded with the mean of the first `period` values.

use super::blocked::Blocked;
use super::ema::Average;
use super::recursive::Recursive;
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "rma",
    title: "Wilder's moving average: exponential with weight 1/period",
    inputs: &[Input::Source],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Average::seeded_with_mean(Recursive::wilder(p[0] as usize)))),
};
