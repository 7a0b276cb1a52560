//! Moving average convergence/divergence.

use super::blocked::{Block, Blocked};
use super::recursive::{AHEAD, Recursive};
use super::{IndicatorError, Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "macd",
    title: "moving average convergence/divergence: fast EMA - slow EMA, its EMA, and their difference",
    inputs: &[Input::Source],
    params: &[
        Param::period("fast_period", 12.0),
        Param::period("slow_period", 26.0),
        Param::period("signal_period", 9.0),
    ],
    outputs: &["line", "signal", "histogram"],
    make: |p| Ok(Blocked::boxed(Macd::new(p[0] as usize, p[1] as usize, p[2] as usize)?)),
};

/// Appel's MACD. Both averages start at the slow one's first row (TA-Lib's convention: the fast one is seeded with
/// the mean of the last `fast_period` rows before it).
#[derive(Clone)]
struct Macd {
    fast: Recursive,
    slow: Recursive,
    signal: Recursive,
    /// Rows that the fast average still has to let pass.
    held_back: usize,
}

kept!(Macd { fast, slow, signal, held_back });

impl Macd {
    fn new(fast: usize, slow: usize, signal: usize) -> Result<Self, IndicatorError> {
        if fast >= slow {
            let (indicator, param, value) = (SPEC.name, "fast_period", fast as f64);
            let expected = format!("below slow_period ({slow})");
            return Err(IndicatorError::Param { indicator, param, expected, value });
        }
        Ok(Self {
            fast: Recursive::exponential(fast),
            slow: Recursive::exponential(slow),
            signal: Recursive::exponential(signal),
            held_back: slow - fast,
        })
    }
}

impl Block<1, 3> for Macd {
    fn lookback(&self) -> usize {
        self.slow.period() + self.signal.period() - 2
    }

    fn step(&mut self, [x]: [f64; 1]) -> [f64; 3] {
        let waits = self.held_back > 0;
        self.held_back -= usize::from(waits);
        let line = self.fast.chain(if waits { f64::NAN } else { x }) - self.slow.push(x);
        let signal = self.signal.chain(line);
        if signal.is_nan() { [f64::NAN; 3] } else { [line, signal, line - signal] }
    }

    fn at_block(&self) -> bool {
        self.signal.at_block()
    }

    fn blocks(&mut self, [source]: [&[f64]; 1], [line, signal, histogram]: [&mut [f64]; 3]) {
        self.fast.blocks(source, line);
        let mut slow = self.slow.scan();
        for (line, x) in line.as_chunks_mut::<AHEAD>().0.iter_mut().zip(source.as_chunks::<AHEAD>().0) {
            let slow = slow.block(x);
            *line = std::array::from_fn(|row| line[row] - slow[row]);
        }
        self.slow.resume(&slow);
        let mut average = self.signal.scan();
        let outputs = signal.as_chunks_mut::<AHEAD>().0.iter_mut().zip(histogram.as_chunks_mut::<AHEAD>().0);
        for (line, (signal, histogram)) in line.as_chunks::<AHEAD>().0.iter().zip(outputs) {
            let average = average.block(line);
            *histogram = std::array::from_fn(|row| line[row] - average[row]);
            *signal = average;
        }
        self.signal.resume(&average);
    }

    fn is_finite(&self) -> bool {
        self.signal.is_finite()
    }
}
