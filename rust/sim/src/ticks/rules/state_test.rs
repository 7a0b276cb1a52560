//! Rules that are put back go on as those they were taken from, at any moment.

use std::collections::VecDeque;

use proptest::prelude::*;
use serde_json::{Value, json};
use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT, TapeColumns};
use tradenode_core::orders::Side;

use super::super::{RuleTrader, TickSpec};
use crate::models::latency::Latency;
use crate::synth::{Flow, Shape};
use crate::ticks::{LoneVenue, News, Trader};
use crate::venue::Request;

const MS: i64 = 1_000_000;

type Made = Trader<'static, RuleTrader>;

fn spec(plan: &Value) -> TickSpec {
    let whole = json!({"account": {"currency": "Y", "cash": "20000000", "leverage": "10"}, "sample_ns": 40 * MS,
        "plan": plan, "instruments": [{"symbol": "X", "base": "X", "quote": "Y", "settlement": "Y", "tick": "0.1",
            "lot": "0.01", "maker_fee": "-0.0001", "taker_fee": "0.0005"}]});
    serde_json::from_value(whole).unwrap()
}

/// Rules with indicators that remember for ever, and everything that a lane keeps.
fn plans() -> [Value; 3] {
    let size = json!({"kind": "fixed_quantity", "quantity": "0.5"});
    let resting = |when: &str, price: &str| json!({"when": when, "order": "limit", "price": price, "valid_for": 2});
    let market = json!({"enter_long": {"when": "ema(5) > ema(9)"}, "enter_short": {"when": "obv() < obv()[3]"},
        "exit_long": "rsi(7) > 60 or close@1s < close@1s[1]", "exit_short": "(low falling for 2) within 3 bars"});
    let limits = json!({"enter_long": resting("close < sma(4)", "close - 0.1"),
        "enter_short": resting("close > sma(4)", "close + 0.1")});
    let exits = json!({"stop_loss": {"ratio": "0.00002"}, "take_profit": {"rule": "0.4"},
        "trailing": {"distance": {"ratio": "0.00001"}, "offset": "0.00001"}, "max_hold_ns": 900 * MS,
        "break_even": {"after": "0.000005"}, "profit_table": [{"age_ns": 300 * MS, "profit": "0"}]});
    [
        json!({"timeframe_ns": 100 * MS, "rules": market, "size": size}),
        json!({"timeframe_ns": 50 * MS, "rules": limits, "size": size, "exits": exits}),
        json!({"timeframe_ns": 100 * MS, "rules": {"enter_long": {"when": "close >= close[1]"}}, "size": size,
            "exits": {"stop_loss": {"ratio": "0.000002"}, "max_hold_ns": 900 * MS}, "scale_in": {"max_entries": 3},
            "scale_out": [{"at_profit": "0.000002", "fraction": "0.3"}, {"when": "close > close[2]", "fraction": "0.2"}]}),
    ]
}

fn trader(spec: &TickSpec) -> Made {
    Trader::new(spec, &spec.sources(), 0, Latency::none(), RuleTrader::new(spec, None).unwrap()).unwrap()
}

/// A market, and the ways to it and back.
struct World {
    venue: LoneVenue,
    flow: Flow,
    there: VecDeque<(i64, Request)>,
    back: VecDeque<(i64, News)>,
    now: i64,
    sent: usize,
}

impl World {
    fn new(spec: &TickSpec, seed: u64) -> Self {
        let (venue, flow) =
            (LoneVenue::new(spec, 0).unwrap(), Flow::new(seed, Shape::preset("touch").unwrap(), false, 0));
        Self { venue, flow, there: VecDeque::new(), back: VecDeque::new(), now: 0, sent: 0 }
    }

    /// The next message: what has arrived before it is taken first, and all traders are told the same.
    fn step(&mut self, traders: &mut [&mut Made]) {
        let mut columns = TapeColumns::default();
        self.flow.advance(&mut columns);
        self.now = self.now.max(self.flow.now());
        while let Some((_, request)) = self.there.pop_front_if(|(at, _)| *at <= self.now) {
            match request {
                Request::Submit(approved, terms) => {
                    self.venue.submit(self.now, approved.id(), approved.intent(), terms).unwrap();
                }
                Request::Cancel { instrument, order } => self.venue.cancel(self.now, instrument, order).unwrap(),
                Request::Replace { .. } | Request::CancelAll { .. } => {}
            }
        }
        columns.ts_event.fill(self.now);
        columns.ts_recv.fill(self.now);
        self.venue.on_rows(0, &columns.view()).unwrap();
        while let Some(news) = self.venue.take_news() {
            self.back.push_back((self.now + 5 * MS, news));
        }
        while let Some((at, news)) = self.back.pop_front_if(|(at, _)| *at <= self.now) {
            traders.iter_mut().for_each(|trader| trader.on_news(at, news).unwrap());
            self.take(traders);
        }
        traders.iter_mut().for_each(|trader| trader.on_rows(self.now, 0, &columns.view()).unwrap());
        self.take(traders);
    }

