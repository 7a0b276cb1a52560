//! Running sums over a window: streaming ones that round nothing away, and sliding ones over whole columns.

use super::window::Window;

/// Rows that sliding sums take at once.
pub(super) const LANES: usize = 8;

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
    let (blocks, rest) = sums.as_chunks::<LANES>();
    let (mut least, mut most) = ([f64::INFINITY; LANES], [0.0_f64; LANES]);
    for block in blocks {
        for lane in 0..LANES {
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
pub(super) fn prefix(mut x: [f64; LANES]) -> [f64; LANES] {
    for row in 1..LANES {
        x[row] += x[row - 1];
    }
    x
}

/// Replaces each value by the total up to it, from `sum` on; a multiple of [`LANES`] of them.
#[inline(always)]
pub(super) fn accumulate(x: &mut [f64], sum: &mut f64) {
    for block in x.as_chunks_mut::<LANES>().0 {
        *block = prefix(*block).map(|total| *sum + total);
        *sum = block[LANES - 1];
    }
}

/// `y[i]` = sum of `x[i .. i + period]`; `x` is longer than `y` by `period` - 1.
#[inline(always)]
pub(super) fn sliding_sum(x: &[f64], period: usize, y: &mut [f64]) {
    sliding_blocks(x, period, y, |sums, _| sums);
}

/// `y[i]` = mean of `x[i .. i + period]`; answers whether the sums can be trusted.
#[inline(always)]
pub(super) fn sliding_mean(x: &[f64], mean: Mean, period: usize, y: &mut [f64]) -> bool {
    if period <= LANES {
        short_mean(x, mean, period, y);
        return true;
    }
    sliding_blocks(x, period, y, |sums, newest| std::array::from_fn(|row| mean.of(sums[row], newest[row])));
    spike_free(y)
}

/// Whether no mean is so small beside another that what the sums rounded away shows in it. One row in [`LANES`] is
/// enough: the means of windows longer than that see a spike many times.
fn spike_free(means: &[f64]) -> bool {
    let (mut least, mut most) = (f64::INFINITY, 0.0);
    for size in means.iter().step_by(LANES).map(|mean| mean.abs()) {
        least = if size < least { size } else { least };
        most = if size > most { size } else { most };
    }
    least * TRUSTED >= most
}

/// The mean of so few values that adding them up is faster than sliding, and never leaves anything behind.
#[inline(always)]
fn short_mean(x: &[f64], mean: Mean, period: usize, y: &mut [f64]) {
    y.copy_from_slice(&x[..y.len()]);
    for shift in 1..period {
        y.iter_mut().zip(&x[shift..]).for_each(|(y, x)| *y += x);
    }
    y.iter_mut().zip(&x[period - 1..]).for_each(|(y, &newest)| *y = mean.of(*y, newest));
}

/// Sums over windows, in blocks that `finish` turns into outputs; it is given the newest value of each window, too.
#[inline(always)]
fn sliding_blocks(
    x: &[f64],
    period: usize,
    y: &mut [f64],
    mut finish: impl FnMut([f64; LANES], &[f64; LANES]) -> [f64; LANES],
) {
    let Some((first, y)) = y.split_first_mut() else { return };
    let (mut sum, newest) = (total(&x[..period]), x[period - 1]);
    *first = finish([sum; LANES], &[newest; LANES])[0];
    let mut step = |entering: &[f64; LANES], leaving: &[f64; LANES]| {
        let changes = prefix(std::array::from_fn(|row| entering[row] - leaving[row]));
        let sums = changes.map(|change| sum + change);
        sum = sums[LANES - 1];
        finish(sums, entering)
    };
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..y.len()].as_chunks::<LANES>();
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        *y = step(entering, leaving);
    }
    last.copy_from_slice(&step(&padded(last_entering), &padded(last_leaving))[..last.len()]);
}

/// Fewer rows than a block, followed by zeros.
#[inline]
pub(super) fn padded(rows: &[f64]) -> [f64; LANES] {
    let mut block = [0.0; LANES];
    block[..rows.len()].copy_from_slice(rows);
    block
}

/// The sum of a column, in as many lanes as a block has rows.
#[inline]
pub(super) fn total(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = padded(rest);
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    lanes.iter().sum()
}

/// `y[i]` = mean of `x[i .. i + period]` with weights 1 (oldest) to `period`; `mean` divides by the sum of the weights.
/// Answers whether the sums can be trusted.
#[inline(always)]
pub(super) fn sliding_weighted_mean(x: &[f64], mean: Mean, period: usize, y: &mut [f64]) -> bool {
    let newest = period as f64;
    let mut weighted: f64 = x[..period].iter().zip(1..).map(|(x, weight)| x * f64::from(weight)).sum();
    let mut plain = total(&x[..period]);
    let Some((first, y)) = y.split_first_mut() else { return true };
    *first = mean.of(weighted, x[period - 1]);
    let mut step = |entering: &[f64; LANES], leaving: &[f64; LANES]| {
        let changes = prefix(std::array::from_fn(|row| entering[row] - leaving[row]));
        let mut before = [plain; LANES];
        for row in 1..LANES {
            before[row] += changes[row - 1];
        }
        let gains = prefix(std::array::from_fn(|row| newest * entering[row] - before[row]));
        let sums = gains.map(|gain| weighted + gain);
        (plain, weighted) = (plain + changes[LANES - 1], sums[LANES - 1]);
        std::array::from_fn(|row| mean.of(sums[row], entering[row]))
    };
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..y.len()].as_chunks::<LANES>();
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        *y = step(entering, leaving);
    }
    last.copy_from_slice(&step(&padded(last_entering), &padded(last_leaving))[..last.len()]);
    spike_free(y)
}

/// Divides sums by the number of their terms, exactly so where all terms are equal: a multiplication with the
/// reciprocal is several times faster than a division, but would move the mean of a flat window off its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    count: f64,
    share: f64,
}

impl Mean {
    /// `count` is the number of terms, or the sum of their weights.
    pub(super) fn new(count: f64) -> Self {
        Self { count, share: 1.0 / count }
    }

    /// The mean of terms that add up to `sum`, the newest of which is `newest`.
    #[inline(always)]
    pub(super) fn of(self, sum: f64, newest: f64) -> f64 {
        if newest * self.count == sum { newest } else { sum * self.share }
    }
}
