//! What every batch kernel shares: the skipped start, the choice between the fast kernel and the streaming loop.

use std::ops::Range;

use super::Indicator;
use super::recursive::AHEAD;

/// An indicator that can start over with the same parameters.
pub(super) trait Fresh: Indicator + Sized {
    /// The same parameters with nothing seen.
    fn fresh(&self) -> Self;
}

/// Computes `N` columns into `M` outputs: rows before the first finite one are NaN; the rest goes through `kernel`
/// with a fresh indicator, and row by row through `update` where the kernel answers that some row is not finite.
#[inline]
pub(super) fn run<I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    kernel: impl FnOnce(I, [&[f64]; N], &mut [&mut [f64]; M]) -> bool,
) {
    let rows = columns[0].len();
    let start = (0..rows).find(|&row| columns.iter().all(|c| c[row].is_finite())).unwrap_or(rows);
    let tails: [&[f64]; N] = std::array::from_fn(|column| &columns[column][start..]);
    let mut outputs = out.iter_mut();
    let mut outs: [&mut [f64]; M] = std::array::from_fn(|_| {
        let (skipped, tail) = outputs.next().map_or(Default::default(), |o| o.split_at_mut(start));
        skipped.fill(f64::NAN);
        tail
    });
    if !kernel(indicator.fresh(), tails, &mut outs) {
        replay(indicator.fresh(), tails, outs);
    }
}

/// The streaming loop over whole columns: the definition that every faster kernel is tested against.
pub(super) fn replay<I: Indicator, const N: usize, const M: usize>(
    mut indicator: I,
    columns: [&[f64]; N],
    mut out: [&mut [f64]; M],
) {
    let rows = columns[0].len();
    stream(&mut indicator, &columns, &mut out, 0..rows);
}

fn stream<I: Indicator, const N: usize, const M: usize>(
    indicator: &mut I,
    columns: &[&[f64]; N],
    out: &mut [&mut [f64]; M],
    rows: Range<usize>,
) {
    let mut values = [f64::NAN; M];
    for index in rows {
        let row: [f64; N] = std::array::from_fn(|column| columns[column][index]);
        indicator.update(&row, &mut values);
        for (output, value) in out.iter_mut().zip(values) {
            output[index] = value;
        }
    }
}

/// The rows that a windowed kernel takes at once, at least: few enough for the first-level cache.
const CHUNK: usize = 1024;

/// The batch form of an indicator that depends on the last `lookback` + 1 rows alone: `kernel` computes chunk after
/// chunk, each from its own rows and the `lookback` rows before, so that no rounding outlives a chunk. A chunk for which
/// it answers false (digits were lost to cancellation) is streamed.
#[inline]
pub(super) fn run_windows<I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    kernel: impl FnMut([&[f64]; N], [&mut [f64]; M]) -> bool,
) {
    chunks::<true, I, N, M>(indicator, columns, out, kernel);
}

/// As [`run_windows`], for a kernel that itself answers false where a row of the chunk is not finite, as sums show.
#[inline]
pub(super) fn run_sums<I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    kernel: impl FnMut([&[f64]; N], [&mut [f64]; M]) -> bool,
) {
    chunks::<false, I, N, M>(indicator, columns, out, kernel);
}

#[inline]
fn chunks<const CHECK: bool, I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    mut kernel: impl FnMut([&[f64]; N], [&mut [f64]; M]) -> bool,
) {
    let lookback = indicator.lookback();
    run(indicator, columns, out, |fresh: I, columns: [&[f64]; N], out: &mut [&mut [f64]; M]| {
        let rows = columns[0].len();
        let warm = lookback.min(rows);
        out.iter_mut().for_each(|o| o[..warm].fill(f64::NAN));
        if !all_finite(&columns, 0..warm) {
            return false;
        }
        let size = CHUNK.max(4 * lookback);
        for begin in (warm..rows).step_by(size) {
            let end = rows.min(begin + size);
            if CHECK && !all_finite(&columns, begin..end) {
                return false;
            }
            let inputs = columns.map(|c| &c[begin - lookback..end]);
            if !kernel(inputs, out.each_mut().map(|o| &mut o[begin..end])) {
                if !all_finite(&columns, begin..end) {
                    return false;
                }
                stream_chunk(fresh.fresh(), lookback, inputs, out.each_mut().map(|o| &mut o[begin..end]));
            }
        }
        true
    });
}

/// Streams the rows that precede a chunk, then the chunk.
#[cold]
fn stream_chunk<I: Indicator, const N: usize, const M: usize>(
    mut indicator: I,
    lookback: usize,
    inputs: [&[f64]; N],
    mut out: [&mut [f64]; M],
) {
    let mut ignored = [f64::NAN; M];
    for index in 0..lookback {
        indicator.update(&inputs.map(|input| input[index]), &mut ignored);
    }
    let rows = out[0].len();
    stream(&mut indicator, &inputs.map(|input| &input[lookback..]), &mut out, 0..rows);
}

/// Whether these rows hold neither NaN nor an infinity.
#[inline]
fn all_finite<const N: usize>(columns: &[&[f64]; N], rows: Range<usize>) -> bool {
    columns.iter().all(|column| is_finite(&column[rows.clone()]))
}

/// Whether a column holds neither NaN nor an infinity: 0 times those is NaN.
pub(super) fn is_finite(column: &[f64]) -> bool {
    let (blocks, rest) = column.as_chunks::<AHEAD>();
    let mut lanes = [0.0; AHEAD];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += 0.0 * x;
        }
    }
    lanes == [0.0; AHEAD] && rest.iter().all(|x| x.is_finite())
}
