//! Wilder's directional movement: the indicators +DI, -DI, their index DX, its average ADX and the rating ADXR.

use super::batch::{self, Fresh, is_finite};
use super::finite::{checked, scan};
use super::scanned::{Scanned, Step};
use super::{Indicator, Input, Param, Spec};
use crate::keep::kept;

const INPUTS: &[Input] = &[Input::High, Input::Low, Input::Close];
const PARAMS: &[Param] =
    &[Param { name: "period", default: 14.0, min: 2.0, max: super::catalog::PERIOD_MAX, integer: true }];

pub(super) const PLUS: Spec = Spec {
    name: "plus_di",
    title: "plus directional indicator: upward movement in percent of the true range",
    inputs: INPUTS,
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(Plus(Movement::new(p[0])))),
};

pub(super) const MINUS: Spec = Spec {
    name: "minus_di",
    title: "minus directional indicator: downward movement in percent of the true range",
    inputs: INPUTS,
    params: &[Param::period("period", 14.0)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(Minus(Movement::new(p[0])))),
};

pub(super) const INDEX: Spec = Spec {
    name: "dx",
    title: "directional movement index: difference of the two directional indicators in percent of their sum",
    inputs: INPUTS,
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(Index { movement: Movement::new(p[0]), held: 0.0 })),
};

pub(super) const AVERAGE: Spec = Spec {
    name: "adx",
    title: "average directional movement index: the strength of the trend, whichever way",
    inputs: INPUTS,
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(Average::new(p[0]))),
};

pub(super) const RATING: Spec = Spec {
    name: "adxr",
    title: "average directional movement rating: mean of adx now and period - 1 bars ago",
    inputs: INPUTS,
    params: PARAMS,
    outputs: &["value"],
    make: |p| Ok(Box::new(Rating::new(p[0]))),
};

/// Wilder's running sums of directional movement and true range (New Concepts in Technical Trading Systems, 1978).
/// The initial sums span the `period - 1` bars after the first, TA-Lib's convention.
#[derive(Clone)]
struct Movement {
    period: f64,
    keep: f64,
    bars: f64,
    last: [f64; 3],
    plus: f64,
    minus: f64,
    range: f64,
}

kept!(Movement { bars, last, plus, minus, range });

impl Movement {
    fn new(period: f64) -> Self {
        let keep = 1.0 - 1.0 / period;
        Self { period, keep, bars: 0.0, last: [0.0; 3], plus: 0.0, minus: 0.0, range: 0.0 }
    }

    fn lookback(&self) -> usize {
        self.period as usize
    }

    /// Takes a bar; whether the sums are complete.
    #[inline(always)]
    fn push(&mut self, [high, low, close]: [f64; 3]) -> bool {
        let [last_high, last_low, last_close] = std::mem::replace(&mut self.last, [high, low, close]);
        if self.bars == 0.0 {
            self.bars = 1.0;
            return false;
        }
        let (up, down) = (high - last_high, last_low - low);
        let range = high.max(last_close) - low.min(last_close);
        let keep = if self.bars < self.period { 1.0 } else { self.keep };
        self.plus = self.plus * keep + if up > down && up > 0.0 { up } else { 0.0 };
        self.minus = self.minus * keep + if down > up && down > 0.0 { down } else { 0.0 };
        self.range = self.range * keep + range;
        let complete = self.bars >= self.period;
        self.bars += 1.0;
        complete
    }

    /// A sum in percent of the true range; with a period of 1 the plain ratio, as TA-Lib has it.
    fn ratio(&self, sum: f64) -> f64 {
        let scale = if self.period > 1.0 { 100.0 } else { 1.0 };
        if self.range > 0.0 { scale * (sum / self.range) } else { 0.0 }
    }

    /// The directional movement index, or nothing where nothing moved.
    #[inline(always)]
    fn index(&self) -> Option<f64> {
        let total = self.plus + self.minus;
        (total > 0.0).then(|| 100.0 * ((self.plus - self.minus).abs() / total))
    }
}

