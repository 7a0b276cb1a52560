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

/// How many rows look ahead at once.
pub(super) const AHEAD: usize = 8;

/// Each row's predecessor; `previous` passes from block to block.
#[inline(always)]
pub(super) fn shifted(x: &[f64; AHEAD], previous: &mut f64) -> [f64; AHEAD] {
    let mut before = [*previous; AHEAD];
    before[1..].copy_from_slice(&x[..AHEAD - 1]);
    *previous = x[AHEAD - 1];
    before
}

/// `y[i] = (1-w) y[i-1] + w x[i]` over many rows: every few rows the average starts from 0 and what is left of the value
/// before is added afterwards, so that only one product and one sum wait for the rows before. Agrees with
/// [`Recursive::push`] to 1e-12 relative.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    keep: f64,
    /// What is left of the value before in each of the rows that look ahead: powers of `keep`.
    decay: [f64; AHEAD],
    value: f64,
}

impl Scan {
    fn new(weight: f64, value: f64) -> Self {
        let keep = 1.0 - weight;
        let mut decay = [keep; AHEAD];
        for row in 1..AHEAD {
            decay[row] = decay[row - 1] * keep;
        }
        Self { keep, decay, value }
    }

    /// Whether every value so far was finite.
    pub(super) fn is_finite(&self) -> bool {
        self.value.is_finite()
    }

    /// The outputs of the next rows, a multiple of [`AHEAD`] of them.
    #[inline(never)]
    pub(super) fn run(&mut self, x: &[f64], y: &mut [f64]) {
        for (x, y) in x.as_chunks().0.iter().zip(y.as_chunks_mut().0) {
            *y = self.block(x);
        }
    }

    /// The outputs of the next [`AHEAD`] rows.
    #[inline(always)]
    pub(super) fn block(&mut self, x: &[f64; AHEAD]) -> [f64; AHEAD] {
        let (keep, weight) = (self.keep, 1.0 - self.keep);
        let mut local = x.map(|x| weight * x);
        // The first row adds nothing to look like the others: else the compiler packs its product into one instruction
        // with a product of `value`, and the whole block waits for the block before.
        local[0] += self.keep * 0.0;
        for row in 1..AHEAD {
            local[row] += keep * local[row - 1];
        }
        let y: [f64; AHEAD] = std::array::from_fn(|row| local[row] + self.decay[row] * self.value);
        self.value = y[AHEAD - 1];
        y
    }
}
