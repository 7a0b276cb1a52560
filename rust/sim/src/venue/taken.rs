//! Lots that we have taken and that recorded data still show.

use tradenode_core::orders::Side;

use super::market::Market;
use super::settings::Impact;

/// What we have taken at a price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    side: Side,
    price: i64,
    /// What was missing when we took there last.
    lots: i64,
    at: i64,
}

/// At how many prices it is remembered at once; beyond that the one that was first taken at is forgotten.
const PRICES_MAX: usize = 1024;

impl Taken {
    /// The lots that are missing now, to the nearest whole one.
    fn left(&self, impact: Impact, now: i64) -> i64 {
        match impact {
            Impact::None => self.lots,
            Impact::Decaying { half_life_ns } => {
                let half_lives = (now - self.at) as f64 / half_life_ns as f64;
                (self.lots as f64 * (-half_lives).exp2()).round() as i64
            }
        }
    }
}

impl Market {
    /// What the level still shows besides what we have taken of it.
    pub(super) fn available(&self, side: Side, price: i64, now: i64) -> i64 {
        let taken = self.taken.iter().find(|taken| taken.side == side && taken.price == price);
        let missing = taken.map_or(0, |taken| taken.left(self.spec.impact, now));
        (self.book.size(side, price) - missing).max(0)
    }

    pub(super) fn take_away(&mut self, side: Side, price: i64, lots: i64, at: i64) {
        if lots == 0 {
            return;
        }
        let impact = self.spec.impact;
        if let Some(taken) = self.taken.iter_mut().find(|taken| taken.side == side && taken.price == price) {
            *taken = Taken { lots: taken.left(impact, at) + lots, at, ..*taken };
            return;
        }
        if impact != Impact::None {
            self.taken.retain(|taken| taken.left(impact, at) > 0);
        }
        if self.taken.len() == PRICES_MAX {
            self.taken.remove(0);
        }
        self.taken.push(Taken { side, price, lots, at });
    }

    /// The data show another size of a level.
    pub(super) fn shrink_taken(&mut self, side: Side, price: i64, size: i64) {
        if self.spec.impact != Impact::None {
            return;
        }
        for taken in &mut self.taken {
            if taken.side == side && taken.price == price {
                taken.lots = taken.lots.min(size);
            }
        }
        self.taken.retain(|taken| taken.lots > 0);
    }

    /// The data show no level of a side, or of both.
    pub(super) fn clear_taken(&mut self, side: Option<Side>) {
        if self.spec.impact == Impact::None {
            self.taken.retain(|taken| side.is_some_and(|side| side != taken.side));
        }
    }
}