    fn take(&mut self, traders: &mut [&mut Made]) {
        let asked: Vec<Vec<Request>> =
            traders.iter_mut().map(|trader| std::iter::from_fn(|| trader.take_request()).collect()).collect();
        assert!(asked.iter().all(|each| *each == asked[0]), "{asked:?}");
        self.sent += asked[0].len();
        self.there.extend(asked[0].iter().map(|request| (self.now + 3 * MS, *request)));
    }

    /// The whole book anew, as one message.
    fn snapshot(&mut self, traders: &mut [&mut Made]) {
        let mut columns = TapeColumns::default();
        let (kind, side, flags) = (Kind::Clear, None, SNAPSHOT);
        let (ts_event, ts_recv) = (self.now, self.now);
        let row = Event { ts_event, ts_recv, kind, side, flags, price: 0, size: 0, sequence: 0, order_id: 0 };
        columns.push(row);
        for side in [Side::Buy, Side::Sell] {
            for level in self.venue.book(0).levels(side) {
                let (price, size) = (level.price, level.size);
                columns.push(Event { kind: Kind::Depth, side: Some(side), price, size, ..row });
            }
        }
        *columns.flags.last_mut().unwrap() |= LAST;
        traders.iter_mut().for_each(|trader| trader.on_rows(self.now, 0, &columns.view()).unwrap());
        self.take(traders);
    }
}

fn put_back(spec: &TickSpec, from: &mut Made) -> Made {
    let desk = serde_json::to_vec(&from.state().unwrap()).unwrap();
    let rules = serde_json::to_vec(&from.strategy_mut().state()).unwrap();
    let mut other = trader(spec);
    other.restore(serde_json::from_slice(&desk).unwrap()).unwrap();
    other.strategy_mut().restore(serde_json::from_slice(&rules).unwrap()).unwrap();
    assert_eq!(serde_json::to_vec(&other.strategy_mut().state()).unwrap(), rules);
    other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_STATE_CASES").map_or(60, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn what_is_put_back_goes_on_as_it_would_have(
        seed in 0..1_000_u64, plan in 0..3_usize, before in 0..1_500_usize, after in 1..1_200_usize,
    ) {
        let spec = spec(&plans()[plan]);
        let mut world = World::new(&spec, seed);
        let mut one = trader(&spec);
        (0..before).for_each(|_| world.step(&mut [&mut one]));
        let mut other = put_back(&spec, &mut one);
        world.snapshot(&mut [&mut one, &mut other]);
        (0..after).for_each(|_| world.step(&mut [&mut one, &mut other]));
        let rules = [&mut one, &mut other].map(|made| serde_json::to_string(&made.strategy_mut().state()).unwrap());
        prop_assert_eq!(&rules[0], &rules[1]);
        prop_assert_eq!(one.state().unwrap(), other.state().unwrap());
    }
}

/// What the runs above pass through.
#[test]
fn states_are_taken_in_the_midst_of_everything() {
    let mut found = std::collections::BTreeSet::new();
    for (place, plan) in plans().iter().enumerate() {
        let spec = spec(plan);
        let (mut world, mut made) = (World::new(&spec, 7), trader(&spec));
        for _ in 0..4_000 {
            world.step(&mut [&mut made]);
            let state = serde_json::to_value(made.strategy_mut().state()).unwrap();
            let lane = &state["lanes"][0];
            for key in ["guard", "leaving", "closing"] {
                found.extend((!lane[key].is_null()).then(|| format!("{place} {key}")));
            }
            for key in ["sent", "waiting", "parting"] {
                found.extend(lane[key].as_array().filter(|rows| !rows.is_empty()).map(|_| format!("{place} {key}")));
            }
        }
        assert!(world.sent > 20, "{place}: {}", world.sent);
    }
    for wanted in
        ["0 closing", "0 waiting", "1 guard", "1 leaving", "1 sent", "1 waiting", "2 sent", "2 parting", "2 closing"]
    {
        assert!(found.contains(wanted), "{wanted} of {found:?}");
    }
}

#[test]
fn a_state_of_other_rules_is_refused_and_a_broken_one_too() {
    let [first, second, _] = plans();
    let mut made = RuleTrader::new(&spec(&first), None).unwrap();
    let mut other = RuleTrader::new(&spec(&second), None).unwrap();
    let error = other.restore(made.state()).unwrap_err().to_string();
    assert!(error.contains("another strategy: decided by other rules"), "{error}");
    let state = serde_json::to_value(made.state()).unwrap();
    for (place, value) in [("/machines/0/checksum", json!(1)), ("/lanes", json!([])), ("/machines", json!([]))] {
        let mut broken = state.clone();
        *broken.pointer_mut(place).unwrap() = value;
        let error = made.restore(serde_json::from_value(broken).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "broken state of the rules", "{place}");
    }
}