#[derive(Clone)]
struct Plus(Movement);

kept!(Plus { 0 });

impl Step<3, 1> for Plus {
    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn step(&mut self, bar: [f64; 3]) -> [f64; 1] {
        [if self.0.push(bar) { self.0.ratio(self.0.plus) } else { f64::NAN }]
    }
}

#[derive(Clone)]
struct Minus(Movement);

kept!(Minus { 0 });

impl Step<3, 1> for Minus {
    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn step(&mut self, bar: [f64; 3]) -> [f64; 1] {
        [if self.0.push(bar) { self.0.ratio(self.0.minus) } else { f64::NAN }]
    }
}

/// Holds its last value, at first 0, while nothing moves.
#[derive(Clone)]
struct Index {
    movement: Movement,
    held: f64,
}

kept!(Index { movement, held });

impl Step<3, 1> for Index {
    fn lookback(&self) -> usize {
        self.movement.lookback()
    }

    fn step(&mut self, bar: [f64; 3]) -> [f64; 1] {
        if !self.movement.push(bar) {
            return [f64::NAN];
        }
        self.held = self.movement.index().unwrap_or(self.held);
        [self.held]
    }
}

/// The mean of the first `period` indices, then Wilder's average; held while nothing moves.
#[derive(Clone)]
struct Average {
    movement: Movement,
    indices: f64,
    value: f64,
}

kept!(Average { movement, indices, value });

impl Average {
    fn new(period: f64) -> Self {
        Self { movement: Movement::new(period), indices: 0.0, value: 0.0 }
    }
}

impl Step<3, 1> for Average {
    fn lookback(&self) -> usize {
        2 * self.movement.lookback() - 1
    }

    fn step(&mut self, bar: [f64; 3]) -> [f64; 1] {
        if !self.movement.push(bar) {
            return [f64::NAN];
        }
        let (period, keep) = (self.movement.period, self.movement.keep);
        if self.indices == period {
            if let Some(index) = self.movement.index() {
                self.value = self.value * keep + index * (1.0 - keep);
            }
            return [self.value];
        }
        self.indices += 1.0;
        self.value += self.movement.index().unwrap_or(0.0);
        if self.indices < period {
            return [f64::NAN];
        }
        self.value /= period;
        [self.value]
    }
}

struct Rating {
    average: Average,
    past: Vec<f64>,
    next: usize,
}

kept!(Rating { average, past, next });

impl Rating {
    fn new(period: f64) -> Self {
        Self { average: Average::new(period), past: Vec::new(), next: 0 }
    }

    /// How many bars ago the other average is.
    fn lag(&self) -> usize {
        self.average.movement.lookback() - 1
    }

    fn push(&mut self, bar: [f64; 3]) -> f64 {
        let [now] = self.average.step(bar);
        let lag = self.lag();
        if now.is_nan() {
            return f64::NAN;
        }
        if self.past.len() < lag {
            self.past.push(now);
            return f64::NAN;
        }
        let then = std::mem::replace(&mut self.past[self.next], now);
        self.next = if self.next + 1 == lag { 0 } else { self.next + 1 };
        (now + then) / 2.0
    }
}

impl Fresh for Rating {
    fn fresh(&self) -> Self {
        Self::new(self.average.movement.period)
    }
}

impl Indicator for Rating {
    fn lookback(&self) -> usize {
        self.average.lookback() + self.lag()
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        checked(row, out, |bar| [self.push(bar)]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run(self, columns, out, |fresh: Self, bars: [&[f64]; 3], out: &mut [&mut [f64]; 1]| {
            let mut average = fresh.average;
            scan(&bars, out, |bar| average.step(bar));
            let (lookback, lag) = (self.lookback(), self.lag());
            for row in (lookback..out[0].len()).rev() {
                out[0][row] = (out[0][row] + out[0][row - lag]) / 2.0;
            }
            let undefined = lookback.min(out[0].len());
            out[0][..undefined].fill(f64::NAN);
            bars.iter().all(|column| is_finite(column)) // rows left out would shift the lag
        });
    }
}
