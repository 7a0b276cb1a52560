//! Running sums over a window: streaming ones that round nothing away, and sliding ones over whole columns.

use super::recursive::BLOCK;
use super::window::Window;

/// A sum that keeps what each addition rounds away (Knuth's two-sum), so that large values may come and go.
#[derive(Debug, Clone, Default)]
pub(super) struct ExactSum {
    high: f64,
    low: f64,
}

impl ExactSum {
    #[inline]
    pub(super) fn add(&mut self, x: f64) {
        let sum = self.high + x;
        let shadow = sum - self.high;
        self.low += (self.high - (sum - shadow)) + (x - shadow);
        self.high = sum;
    }

    pub(super) fn value(&self) -> f64 {
        self.high + self.low
    }
}

/// The sum of the last `period` values.
#[derive(Debug, Clone)]
pub(super) struct RollingSum {
    window: Window,
    sum: ExactSum,
    /// Values in the window that are not 0: the sum of none is exactly 0.
    nonzero: usize,
}

impl RollingSum {
    pub(super) fn new(period: usize) -> Self {
        Self { window: Window::new(period), sum: ExactSum::default(), nonzero: 0 }
    }

    pub(super) fn period(&self) -> usize {
        self.window.period()
    }

    /// Adds a finite value, drops the oldest; the sum, or NaN until the window is full.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        let old = self.window.push(x);
        self.nonzero += usize::from(x != 0.0);
        self.nonzero -= usize::from(old != 0.0);
        self.sum.add(x);
        self.sum.add(-old);
        if self.nonzero == 0 {
            self.sum = ExactSum::default();
        }
        if self.window.is_full() { self.sum.value() } else { f64::NAN }
    }
}

/// The greatest factor between the sums of one chunk that sliding sums are trusted with: the smallest then still
/// agrees with [`RollingSum`] to 1e-12.
const TRUSTED: f64 = 256.0;

/// Whether none of these sums is so small beside the others that what they rounded away shows in it.
#[inline]
pub(super) fn trusted(sums: &[f64]) -> bool {
    let (blocks, rest) = sums.as_chunks::<BLOCK>();
    let (mut least, mut most) = ([f64::INFINITY; BLOCK], [0.0_f64; BLOCK]);
    for block in blocks {
        for lane in 0..BLOCK {
            let size = block[lane].abs();
            least[lane] = if size < least[lane] { size } else { least[lane] };
            most[lane] = if size > most[lane] { size } else { most[lane] };
        }
    }
    let rest = rest.iter().map(|sum| sum.abs());
    let least = least.into_iter().chain(rest.clone()).fold(f64::INFINITY, f64::min);
    let most = most.into_iter().chain(rest).fold(0.0, f64::max);
    least * TRUSTED >= most
}

/// Running totals of a block, from its first row on.
#[inline(always)]
pub(super) fn prefix(mut x: [f64; BLOCK]) -> [f64; BLOCK] {
    for shift in [1, 2, 4] {
        let before = x;
        for row in shift..BLOCK {
            x[row] = before[row] + before[row - shift];
        }
    }
    x
}

/// `y[i]` = sum of `x[i .. i + period]`; `x` is longer than `y` by `period` - 1.
#[inline(always)]
pub(super) fn sliding_sum(x: &[f64], period: usize, y: &mut [f64]) {
    let Some((first, rest)) = y.split_first_mut() else { return };
    let mut sum: f64 = x[..period].iter().sum();
    *first = sum;
    let (entering, leaving) = (&x[period..], &x[..rest.len()]);
    let (blocks, tail) = rest.as_chunks_mut::<BLOCK>();
    let (entering, last_entering) = entering.as_chunks::<BLOCK>();
    let (leaving, last_leaving) = leaving.as_chunks::<BLOCK>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        let totals = prefix(std::array::from_fn(|row| entering[row] - leaving[row]));
        *y = totals.map(|total| sum + total);
        sum += totals[BLOCK - 1];
    }
    for ((y, entering), leaving) in tail.iter_mut().zip(last_entering).zip(last_leaving) {
        sum += entering - leaving;
        *y = sum;
    }
}
