//! Running sums over a window: streaming ones that round nothing away, and sliding ones over whole columns.

use super::batch::is_finite;
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

/// Replaces each value by the total up to it, from `sum` on.
#[inline(always)]
pub(super) fn accumulate(x: &mut [f64], sum: &mut f64) {
    let (blocks, rest) = x.as_chunks_mut::<LANES>();
    for block in blocks {
        *block = prefix(*block).map(|total| *sum + total);
        *sum = block[LANES - 1];
    }
    for x in rest {
        *sum += *x;
        *x = *sum;
    }
}

/// `y[i]` = sum of `x[i .. i + period]`; `x` is longer than `y` by `period` - 1.
#[inline(never)]
pub(super) fn sliding_sum(x: &[f64], period: usize, y: &mut [f64]) {
    slide(x, period, y, |sum| sum);
}

/// `y[i]` = mean of `x[i .. i + period]`; answers whether the sums can be trusted. The division is exact in a flat
/// window, where a product with the reciprocal might not be, and costs nothing: it runs beside the sums.
#[inline(never)]
pub(super) fn sliding_mean(x: &[f64], period: usize, y: &mut [f64]) -> bool {
    let count = period as f64;
    if period <= LANES {
        fold_short(x, period, y, |a, b| a + b, |sum| sum / count);
        return is_finite(y);
    }
    slide(x, period, y, |sum| sum / count);
    spike_free(y, period)
}

#[inline(always)]
fn slide(x: &[f64], period: usize, y: &mut [f64], finish: impl Fn(f64) -> f64) {
    let Some((first, y)) = y.split_first_mut() else { return };
    let mut sum = total(&x[..period]);
    *first = finish(sum);
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..y.len()].as_chunks::<LANES>();
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        let sums = prefix(std::array::from_fn(|row| entering[row] - leaving[row])).map(|change| sum + change);
        sum = sums[LANES - 1];
        *y = sums.map(&finish);
    }
    for ((y, entering), leaving) in last.iter_mut().zip(last_entering).zip(last_leaving) {
        sum += entering - leaving;
        *y = finish(sum);
    }
}

/// `y[i]` = fold of `x[i .. i + period]`, for windows so short that starting afresh in each row is faster than sliding.
#[inline(always)]
pub(super) fn fold_short(
    x: &[f64],
    period: usize,
    y: &mut [f64],
    fold: impl Fn(f64, f64) -> f64,
    finish: impl Fn(f64) -> f64,
) {
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    let rows = blocks.len() * LANES;
    for (block, y) in blocks.iter_mut().enumerate() {
        *y = fold_block(&x[block * LANES..], period, &fold).map(&finish);
    }
    for (y, window) in last.iter_mut().zip(x[rows..].windows(period)) {
        *y = finish(window[1..].iter().fold(window[0], |a, &b| fold(a, b)));
    }
}

/// The folds of a block's windows, the first of which starts with `x`.
#[inline(always)]
pub(super) fn fold_block(x: &[f64], period: usize, fold: impl Fn(f64, f64) -> f64) -> [f64; LANES] {
    let windows = &x[..LANES + period - 1];
    let mut folded: [f64; LANES] = std::array::from_fn(|row| windows[row]);
    for shift in 1..period {
        for (folded, x) in folded.iter_mut().zip(&windows[shift..shift + LANES]) {
            *folded = fold(*folded, *x);
        }
    }
    folded
}

/// Whether the means (or sums) are finite and none is so small beside another that what the sums rounded away shows in it. A few
/// rows are enough: a spike is in the means of `period` rows, and what is not finite stays in the sums to the end.
pub(super) fn spike_free(means: &[f64], period: usize) -> bool {
    let (mut least, mut most) = (f64::INFINITY, 0.0);
    for size in means.iter().step_by(period.div_ceil(2)).map(|mean| mean.abs()) {
        least = if size < least { size } else { least };
        most = if size > most { size } else { most };
    }
    least * TRUSTED >= most && means.last().is_none_or(|mean| mean.is_finite())
}

/// The sum of the weights 1 to `period`.
pub(super) fn weights(period: usize) -> f64 {
    period as f64 * (period as f64 + 1.0) / 2.0
}

/// `y[i]` = mean of `x[i .. i + period]` with weights 1 (oldest) to `period`; answers whether the sums can be trusted.
#[inline(never)]
pub(super) fn sliding_weighted_mean(x: &[f64], period: usize, y: &mut [f64]) -> bool {
    if period <= LANES {
        short_weighted_mean(x, period, y);
        return is_finite(y);
    }
    let Some((first, y)) = y.split_first_mut() else { return true };
    let (newest, weights) = (period as f64, weights(period));
    let mut plain = total(&x[..period]);
    let mut weighted = weighted_total(&x[..period]);
    *first = weighted / weights;
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..y.len()].as_chunks::<LANES>();
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        let changes = prefix(std::array::from_fn(|row| entering[row] - leaving[row]));
        let before: [f64; LANES] = std::array::from_fn(|row| if row == 0 { 0.0 } else { changes[row - 1] });
        // What the rows gain apart from the plain sum before the block, which counts once more in each row.
        let gains = prefix(std::array::from_fn(|row| newest * entering[row] - before[row]));
        let sums: [f64; LANES] = std::array::from_fn(|row| gains[row] + (weighted - (row as f64 + 1.0) * plain));
        plain += changes[LANES - 1];
        weighted = sums[LANES - 1];
        *y = sums.map(|sum| sum / weights);
    }
    for ((y, entering), leaving) in last.iter_mut().zip(last_entering).zip(last_leaving) {
        weighted += newest * entering - plain;
        plain += entering - leaving;
        *y = weighted / weights;
    }
    spike_free(y, period)
}

/// The weighted mean of so few values that starting afresh in each row is faster than sliding.
fn short_weighted_mean(x: &[f64], period: usize, y: &mut [f64]) {
    let weights = weights(period);
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    let rows = blocks.len() * LANES;
    for (block, y) in blocks.iter_mut().enumerate() {
        let windows = &x[block * LANES..][..LANES + period - 1];
        let mut sums = [0.0; LANES];
        for shift in 0..period {
            let weight = (shift + 1) as f64;
            for (sum, x) in sums.iter_mut().zip(&windows[shift..shift + LANES]) {
                *sum += weight * x;
            }
        }
        *y = sums.map(|sum| sum / weights);
    }
    for (y, window) in last.iter_mut().zip(x[rows..].windows(period)) {
        *y = weighted_total(window) / weights;
    }
}

/// The sum of a column with weights 1, 2, and so on.
fn weighted_total(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut weights: [f64; LANES] = std::array::from_fn(|lane| (lane + 1) as f64);
    let mut lanes = [0.0; LANES];
    for block in blocks.iter().chain(std::iter::once(&padded(rest))) {
        for lane in 0..LANES {
            lanes[lane] += weights[lane] * block[lane];
            weights[lane] += LANES as f64;
        }
    }
    lanes.iter().sum()
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
