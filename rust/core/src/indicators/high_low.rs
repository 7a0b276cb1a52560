//! The highest high and the lowest low of a rolling window, for channels and oscillators.

use super::extremes::{greater, lesser};
use super::rolling_fold::Fold;

/// Folds rows that begin with a high and a low to the greatest high and the least low.
#[derive(Clone)]
pub(super) struct HighLow;

impl<const N: usize> Fold<N> for HighLow {
    type Item = (f64, f64);
    const EMPTY: Self::Item = (f64::NEG_INFINITY, f64::INFINITY);

    fn item(row: [f64; N], _anchor: [f64; N], _position: f64) -> Self::Item {
        (row[0], row[1])
    }

    fn join(older: Self::Item, newer: Self::Item) -> Self::Item {
        (greater(older.0, newer.0), lesser(older.1, newer.1))
    }
}
