//! Queue position: how much rests ahead of an order of ours at its price, where the data do not say.
//!
//! Levels tell only how much rests at a price. When a level shrinks without a trade, somebody cancelled, ahead of us or
//! behind us: the models differ in which. The formulas are those of hftbacktest (`models/queue.rs`), after Rigtorp,
//! "Estimating order queue position" (2013). With `f` ahead, `b` behind, and `c` the shrinkage that trades do not
//! explain, the share `p` of it that was behind us is
//!
//! | model | p |
//! |---|---|
//! | risk-averse | 1: only trades, and a level smaller than what was ahead, move us forward |
//! | power | b^n / (b^n + f^n) |
//! | power, of the whole | b^n / (b + f)^n |
//! | power, complement | 1 - (f / (f + b))^n |
//! | log | ln(1 + b) / (ln(1 + b) + ln(1 + f)) |
//! | log, of the whole | ln(1 + b) / ln(1 + b + f) |

use std::hint::select_unpredictable;

use serde::{Deserialize, Serialize};

/// Which share of the cancels at our price was behind us.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueModel {
    /// All of them.
    RiskAverse,
    /// Powers of what is behind and ahead.
    Power(f64),
    /// A power of what is behind, of the power of the whole.
    PowerWhole(f64),
    /// The complement of a power of the share that is ahead.
    PowerComplement(f64),
    /// Logarithms of what is behind and ahead.
    Log,
    /// A logarithm of what is behind, of that of the whole.
    LogWhole,
}

/// What rests ahead of one order.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ahead {
    /// Lots; below zero once trades have used up more than was ahead.
    front: f64,
    /// Lots traded at the price since the level was last told.
    traded: i64,
}

impl Ahead {
    /// The place of an order that joins a level of this size.
    #[must_use]
    pub const fn last(size: i64) -> Self {
        Self { front: size as f64, traded: 0 }
    }

    /// The place of an order at a price of which nothing is known: behind everything that is told of it first.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { front: f64::INFINITY, traded: 0 }
    }

    /// Lots ahead.
    #[must_use]
    pub const fn lots(&self) -> f64 {
        greater(self.front, 0.0)
    }

    /// Lots that were ahead have gone.
    #[inline]
    pub fn lose(&mut self, lots: i64) {
        self.front -= lots as f64;
    }

    /// Lots turn out to be ahead.
    #[inline]
    pub fn gain(&mut self, lots: i64) {
        self.front += lots as f64;
    }

    /// A trade at the price.
    #[inline]
    pub fn trade(&mut self, lots: i64) {
        self.front -= lots as f64;
        self.traded += lots;
    }

    /// How many lots of trades have come through to us since the last call.
    #[inline]
    pub fn reached(&mut self) -> i64 {
        // Less than half a lot is none.
        if self.front > -0.5 {
            return 0;
        }
        let reached = (-self.front).round() as i64;
        self.front = 0.0;
        reached
    }

    /// The level at the price has changed from one size to another. `lot` is the size of a lot in base units, in which
    /// the logarithms are taken.
    #[inline]
    pub fn level(&mut self, model: QueueModel, before: i64, after: i64, lot: f64) {
        let cancelled = (before - after - std::mem::take(&mut self.traded)) as f64;
        let after = after as f64;
        // Nobody can foresee whether lots come or go: where a share costs little, it is reckoned in any case.
        if (model.is_quick() || cancelled >= 0.0) && model != QueueModel::RiskAverse {
            let front = self.lots();
            let behind = before as f64 - front;
            let share = model.share_behind(front, behind, lot);
            let shrunk = front - (1.0 - share) * cancelled + less(behind - share * cancelled, 0.0);
            // Halved, lest it be compared as the integer it was: by that there is no choice of a number without a jump.
            self.front = select_unpredictable(cancelled * 0.5 >= 0.0, shrunk, self.front);
        }
        self.front = less(self.front, after);
    }
}

