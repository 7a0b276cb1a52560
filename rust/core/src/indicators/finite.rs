//! The policy for NaN and infinite inputs in batches: such a row's outputs are NaN and no state sees it.

use super::Indicator;
use super::batch::all_finite;

/// Rows checked at once: few enough to stay in the first-level cache until they are used.
pub(super) const STRETCH: usize = 1024;

/// `step` of one row, or NaN without a step where a value is not finite.
pub(super) fn checked<const N: usize, const M: usize>(
    row: &[f64],
    out: &mut [f64],
    step: impl FnOnce([f64; N]) -> [f64; M],
) {
    let row: [f64; N] = std::array::from_fn(|column| row[column]);
    let finite = row.iter().all(|x| x.is_finite());
    out.copy_from_slice(&if finite { step(row) } else { [f64::NAN; M] });
}

/// The batch of an indicator whose rows follow one from another: `step` on every finite row, in order.
pub(super) fn scan<const N: usize, const M: usize>(
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    mut step: impl FnMut([f64; N]) -> [f64; M],
) {
    let len = columns[0].len();
    let columns: [&[f64]; N] = std::array::from_fn(|column| &columns[column][..len]);
    for start in (0..len).step_by(STRETCH) {
        let end = len.min(start + STRETCH);
        let input: [&[f64]; N] = std::array::from_fn(|column| &columns[column][start..end]);
        let mut outputs = out.iter_mut();
        let output: [&mut [f64]; M] =
            std::array::from_fn(|_| outputs.next().map_or(Default::default(), |y| &mut y[start..end]));
        let clean = input.iter().all(|x| all_finite(x));
        scan_stretch(clean, input, output, &mut step);
    }
}

#[inline(always)]
fn scan_stretch<const N: usize, const M: usize>(
    clean: bool,
    input: [&[f64]; N],
    mut output: [&mut [f64]; M],
    step: &mut impl FnMut([f64; N]) -> [f64; M],
) {
    for i in 0..input[0].len() {
        let row: [f64; N] = std::array::from_fn(|column| input[column][i]);
        let result = if clean || row.iter().all(|x| x.is_finite()) { step(row) } else { [f64::NAN; M] };
        for (y, value) in output.iter_mut().zip(result) {
            y[i] = value;
        }
    }
}

/// Runs `kernel` on the columns from their first finite row on; where it gives up (`false`) at a later row that is
/// not finite, the streaming loop of `fresh` replaces what it wrote. The rows before the first are NaN.
pub(super) fn run<I: Indicator, const N: usize, const M: usize>(
    fresh: impl FnOnce() -> I,
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    kernel: impl FnOnce([&[f64]; N], &mut [&mut [f64]; M]) -> bool,
) {
    let len = columns[0].len();
    let start = (0..len).find(|&row| columns.iter().all(|column| column[row].is_finite())).unwrap_or(len);
    let tails: [&[f64]; N] = std::array::from_fn(|column| &columns[column][start..]);
    let mut outputs = out.iter_mut();
    let mut out: [&mut [f64]; M] = std::array::from_fn(|_| {
        let (skipped, tail) = outputs.next().map_or(Default::default(), |column| column.split_at_mut(start));
        skipped.fill(f64::NAN);
        tail
    });
    if kernel(tails, &mut out) {
        return;
    }
    let mut indicator = fresh();
    let mut values = [f64::NAN; M];
    for i in 0..len - start {
        indicator.update(&tails.map(|column| column[i]), &mut values);
        for (column, value) in out.iter_mut().zip(values) {
            column[i] = value;
        }
    }
}
