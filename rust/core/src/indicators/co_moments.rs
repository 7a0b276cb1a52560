//! Central moments of two series, or of a series and its rows' positions, joined without cancellation.

use super::rolling_fold::Fold;

/// Count, means, and sums of squared deviations and of their products. Joined as Chan, Golub and LeVeque (1979) and
/// Pebay (2008) do, so that a constant window has squares of exactly 0 and an outlier leaves no trace once out of the
/// window.
#[derive(Clone, Copy)]
pub(super) struct CoMoments {
    pub(super) count: f64,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) xx: f64,
    pub(super) yy: f64,
    pub(super) xy: f64,
}

impl CoMoments {
    const EMPTY: Self = Self { count: 0.0, x: 0.0, y: 0.0, xx: 0.0, yy: 0.0, xy: 0.0 };

    fn single(x: f64, y: f64) -> Self {
        Self { count: 1.0, x, y, ..Self::EMPTY }
    }

    /// The moments of these pairs.
    pub(super) fn of(pairs: impl Iterator<Item = [f64; 2]>) -> Self {
        pairs.fold(Self::EMPTY, |sum, [x, y]| sum.joined(Self::single(x, y)))
    }

    #[inline(always)]
    fn joined(self, newer: Self) -> Self {
        let count = self.count + newer.count;
        let share = newer.count / count;
        let weight = self.count * share;
        let (along, across) = (newer.x - self.x, newer.y - self.y);
        Self {
            count,
            x: self.x + along * share,
            y: self.y + across * share,
            xx: self.xx + newer.xx + along * along * weight,
            yy: self.yy + newer.yy + across * across * weight,
            xy: self.xy + newer.xy + along * across * weight,
        }
    }
}

/// One series: x is its value, y the row's position.
impl Fold<1> for CoMoments {
    type Item = Self;
    const EMPTY: Self = Self::EMPTY;

    fn item([x]: [f64; 1], _anchor: [f64; 1], position: f64) -> Self {
        Self::single(x, position)
    }

    fn join(older: Self, newer: Self) -> Self {
        older.joined(newer)
    }
}

/// Two series.
impl Fold<2> for CoMoments {
    type Item = Self;
    const EMPTY: Self = Self::EMPTY;

    fn item([x, y]: [f64; 2], _anchor: [f64; 2], _position: f64) -> Self {
        Self::single(x, y)
    }

    fn join(older: Self, newer: Self) -> Self {
        older.joined(newer)
    }
}
