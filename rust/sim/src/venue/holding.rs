//! What the account holds of an instrument, as the venue knows it.

use tradenode_core::orders::Side;

/// Lots held: one position or, where legs are kept, a long and a short one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holding {
    /// Long lots or, where there is one position, all of them.
    long: i64,
    /// Short lots, zero or below.
    short: i64,
    legs: bool,
}

impl Holding {
    /// Nothing held, long and short apart.
    pub(super) const fn of_legs() -> Self {
        Self { long: 0, short: 0, legs: true }
    }

    /// Takes in a fill. Of legs, an order adds to that of its side or, if it may only reduce, shrinks the other.
    pub(super) fn fill(&mut self, side: Side, reduce_only: bool, lots: i64) {
        let long = !self.legs || (side == Side::Buy) != reduce_only;
        let leg = if long { &mut self.long } else { &mut self.short };
        *leg += side.sign() * lots;
    }

    /// How many lots an order of that side may reduce.
    pub(super) fn reducible(&self, side: Side) -> i64 {
        match side {
            Side::Sell => self.long.max(0),
            Side::Buy if self.legs => -self.short,
            Side::Buy => (-self.long).max(0),
        }
    }

    /// Lots held in all: above zero long.
    pub(super) const fn net(&self) -> i64 {
        self.long + self.short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Buy, Sell};

    #[test]
    fn one_position_turns_over_and_legs_stay_apart() {
        let (mut one, mut legs) = (Holding::default(), Holding::of_legs());
        for holding in [&mut one, &mut legs] {
            holding.fill(Buy, false, 5);
            holding.fill(Sell, false, 7);
        }
        assert_eq!((one.net(), one.reducible(Buy), one.reducible(Sell)), (-2, 2, 0));
        assert_eq!((legs.net(), legs.reducible(Buy), legs.reducible(Sell)), (-2, 7, 5));
        legs.fill(Sell, true, 4);
        legs.fill(Buy, true, 7);
        assert_eq!((legs.net(), legs.reducible(Buy), legs.reducible(Sell)), (1, 0, 1));
    }
}
