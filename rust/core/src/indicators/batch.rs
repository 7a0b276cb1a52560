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
/// with a fresh indicator when every row is finite, and row by row through `update` otherwise.
pub(super) fn run<I: Fresh, const N: usize, const M: usize>(
    indicator: &I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    kernel: impl FnOnce(I, [&[f64]; N], [&mut [f64]; M]),
) {
    let rows = columns[0].len();
    let start = (0..rows).find(|&row| columns.iter().all(|c| c[row].is_finite())).unwrap_or(rows);
    let tails: [&[f64]; N] = std::array::from_fn(|column| &columns[column][start..]);
    let mut outputs = out.iter_mut();
    let outs: [&mut [f64]; M] = std::array::from_fn(|_| {
        let (skipped, tail) = outputs.next().map_or(Default::default(), |o| o.split_at_mut(start));
        skipped.fill(f64::NAN);
        tail
    });
    if tails.iter().all(|c| all_finite(c)) {
        kernel(indicator.fresh(), tails, outs);
    } else {
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
    run(indicator, columns, out, |mut fresh: I, columns: [&[f64]; N], mut out: [&mut [f64]; M]| {
        let rows = columns[0].len();
        let mut index = (fresh.lookback() + 1).min(rows);
        stream(&mut fresh, &columns, &mut out, 0..index);
        if let Some(mut scans) = fresh.scans() {
            let blocks = (rows - index) / BLOCK;
            let inputs: [&[[f64; BLOCK]]; N] = std::array::from_fn(|n| &columns[n][index..].as_chunks().0[..blocks]);
            let mut tails = out.iter_mut();
            let mut outputs: [&mut [[f64; BLOCK]]; M] = std::array::from_fn(|_| {
                tails.next().map_or(Default::default(), |o| &mut o[index..].as_chunks_mut().0[..blocks])
            });
            for block in 0..blocks {
                let values = I::step(&mut scans, std::array::from_fn(|n| &inputs[n][block]));
                for (output, value) in outputs.iter_mut().zip(values) {
                    output[block] = value;
                }
            }
            index += blocks * BLOCK;
            fresh.resume(&scans);
        }
        stream(&mut fresh, &columns, &mut out, index..rows);
    });
}

/// Whether a column holds neither NaN nor an infinity: `0 x` is 0 for a finite `x` and NaN otherwise.
fn all_finite(column: &[f64]) -> bool {
    let (blocks, rest) = column.as_chunks::<8>();
    let mut lanes = [0.0_f64; 8];
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += 0.0 * x;
        }
    }
    lanes.iter().all(|&lane| lane == 0.0) && rest.iter().all(|x| x.is_finite())
}
