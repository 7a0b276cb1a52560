//! Recursive averages: the streaming form, and a look-ahead form for whole columns.

/// An exponential average seeded with the mean of its first `period` values.
#[derive(Debug, Clone)]
pub(super) struct Recursive {
    period: usize,
    weight: f64,
    seen: usize,
    sum: f64,
    value: f64,
}

impl Recursive {
    /// The average of TA-Lib's EMA: the new value weighs 2/(period+1).
    pub(super) fn exponential(period: usize) -> Self {
        Self::weighted(period, 2.0 / (period as f64 + 1.0))
    }

    /// Wilder's average: the new value weighs 1/period.
    pub(super) fn wilder(period: usize) -> Self {
        Self::weighted(period, 1.0 / period as f64)
    }

    /// The average of pandas' `ewm(span=period, adjust=False)`: weight 2/(period+1), seeded with the first value.
    pub(super) fn exponential_from_first(period: usize) -> Self {
        Self::weighted(1, 2.0 / (period as f64 + 1.0))
    }

    fn weighted(period: usize, weight: f64) -> Self {
        Self { period, weight, seen: 0, sum: 0.0, value: f64::NAN }
    }

    pub(super) fn fresh(&self) -> Self {
        Self::weighted(self.period, self.weight)
    }

    pub(super) fn period(&self) -> usize {
        self.period
    }

    /// The average so far; NaN until `period` values were seen.
    pub(super) fn value(&self) -> f64 {
        self.value
    }

    /// Takes a finite value; NaN until `period` values were seen.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        if self.seen == self.period {
            self.value += (x - self.value) * self.weight;
        } else {
            self.seen += 1;
            self.sum += x;
            if self.seen == self.period {
                self.value = self.sum / self.period as f64;
            }
        }
        self.value
    }

    /// Feeds the output of an earlier stage, whose warm-up (NaN) is passed through.
    #[inline]
    pub(super) fn chain(&mut self, x: f64) -> f64 {
        if x.is_nan() { x } else { self.push(x) }
    }

    /// The look-ahead form from here on, or nothing while the seed is incomplete or where the powers of so small a
    /// weight would add up rounding errors beyond 1e-12.
    pub(super) fn scan(&self) -> Option<Scan> {
        (self.seen == self.period && self.weight > 1e-4).then(|| Scan::new(self.weight, self.value))
    }

    /// Takes over the value that a [`Scan`] reached.
    pub(super) fn resume(&mut self, scan: &Scan) {
        self.value = scan.value;
    }
}

/// How many rows a [`Scan`] takes at once.
pub(super) const BLOCK: usize = 8;

const HALF: usize = BLOCK / 2;

/// Each row's predecessor; `previous` passes from block to block.
#[inline(always)]
pub(super) fn shifted(x: &[f64; BLOCK], previous: &mut f64) -> [f64; BLOCK] {
    let mut before = [*previous; BLOCK];
    before[1..].copy_from_slice(&x[..BLOCK - 1]);
    *previous = x[BLOCK - 1];
    before
}

/// `y[i] = (1-w) y[i-1] + w x[i]` over blocks of rows. Within a half block the outputs are a triangular matrix times
/// the inputs plus a power of (1-w) times the value before it, so that only one product and one sum a block depend on
/// the block before. Agrees with [`Recursive::push`] to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// Column `m` holds what `x[m]` contributes to each output of its half block.
    weights: [[f64; HALF]; HALF],
    /// What the value before the half block contributes to each of its outputs.
    decay: [f64; HALF],
    value: f64,
}

impl Scan {
    fn new(weight: f64, value: f64) -> Self {
        let keep = 1.0 - weight;
        let mut decay = [keep; HALF];
        for row in 1..HALF {
            decay[row] = decay[row - 1] * keep;
        }
        let mut weights = [[0.0; HALF]; HALF];
        for (first, column) in weights.iter_mut().enumerate() {
            column[first] = 1.0 - keep;
            for row in first + 1..HALF {
                column[row] = column[row - 1] * keep;
            }
        }
        Self { weights, decay, value }
    }

    #[inline(always)]
    fn local(&self, x: [f64; HALF]) -> [f64; HALF] {
        let mut y = [0.0; HALF];
        for (weights, x) in self.weights.iter().zip(x) {
            for (y, weight) in y.iter_mut().zip(weights) {
                *y += weight * x;
            }
        }
        y
    }

    /// The outputs of the next rows.
    #[inline(always)]
    pub(super) fn step(&mut self, x: &[f64; BLOCK]) -> [f64; BLOCK] {
        let left = self.local([x[0], x[1], x[2], x[3]]);
        let right = self.local([x[4], x[5], x[6], x[7]]);
        let (before, reach) = (self.value, self.decay[HALF - 1]);
        let middle = left[HALF - 1] + reach * before;
        self.value = (right[HALF - 1] + reach * left[HALF - 1]) + reach * reach * before;
        let mut y = [0.0; BLOCK];
        for row in 0..HALF {
            y[row] = left[row] + self.decay[row] * before;
            y[row + HALF] = right[row] + self.decay[row] * middle;
        }
        y[BLOCK - 1] = self.value;
        y
    }
}
