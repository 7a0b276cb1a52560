//! Protections of the market and the venue: volatility, silence, spreads, rejects.

use serde_json::{Value, json};
use tradenode_core::protections::{Cause, Kind, Protections, SPREAD_MAX_BP};

use crate::desk::{Ask, LONG, MINUTE, SHORT, lock_for, one};

const S: i64 = MINUTE / 60;

/// A volatility of four returns, of which `more` is told.
fn volatility(more: &Value) -> Protections {
    let mut rule = json!({"kind": "volatility", "sample_ns": S, "samples": 4});
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    one(&rule, "instrument", false, &lock_for(MINUTE))
}

/// Prices a second apart, from `start` on: in which second the first one locks.
fn first_lock(desk: &mut Protections, start: i64, prices: &[f64]) -> Option<i64> {
    (start..).zip(prices).find_map(|(second, &price)| {
        desk.on_price(1, second * S, price).unwrap();
        desk.lock(1, LONG, second * S).unwrap().is_some().then_some(second)
    })
}

#[test]
fn the_deviation_of_the_last_returns_locks() {
    // Returns of ln 1.01 up and down: mean 0, deviation ln 1.01 = 0.00995033.
    let zigzag: Vec<f64> = (0..12).map(|second| if second % 2 == 0 { 100.0 } else { 101.0 }).collect();
    let mut calm = volatility(&json!({"threshold": "0.0099504"}));
    assert_eq!(first_lock(&mut calm, 0, &zigzag), None);
    let mut desk = volatility(&json!({"threshold": "0.0099503"}));
    assert_eq!(first_lock(&mut desk, 0, &zigzag), Some(4), "with the fourth return");
    let lock = *desk.lock(1, SHORT, 4 * S).unwrap().unwrap();
    assert_eq!((lock.kind, lock.until, lock.cause.instrument), (Kind::Volatility, Some(4 * S + MINUTE), Some(1)));
    assert!((lock.cause.value - 1.01_f64.ln()).abs() < 1e-12, "{}", lock.cause.value);
    assert!(desk.lock(0, LONG, 4 * S).unwrap().is_none(), "the other instrument is calm");
}

#[test]
fn a_constant_rise_does_not_deviate() {
    let rise: Vec<f64> = (0..50).map(|second| 100.0 * 1.05_f64.powi(second)).collect();
    assert_eq!(first_lock(&mut volatility(&json!({"threshold": "0.000000001"})), 0, &rise), None);
}

#[test]
fn prices_between_samples_are_passed_over() {
    let mut desk = volatility(&json!({"threshold": "0"}));
    for half in 0..40 {
        let price = if half % 2 == 0 { 100.0 } else { 150.0 };
        desk.on_price(0, half * S / 2, price).unwrap();
    }
    assert!(desk.locks().is_empty());
}

#[test]
fn a_baseline_is_what_was_before() {
    // Eight returns of ln 1.001 either way, then of ln 1.002: twice what was before, and of ln 1.0021.
    let zigzag =
        |step: f64, count: usize| (0..count).map(move |second| if second % 2 == 0 { 100.0 * step } else { 100.0 });
    for (step, locks) in [(1.001_999, None), (1.002_1, Some(12))] {
        let more = json!({"baseline": {"samples": 8, "multiple": "2"}});
        let prices: Vec<f64> = [100.0].into_iter().chain(zigzag(1.001, 8)).chain(zigzag(step, 4)).collect();
        assert_eq!(first_lock(&mut volatility(&more), 0, &prices), locks, "{step}");
        // Where a threshold is given too, the greater of the two counts.
        let mut both = more;
        both["threshold"] = json!("0.003");
        assert_eq!(first_lock(&mut volatility(&both), 0, &prices), None);
    }
}

#[test]
fn nothing_is_left_of_an_outlier_be_it_ever_so_large() {
    let mut desk = volatility(&json!({"threshold": "0"}));
    for (second, price) in (0..).zip([100.0, 1e300, 1e-300, 77.0, 77.0, 77.0, 77.0, 77.0]) {
        desk.on_price(1, second * S, price).unwrap();
    }
    assert_eq!(desk.locks()[0].until, Some(6 * S + MINUTE), "the last that saw it is the one at 6");
    assert_eq!(first_lock(&mut desk, 100, &[77.0; 20]), None);
}

fn stale(scope: &str, lock: i64) -> Protections {
    one(&json!({"kind": "feed_stale", "max_age_ns": 10 * S}), scope, false, &lock_for(lock))
}

#[test]
fn silence_locks_until_it_is_over_and_a_time_more() {
    let mut desk = stale("instrument", 5 * S);
    desk.on_price(0, 0, 100.0).unwrap();
    desk.on_quote(1, 9 * S, 99.0, 101.0).unwrap();
    assert!(desk.lock(0, LONG, 10 * S - 1).unwrap().is_none());
    // Nobody has told the time: the question does.
    let lock = *desk.lock(0, LONG, 12 * S).unwrap().unwrap();
    assert_eq!((lock.since, lock.until), (10 * S, None));
    assert_eq!(lock.cause, Cause { instrument: Some(0), value: 1e10, limit: 1e10 });
    assert!(desk.lock(1, LONG, 12 * S).unwrap().is_none());
    desk.on_price(1, 18 * S, 100.0).unwrap();
    desk.on_quote(0, 20 * S, 99.0, 101.0).unwrap();
    assert_eq!(desk.untils(25 * S - 1)[0], Some(25 * S));
    assert_eq!(desk.untils(25 * S), [None; 4]);
    assert_eq!(desk.told(), [(10 * S, "locked", 1, None), (25 * S, "ended", 1, Some(25 * S))]);
}

