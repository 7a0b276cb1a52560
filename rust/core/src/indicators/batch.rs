//! What every batch kernel shares: the skipped start, the choice between the fast kernel and the streaming loop.

use std::ops::Range;

use super::Indicator;
use super::recursive::BLOCK;

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

/// The batch form of an indicator that has no faster one.
pub(super) fn run_streaming<I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
) {
    run(indicator, columns, out, |_: I, _: [&[f64]; N], _: &mut [&mut [f64]; M]| false);
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

/// An indicator made of recursive averages, whose batch form looks ahead over [`BLOCK`] rows at once.
pub(super) trait Blockwise<const N: usize, const M: usize>: Fresh {
    /// The look-ahead forms of its averages and whatever else passes from block to block.
    type Scans;

    /// The look-ahead state once the warm-up is over, or nothing where only streaming is exact enough.
    fn scans(&self) -> Option<Self::Scans>;

    /// Computes one block.
    fn step(scans: &mut Self::Scans, columns: [&[f64; BLOCK]; N]) -> [[f64; BLOCK]; M];

    /// Takes back the state that the blocks reached.
    fn resume(&mut self, scans: &Self::Scans);
}

/// The batch form of a [`Blockwise`] indicator: the warm-up streams, whole blocks look ahead, the remainder streams.
pub(super) fn run_blocks<I: Blockwise<N, M>, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
) {
    run(indicator, columns, out, |mut fresh: I, columns: [&[f64]; N], out: &mut [&mut [f64]; M]| {
        let rows = columns[0].len();
        let mut index = (fresh.lookback() + 1).min(rows);
        if !columns.iter().all(|c| all_finite(&c[..index])) {
            return false;
        }
        stream(&mut fresh, &columns, out, 0..index);
        let mut poison = [0_u64; BLOCK];
        if let Some(mut scans) = fresh.scans() {
            let blocks = (rows - index) / BLOCK;
            let inputs: [&[[f64; BLOCK]]; N] = std::array::from_fn(|n| &columns[n][index..].as_chunks().0[..blocks]);
            let mut tails = out.iter_mut();
            let mut outputs: [&mut [[f64; BLOCK]]; M] = std::array::from_fn(|_| {
                tails.next().map_or(Default::default(), |o| &mut o[index..].as_chunks_mut().0[..blocks])
            });
            for block in 0..blocks {
                let rows: [&[f64; BLOCK]; N] = std::array::from_fn(|n| &inputs[n][block]);
                rows.iter().for_each(|row| taint(&mut poison, row));
                let values = I::step(&mut scans, rows);
                for (output, value) in outputs.iter_mut().zip(values) {
                    output[block] = value;
                }
            }
            index += blocks * BLOCK;
            fresh.resume(&scans);
        }
        stream(&mut fresh, &columns, out, index..rows);
        poison == [0; BLOCK]
    });
}

/// The rows that a windowed kernel takes at once, at least: few enough for the first-level cache.
const CHUNK: usize = 512;

/// The batch form of an indicator that depends on the last `lookback` + 1 rows alone: `kernel` computes chunk after
/// chunk, each from its own rows and the `lookback` rows before, so that no rounding outlives a chunk. A chunk for which
/// it answers false (digits were lost to cancellation) is streamed.
#[inline]
pub(super) fn run_windows<I: Fresh, const N: usize, const M: usize>(
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
        if !columns.iter().all(|c| all_finite(&c[..warm])) {
            return false;
        }
        let size = CHUNK.max(4 * lookback);
        for begin in (warm..rows).step_by(size) {
            let end = rows.min(begin + size);
            if !columns.iter().all(|c| all_finite(&c[begin..end])) {
                return false;
            }
            let inputs = columns.map(|c| &c[begin - lookback..end]);
            let mut outputs = out.iter_mut();
            let mut outs: [&mut [f64]; M] =
                std::array::from_fn(|_| outputs.next().map_or(Default::default(), |o| &mut o[begin..end]));
            if !kernel(inputs, outs.each_mut().map(|o| &mut **o)) {
                stream_chunk(fresh.fresh(), lookback, inputs, outs);
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

/// Whether a column holds neither NaN nor an infinity.
#[inline]
pub(super) fn all_finite(column: &[f64]) -> bool {
    let (blocks, rest) = column.as_chunks::<BLOCK>();
    let mut poison = [0_u64; BLOCK];
    blocks.iter().for_each(|block| taint(&mut poison, block));
    poison == [0; BLOCK] && rest.iter().all(|x| x.is_finite())
}

/// Marks the lanes that are not finite: `x - x` is 0, all of whose bits are 0, for a finite `x` and NaN otherwise.
#[inline(always)]
#[expect(clippy::eq_op, reason = "equal operands are the point")]
fn taint(poison: &mut [u64; BLOCK], block: &[f64; BLOCK]) {
    for (poison, &x) in poison.iter_mut().zip(block) {
        *poison |= (x - x).to_bits();
    }
}
