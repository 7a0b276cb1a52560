//! Greatest and least value of a rolling window.

use super::extremes::{greater, lesser};
use super::rolling_fold::{Fold, Window};
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

const PARAMS: &[Param] = &[Param::period("period", 30.0)];

pub(super) const MIN: Spec = Spec {
    name: "rolling_min",
    title: "least value of the last period rows",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Least)),
};

pub(super) const MAX: Spec = Spec {
    name: "rolling_max",
    title: "greatest value of the last period rows",
    inputs: &[Input::Source],
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, Greatest)),
};

#[derive(Clone)]
struct Least;

#[derive(Clone)]
struct Greatest;

impl Fold<1> for Least {
    type Item = f64;
    const EMPTY: f64 = f64::INFINITY;

    fn item([x]: [f64; 1], _anchor: [f64; 1], _position: f64) -> f64 {
        x
    }

    fn join(older: f64, newer: f64) -> f64 {
        lesser(older, newer)
    }
}

impl Fold<1> for Greatest {
    type Item = f64;
    const EMPTY: f64 = f64::NEG_INFINITY;

    fn item([x]: [f64; 1], _anchor: [f64; 1], _position: f64) -> f64 {
        x
    }

    fn join(older: f64, newer: f64) -> f64 {
        greater(older, newer)
    }
}

impl Formula<1, 1> for Least {
    type Fold = Self;

    fn values(&self, window: Window<f64, 1>) -> [f64; 1] {
        [window.fold]
    }
}

impl Formula<1, 1> for Greatest {
    type Fold = Self;

    fn values(&self, window: Window<f64, 1>) -> [f64; 1] {
        [window.fold]
    }
}
