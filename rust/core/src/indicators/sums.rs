//! Running sums over a window: streaming ones that round nothing away, and sliding ones over whole columns.

use super::batch::is_finite;
use super::extremes::{greater, lesser};
use super::window::Window;
use crate::keep::kept;

/// Rows that sliding sums take at once.
pub(super) const LANES: usize = 8;

/// A sum that keeps what each addition rounds away (Knuth's two-sum), so that large values may come and go.
#[derive(Debug, Clone, Default)]
pub(super) struct ExactSum {
    high: f64,
    low: f64,
}

kept!(ExactSum { high, low });

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

kept!(RollingSum { window, sum, nonzero });

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

/// The least and the greatest of the sums that a chunk slid through.
pub(super) struct Range {
    least: [f64; 2],
    most: [f64; 2],
}

impl Range {
    pub(super) fn new(first: f64) -> Self {
        Self { least: [first; 2], most: [first; 2] }
    }

    #[inline(always)]
    pub(super) fn widen(&mut self, sums: &[f64; LANES]) {
        for pair in sums.as_chunks::<2>().0 {
            for (lane, sum) in pair.iter().enumerate() {
                self.least[lane] = lesser(self.least[lane], *sum);
                self.most[lane] = greater(self.most[lane], *sum);
            }
        }
    }

    /// As [`trusted`], for sums of what is never negative.
    pub(super) fn is_trusted(&self) -> bool {
        lesser(self.least[0], self.least[1]) * TRUSTED >= greater(self.most[0], self.most[1])
    }
}

/// The rows that are left after whole blocks, and zeros.
pub(super) fn padded<const N: usize>(rows: &[f64]) -> [f64; N] {
    std::array::from_fn(|row| rows.get(row).copied().unwrap_or_default())
}

/// Running totals of a block, from its first row on.
#[inline(always)]
pub(super) fn prefix(mut x: [f64; LANES]) -> [f64; LANES] {
    for row in 1..LANES / 2 {
        x[row] += x[row - 1];
        x[LANES / 2 + row] += x[LANES / 2 + row - 1];
    }
    for row in LANES / 2..LANES {
        x[row] += x[LANES / 2 - 1];
    }
    x
}

/// `y[i]` = sum of `x[i .. i + period]`; `x` is longer than `y` by `period` - 1.
#[inline(never)]
pub(super) fn sliding_sum(x: &[f64], period: usize, y: &mut [f64]) {
    slide(x, period, y, total(&x[..period]), 1.0);
}

/// `y[i]` = mean of `x[i .. i + period]`; answers whether the sums can be trusted. A mean changes by a share of what
/// the window exchanges: in a flat window by nothing, where a sum's product with the reciprocal might not be exact.
#[inline(never)]
pub(super) fn sliding_mean(x: &[f64], period: usize, y: &mut [f64]) -> bool {
    let count = period as f64;
    if period <= LANES {
        fold_short(x, period, y, |a, b| a + b, |sum| sum / count);
        return is_finite(y);
    }
    slide(x, period, y, total(&x[..period]) / count, 1.0 / count);
    spike_free(y, period)
}

/// `y[0]` = `first`, then each the one before and `share` of what entered and left.
#[inline(always)]
fn slide(x: &[f64], period: usize, y: &mut [f64], first: f64, share: f64) {
    let Some((start, y)) = y.split_first_mut() else { return };
    let mut before = first;
    *start = first;
    let (entering, last_entering) = x[period..].as_chunks::<LANES>();
    let (leaving, last_leaving) = x[..y.len()].as_chunks::<LANES>();
    let (blocks, last) = y.as_chunks_mut::<LANES>();
    for ((y, entering), leaving) in blocks.iter_mut().zip(entering).zip(leaving) {
        let changes = std::array::from_fn(|row| share * (entering[row] - leaving[row]));
        *y = prefix(changes).map(|change| before + change);
        before = y[LANES - 1];
    }
    for ((y, entering), leaving) in last.iter_mut().zip(last_entering).zip(last_leaving) {
        before += share * (entering - leaving);
        *y = before;
    }
}

/// Stretches of a column that are computed side by side: they are independent, and their chains of sums overlap.
const STREAMS: usize = 4;

