//! Moving average convergence/divergence.

use super::batch::{self, Fresh, Stepwise};
use super::recursive::{AHEAD, Recursive, Scan};
use super::{Indicator, IndicatorError, Input, Param, Spec};

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
    make: |p| Ok(Box::new(Macd::new(p[0] as usize, p[1] as usize, p[2] as usize)?)),
};

/// Appel's MACD. Both averages start at the slow one's first row (TA-Lib's convention: the fast one is seeded with
/// the mean of the last `fast_period` rows before it). Batch and streaming agree to 1e-12 relative to the price.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Recursive,
    slow: Recursive,
    signal: Recursive,
    /// Rows that the fast average still has to let pass.
    held_back: usize,
}

impl Macd {
    /// A fresh MACD.
    ///
    /// # Errors
    /// A period outside 1 to 1,000,000, or a fast period that is not below the slow one.
    pub fn new(fast_period: usize, slow_period: usize, signal_period: usize) -> Result<Self, IndicatorError> {
        let fast = IndicatorError::check_period(SPEC.name, "fast_period", fast_period)?;
        let slow = IndicatorError::check_period(SPEC.name, "slow_period", slow_period)?;
        let signal = IndicatorError::check_period(SPEC.name, "signal_period", signal_period)?;
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

    /// Takes the next value; line, signal and histogram, NaN until the signal is defined.
    pub fn update(&mut self, x: f64) -> [f64; 3] {
        if !x.is_finite() {
            return [f64::NAN; 3];
        }
        let slow = self.slow.push(x);
        if self.held_back > 0 {
            self.held_back -= 1;
            return [f64::NAN; 3];
        }
        let line = self.fast.push(x) - slow;
        let signal = self.signal.chain(line);
        if signal.is_nan() { [f64::NAN; 3] } else { [line, signal, line - signal] }
    }
}

impl Fresh for Macd {
    fn fresh(&self) -> Self {
        Self {
            fast: self.fast.fresh(),
            slow: self.slow.fresh(),
            signal: self.signal.fresh(),
            held_back: self.slow.period() - self.fast.period(),
        }
    }
}

impl Indicator for Macd {
    fn lookback(&self) -> usize {
        self.slow.period() + self.signal.period() - 2
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&Macd::update(self, row[0]));
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_steps(self, columns, out);
    }
}

impl Stepwise<1, 3> for Macd {
    type Scans = [Scan; 3];

    fn scans(&self) -> Option<Self::Scans> {
        Some([self.fast.scan()?, self.slow.scan()?, self.signal.scan()?])
    }

    fn step([fast, slow, average]: &mut [Scan; 3], [source]: [&[f64]; 1], [line, signal, histogram]: [&mut [f64]; 3]) {
        let outputs = line
            .as_chunks_mut::<AHEAD>()
            .0
            .iter_mut()
            .zip(signal.as_chunks_mut::<AHEAD>().0)
            .zip(histogram.as_chunks_mut::<AHEAD>().0);
        for (((line, signal), histogram), source) in outputs.zip(source.as_chunks::<AHEAD>().0) {
            let (fast, slow) = (fast.block(source), slow.block(source));
            *line = std::array::from_fn(|row| fast[row] - slow[row]);
            *signal = average.block(line);
            *histogram = std::array::from_fn(|row| line[row] - signal[row]);
        }
    }

    fn all_finite(scans: &[Scan; 3]) -> Option<bool> {
        Some(scans.iter().all(Scan::is_finite))
    }

    fn resume(&mut self, [fast, slow, signal]: &[Scan; 3]) {
        self.fast.resume(fast);
        self.slow.resume(slow);
        self.signal.resume(signal);
    }
}
