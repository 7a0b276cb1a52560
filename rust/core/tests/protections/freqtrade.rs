//! The four that Freqtrade has, by its rules.

use serde_json::json;
use tradenode_core::orders::Reason::{BreakEven, ExitRule, Liquidation, StopLoss, Strategy, TakeProfit, TrailingStop};
use tradenode_core::protections::{Cause, Kind, Protections, Settings};

use crate::desk::{Ask, DAY, HOUR, LONG, MIDNIGHT, MINUTE, SETTINGS, SHORT, lock_for, one, spec, trade};

const T: i64 = MIDNIGHT + 10 * HOUR;

fn all(until: i64) -> [Option<i64>; 4] {
    [Some(until); 4]
}

#[test]
fn cooldown_locks_the_instrument_from_the_close_on() {
    let mut desk = one(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(30 * MINUTE));
    desk.close(1, LONG, T, 0.05, TakeProfit);
    let until = Some(T + 30 * MINUTE);
    assert_eq!(desk.untils(T), [None, None, until, until]);
    let lock = *desk.lock(1, SHORT, T).unwrap().unwrap();
    assert_eq!((lock.number, lock.kind, lock.protection, lock.since), (1, Kind::Cooldown, 0, T));
    assert_eq!(lock.cause, Cause { instrument: Some(1), value: 1.0, limit: 1.0 });
    assert_eq!(desk.untils(T + 30 * MINUTE - 1), [None, None, until, until]);
    assert_eq!(desk.untils(T + 30 * MINUTE), [None; 4]);
    assert_eq!(desk.told(), [(T, "locked", 1, until), (T + 30 * MINUTE, "ended", 1, until)]);
}

#[test]
fn a_cooldown_is_extended_by_the_next_trade_and_told_when_the_first_end_comes() {
    let mut desk = one(&json!({"kind": "cooldown"}), "instrument", true, &lock_for(30 * MINUTE));
    desk.close(0, SHORT, T, 0.05, TakeProfit);
    desk.close(0, SHORT, T + 20 * MINUTE, 0.05, TakeProfit);
    assert_eq!(desk.untils(T + 20 * MINUTE), [None, Some(T + 50 * MINUTE), None, None]);
    assert_eq!(desk.locks().len(), 1);
    desk.on_time(T + HOUR).unwrap();
    let (first, second) = (T + 30 * MINUTE, T + 50 * MINUTE);
    let told =
        [(T, "locked", 1, Some(first)), (first, "extended", 1, Some(second)), (second, "ended", 1, Some(second))];
    assert_eq!(desk.told(), told);
}

#[test]
fn a_trade_that_is_heard_of_late_locks_from_its_close() {
    let mut desk = one(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(30 * MINUTE));
    desk.on_trade(T + 10 * MINUTE, &trade(0, LONG, T, 0.0, ExitRule)).unwrap();
    assert_eq!(desk.untils(T + 10 * MINUTE)[0], Some(T + 30 * MINUTE));
    // Heard of after its lock would have ended, it locks nothing.
    desk.on_trade(T + 50 * MINUTE, &trade(1, LONG, T + 20 * MINUTE, 0.0, ExitRule)).unwrap();
    assert_eq!(desk.untils(T + 50 * MINUTE), [None; 4]);
    // One that closed before one already heard of counts as closed with it.
    desk.on_trade(T + 51 * MINUTE, &trade(0, LONG, T + 45 * MINUTE, 0.0, ExitRule)).unwrap();
    desk.on_trade(T + 52 * MINUTE, &trade(1, LONG, T + 40 * MINUTE, 0.0, ExitRule)).unwrap();
    assert_eq!(desk.untils(T + 52 * MINUTE), all(T + 75 * MINUTE));
}

fn stops(scope: &str, per_side: bool) -> Protections {
    let rule = json!({"kind": "stop_guard", "lookback_ns": HOUR, "trade_limit": 3});
    one(&rule, scope, per_side, &lock_for(2 * HOUR))
}

