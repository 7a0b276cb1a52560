//! The policy for NaN and infinite inputs in batches: such a row's outputs are NaN and no state sees it.

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

/// The batch of an indicator whose rows follow one from another: `step` on every finite row, in order. Each row is looked
/// at in its turn: to look takes no longer than the step before, which the next waits for.
#[inline]
pub(super) fn scan<const N: usize, const M: usize>(
    columns: &[&[f64]],
    out: &mut [&mut [f64]],
    mut step: impl FnMut([f64; N]) -> [f64; M],
) {
    let rows = columns[0].len();
    let columns: [&[f64]; N] = std::array::from_fn(|column| &columns[column][..rows]);
    let mut outputs = out.iter_mut();
    let mut out: [&mut [f64]; M] =
        std::array::from_fn(|_| outputs.next().map_or(Default::default(), |y| &mut y[..rows]));
    for index in 0..rows {
        let row = columns.map(|x| x[index]);
        let values = if row.iter().all(|x| x.is_finite()) { step(row) } else { [f64::NAN; M] };
        for (y, value) in out.iter_mut().zip(values) {
            y[index] = value;
        }
    }
}
