//! Aroon.

use super::rolling_arg::{Placed, newer_greater};
use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "aroon",
    title: "Aroon: how recent the lowest low and the highest high of the last period + 1 bars are, 100 is this bar",
    inputs: &[Input::High, Input::Low],
    params: &[Param::period("period", 14.0)],
    outputs: &["down", "up", "oscillator"],
    make: |p| Ok(Windowed::boxed(p[0] as usize + 1, Aroon { period: p[0], per_bar: 100.0 / p[0] })),
};

/// `100 (period - bars since the extreme) / period`, of equal extremes the most recent; the oscillator is up - down.
#[derive(Clone)]
struct Aroon {
    period: f64,
    per_bar: f64,
}

impl Fold<2> for Aroon {
    /// The greatest high and the greatest negated low.
    type Item = (Placed, Placed);
    const EMPTY: Self::Item = ((f64::NEG_INFINITY, 0.0), (f64::NEG_INFINITY, 0.0));

    fn item([high, low]: [f64; 2], _anchor: [f64; 2], position: f64) -> Self::Item {
        ((high, position), (-low, position))
    }

    fn join(older: Self::Item, newer: Self::Item) -> Self::Item {
        (newer_greater(older.0, newer.0), newer_greater(older.1, newer.1))
    }
}

impl Formula<2, 3> for Aroon {
    type Fold = Self;

    fn values(&self, window: Window<(Placed, Placed), 2>) -> [f64; 3] {
        let recency = |(_, at): Placed| self.per_bar * (self.period - (window.position - at));
        let (up, down) = (recency(window.fold.0), recency(window.fold.1));
        [down, up, up - down]
    }
}