/// `y[i]` = the last number of a state that is `start` of the first window and changes by `step` with the values that
/// enter and leave. The states of the streams lie number by number, so that the compiler packs like with like.
#[inline(always)]
fn slide_streams<const S: usize>(
    x: &[f64],
    period: usize,
    y: &mut [f64],
    start: impl Fn(&[f64]) -> [f64; S],
    step: impl Fn(&mut [[f64; STREAMS]; S], [f64; STREAMS], [f64; STREAMS]),
) {
    let (together, rest) = y.split_at_mut(y.len() / STREAMS * STREAMS);
    let done = together.len();
    for (row, y) in rest.iter_mut().enumerate() {
        *y = start(&x[done + row..][..period])[S - 1];
    }
    if done == 0 {
        return;
    }
    let rows = done / STREAMS;
    let mut parts = together.chunks_exact_mut(rows);
    let outs: [&mut [f64]; STREAMS] = std::array::from_fn(|_| &mut parts.next().unwrap_or_default()[..rows]);
    let inputs: [&[f64]; STREAMS] = std::array::from_fn(|stream| &x[stream * rows..][..rows - 1 + period]);
    let starts = inputs.map(|x| start(&x[..period]));
    let mut state: [[f64; STREAMS]; S] = std::array::from_fn(|number| starts.map(|start| start[number]));
    let (entering, leaving) = (inputs.map(|x| &x[period..][..rows - 1]), inputs.map(|x| &x[..rows - 1]));
    for row in 0..rows - 1 {
        for stream in 0..STREAMS {
            outs[stream][row] = state[S - 1][stream];
        }
        step(&mut state, entering.map(|x| x[row]), leaving.map(|x| x[row]));
    }
    for stream in 0..STREAMS {
        outs[stream][rows - 1] = state[S - 1][stream];
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

/// Whether the means (or sums) are finite and none is so small beside another that what the sums rounded away shows in
/// it. For the greatest a few rows are enough: a spike is in the means of `period` rows, and what is not finite stays in a
/// stream's sums to its end and begins the next.
pub(super) fn spike_free(means: &[f64], period: usize) -> bool {
    let (mut most, mut probe) = ([0.0_f64; STREAMS], [0.0; STREAMS]);
    let step = period.div_ceil(2);
    for group in means.chunks(STREAMS * step) {
        for (lane, mean) in group.iter().step_by(step).enumerate() {
            let size = mean.abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
            probe[lane] += 0.0 * size;
        }
    }
    let most = most.into_iter().fold(0.0, f64::max);
    let finite = probe == [0.0; STREAMS] && means.last().is_none_or(|mean| mean.is_finite());
    finite && least(means) * TRUSTED >= most
}

/// The least magnitude, of four blocks at a time, so that few comparisons wait for one another.
fn least(means: &[f64]) -> f64 {
    let less = |x: [f64; LANES], y: [f64; LANES]| {
        std::array::from_fn(|lane| if x[lane] < y[lane] { x[lane] } else { y[lane] })
    };
    let (groups, rest) = means.as_chunks::<{ 4 * LANES }>();
    let mut least = [f64::INFINITY; LANES];
    for group in groups {
        let block = |place: usize| std::array::from_fn(|lane| group[place * LANES + lane].abs());
        least = less(least, less(less(block(0), block(1)), less(block(2), block(3))));
    }
    rest.iter().map(|mean| mean.abs()).chain(least).fold(f64::INFINITY, f64::min)
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
    let count = period as f64;
    // What a mean gains of each value exchanged, and a weighted mean of the newest value's distance from the mean.
    let (share, slope) = (1.0 / count, 2.0 / (count + 1.0));
    let start = |window: &[f64]| [total(window) / count, weighted_total(window) / weights(period)];
    slide_streams(x, period, y, start, |[mean, weighted], entering, leaving| {
        for stream in 0..STREAMS {
            weighted[stream] += slope * (entering[stream] - mean[stream]);
        }
        for stream in 0..STREAMS {
            mean[stream] += share * (entering[stream] - leaving[stream]);
        }
    });
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
    for block in blocks {
        for lane in 0..LANES {
            lanes[lane] += weights[lane] * block[lane];
            weights[lane] += LANES as f64;
        }
    }
    let rest: f64 = weights.iter().zip(rest).map(|(weight, x)| weight * x).sum();
    rest + lanes.iter().sum::<f64>()
}

/// The sum of a column, in as many lanes as a block has rows.
#[inline]
pub(super) fn total(x: &[f64]) -> f64 {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    rest.iter().chain(&lanes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window that is small for one row only.
    #[test]
    fn a_dip_between_high_prices_is_reported() {
        for period in [9, 30, 200] {
            for first in period..2 * period {
                let mut x = vec![1e6; 5 * period];
                x[first..first + period].fill(1.0);
                let mut y = vec![0.0; 4 * period + 1];
                assert!(!sliding_mean(&x, period, &mut y), "mean over {period} from row {first}");
            }
        }
    }

    /// Wherever a value is not finite, the sliding forms see it.
    #[test]
    fn what_is_not_finite_is_reported() {
        for period in [9, 30, 200] {
            let mut x = vec![100.0; 400 + period - 1];
            let mut y = vec![0.0; 400];
            assert!(sliding_mean(&x, period, &mut y) && sliding_weighted_mean(&x, period, &mut y));
            for row in 0..x.len() {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    x[row] = bad;
                    assert!(!sliding_mean(&x, period, &mut y), "mean over {period}, {bad} in row {row}");
                    assert!(!sliding_weighted_mean(&x, period, &mut y), "weighted over {period}, {bad} in row {row}");
                }
                x[row] = 100.0;
            }
        }
    }
}
