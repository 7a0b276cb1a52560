//! Keltner channel.

use super::extremes::{greater, lesser};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "keltner",
    title: "Keltner channel: exponential average of the typical price, with bands of average true ranges",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[
        Param::period("period", 20.0),
        Param::period("atr_period", 10.0),
        Param::real("multiplier", 2.0, 0.0, 1e6),
    ],
    outputs: &["upper", "middle", "lower"],
    make: |p| Ok(Scanned::boxed(Keltner::new(p[0], p[1], p[2]))),
};

/// Middle: exponential average of (high + low + close) / 3. Bands: `multiplier` times Wilder's average true range on
/// either side. Both averages start at the bar where the slower one can, each seeded with the mean of its period
/// that ends there (TA-Lib's convention).
#[derive(Clone)]
struct Keltner {
    period: f64,
    atr_period: f64,
    multiplier: f64,
    bars: f64,
    close: f64,
    middle: f64,
    average: f64,
}

kept!(Keltner { bars, close, middle, average });

impl Keltner {
    fn new(period: f64, atr_period: f64, multiplier: f64) -> Self {
        Self { period, atr_period, multiplier, bars: 0.0, close: 0.0, middle: 0.0, average: 0.0 }
    }

    /// Adds to the seeds; whether they are complete.
    #[cold]
    fn warm_up(&mut self, typical: f64, range: f64) -> bool {
        let first = self.lookback() as f64;
        if self.bars > first - self.period {
            self.middle += typical;
        }
        if self.bars > first - self.atr_period && self.bars > 0.0 {
            self.average += range;
        }
        let complete = self.bars == first;
        if complete {
            (self.middle, self.average) = (self.middle / self.period, self.average / self.atr_period);
        }
        self.bars += 1.0;
        complete
    }
}

impl Step<3, 3> for Keltner {
    fn lookback(&self) -> usize {
        (self.period as usize - 1).max(self.atr_period as usize)
    }

    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 3] {
        let last = std::mem::replace(&mut self.close, close);
        let typical = (high + low + close) / 3.0;
        let range = greater(high, last) - lesser(low, last);
        if self.bars > self.lookback() as f64 {
            self.middle += (typical - self.middle) * (2.0 / (self.period + 1.0));
            self.average += (range - self.average) * (1.0 / self.atr_period);
        } else if !self.warm_up(typical, range) {
            return [f64::NAN; 3];
        }
        let width = self.multiplier * self.average;
        [self.middle + width, self.middle, self.middle - width]
    }
}
