//! What the venue does to an account that it liquidates.

use tradenode_core::orders::Side;

use super::Venue;
use super::holding::Holding;
use super::report::{End, Execution, Report, What};

/// The venue's own orders have numbers from here on, which no gate gives in any run.
pub const VENUES_ORDERS: u64 = 1 << 62;

impl Venue {
    /// The same venue, which keeps a long and a short leg of each instrument. Nothing is held yet.
    #[must_use]
    pub fn keeping_legs(mut self) -> Self {
        self.markets.iter_mut().for_each(|market| market.holding = Holding::of_legs());
        self
    }

    /// Cancels every order of an instrument because the account is liquidated.
    pub fn cancel_liquidated(&mut self, instrument: usize, at: i64) {
        self.markets[instrument].cancel_all(End::Liquidation, at);
    }

    /// Closes a position, or a part of it, by an order of the venue's own at a price that does not come from the book; the
    /// fill that is to be told.
    pub fn take_over(
        &mut self,
        instrument: usize,
        order: u64,
        closing: Side,
        lots: i64,
        ticks: i64,
        at: i64,
    ) -> Report {
        let market = &mut self.markets[instrument];
        market.fills += 1;
        market.holding.fill(closing, true, lots);
        let (number, side) = (market.fills, closing);
        let (maker, reduce_only, left, behind, waited_ns) = (false, true, 0, -1, 0);
        let execution = Execution { number, side, lots, ticks, maker, reduce_only, left, behind, waited_ns };
        Report { at, instrument, order, what: What::Filled(execution) }
    }
}
