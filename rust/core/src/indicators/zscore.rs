//! Z-score.

use super::co_moments::CoMoments;
use super::rolling_fold::Window;
use super::windowed::{Formula, Windowed};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "zscore",
    title: "z-score: distance from the mean of the last period values, in their standard deviations",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Windowed::boxed(p[0] as usize, ZScore)),
};

/// The standard score with the population's standard deviation (divisor `period`, as in `stddev` and the Bollinger
/// bands); 0 for a constant window.
#[derive(Clone)]
struct ZScore;

impl Formula<1, 1> for ZScore {
    type Fold = CoMoments;

    fn values(&self, window: Window<CoMoments, 1>) -> [f64; 1] {
        let CoMoments { count, x: mean, xx, .. } = window.fold;
        [if xx > 0.0 { (window.row[0] - mean) / (xx / count).sqrt() } else { 0.0 }]
    }
}
