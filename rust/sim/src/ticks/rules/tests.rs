//! Runs of rules over hand-made books: what is sent when, at which price it fills, and why.

use serde_json::{Value, json};
use tradenode_core::event::{Event, Kind, LAST, TapeColumns};
use tradenode_core::orders::{Reason, Side};

use crate::ticks::{TickSpec, run_described};

/// A tape in the making: bars are of 10 ns, prices ticks of 1.
#[derive(Default)]
struct Rows {
    tape: TapeColumns,
    best: Option<(i64, i64)>,
}

impl Rows {
    fn row(&mut self, ts: i64, kind: Kind, side: Side, flags: u8, price: i64, size: i64) {
        let (sequence, order_id, side) = (0, 0, Some(side));
        self.tape.push(Event { ts_event: ts, ts_recv: ts, kind, side, flags, price, size, sequence, order_id });
    }

    /// The book is 50 lots at each of two prices.
    fn book(mut self, ts: i64, bid: i64, ask: i64) -> Self {
        if let Some((old_bid, old_ask)) = self.best.replace((bid, ask)) {
            self.row(ts, Kind::Depth, Side::Buy, 0, old_bid, 0);
            self.row(ts, Kind::Depth, Side::Sell, 0, old_ask, 0);
        }
        self.row(ts, Kind::Depth, Side::Buy, 0, bid, 50);
        self.row(ts, Kind::Depth, Side::Sell, LAST, ask, 50);
        self
    }

    fn trade(mut self, ts: i64, price: i64) -> Self {
        self.row(ts, Kind::Trade, Side::Buy, LAST, price, 1);
        self
    }
}

/// Two bars, of which the second closes higher: at 25, with the book at 99 and 101, the rules enter.
fn begun() -> Rows {
    Rows::default().book(1, 99, 101).trade(5, 100).trade(15, 101).trade(25, 102)
}

fn spec(changes: &[(&str, Value)]) -> TickSpec {
    let mut plan = json!({"timeframe_ns": 10, "size": {"kind": "fixed_quantity", "quantity": "4"},
        "rules": {"enter_long": {"when": "close > close[1]"}}});
    for (key, value) in changes {
        plan[key] = value.clone();
    }
    let whole = json!({"account": {"currency": "Y", "cash": "100000"}, "sample_ns": 1000, "plan": plan,
        "instruments": [{"symbol": "X", "base": "X", "quote": "Y", "settlement": "Y", "tick": "1", "lot": "1",
            "maker_fee": "0", "taker_fee": "0"}]});
    serde_json::from_value(whole).unwrap()
}

/// Time, lots (below zero sold), price and reason of each fill.
fn filled(spec: &TickSpec, mut rows: Rows) -> Vec<(i64, i64, i64, &'static str)> {
    // What the last row leads to is not waited for.
    let last = rows.tape.ts_recv[rows.tape.len() - 1];
    rows.row(last + 1_000, Kind::Mark, Side::Buy, LAST, 1, 0);
    let (recorder, _) = run_described(spec, &[rows.tape.view()], None).unwrap();
    let fills = recorder.fills;
    (0..fills.ts.len())
        .map(|row| {
            let lots = fills.quantity[row] as i64 * i64::from(fills.side[row]);
            (fills.ts[row], lots, fills.price[row] as i64, Reason::ALL[fills.reason[row] as usize].name())
        })
        .collect()
}

const IN: (i64, i64, i64, &str) = (25, 4, 101, "entry");

#[test]
fn guards_leave_at_the_touch_that_reaches_them() {
    let exits = |exits: Value| spec(&[("exits", exits)]);
    // 101 less 5% is 95.95: the stop stands at 96. A trade down there is none of the touch's.
    let stop = exits(json!({"stop_loss": {"ratio": "0.05"}}));
    let rows = begun().book(30, 97, 98).trade(35, 90).book(40, 96, 98).book(45, 95, 97);
    assert_eq!(filled(&stop, rows), [IN, (40, -4, 96, "stop_loss")]);
    // 101 and 3% are 104.03: the target stands at 105. The bid is what counts, and what is got.
    let target = exits(json!({"take_profit": {"ratio": "0.03"}}));
    let rows = begun().book(30, 104, 105).book(40, 107, 108);
    assert_eq!(filled(&target, rows), [IN, (40, -4, 107, "take_profit")]);
    // 2% behind the best bid, 110, is 107.8: the stop stands at 108.
    let trailing = exits(json!({"trailing": {"distance": {"ratio": "0.02"}}}));
    let rows = begun().book(28, 105, 106).book(30, 110, 111).book(40, 109, 111).book(50, 108, 109);
    assert_eq!(filled(&trailing, rows), [IN, (50, -4, 108, "trailing_stop")]);
    // From 104 on, 3% above the entry, the stop stands at it.
    let even = exits(json!({"break_even": {"after": "0.02"}}));
    let rows = begun().book(30, 102, 103).book(32, 101, 103).book(35, 104, 105).book(40, 101, 103);
    assert_eq!(filled(&even, rows), [IN, (40, -4, 101, "break_even")]);
    let hold = exits(json!({"max_hold_ns": 30}));
    let rows = begun().book(54, 98, 103).book(58, 97, 103);
    assert_eq!(filled(&hold, rows), [IN, (58, -4, 97, "max_hold")]);
    // 10% suffice at once, 1% (102.01: 103) after 20 ns.
    let table = exits(json!({"profit_table": [{"age_ns": 0, "profit": "0.1"}, {"age_ns": 20, "profit": "0.01"}]}));
    let rows = begun().book(30, 104, 105).book(44, 104, 106).book(45, 103, 106);
    assert_eq!(filled(&table, rows), [IN, (45, -4, 103, "profit_table")]);
}

