//! Bars from trades, one trade at a time: by time, number, volume, notional, imbalance or run.

use serde::{Deserialize, Serialize};

use super::trade_rule::{Expected, Measure, Rule, RuleError};
use crate::orders::Side;

/// A bar of trades; prices are ticks, sizes lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeBar {
    /// When it opens, ns UTC: the start of a time bar, else its first trade.
    pub ts: i64,
    /// Its last trade, ns UTC.
    pub last_ts: i64,
    /// First price.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// Sum of the sizes; it stays at the largest number.
    pub volume: i64,
    /// The part of it that buyers took.
    pub buy_volume: i64,
    /// Sum of price times size.
    pub notional: i128,
    /// How many trades.
    pub trades: u64,
}

impl TradeBar {
    const fn first(ts: i64, last_ts: i64, price: i64) -> Self {
        Self {
            ts,
            last_ts,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0,
            buy_volume: 0,
            notional: 0,
            trades: 0,
        }
    }
}

/// Makes bars; the same object serves a recorded tape and a live feed.
///
/// A trade without a side takes it from the last change of price (the tick rule), before the first change it is a buy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeBars {
    rule: Rule,
    bar: Option<TradeBar>,
    expected: Expected,
    /// The measure of the open bar's buys and sells.
    sums: [i128; 2],
    last_price: Option<i64>,
    last_side: Side,
}

impl TradeBars {
    /// Nothing traded yet.
    ///
    /// # Errors
    /// A rule under which no bar is ever full, or always.
    pub fn new(rule: Rule) -> Result<Self, RuleError> {
        rule.check()?;
        let expected = match rule {
            Rule::Imbalance { trades, span, .. } | Rule::Run { trades, span, .. } => Expected::new(trades, span),
            Rule::Time(_) | Rule::Amount(..) => Expected::new(1, 1),
        };
        Ok(Self { rule, bar: None, expected, sums: [0; 2], last_price: None, last_side: Side::Buy })
    }

    /// By which rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Takes a trade; gives the bar that it fills or, of time bars, that it shows to have ended.
    ///
    /// A trade from before the open time bar, received late, counts to the open one: what was given stays.
    pub fn trade(&mut self, ts: i64, side: Option<Side>, price: i64, size: i64) -> Option<TradeBar> {
        let side = side.unwrap_or_else(|| self.side_of(price));
        (self.last_price, self.last_side) = (Some(price), side);
        let ended = self.advance(ts);
        let start = self.rule.start_of(ts);
        let bar = self.bar.get_or_insert(TradeBar::first(start, ts, price));
        bar.last_ts = bar.last_ts.max(ts);
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume = bar.volume.saturating_add(size);
        bar.buy_volume = bar.buy_volume.saturating_add(if side == Side::Buy { size } else { 0 });
        bar.notional += i128::from(price) * i128::from(size);
        bar.trades += 1;
        if let Rule::Imbalance { measure, .. } | Rule::Run { measure, .. } = self.rule {
            self.sums[usize::from(side == Side::Sell)] += measure.of(price, size);
        }
        ended.or_else(|| self.close_if_full())
    }

    /// Time passes without a trade: the time bar that has ended by `ts`, if there is one.
    pub fn advance(&mut self, ts: i64) -> Option<TradeBar> {
        let Rule::Time(length) = self.rule else { return None };
        self.bar.take_if(|bar| bar.ts.checked_add(length).is_some_and(|end| ts >= end))
    }

    /// The bar that is not full; nothing is left of it.
    pub fn finish(&mut self) -> Option<TradeBar> {
        self.sums = [0; 2];
        self.bar.take()
    }

    fn side_of(&self, price: i64) -> Side {
        match self.last_price {
            Some(last) if price > last => Side::Buy,
            Some(last) if price < last => Side::Sell,
            _ => self.last_side,
        }
    }