#[test]
fn the_stop_guard_counts_stops_at_a_loss_of_all_instruments() {
    let mut desk = stops("global", false);
    for (minute, reason, ratio) in [
        (0, StopLoss, -0.01),
        (10, TakeProfit, -0.50),  // no stop
        (11, TrailingStop, 0.02), // a stop at a profit
        (12, BreakEven, 0.0),     // not below the required profit
        (13, Strategy, -0.01),
        (20, TrailingStop, -0.000_000_001),
    ] {
        desk.close(0, LONG, T + minute * MINUTE, ratio, reason);
        assert_eq!(desk.untils(T + minute * MINUTE), [None; 4], "{minute}");
    }
    let third = T + HOUR - 1;
    desk.close(1, SHORT, third, -0.30, Liquidation);
    assert_eq!(desk.untils(third), all(third + 2 * HOUR));
    let cause = Cause { instrument: Some(1), value: 3.0, limit: 3.0 };
    assert_eq!(desk.locks()[0].cause, cause);
}

#[test]
fn a_stop_exactly_a_lookback_ago_no_longer_counts() {
    let mut desk = stops("global", false);
    desk.close(0, LONG, T, -0.01, StopLoss);
    desk.close(0, LONG, T + 10 * MINUTE, -0.01, StopLoss);
    desk.close(0, LONG, T + HOUR, -0.01, StopLoss);
    assert_eq!(desk.untils(T + HOUR), [None; 4]);
    // Three since T + 10 min, that one excluded only from T + 70 min on.
    desk.close(0, LONG, T + 70 * MINUTE - 1, -0.01, StopLoss);
    assert_eq!(desk.untils(T + 70 * MINUTE - 1), all(T + 190 * MINUTE - 1));
}

#[test]
fn the_stop_guard_of_instruments_keeps_them_apart() {
    let mut desk = stops("instrument", false);
    for (minute, instrument, side) in [(0, 0, LONG), (1, 1, LONG), (2, 0, SHORT), (3, 1, LONG)] {
        desk.close(instrument, side, T + minute * MINUTE, -0.01, StopLoss);
    }
    assert_eq!(desk.untils(T + 3 * MINUTE), [None; 4]);
    desk.close(0, LONG, T + 4 * MINUTE, -0.01, StopLoss);
    let until = Some(T + 124 * MINUTE);
    assert_eq!(desk.untils(T + 4 * MINUTE), [until, until, None, None]);
}

#[test]
fn the_stop_guard_by_side_keeps_sides_apart() {
    // Freqtrade's only_per_side: all instruments together, longs and shorts apart.
    let mut desk = stops("global", true);
    for (minute, instrument, side) in [(0, 0, SHORT), (1, 1, LONG), (2, 0, SHORT), (3, 1, LONG)] {
        desk.close(instrument, side, T + minute * MINUTE, -0.01, StopLoss);
    }
    assert_eq!(desk.untils(T + 3 * MINUTE), [None; 4]);
    desk.close(1, SHORT, T + 4 * MINUTE, -0.01, StopLoss);
    let until = Some(T + 124 * MINUTE);
    assert_eq!(desk.untils(T + 4 * MINUTE), [None, until, None, until]);
}

#[test]
fn the_stop_guard_asks_for_a_profit() {
    let rule = json!({"kind": "stop_guard", "lookback_ns": HOUR, "trade_limit": 1, "required_profit": "0.01"});
    let mut desk = one(&rule, "instrument", false, &lock_for(HOUR));
    desk.close(0, LONG, T, 0.01, TrailingStop);
    assert_eq!(desk.untils(T), [None; 4]);
    desk.close(0, LONG, T, 0.009_999_999, TrailingStop);
    assert_eq!(desk.untils(T)[0], Some(T + HOUR));
}

