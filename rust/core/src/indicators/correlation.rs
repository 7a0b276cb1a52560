//! Rolling correlation.

use super::anchored_moments::fold_moments;
use super::co_moments::CoMoments;
use super::finite::{self, checked};
use super::rolling_extreme::{greater, lesser};
use super::rolling_fold::RollingFold;
use super::{Indicator, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "correlation",
    title: "Pearson correlation of two series over the last period rows; 0 where one is constant",
    inputs: &[Input::Source, Input::Other],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Correlation(RollingFold::new(p[0] as usize)))),
};

/// Batch and streaming agree to 1e-12.
struct Correlation(RollingFold<CoMoments, 2>);

#[inline(always)]
fn coefficient(moments: CoMoments) -> f64 {
    let CoMoments { xx, yy, xy, .. } = moments;
    let value = xy / (xx * yy).sqrt();
    if xx > 0.0 && yy > 0.0 { greater(lesser(value, 1.0), -1.0) } else { 0.0 }
}

impl Indicator for Correlation {
    fn lookback(&self) -> usize {
        self.0.window() - 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |row: [f64; 2]| [self.0.push(row).map_or(f64::NAN, |window| coefficient(window.fold))]);
    }

    fn reset(&mut self) {
        self.0 = RollingFold::new(self.0.window());
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let window = self.0.window();
        finite::run(
            || Self(RollingFold::new(window)),
            columns,
            out,
            |columns, out| fold_moments(window, || columns, |at| columns.map(|column| column[at]), out, coefficient),
        );
    }
}
