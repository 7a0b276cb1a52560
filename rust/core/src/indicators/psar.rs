//! Parabolic stop and reverse.

use super::extremes::{greater, lesser};
use super::scanned::{Scanned, Step};
use super::{Input, Param, Spec};
use crate::keep::kept;

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
    up: bool,
    factor: f64,
    extreme: f64,
    stop: f64,
    high: f64,
    low: f64,
}

kept!(ParabolicSar { bars, up, factor, extreme, stop, high, low });

impl ParabolicSar {
    fn new(acceleration: f64, maximum: f64) -> Self {
        let factor = acceleration.min(maximum);
        let (extreme, stop, high, low) = (f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        Self { acceleration: factor, maximum, bars: 0, up: true, factor, extreme, stop, high, low }
    }

    /// Decides the first trend; the second bar then counts as its own predecessor.
    fn start(&mut self, high: f64, low: f64) {
        let (up, down) = (high - self.high, self.low - low);
        self.up = down <= 0.0 || down <= up;
        let first = if self.up { self.low } else { -self.high };
        (self.high, self.low) = if self.up { (high, low) } else { (-low, -high) };
        (self.stop, self.extreme) = (first, self.high);
    }

    /// Takes a bar as the trend sees it; the stop.
    #[inline(always)]
    fn follow(&mut self, high: f64, low: f64) -> f64 {
        let (highest, lowest) = (greater(high, self.high), lesser(low, self.low));
        (self.high, self.low) = (high, low);
        if low <= self.stop {
            return self.reverse(highest);
        }
        let out = self.stop;
        let faster = if high > self.extreme { self.acceleration } else { 0.0 };
        self.factor = lesser(self.factor + faster, self.maximum);
        self.extreme = greater(self.extreme, high);
        self.advance();
        if lowest < self.stop {
            rarely(); // so that the next stop seldom waits for this comparison
            self.stop = lowest;
        }
        out
    }

    /// Turns the trend at a bar that touched the stop; the stop restarts beyond the old trend's extreme.
    #[inline(always)]
    fn reverse(&mut self, highest: f64) -> f64 {
        let out = greater(self.extreme, highest);
        self.up = !self.up;
        self.factor = self.acceleration;
        (self.high, self.low) = (-self.low, -self.high);
        (self.stop, self.extreme) = (-out, self.high);
        self.advance();
        self.stop = lesser(self.stop, -highest);
        out
    }

    /// Moves the stop towards the extreme.
    #[inline(always)]
    fn advance(&mut self) {
        self.stop += self.factor * (self.extreme - self.stop);
    }
}

/// Makes a branch of what would else be a selection, which waits for both of its values.
#[cold]
#[inline]
fn rarely() {}

impl Step<2, 1> for ParabolicSar {
    fn lookback(&self) -> usize {
        1
    }

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2]) -> [f64; 1] {
        if self.bars < 2 {
            self.bars += 1;
            if self.bars == 1 {
                (self.high, self.low) = (high, low);
                return [f64::NAN];
            }
            self.start(high, low);
        }
        [if self.up { self.follow(high, low) } else { -self.follow(-low, -high) }]
    }
}