#[test]
fn what_was_never_heard_of_is_silent_since_the_first_input() {
    let mut desk = stale("instrument", 0);
    desk.on_time(3 * S).unwrap();
    desk.on_price(0, 12 * S, 100.0).unwrap();
    desk.on_time(14 * S).unwrap();
    assert_eq!(desk.told(), [(13 * S, "locked", 1, None)]);
    assert!(desk.lock(0, LONG, 14 * S).unwrap().is_none());
    // With no time more, the first price frees it.
    desk.on_price(1, 15 * S, 100.0).unwrap();
    assert_eq!(desk.locks(), []);
    assert_eq!(desk.told(), [(15 * S, "ended", 1, Some(15 * S))]);
}

#[test]
fn silence_of_one_locks_all_where_it_is_global() {
    let mut desk = stale("global", 5 * S);
    desk.on_time(0).unwrap();
    desk.on_price(0, 9 * S, 100.0).unwrap();
    desk.on_time(20 * S).unwrap();
    // The second since 10, the first since 19.
    desk.on_price(1, 21 * S, 100.0).unwrap();
    assert!(desk.lock(1, LONG, 21 * S).unwrap().unwrap().until.is_none(), "the first is still silent");
    desk.on_price(0, 22 * S, 100.0).unwrap();
    assert_eq!(desk.untils(22 * S), [Some(27 * S); 4]);
    // Silence before that is over makes it one lock.
    desk.on_price(0, 26 * S, 100.0).unwrap();
    desk.on_time(31 * S).unwrap();
    assert_eq!(
        desk.told(),
        [(10 * S, "locked", 1, None), (27 * S, "ended", 1, Some(27 * S)), (31 * S, "locked", 2, None)]
    );
}

fn wide(for_ns: i64, lock: i64) -> Protections {
    let rule = json!({"kind": "spread", "max_bp": "100", "for_ns": for_ns});
    one(&rule, "instrument", false, &lock_for(lock))
}

#[test]
fn a_spread_that_stays_wide_locks() {
    let mut desk = wide(3 * S, 2 * S);
    for (second, bid, ask) in [(0, 99.5, 100.5), (1, 99.4, 100.6), (3, 99.5, 100.5), (4, 99.0, 101.0), (6, 98.0, 102.0)]
    {
        // 100 basis points are not wide; 120 for two seconds are not long.
        desk.on_quote(0, second * S, bid, ask).unwrap();
        assert_eq!(desk.locks(), [], "{second}");
    }
    // Wide since 4, though no quote came at 7.
    let lock = *desk.lock(0, SHORT, 7 * S).unwrap().unwrap();
    assert_eq!((lock.since, lock.until), (7 * S, None));
    assert_eq!(lock.cause, Cause { instrument: Some(0), value: 400.0, limit: 100.0 });
    desk.on_quote(0, 8 * S, 99.9, 100.1).unwrap();
    // Wide again while the lock runs out: it stands until it is narrow and two seconds more.
    desk.on_quote(0, 9 * S, 99.0, 101.0).unwrap();
    desk.on_quote(0, 10 * S - 1, 99.9, 100.1).unwrap();
    assert_eq!(desk.untils(10 * S - 1), [Some(10 * S), Some(10 * S), None, None], "not long enough to count");
    desk.on_time(11 * S).unwrap();
    assert_eq!(desk.told(), [(7 * S, "locked", 1, None), (10 * S, "ended", 1, Some(10 * S))]);
}

#[test]
fn flapping_spreads_make_one_lock() {
    let mut desk = wide(0, 2 * S);
    for second in 0..100 {
        let ask = if second % 2 == 0 { 102.0 } else { 100.1 };
        desk.on_quote(0, second * S, 100.0, ask).unwrap();
        assert!(desk.lock(0, LONG, second * S).unwrap().is_some());
    }
    desk.on_time(200 * S).unwrap();
    assert_eq!(desk.told(), [(0, "locked", 1, None), (101 * S, "ended", 1, Some(101 * S))]);
}

#[test]
fn an_empty_side_is_wide_and_a_crossed_book_is_not() {
    for (bid, ask, is_wide) in
        [(0.0, 100.0, true), (100.0, f64::NAN, true), (100.0, f64::INFINITY, true), (101.0, 100.0, false)]
    {
        let mut desk = wide(0, S);
        desk.on_quote(1, 0, bid, ask).unwrap();
        assert_eq!(desk.lock(1, LONG, 0).unwrap().map(|lock| lock.cause.value), is_wide.then_some(SPREAD_MAX_BP));
    }
}

fn rejects(scope: &str) -> Protections {
    let rule = json!({"kind": "reject_storm", "lookback_ns": 10 * S, "reject_limit": 3});
    one(&rule, scope, false, &lock_for(MINUTE))
}

#[test]
fn rejects_within_the_lookback_lock() {
    let mut desk = rejects("instrument");
    for (second, instrument) in [(0, 0), (1, 1), (2, 0), (10, 0), (11, 1)] {
        desk.on_reject(instrument, second * S).unwrap();
        assert_eq!(desk.locks(), [], "{second}");
    }
    desk.on_reject(0, 12 * S - 1).unwrap();
    assert_eq!(desk.untils(12 * S - 1)[..2], [Some(12 * S - 1 + MINUTE); 2]);
    assert_eq!(desk.untils(12 * S - 1)[2..], [None; 2]);
}

#[test]
fn rejects_of_all_instruments_count_together_where_it_is_global() {
    let mut desk = rejects("global");
    for instrument in [0, 1, 0] {
        desk.on_reject(instrument, S).unwrap();
    }
    assert_eq!(desk.untils(S), [Some(S + MINUTE); 4]);
    assert_eq!(desk.locks()[0].cause, Cause { instrument: Some(0), value: 3.0, limit: 3.0 });
}