#[test]
fn low_profit_sums_the_ratios_of_the_lookback() {
    let rule = json!({"kind": "low_profit", "lookback_ns": HOUR, "trade_limit": 2, "required_profit": "0.02"});
    let mut desk = one(&rule, "instrument", false, &lock_for(HOUR));
    for (minute, ratio, until) in [
        (0, -0.10, None),                // one trade does not suffice
        (30, 0.12, None),                // 0.02, as required
        (40, -0.000_000_001, Some(100)), // 0.019999999
        (50, 0.10, Some(100)),           // 0.119999999: a lock stands its time
        (60, -0.09, Some(100)),          // the first has left: 0.129999999
        (91, 0.0, Some(100)),            // 0.009999999, but the second has left, too: -0.09 + 0.1 - 1e-9
    ] {
        let now = T + minute * MINUTE;
        desk.close(1, LONG, now, ratio, ExitRule);
        let until: Option<i64> = if minute == 91 { Some(151) } else { until };
        let until = until.map(|minutes| T + minutes * MINUTE);
        assert_eq!(desk.untils(now), [None, None, until, until], "{minute}");
    }
    let cause = desk.locks()[0].cause;
    assert_eq!(cause, Cause { instrument: Some(1), value: 0.009_999_999, limit: 0.02 });
}

#[test]
fn low_profit_by_side_counts_both_sides_and_sums_one() {
    let rule = json!({"kind": "low_profit", "lookback_ns": HOUR, "trade_limit": 2});
    let mut desk = one(&rule, "instrument", true, &lock_for(HOUR));
    desk.close(0, SHORT, T, 0.50, ExitRule);
    desk.close(0, LONG, T + MINUTE, -0.01, ExitRule);
    assert_eq!(desk.untils(T + MINUTE), [Some(T + 61 * MINUTE), None, None, None]);
    desk.close(0, SHORT, T + 2 * MINUTE, -0.50, ExitRule);
    assert_eq!(desk.untils(T + 2 * MINUTE)[1], None, "0 is not below 0");
    desk.close(0, SHORT, T + 3 * MINUTE, -0.10, ExitRule);
    assert_eq!(desk.untils(T + 3 * MINUTE)[1], Some(T + 63 * MINUTE));
}

fn drawdown(mode: &str, trade_limit: u32) -> Protections {
    let rule = json!({"kind": "max_drawdown", "mode": mode, "lookback_ns": HOUR, "max_drawdown": "0.3",
        "trade_limit": trade_limit});
    one(&rule, "global", false, &lock_for(HOUR))
}

#[test]
fn ratios_fall_from_the_peak_of_their_sum() {
    // Sums: 0.2, 0.1, -0.1 (fallen by 0.3: the limit, not more), then -0.100000001.
    let mut desk = drawdown("ratios", 1);
    for (minute, ratio) in [(0, 0.2), (1, -0.1), (2, -0.2)] {
        desk.close(0, LONG, T + minute * MINUTE, ratio, ExitRule);
        assert_eq!(desk.untils(T + minute * MINUTE), [None; 4]);
    }
    desk.close(1, SHORT, T + 3 * MINUTE, -0.000_000_001, ExitRule);
    assert_eq!(desk.untils(T + 3 * MINUTE), all(T + 63 * MINUTE));
    assert_eq!(desk.locks()[0].cause, Cause { instrument: Some(1), value: 0.300_000_001, limit: 0.3 });
    // A gain does not undo the fall that is in the window: the lock moves on with it.
    desk.close(1, SHORT, T + 30 * MINUTE, 5.0, ExitRule);
    assert_eq!(desk.untils(T + 30 * MINUTE), all(T + 90 * MINUTE));
    // At T + 61 min the peak (at T) and the first fall have left: -0.2 - 0.000000001 are none too many.
    desk.close(1, SHORT, T + 61 * MINUTE, 0.0, ExitRule);
    assert_eq!(desk.untils(T + 61 * MINUTE), all(T + 90 * MINUTE));
    assert_eq!(desk.untils(T + 90 * MINUTE), [None; 4]);
}

#[test]
fn ratios_begin_at_nought() {
    let mut desk = drawdown("ratios", 2);
    desk.close(0, LONG, T, -0.31, ExitRule);
    assert_eq!(desk.untils(T), [None; 4], "one trade does not suffice");
    desk.close(0, LONG, T + MINUTE, 0.01, ExitRule);
    assert_eq!(desk.untils(T + MINUTE), all(T + 61 * MINUTE));
}

