//! A seeded generator: the same numbers in every run.

/// SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From 0 to below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From `-reach` to `reach`, small numbers more often.
    pub(crate) fn near(&mut self, reach: i64) -> i64 {
        let magnitude = self.below(reach as u64 + 1) as i64;
        let magnitude = magnitude.min(self.below(reach as u64 + 1) as i64);
        if self.below(2) == 0 { magnitude } else { -magnitude }
    }
}

/// How many operations a generated run has: a million, or what the environment says.
pub(crate) fn operations() -> u64 {
    let given = std::env::var("TRADENODE_BOOK_OPERATIONS").ok();
    given.map_or(1_000_000, |text| text.parse().expect("TRADENODE_BOOK_OPERATIONS is a number"))
}
