//! Ichimoku kinko hyo.

use super::high_low::HighLow;
use super::rolling_fold::RollingFold;
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "ichimoku",
    title: "Ichimoku: conversion and base line, the cloud's two spans as they stand at this bar, and the lagging span",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[
        Param::period("conversion", 9.0),
        Param::period("base", 26.0),
        Param::period("span_b", 52.0),
        Param { name: "displacement", default: 26.0, min: 0.0, max: super::catalog::PERIOD_MAX, integer: true },
    ],
    outputs: &["conversion", "base", "span_a", "span_b", "lagging"],
    make: |p| Ok(Scanned::boxed(Ichimoku::new([p[0], p[1], p[2], p[3]].map(|x| x as usize)))),
};

/// Goichi Hosoda's lines (1969), each the middle of the highest high and lowest low of its period; span A is the
/// middle of conversion and base.
///
/// Nothing looks ahead. The cloud is drawn `displacement` bars to the right, so `span_a` and `span_b` at a bar are
/// those computed `displacement` bars before it: what the chart shows at this bar. The lagging span is drawn
/// `displacement` bars to the left, so the point known at a bar is this bar's close, which belongs beside the price of
/// `displacement` bars ago. All five start together, once span B has been displaced.
#[derive(Clone)]
struct Ichimoku {
    conversion: RollingFold<HighLow, 2>,
    base: RollingFold<HighLow, 2>,
    span_b: RollingFold<HighLow, 2>,
    displacement: usize,
    cloud: Vec<[f64; 2]>,
    next: usize,
    bars: usize,
}

kept!(Ichimoku { conversion, base, span_b, cloud, next, bars });

impl Ichimoku {
    fn new([conversion, base, span_b, displacement]: [usize; 4]) -> Self {
        Self {
            conversion: RollingFold::new(conversion),
            base: RollingFold::new(base),
            span_b: RollingFold::new(span_b),
            displacement,
            cloud: Vec::new(),
            next: 0,
            bars: 0,
        }
    }

    /// The cloud of `displacement` bars ago; NaN while it is not known.
    fn displaced(&mut self, cloud: [f64; 2]) -> [f64; 2] {
        if self.cloud.len() < self.displacement {
            self.cloud.push(cloud);
            return [f64::NAN; 2];
        }
        let Some(slot) = self.cloud.get_mut(self.next) else { return cloud };
        self.next = if self.next + 1 == self.displacement { 0 } else { self.next + 1 };
        std::mem::replace(slot, cloud)
    }
}

fn middle(fold: &mut RollingFold<HighLow, 2>, bar: [f64; 2]) -> f64 {
    fold.push(bar).map_or(f64::NAN, |window| (window.fold.0 + window.fold.1) / 2.0)
}

impl Step<3, 5> for Ichimoku {
    fn lookback(&self) -> usize {
        let longest = self.conversion.window().max(self.base.window()).max(self.span_b.window());
        longest - 1 + self.displacement
    }

    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 5] {
        let conversion = middle(&mut self.conversion, [high, low]);
        let base = middle(&mut self.base, [high, low]);
        let span_b = middle(&mut self.span_b, [high, low]);
        let [span_a, span_b] = self.displaced([(conversion + base) / 2.0, span_b]);
        self.bars += 1;
        if self.bars <= self.lookback() { [f64::NAN; 5] } else { [conversion, base, span_a, span_b, close] }
    }
}
