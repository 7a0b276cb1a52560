//! SuperTrend.

use super::extremes::{greater, lesser};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "supertrend",
    title: "SuperTrend: a band of average true ranges that trails the price and flips when a close crosses it",
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 10.0), Param::real("multiplier", 3.0, 0.0, 1e6)],
    outputs: &["line", "direction"],
    make: |p| Ok(Scanned::boxed(SuperTrend::new(p[0], p[1]))),
};

/// Olivier Seban's trailing band: mid-price plus and minus `multiplier` of Wilder's average true range; a band only
/// tightens while the close before it kept inside. Starts long; direction is 1 up and -1 down (TA-Lib's convention).
#[derive(Clone)]
struct SuperTrend {
    period: f64,
    multiplier: f64,
    bars: f64,
    average: f64,
    close: f64,
    upper: f64,
    lower: f64,
    long: bool,
}

kept!(SuperTrend { bars, average, close, upper, lower, long });

impl SuperTrend {
    fn new(period: f64, multiplier: f64) -> Self {
        let (upper, lower) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { period, multiplier, bars: 0.0, average: 0.0, close: 0.0, upper, lower, long: true }
    }

    /// Updates the average true range; whether its seed is complete.
    #[inline(always)]
    fn range(&mut self, high: f64, low: f64, close: f64) -> bool {
        if self.bars == 0.0 {
            self.bars = 1.0;
            return false;
        }
        let range = greater(high, close) - lesser(low, close);
        if self.bars > self.period {
            self.average = self.average * (1.0 - 1.0 / self.period) + range * (1.0 / self.period);
            return true;
        }
        self.average += range;
        let complete = self.bars == self.period;
        if complete {
            self.average /= self.period;
        }
        self.bars += 1.0;
        complete
    }
}

impl Step<3, 2> for SuperTrend {
    fn lookback(&self) -> usize {
        self.period as usize
    }

    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 2] {
        let last = std::mem::replace(&mut self.close, close);
        if !self.range(high, low, last) {
            return [f64::NAN; 2];
        }
        let (middle, width) = ((high + low) / 2.0, self.multiplier * self.average);
        let (upper, lower) = (middle + width, middle - width);
        let first = self.lower == f64::NEG_INFINITY;
        self.upper = if upper < self.upper || last > self.upper { upper } else { self.upper };
        self.lower = if lower > self.lower || last < self.lower { lower } else { self.lower };
        self.long = first || if self.long { close >= self.lower } else { close > self.upper };
        if self.long { [self.lower, 1.0] } else { [self.upper, -1.0] }
    }
}
