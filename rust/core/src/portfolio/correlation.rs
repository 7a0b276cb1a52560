//! How instruments move together: the correlation of their returns over the last samples.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::exact::Exact;

/// Pearson's correlation of the logarithmic returns of each pair of instruments over a sliding window of samples.
///
/// A sample is taken at the first prices at or after each multiple of the interval. A return is undefined until the
/// instrument has had two prices; a correlation until every return of the window is there and both have moved.
#[derive(Debug, Clone)]
pub struct Correlation {
    every_ns: i64,
    window: usize,
    /// When the next sample is due; none before the first.
    due: Option<i64>,
    /// Logarithms of the prices of the last sample, NaN before the first.
    last: Vec<f64>,
    /// The returns of the last samples, oldest first, an instrument after the other.
    returns: VecDeque<Vec<f64>>,
    matrix: Vec<f64>,
    /// Of each pair the sum of the products of what its returns lie off their means.
    products: Vec<f64>,
}

/// What of a correlation survives a restart: everything else follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationState {
    every_ns: i64,
    window: usize,
    due: Option<i64>,
    last: Vec<Exact>,
    returns: Vec<Vec<Exact>>,
}

impl Correlation {
    /// No samples of so many instruments.
    ///
    /// # Panics
    /// An interval that is not above 0 ns, a window of less than 2 returns.
    #[must_use]
    pub fn new(instruments: usize, every_ns: i64, window: usize) -> Self {
        assert!(every_ns > 0 && window >= 2, "a correlation is over at least two samples that lie apart");
        Self {
            every_ns,
            window,
            due: None,
            last: vec![f64::NAN; instruments],
            returns: VecDeque::with_capacity(window),
            matrix: vec![f64::NAN; instruments * instruments],
            products: vec![f64::NAN; instruments * instruments],
        }
    }

    /// The state as of now.
    #[must_use]
    pub fn state(&self) -> CorrelationState {
        let exact = |row: &[f64]| row.iter().copied().map(Exact).collect::<Vec<_>>();
        CorrelationState {
            every_ns: self.every_ns,
            window: self.window,
            due: self.due,
            last: exact(&self.last),
            returns: self.returns().map(exact).collect(),
        }
    }

    /// The correlation that goes on where that of a state stopped; none where the state is of another one.
    #[must_use]
    pub fn restored(&self, state: &CorrelationState) -> Option<Self> {
        let count = self.last.len();
        let same = (self.every_ns, self.window) == (state.every_ns, state.window) && state.last.len() == count;
        if !same || state.returns.len() > state.window || state.returns.iter().any(|row| row.len() != count) {
            return None;
        }
        let plain = |row: &Vec<Exact>| row.iter().map(|value| value.0).collect::<Vec<_>>();
        let mut new = Self::new(count, self.every_ns, self.window);
        (new.due, new.last) = (state.due, plain(&state.last));
        new.returns.extend(state.returns.iter().map(plain));
        if new.returns.len() == new.window {
            new.correlate();
        }
        Some(new)
    }

    /// Takes note of the price of each instrument, quote units, not above 0 where there is none; whether it was a sample.
    pub fn observe(&mut self, at: i64, price: impl Fn(usize) -> f64) -> bool {
        if self.due.is_some_and(|due| at < due) {
            return false;
        }
        self.due = Some((at.div_euclid(self.every_ns) + 1).saturating_mul(self.every_ns));
        let mut row =
            if self.returns.len() == self.window { self.returns.pop_front() } else { None }.unwrap_or_default();
        row.clear();
        for (instrument, last) in self.last.iter_mut().enumerate() {
            let price = price(instrument);
            let log = if price > 0.0 { price.ln() } else { f64::NAN };
            row.push(log - *last);
            *last = log;
        }
        self.returns.push_back(row);
        if self.returns.len() == self.window {
            self.correlate();
        }
        true
    }

    /// The correlation of two instruments, from -1 to 1; NaN where it is undefined. Of an instrument with itself it is 1.
    #[must_use]
    #[inline]
    pub fn of(&self, one: usize, other: usize) -> f64 {
        if one == other { 1.0 } else { self.matrix[one * self.last.len() + other] }
    }