    fn close_if_full(&mut self) -> Option<TradeBar> {
        let bar = self.bar?;
        let full = match self.rule {
            Rule::Time(_) => false,
            Rule::Amount(Measure::Tick, amount) => i128::from(bar.trades) >= amount,
            Rule::Amount(Measure::Volume, amount) => i128::from(bar.volume) >= amount,
            Rule::Amount(Measure::Notional, amount) => bar.notional >= amount,
            Rule::Imbalance { .. } => self.expected.met(false, bar.trades, self.sums),
            Rule::Run { .. } => self.expected.met(true, bar.trades, self.sums),
        };
        if !full {
            return None;
        }
        if matches!(self.rule, Rule::Imbalance { .. } | Rule::Run { .. }) {
            self.expected.learn(bar.trades, self.sums);
        }
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Print = (i64, Option<Side>, i64, i64);

    fn bars(rule: Rule, trades: &[Print]) -> Vec<TradeBar> {
        let mut maker = TradeBars::new(rule).unwrap();
        let mut made: Vec<_> =
            trades.iter().filter_map(|(ts, side, price, size)| maker.trade(*ts, *side, *price, *size)).collect();
        made.extend(maker.finish());
        made
    }

    const BUY: Option<Side> = Some(Side::Buy);
    const SELL: Option<Side> = Some(Side::Sell);

    #[test]
    fn time_bars_are_aligned_and_empty_ones_do_not_exist() {
        let made = bars(Rule::Time(10), &[(12, BUY, 5, 1), (19, SELL, 7, 2), (41, BUY, 6, 3), (39, BUY, 4, 1)]);
        let first = TradeBar {
            ts: 10,
            last_ts: 19,
            open: 5,
            high: 7,
            low: 5,
            close: 7,
            volume: 3,
            buy_volume: 1,
            notional: 19,
            trades: 2,
        };
        assert_eq!(made[0], first);
        // The late trade counts to the open bar.
        assert_eq!((made[1].ts, made[1].low, made[1].trades, made.len()), (40, 4, 2, 2));
        let mut maker = TradeBars::new(Rule::Time(10)).unwrap();
        assert_eq!(maker.trade(12, BUY, 5, 1), None);
        assert_eq!((maker.advance(19), maker.advance(20).map(|bar| bar.ts), maker.advance(30)), (None, Some(10), None));
    }

    #[test]
    fn amounts_close_with_the_trade_that_fills_them() {
        let trades = [(1, BUY, 5, 4), (2, SELL, 6, 4), (3, BUY, 7, 9), (4, BUY, 8, 1)];
        let volumes = |measure, amount| -> Vec<i64> {
            bars(Rule::Amount(measure, amount), &trades).iter().map(|bar| bar.volume).collect()
        };
        assert_eq!(volumes(Measure::Tick, 3), [17, 1]);
        assert_eq!(volumes(Measure::Volume, 8), [8, 9, 1]);
        assert_eq!(volumes(Measure::Notional, 44), [8, 9, 1]);
    }

    #[test]
    fn imbalance_bars_by_hand() {
        // The first bar takes 4 trades: E[T] = 4, E[b] = (3 - 1) / 4 = 0.5, so that the next is full at |sum b| = 2.
        let rule = Rule::Imbalance { measure: Measure::Tick, trades: 4, span: 3 };
        let sides = [BUY, SELL, BUY, BUY, SELL, BUY, SELL, SELL, BUY, BUY];
        let trades: Vec<Print> = sides.iter().zip(1..).map(|(side, ts)| (ts, *side, 5, 1)).collect();
        // The second bar: -1, 0, -1, -2: full, T = 4, mean b = -0.5. Then E[b] = 0.5 - 0.5 = 0 by weight 1/2: all are full.
        let counts: Vec<_> = bars(rule, &trades).iter().map(|bar| bar.trades).collect();
        assert_eq!(counts, [4, 4, 1, 1]);
    }

    #[test]
    fn run_bars_by_hand() {
        // The first bar: buys 3 / 4 = 0.75, sells 0.25 a trade; the next is full at a run of 4 * 0.75 = 3.
        let rule = Rule::Run { measure: Measure::Tick, trades: 4, span: 3 };
        let sides = [BUY, SELL, BUY, BUY, SELL, BUY, SELL, SELL, BUY, BUY, BUY];
        let trades: Vec<Print> = sides.iter().zip(1..).map(|(side, ts)| (ts, *side, 5, 1)).collect();
        // The second: sells reach 3 with 4 trades; buys 0.25, sells 0.75: both become 0.5, full at 4 * 0.5 = 2.
        let counts: Vec<_> = bars(rule, &trades).iter().map(|bar| bar.trades).collect();
        assert_eq!(counts, [4, 4, 2, 1]);
    }

    #[test]
    fn sides_that_are_not_told_come_from_the_price() {
        let mut maker = TradeBars::new(Rule::Amount(Measure::Tick, 100)).unwrap();
        for (ts, price) in [(1, 5), (2, 5), (3, 6), (4, 6), (5, 4), (6, 4)] {
            maker.trade(ts, None, price, 1);
        }
        assert_eq!(maker.finish().unwrap().buy_volume, 4);
    }

    #[test]
    fn nothing_is_full_at_zero() {
        let none = Rule::Imbalance { measure: Measure::Tick, trades: 0, span: 1 };
        for rule in [Rule::Time(0), Rule::Amount(Measure::Volume, 0), none] {
            assert!(TradeBars::new(rule).is_err());
        }
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let measure = prop::sample::select(vec![Measure::Tick, Measure::Volume, Measure::Notional]);
        prop_oneof![
            (1i64..50).prop_map(Rule::Time),
            (measure.clone(), 1i128..300).prop_map(|(measure, amount)| Rule::Amount(measure, amount)),
            (measure.clone(), 1u32..20, 1u32..9).prop_map(|(measure, trades, span)| Rule::Imbalance {
                measure,
                trades,
                span
            }),
            (measure, 1u32..20, 1u32..9).prop_map(|(measure, trades, span)| Rule::Run { measure, trades, span }),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_prices_lie_inside(
            rule in any_rule(),
            prints in prop::collection::vec((0i64..20, 0u8..3, 1i64..100, 1i64..50), 1..200),
        ) {
            let mut ts = 0;
            let trades: Vec<Print> = prints
                .iter()
                .map(|(step, side, price, size)| {
                    ts += step;
                    (ts, crate::event::side_of(*side), *price, *size)
                })
                .collect();
            let made = bars(rule, &trades);
            let sum = |of: fn(&TradeBar) -> i128| made.iter().map(of).sum::<i128>();
            prop_assert_eq!(sum(|bar| bar.volume.into()), trades.iter().map(|trade| i128::from(trade.3)).sum::<i128>());
            let notional = trades.iter().map(|trade| i128::from(trade.2) * i128::from(trade.3)).sum::<i128>();
            prop_assert_eq!(sum(|bar| bar.notional), notional);
            prop_assert_eq!(sum(|bar| bar.trades.into()), trades.len() as i128);
            let mut first = 0;
            for bar in &made {
                let of_bar = &trades[first..first + bar.trades as usize];
                first += of_bar.len();
                prop_assert_eq!((bar.open, bar.close), (of_bar[0].2, of_bar[of_bar.len() - 1].2));
                prop_assert_eq!(bar.high, of_bar.iter().map(|trade| trade.2).max().unwrap());
                prop_assert_eq!(bar.low, of_bar.iter().map(|trade| trade.2).min().unwrap());
                prop_assert!(bar.ts <= of_bar[0].0 && bar.last_ts == of_bar[of_bar.len() - 1].0);
                prop_assert!((0..=bar.volume).contains(&bar.buy_volume));
            }
        }
    }
}