#[test]
fn realised_profit_falls_from_its_peak_or_the_balance_before_the_window() {
    // A trade moves 100 times its ratio. Balance: 1000, 1200, 900, 840 = 0.7 x 1200 (the limit), 839.
    let mut desk = drawdown("realised", 1);
    for (minute, ratio) in [(0, 2.0), (10, -3.0), (20, -0.6)] {
        desk.close(0, LONG, T + minute * MINUTE, ratio, ExitRule);
        assert_eq!(desk.untils(T + minute * MINUTE), [None; 4]);
    }
    desk.close(0, LONG, T + 30 * MINUTE, -0.01, ExitRule);
    assert_eq!(desk.untils(T + 30 * MINUTE), all(T + 90 * MINUTE));
    assert_eq!(desk.locks()[0].cause.value, 1.0 - 839.0 / 1_200.0);
    // At T + 75 min the trades from T + 20 min on count: from 900 to 630 = 0.7 x 900 is none too many.
    desk.close(0, LONG, T + 75 * MINUTE, -2.09, ExitRule);
    assert_eq!(desk.untils(T + 75 * MINUTE), all(T + 90 * MINUTE));
    desk.close(0, LONG, T + 76 * MINUTE, -0.01, ExitRule);
    assert_eq!(desk.untils(T + 76 * MINUTE), all(T + 136 * MINUTE));
}

#[test]
fn ends_are_rounded_up_to_the_next_bar() {
    let cooldown = spec(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(7 * MINUTE));
    let bars = Settings { bar_ns: 5 * MINUTE, ..SETTINGS };
    for (closed, end) in [
        (T, T + 10 * MINUTE),
        (T + 1, T + 10 * MINUTE),
        (T + 3 * MINUTE - 1, T + 10 * MINUTE),
        // An end on the start of a bar goes to the next one, as Freqtrade's does.
        (T + 3 * MINUTE, T + 15 * MINUTE),
    ] {
        let mut desk = Protections::new(std::slice::from_ref(&cooldown), bars).unwrap();
        desk.close(0, LONG, closed, 0.0, ExitRule);
        assert_eq!(desk.untils(closed)[0], Some(end), "{}", closed - T);
    }
}

#[test]
fn a_time_of_day_is_today_or_tomorrow() {
    let at_ten_past_six = json!({"unlock_at": "06:10"});
    let end = MIDNIGHT + 370 * MINUTE;
    for (closed, end) in
        [(MIDNIGHT - 1, end), (MIDNIGHT, end), (end - 1, end), (end, end + DAY), (MIDNIGHT + 23 * HOUR, end + DAY)]
    {
        let mut desk = one(&json!({"kind": "cooldown"}), "global", false, &at_ten_past_six);
        desk.close(0, LONG, closed, 0.0, ExitRule);
        assert_eq!(desk.untils(closed), all(end), "{}", closed - MIDNIGHT);
    }
    let mut desk = one(&json!({"kind": "cooldown"}), "global", false, &json!({"unlock_at": "00:00"}));
    desk.close(0, LONG, MIDNIGHT - MINUTE, 0.0, ExitRule);
    assert_eq!(desk.untils(MIDNIGHT - 1), all(MIDNIGHT));
    assert_eq!(desk.untils(MIDNIGHT), [None; 4]);
}

#[test]
fn protections_of_instruments_come_before_those_of_all() {
    let global = spec(&json!({"kind": "cooldown"}), "global", false, &lock_for(HOUR));
    let own = spec(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(2 * HOUR));
    let mut desk = Protections::new(&[global, own], SETTINGS).unwrap();
    desk.close(0, LONG, T, 0.0, ExitRule);
    let order: Vec<_> = desk.events().map(|event| (event.lock.protection, event.lock.place.instrument)).collect();
    assert_eq!(order, [(1, Some(0)), (0, None)]);
    // Of two locks the one that ends last is told.
    assert_eq!(desk.untils(T), [Some(T + 2 * HOUR), Some(T + 2 * HOUR), Some(T + HOUR), Some(T + HOUR)]);
}