    /// The covariance of the returns of two instruments, of one sample: the sum of products over the window less one. NaN
    /// where it is undefined.
    #[must_use]
    #[inline]
    pub fn covariance(&self, one: usize, other: usize) -> f64 {
        self.products[one * self.last.len() + other] / (self.window - 1) as f64
    }

    /// The standard deviation of an instrument's returns, of one sample; NaN where it is undefined.
    #[must_use]
    pub fn volatility(&self, instrument: usize) -> f64 {
        self.covariance(instrument, instrument).sqrt()
    }

    /// How many returns the window holds when it is full.
    #[must_use]
    pub const fn window(&self) -> usize {
        self.window
    }

    /// The returns of the last samples, oldest first, each a row of one return an instrument.
    pub fn returns(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.returns.iter().map(Vec::as_slice)
    }

    /// All of them anew: sums that slide would keep what rounding has left of moves long gone.
    fn correlate(&mut self) {
        let count = self.last.len();
        let mean = |instrument: usize| self.returns.iter().map(|row| row[instrument]).sum::<f64>() / self.window as f64;
        let means: Vec<f64> = (0..count).map(mean).collect();
        let sum = |one: usize, other: usize| {
            self.returns.iter().map(|row| (row[one] - means[one]) * (row[other] - means[other])).sum::<f64>()
        };
        let squares: Vec<f64> = (0..count).map(|instrument| sum(instrument, instrument)).collect();
        for one in 0..count {
            self.products[one * count + one] = squares[one];
            for other in 0..one {
                let (product, scale) = (sum(one, other), squares[one].sqrt() * squares[other].sqrt());
                let value = if scale > 0.0 { (product / scale).clamp(-1.0, 1.0) } else { f64::NAN };
                for place in [one * count + other, other * count + one] {
                    (self.matrix[place], self.products[place]) = (value, product);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(correlation: &mut Correlation, rows: &[[f64; 3]]) {
        for (row, prices) in rows.iter().enumerate() {
            correlation.observe(row as i64 * 10, |instrument| prices[instrument]);
        }
    }

    #[test]
    fn what_moves_together_is_one_and_against_each_other_minus_one() {
        let mut correlation = Correlation::new(3, 10, 3);
        let rows = [[100.0, 50.0, 8.0], [110.0, 55.0, 4.0], [99.0, 49.5, 16.0]];
        feed(&mut correlation, &rows);
        // The first return is not there yet.
        assert!(correlation.of(0, 1).is_nan() && correlation.of(1, 1) == 1.0);
        let mut correlation = Correlation::new(3, 10, 2);
        feed(&mut correlation, &rows);
        assert!((correlation.of(0, 1) - 1.0).abs() < 1e-12);
        assert!((correlation.of(2, 0) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn it_is_pearsons_by_hand() {
        // Returns (1, 2), (2, 1), (3, 6) in units of ln 2: means 2 and 3, 1*1 + 0*2 + 1*3 = 4 over sqrt(2 * 14).
        let power = |x: i32, y: i32| [2_f64.powi(x), 2_f64.powi(y), 1.0];
        let mut correlation = Correlation::new(3, 10, 3);
        feed(&mut correlation, &[power(0, 0), power(1, 2), power(3, 3), power(6, 9)]);
        assert!((correlation.of(0, 1) - 4.0 / 28_f64.sqrt()).abs() < 1e-12);
        // The same over the window less one; 1*1 + 0*0 + 1*1 for the first with itself.
        let ln = std::f64::consts::LN_2;
        assert!((correlation.covariance(0, 1) - 2.0 * ln * ln).abs() < 1e-12);
        assert!((correlation.volatility(0) - ln).abs() < 1e-12);
        assert_eq!(correlation.volatility(2), 0.0);
        // A price that stands still moves with nothing.
        assert!(correlation.of(0, 2).is_nan());
    }

    #[test]
    fn samples_keep_to_their_grid() {
        let mut correlation = Correlation::new(1, 100, 2);
        let taken: Vec<i64> =
            [3, 50, 99, 100, 101, 250, 299, 300].into_iter().filter(|&at| correlation.observe(at, |_| 1.0)).collect();
        assert_eq!(taken, [3, 100, 250, 300]);
        assert_eq!(correlation.returns().len(), 2);
    }
}
