//! The policy for NaN and infinite inputs in batches: such a row's outputs are NaN and no state sees it.

use super::batch::is_finite;

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
        let clean = input.iter().all(|x| is_finite(x));
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
