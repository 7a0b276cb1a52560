//! How many rows ago a rolling window's extreme occurred.

use super::extremes::greater;
use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

const PARAMS: &[Param] = &[Param::period("period", 30.0)];

pub(super) const MIN: Spec = Spec {
    name: "rolling_argmin",
    title: "rows since the least value of the last period rows: 0 is this row; of equals the most recent",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, ArgExtreme::<-1>)),
};

pub(super) const MAX: Spec = Spec {
    name: "rolling_argmax",
    title: "rows since the greatest value of the last period rows: 0 is this row; of equals the most recent",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, ArgExtreme::<1>)),
};

/// A value (negated where the least is sought) and the position it occurred at.
pub(super) type Placed = (f64, f64);

/// The greater, of equals the newer. TA-Lib's MAXINDEX and MININDEX choose among equals by what the scan met before;
/// here the window alone decides.
#[inline]
pub(super) fn newer_greater(older: Placed, newer: Placed) -> Placed {
    (greater(older.0, newer.0), if newer.0 >= older.0 { newer.1 } else { older.1 })
}

/// `SIGN` is 1 for the greatest value and -1 for the least.
#[derive(Clone)]
struct ArgExtreme<const SIGN: i8>;

impl<const SIGN: i8> Fold<1> for ArgExtreme<SIGN> {
    type Item = Placed;
    const EMPTY: Placed = (f64::NEG_INFINITY, 0.0);

    fn item([x]: [f64; 1], _anchor: [f64; 1], position: f64) -> Placed {
        (f64::from(SIGN) * x, position)
    }

    fn join(older: Placed, newer: Placed) -> Placed {
        newer_greater(older, newer)
    }
}

impl<const SIGN: i8> Formula<1, 1> for ArgExtreme<SIGN> {
    type Fold = Self;

    fn values(&self, window: Window<Placed, 1>) -> [f64; 1] {
        [window.position - window.fold.1]
    }
}
