//! Central moments of values and of values with their positions, joined without cancellation.

use super::rolling_fold::Fold;

/// Count, mean, sum of squared deviations, and sum of deviations times deviations of the position. Joined as Chan,
/// Golub and LeVeque (1979) and Pebay (2008) do, so that a constant window has squares of exactly 0 and an outlier
/// leaves no trace once out of the window.
#[derive(Clone, Copy)]
pub(super) struct CoMoments {
    pub(super) count: f64,
    pub(super) mean: f64,
    pub(super) squares: f64,
    pub(super) products: f64,
    place: f64,
}

impl Fold<1> for CoMoments {
    type Item = Self;
    const EMPTY: Self = Self { count: 0.0, mean: 0.0, squares: 0.0, products: 0.0, place: 0.0 };

    fn item([x]: [f64; 1], _anchor: [f64; 1], position: f64) -> Self {
        Self { count: 1.0, mean: x, squares: 0.0, products: 0.0, place: position }
    }

    fn join(older: Self, newer: Self) -> Self {
        let count = older.count + newer.count;
        let share = newer.count / count;
        let weight = older.count * share;
        let (rise, distance) = (newer.mean - older.mean, newer.place - older.place);
        Self {
            count,
            mean: older.mean + rise * share,
            squares: older.squares + newer.squares + rise * rise * weight,
            products: older.products + newer.products + rise * distance * weight,
            place: older.place + distance * share,
        }
    }
}
