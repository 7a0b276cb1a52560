//! Parabolic stop and reverse.

use super::extremes::{greater, lesser};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "psar",
    title: "parabolic stop and reverse, Wilder's",
    inputs: &[Input::High, Input::Low],
    params: &[Param::real("acceleration", 0.02, 0.0, 1e6), Param::real("maximum", 0.2, 0.0, 1e6)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(ParabolicSar::new(p[0], p[1]))),
};

/// Wilder's stop (New Concepts in Technical Trading Systems, 1978). The first trend is that of the second bar's
/// directional movement, up unless the lows moved more; the first stop is the first bar's opposite extreme (TA-Lib's
/// convention). An acceleration above the maximum is taken as the maximum.
///
/// While the trend is down every price is held negated, so that one rule serves both ways.
#[derive(Clone)]
struct ParabolicSar {
    acceleration: f64,
    maximum: f64,
    bars: u8,
    sign: f64,
    factor: f64,
    extreme: f64,
    stop: f64,
    high: f64,
    low: f64,
}

impl ParabolicSar {
    fn new(acceleration: f64, maximum: f64) -> Self {
        let factor = acceleration.min(maximum);
        let (extreme, stop, high, low) = (f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        Self { acceleration: factor, maximum, bars: 0, sign: 1.0, factor, extreme, stop, high, low }
    }

    /// The bar's high and low as the trend sees them.
    fn seen(&self, high: f64, low: f64) -> (f64, f64) {
        if self.sign > 0.0 { (high, low) } else { (-low, -high) }
    }

    /// Decides the first trend; the second bar then counts as its own predecessor.
    fn start(&mut self, high: f64, low: f64) {
        let (up, down) = (high - self.high, self.low - low);
        if down > 0.0 && down > up {
            self.sign = -1.0;
        }
        (_, self.stop) = self.seen(self.high, self.low);
        (self.high, self.low) = self.seen(high, low);
        self.extreme = self.high;
    }

    /// Moves the stop towards the extreme.
    fn advance(&mut self) {
        self.stop += self.factor * (self.extreme - self.stop);
    }

    /// Turns the trend at a bar that touched the stop; the stop restarts beyond the old trend's extreme.
    fn reverse(&mut self, high: f64, low: f64, highest: f64) -> f64 {
        let out = self.sign * greater(self.extreme, highest);
        self.sign = -self.sign;
        self.factor = self.acceleration;
        (self.stop, self.extreme) = (self.sign * out, -low);
        self.advance();
        self.stop = lesser(self.stop, -highest);
        (self.high, self.low) = (-low, -high);
        out
    }
}

impl Step<2, 1> for ParabolicSar {
    fn lookback(&self) -> usize {
        1
    }

    fn step(&mut self, [high, low]: [f64; 2]) -> [f64; 1] {
        if self.bars < 2 {
            self.bars += 1;
            if self.bars == 1 {
                (self.high, self.low) = (high, low);
                return [f64::NAN];
            }
            self.start(high, low);
        }
        let (high, low) = self.seen(high, low);
        if low <= self.stop {
            return [self.reverse(high, low, greater(high, self.high))];
        }
        let out = self.sign * self.stop;
        let faster = if high > self.extreme { self.acceleration } else { 0.0 };
        self.factor = lesser(self.factor + faster, self.maximum);
        self.extreme = greater(self.extreme, high);
        self.advance();
        self.stop = lesser(self.stop, lesser(low, self.low));
        (self.high, self.low) = (high, low);
        [out]
    }
}
