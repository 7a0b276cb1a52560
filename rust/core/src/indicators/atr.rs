//! Average true range.

use super::blocked::{Block, Blocked};
use super::recursive::{AHEAD, Recursive};
use super::true_range::{self, range};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "atr",
    title: "average true range, Wilder's",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Blocked::boxed(Atr::<false>::new(p[0] as usize))),
};

/// Wilder's average of the true range, seeded with the mean of the first `period` ranges (TA-Lib's convention: the
/// first bar has no range); with `NORMALISED` 100 times that over the close, 0 where the close is 0 (TA-Lib's
/// convention; its NATR of period 1 forgets to divide, ours does not).
#[derive(Clone)]
pub(super) struct Atr<const NORMALISED: bool> {
    average: Recursive,
    previous: f64,
}

kept!([const NORMALISED: bool] Atr<NORMALISED> { average, previous });

impl<const NORMALISED: bool> Atr<NORMALISED> {
    pub(super) fn new(period: usize) -> Self {
        Self { average: Recursive::wilder(period), previous: f64::NAN }
    }

    /// The output of an average that is defined.
    #[inline(always)]
    fn shown(average: f64, close: f64) -> f64 {
        if !NORMALISED {
            return average;
        }
        let percent = 100.0 * average / close;
        if close == 0.0 { 0.0 } else { percent }
    }
}

impl<const NORMALISED: bool> Block<3, 1> for Atr<NORMALISED> {
    fn lookback(&self) -> usize {
        self.average.period()
    }

    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 1] {
        let previous = std::mem::replace(&mut self.previous, close);
        let range = if previous.is_nan() { f64::NAN } else { range(high, low, previous) };
        let average = self.average.chain(range);
        [if average.is_nan() { average } else { Self::shown(average, close) }]
    }

    fn at_block(&self) -> bool {
        self.average.at_block()
    }

    fn blocks(&mut self, [high, low, close]: [&[f64]; 3], [value]: [&mut [f64]; 1]) {
        let mut scan = self.average.scan();
        let bars = high.as_chunks::<AHEAD>().0.iter().zip(low.as_chunks::<AHEAD>().0).zip(close.as_chunks::<AHEAD>().0);
        for (y, ((high, low), close)) in value.as_chunks_mut::<AHEAD>().0.iter_mut().zip(bars) {
            let average = scan.block(&true_range::block(high, low, close, &mut self.previous));
            *y = std::array::from_fn(|row| Self::shown(average[row], close[row]));
        }
        self.average.resume(&scan);
    }

    fn is_finite(&self) -> bool {
        self.average.is_finite() && self.previous.is_finite()
    }
}