/// The greater of two, the other where one is no number: one instruction, which [`f64::max`] is not.
const fn greater(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

/// The lesser of two, in the same way.
const fn less(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

impl QueueModel {
    /// Whether a share takes a few multiplications.
    #[inline]
    fn is_quick(self) -> bool {
        matches!(self, Self::Power(2.0))
    }

    /// The share of cancels that were behind us; 1 where nothing rests ahead.
    #[inline]
    fn share_behind(self, front: f64, behind: f64, lot: f64) -> f64 {
        let behind = greater(behind, 0.0);
        match self {
            // The square, which most ask for, is exact in one product.
            Self::Power(2.0) => {
                let (behind, front) = (behind * behind, front * front);
                let whole = behind + front;
                select_unpredictable(whole == 0.0, 1.0, behind / whole)
            }
            _ => Some(self.other_share(front, behind, lot)).filter(|share| share.is_finite()).unwrap_or(1.0),
        }
    }

    /// The same as the formulas have it, for those that take more than a look: no number where nothing rests.
    #[inline(never)]
    fn other_share(self, front: f64, behind: f64, lot: f64) -> f64 {
        let log = |lots: f64| (lots * lot).ln_1p();
        let power = |lots: f64, n: f64| if n == 2.0 { lots * lots } else { lots.powf(n) };
        match self {
            Self::RiskAverse => 1.0,
            Self::Power(n) => power(behind, n) / (power(behind, n) + power(front, n)),
            Self::PowerWhole(n) => power(behind, n) / power(behind + front, n),
            Self::PowerComplement(n) => 1.0 - power(front / (front + behind), n),
            Self::Log => log(behind) / (log(behind) + log(front)),
            Self::LogWhole => log(behind) / log(behind + front),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MODELS: [QueueModel; 6] = [
        QueueModel::RiskAverse,
        QueueModel::Power(2.0),
        QueueModel::PowerWhole(2.0),
        QueueModel::PowerComplement(3.0),
        QueueModel::Log,
        QueueModel::LogWhole,
    ];

    /// 100 ahead of us, 60 join behind, 40 of 160 go without a trade.
    #[test]
    fn cancels_are_shared_as_the_formulas_say() {
        let left = |model: QueueModel| {
            let mut ahead = Ahead::last(100);
            ahead.level(model, 100, 160, 1.0);
            ahead.level(model, 160, 120, 1.0);
            ahead.lots()
        };
        let (front, behind) = (100.0_f64, 60.0_f64);
        let by_share = |share: f64| front - (1.0 - share) * 40.0;
        assert_eq!(left(QueueModel::RiskAverse), 100.0);
        assert_eq!(left(QueueModel::Power(2.0)), by_share(3600.0 / 13_600.0));
        assert_eq!(left(QueueModel::PowerWhole(2.0)), by_share(3600.0 / 25_600.0));
        assert!((left(QueueModel::PowerComplement(3.0)) - by_share(1.0 - (0.625_f64).powi(3))).abs() < 1e-12);
        assert_eq!(left(QueueModel::Log), by_share(behind.ln_1p() / (behind.ln_1p() + front.ln_1p())));
        assert_eq!(left(QueueModel::LogWhole), by_share(behind.ln_1p() / 160.0_f64.ln_1p()));
    }

    #[test]
    fn what_trades_took_is_not_counted_as_cancelled_again() {
        for model in MODELS {
            let mut ahead = Ahead::last(10);
            ahead.level(model, 10, 30, 1.0);
            ahead.trade(4);
            assert_eq!((ahead.lots(), ahead.reached()), (6.0, 0));
            ahead.level(model, 30, 26, 1.0);
            assert_eq!(ahead.lots(), 6.0, "{model:?}");
        }
    }

    #[test]
    fn trades_beyond_what_was_ahead_reach_us_once() {
        let mut ahead = Ahead::last(3);
        ahead.trade(5);
        assert_eq!((ahead.reached(), ahead.reached()), (2, 0));
    }

    #[test]
    fn a_level_smaller_than_what_was_ahead_moves_us_forward() {
        let mut ahead = Ahead::last(50);
        ahead.level(QueueModel::RiskAverse, 50, 20, 1.0);
        assert_eq!(ahead.lots(), 20.0);
    }

    proptest! {
        /// Whatever happens at the level, nobody gets ahead of us, and less is ahead than rests.
        #[test]
        fn nobody_gets_ahead(
            model in prop::sample::select(&MODELS[..]),
            n in 0.3..4.0_f64,
            start in 0..1_000_i64,
            changes in prop::collection::vec((any::<bool>(), 0..1_000_i64), 0..40),
        ) {
            let model = match model {
                QueueModel::Power(_) => QueueModel::Power(n),
                QueueModel::PowerWhole(_) => QueueModel::PowerWhole(n),
                QueueModel::PowerComplement(_) => QueueModel::PowerComplement(n),
                other => other,
            };
            let (mut ahead, mut size) = (Ahead::last(start), start);
            for (trade, lots) in changes {
                let before = ahead.lots();
                if trade {
                    ahead.trade(lots.min(size));
                    ahead.reached();
                } else {
                    ahead.level(model, size, lots, 0.001);
                    size = lots;
                    prop_assert!(ahead.lots() <= size as f64 + 1e-9);
                }
                prop_assert!(ahead.lots().is_finite() && ahead.lots() <= before + 1e-9, "{:?}", ahead);
            }
        }
    }
}
