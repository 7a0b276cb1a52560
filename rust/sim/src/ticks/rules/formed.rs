//! Bars of several instruments, made of the trades that are received, by one clock.
//!
//! The clock is the latest time of a trade of any of them: as soon as it shows a bar's time to be over, the bars of all
//! that end then are closed together, so that what one instrument's rules read of another is what they would read in
//! columns. A trade that comes in late, from before the clock, counts to the bar that is open.

use serde::{Deserialize, Serialize};
use tradenode_core::bars::{Rule, RuleError, TradeBar, TradeBars};
use tradenode_core::event::Event;

/// The bars under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Formed {
    bars: Vec<TradeBars>,
    clock: i64,
}

impl Formed {
    /// Nothing traded yet.
    pub(super) fn new(instruments: usize, length_ns: i64) -> Result<Self, RuleError> {
        Ok(Self { bars: vec![TradeBars::new(Rule::Time(length_ns))?; instruments], clock: i64::MIN })
    }

    /// Takes a trade; the bars that it shows to have ended, all at one time, go into `closed` by instrument.
    pub(super) fn take(&mut self, instrument: usize, trade: &Event, closed: &mut Vec<(usize, TradeBar)>) {
        closed.clear();
        self.clock = self.clock.max(trade.ts_event);
        for (place, bars) in self.bars.iter_mut().enumerate() {
            closed.extend(bars.advance(self.clock).map(|bar| (place, bar)));
        }
        // Whatever could have ended has: the trade only adds to a bar.
        self.bars[instrument].trade(self.clock, trade.side, trade.price, trade.size);
    }

    /// Whether it can be of so many instruments with bars of that length: for one that was read.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.bars.len() == other.bars.len()
            && self.bars.iter().zip(&other.bars).all(|(one, two)| one.rule() == two.rule())
    }
}

#[cfg(test)]
mod tests {
    use tradenode_core::event::{Kind, LAST};

    use super::*;

    fn trade(ts_event: i64, price: i64) -> Event {
        let (kind, flags) = (Kind::Trade, LAST);
        Event { ts_event, ts_recv: ts_event + 5, kind, side: None, flags, price, size: 2, sequence: 0, order_id: 0 }
    }

    #[test]
    fn one_trade_closes_the_bars_of_all() {
        let mut formed = Formed::new(3, 10).unwrap();
        let mut closed = Vec::new();
        let mut told = Vec::new();
        for (instrument, ts, price) in
            [(0, 12, 5), (1, 13, 6), (0, 19, 7), (1, 21, 8), (0, 18, 9), (2, 45, 1), (1, 50, 2)]
        {
            formed.take(instrument, &trade(ts, price), &mut closed);
            told.extend(closed.iter().map(|(place, bar)| (ts, *place, bar.ts, bar.open, bar.close, bar.trades)));
        }
        assert_eq!(
            told,
            // The late trade of 18 counts to the bar from 20 on.
            [
                (21, 0, 10, 5, 7, 2),
                (21, 1, 10, 6, 6, 1),
                (45, 0, 20, 9, 9, 1),
                (45, 1, 20, 8, 8, 1),
                (50, 2, 40, 1, 1, 1)
            ]
        );
    }
}
