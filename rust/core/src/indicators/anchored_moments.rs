//! Central moments of two series as sums relative to the window's anchor: quick, and exact while that is near.

use std::cell::Cell;

use super::co_moments::CoMoments;
use super::rolling_fold::{Fold, Rows, Window, fold_windows};

/// Below this share of a square relative to the anchor, a central square has lost too many digits.
const CANCELLED: f64 = 1e-3;

/// Sums of x, y, x x, y y and x y relative to the anchor.
struct AnchoredSums;

impl Fold<2> for AnchoredSums {
    type Item = [f64; 5];
    const EMPTY: [f64; 5] = [0.0; 5];

    fn item(row: [f64; 2], anchor: [f64; 2], _position: f64) -> [f64; 5] {
        let (x, y) = (row[0] - anchor[0], row[1] - anchor[1]);
        [x, y, x * x, y * y, x * y]
    }

    fn join(older: [f64; 5], newer: [f64; 5]) -> [f64; 5] {
        std::array::from_fn(|sum| older[sum] + newer[sum])
    }
}

/// How many values of recomputed windows a row may cost on average before all windows are joined anew instead.
const PATIENCE: usize = 16;

/// Writes `figure` of the central squares and products `(xx, yy, xy)` of every full window: from anchored sums, and
/// where those lost digits to cancellation from the window itself (or, if many did, from joined [`CoMoments`]).
/// `row` computes any one row. `false` when a row was not finite.
pub(super) fn fold_moments<R: Rows<2>>(
    window: usize,
    rows: impl Fn() -> R,
    row: impl Fn(usize) -> [f64; 2],
    out: &mut [&mut [f64]; 1],
    figure: impl Fn(CoMoments) -> f64,
) -> bool {
    let (count, per_row) = (window as f64, 1.0 / window as f64);
    let lost = Cell::new(0);
    let finite =
        fold_windows::<AnchoredSums, 2, 1>(window, rows(), out, |Window { fold: [x, y, xx, yy, xy], .. }| {
            let moments =
                CoMoments { count, x, y, xx: xx - x * x * per_row, yy: yy - y * y * per_row, xy: xy - x * y * per_row };
            let cancelled = (moments.xx < xx * CANCELLED) | (moments.yy < yy * CANCELLED);
            lost.set(lost.get() + usize::from(cancelled));
            [if cancelled { f64::NAN } else { figure(moments) }]
        });
    if !finite || lost.get() == 0 {
        return finite;
    }
    if lost.get() * window > PATIENCE * out[0].len() {
        return fold_windows::<CoMoments, 2, 1>(window, rows(), out, |window| [figure(window.fold)]);
    }
    for (last, y) in out[0].iter_mut().enumerate().skip(window - 1).filter(|(_, y)| y.is_nan()) {
        *y = figure(CoMoments::of((last + 1 - window..=last).map(&row)));
    }
    true
}
