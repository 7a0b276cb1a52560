//! Exponential moving average.

use super::blocked::{Block, Blocked};
use super::recursive::Recursive;
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "ema",
    title: "exponential moving average, seeded with the simple average of the first period",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Average::seeded_with_mean(Recursive::exponential(p[0] as usize)))),
};

/// One recursive average. `ema` has weight 2/(period+1) and starts from the mean of its first `period` values (TA-Lib's
/// convention).
#[derive(Clone)]
pub(super) struct Average {
    average: Recursive,
    lookback: usize,
    /// Rows that are seen and not shown.
    hidden: usize,
}

kept!(Average { average, hidden });

impl Average {
    /// An average that shows itself once it is seeded.
    pub(super) fn seeded_with_mean(average: Recursive) -> Self {
        Self { lookback: average.period() - 1, average, hidden: 0 }
    }

    /// An average that keeps back its first `hidden` rows.
    pub(super) fn hidden(average: Recursive, hidden: usize) -> Self {
        Self { average, lookback: hidden, hidden }
    }
}

impl Block<1, 1> for Average {
    fn lookback(&self) -> usize {
        self.lookback
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 1] {
        let mean = self.average.push(x);
        if self.hidden == 0 {
            return [mean];
        }
        self.hidden -= 1;
        [f64::NAN]
    }

    fn at_block(&self) -> bool {
        self.hidden == 0 && self.average.at_block()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [value]: [&mut [f64]; 1]) {
        self.average.blocks(source, value);
    }

    fn is_finite(&self) -> bool {
        self.average.is_finite()
    }
}