#[test]
fn a_distance_is_that_of_the_bar_of_the_entry() {
    // The bar's high less its low, of 10 to 20, twice: 2 ticks below 101.
    let rule = spec(&[("exits", json!({"stop_loss": {"rule": "2 * (high - low)"}}))]);
    let rows =
        Rows::default().book(1, 99, 101).trade(5, 100).trade(12, 100).trade(15, 101).trade(25, 109).trade(26, 102);
    let rows = rows.book(30, 100, 102).book(40, 99, 102);
    assert_eq!(filled(&rule, rows), [IN, (40, -4, 99, "stop_loss")]);
    // A bar without a range says nothing: no entry.
    assert_eq!(filled(&rule, begun()), []);
}

#[test]
fn parts_come_off_once_each_and_the_rest_by_its_rule() {
    let parts = json!([{"at_profit": "0.02", "fraction": "0.5"}, {"at_profit": "0.02", "fraction": "0.25"}]);
    let exit = json!({"enter_long": {"when": "close > close[1]"}, "exit_long": "close < 50"});
    let rows =
        begun().book(30, 103, 104).book(32, 104, 105).book(33, 104, 106).trade(36, 40).book(38, 39, 41).trade(45, 41);
    let expected = [
        IN,
        // 2% are 103.02: both stand at 104.
        (32, -2, 104, "scale_out"),
        (32, -1, 104, "scale_out"),
        (45, -1, 39, "exit_rule"),
    ];
    assert_eq!(filled(&spec(&[("rules", exit), ("scale_out", parts)]), rows), expected);
}

#[test]
fn additions_are_counted_by_order() {
    let adds = json!({"max_entries": 2, "size": {"kind": "fixed_quantity", "quantity": "3"}});
    let rows = begun().trade(35, 103).trade(45, 104).trade(55, 105);
    assert_eq!(filled(&spec(&[("scale_in", adds)]), rows), [IN, (35, 3, 101, "scale_in")]);
}

#[test]
fn limits_and_stops_rest_for_their_bars() {
    let entry = |order: &str, price: &str, bars: u32| {
        let entry = json!({"when": "close == 101", "order": order, "price": price, "valid_for": bars});
        spec(&[("rules", json!({"enter_long": entry}))])
    };
    // It rests from 25 on; the ask comes down to it before its bar, of 20 to 30, is over.
    let rows = begun().book(28, 96, 98).trade(33, 103).trade(45, 103);
    assert_eq!(filled(&entry("limit", "98", 1), rows), [(28, 4, 98, "entry")]);
    // Too late: the trade at 33 shows its bar to be over, and it is taken back.
    let late = || begun().trade(33, 103).book(38, 96, 98).trade(45, 103);
    assert_eq!(filled(&entry("limit", "98", 1), late()), []);
    assert_eq!(filled(&entry("limit", "98", 2), late()), [(38, 4, 98, "entry")]);
    // A stop is set off by a trade and takes what the book has.
    let rows = begun().book(27, 102, 104).trade(29, 104).trade(33, 103);
    assert_eq!(filled(&entry("stop", "close + 3", 1), rows), [(29, 4, 104, "entry")]);
}

#[test]
fn the_first_of_two_resting_entries_takes_the_other_back() {
    let side = |price: &str| json!({"when": "close == 101", "order": "stop", "price": price, "valid_for": 5});
    let rules = json!({"enter_long": side("104"), "enter_short": side("97")});
    let rows = begun().book(27, 102, 103).trade(28, 104).book(35, 95, 96).trade(36, 96).trade(41, 96);
    assert_eq!(filled(&spec(&[("rules", rules)]), rows), [(28, 4, 103, "entry")]);
}

#[test]
fn a_reversal_enters_when_it_is_flat() {
    let rules = json!({"enter_long": {"when": "close > close[1]"}, "enter_short": {"when": "close < close[1]"}});
    let latency = json!({"request": {"constant": {"ns": 1}}, "report": {"constant": {"ns": 2}}});
    let mut spec = spec(&[("rules", rules)]);
    spec.latency = serde_json::from_value(latency).unwrap();
    let rows = begun().trade(31, 95).trade(45, 94).trade(49, 94);
    // The close is there at 46 and heard of at 48; the entry is there at 49.
    assert_eq!(filled(&spec, rows)[1..], [(46, -4, 99, "reversal"), (49, -4, 99, "entry")]);
}

#[test]
fn an_exit_of_which_nothing_came_is_sent_again_after_a_second() {
    let rules = json!({"enter_long": {"when": "close > close[1]"}, "exit_long": "close < 50"});
    let mut rows = begun().book(30, 30, 101).trade(36, 40).trade(37, 40);
    // No bid is left when the rule fires.
    rows.row(40, Kind::Depth, Side::Buy, LAST, 30, 0);
    rows.best = None;
    let rows = rows.trade(45, 41).book(60, 40, 101).trade(1_000_000_044, 41).trade(1_000_000_045, 41);
    assert_eq!(filled(&spec(&[("rules", rules)]), rows), [IN, (1_000_000_045, -4, 40, "exit_rule")]);
}
