//! Normalised average true range: 100 times the average true range over the close.

use super::atr::Atr;
use super::blocked::Blocked;
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "natr",
    title: "normalised average true range, in percent of the close",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Atr::<true>::new(p[0] as usize))),
};
