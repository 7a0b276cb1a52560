//! Exponentially weighted mean seeded with the first value.
//!
//! It is undefined for `period` - 1 rows: what pandas computes as `ewm(span=period, adjust=False,
//! min_periods=period).mean()`.

use super::blocked::Blocked;
use super::ema::Average;
use super::recursive::Recursive;
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "ewm",
    title: "exponential moving average seeded with the first value, as pandas ewm(span, adjust=False)",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| {
        let period = p[0] as usize;
        Ok(Blocked::boxed(Average::hidden(Recursive::exponential_from_first(period), period - 1)))
    },
};
