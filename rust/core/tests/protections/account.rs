//! Protections computed from the equity, and losses in a row.

use serde_json::json;
use tradenode_core::orders::Reason::{ExitRule, StopLoss};
use tradenode_core::orders::Side;
use tradenode_core::protections::{Cause, Kind, Protections};

use crate::desk::{Ask, DAY, HOUR, LONG, MIDNIGHT, MINUTE, SHORT, lock_for, one, trade};

const T: i64 = MIDNIGHT + 10 * HOUR;

/// Gives equities at minutes after T, each with whether it locks everything.
fn follow(desk: &mut Protections, table: &[(i64, f64, bool)]) {
    for &(minute, equity, locked) in table {
        let now = T + minute * MINUTE;
        desk.on_equity(now, equity).unwrap();
        assert_eq!(desk.lock(1, SHORT, now).unwrap().is_some(), locked, "{minute}: {equity}");
    }
}

fn drawdown() -> Protections {
    let rule = json!({"kind": "max_drawdown", "lookback_ns": HOUR, "max_drawdown": "0.3"});
    one(&rule, "global", false, &lock_for(10 * MINUTE))
}

#[test]
fn the_equity_is_measured_from_its_peak_in_the_lookback() {
    let mut desk = drawdown();
    follow(
        &mut desk,
        &[
            (0, 1_000.0, false),
            (10, 800.0, false),
            (20, 700.0, false), // the limit, not more
            (59, 700.0, false),
            (60, 690.0, false), // the peak is a lookback old: 690 of 800
            (69, 560.0, false), // 0.7 x 800
            (69, 559.0, true),
        ],
    );
    let lock = desk.locks()[0];
    assert_eq!((lock.kind, lock.until), (Kind::MaxDrawdown, Some(T + 79 * MINUTE)));
    assert_eq!(lock.cause, Cause { instrument: None, value: 1.0 - 559.0 / 800.0, limit: 0.3 });
}

#[test]
fn open_profit_alone_locks() {
    // Freqtrade's protections see nothing here: no trade has been closed.
    let mut desk = drawdown();
    follow(&mut desk, &[(0, 1_000.0, false), (1, 1_500.0, false), (2, 1_049.0, true)]);
}

#[test]
fn a_lasting_fall_is_told_once_in_the_time_of_a_lock() {
    let mut desk = drawdown();
    desk.on_equity(T, 1_000.0).unwrap();
    for second in 1..=25 * 60 {
        desk.on_equity(T + second * MINUTE / 60, 600.0).unwrap();
    }
    desk.on_time(T + 5 * HOUR).unwrap();
    let end = |seconds: i64| T + seconds * MINUTE / 60;
    let told = [
        (end(1), "locked", 1, Some(end(601))),
        (end(601), "extended", 1, Some(end(1_200))),
        (end(1_200), "extended", 1, Some(end(1_799))),
        (end(1_799), "extended", 1, Some(end(2_100))),
        (end(2_100), "ended", 1, Some(end(2_100))),
    ];
    assert_eq!(desk.told(), told);
}

#[test]
fn an_account_at_nothing_has_lost_all() {
    let mut desk = drawdown();
    follow(&mut desk, &[(0, 0.0, true)]);
    assert_eq!(desk.locks()[0].cause.value, 1.0);
}

#[test]
fn a_days_loss_is_measured_from_midnight() {
    let rule = json!({"kind": "daily_loss", "max_loss": "0.1"});
    let mut desk = one(&rule, "global", false, &json!({"unlock_at": "00:00"}));
    let midnight = MIDNIGHT + DAY - T;
    let at = |minute: i64| midnight / MINUTE + minute;
    follow(
        &mut desk,
        &[
            (0, 1_000.0, false), // the first of the first day
            (60, 1_100.0, false),
            (61, 900.0, false), // 0.9 x 1000: the limit, not more
            (62, 899.0, true),
            (at(-1), 1_000.0, true), // it stands until midnight
            (at(1), 950.0, false),   // a day that began at 1000, the last before it
            (at(2), 900.0, false),
            (at(3), 899.5, true),
        ],
    );
    assert_eq!(desk.locks()[0].until, Some(MIDNIGHT + 2 * DAY));
    let second = midnight + T;
    assert_eq!(desk.told()[..2], [(T + 62 * MINUTE, "locked", 1, Some(second)), (second, "ended", 1, Some(second)),]);
}

#[test]
fn an_equity_at_midnight_is_the_days_start() {
    let rule = json!({"kind": "daily_loss", "max_loss": "0.1"});
    for (at_midnight, locked) in [(None, true), (Some(900.0), false)] {
        let mut desk = one(&rule, "global", false, &lock_for(HOUR));
        desk.on_equity(MIDNIGHT - MINUTE, 1_000.0).unwrap();
        if let Some(equity) = at_midnight {
            desk.on_equity(MIDNIGHT, equity).unwrap();
        }
        desk.on_equity(MIDNIGHT + MINUTE, 850.0).unwrap();
        assert_eq!(!desk.locks().is_empty(), locked);
    }
}

fn losses(scope: &str, per_side: bool) -> Protections {
    let rule = json!({"kind": "consecutive_losses", "lookback_ns": HOUR, "trade_limit": 3});
    one(&rule, scope, per_side, &lock_for(30 * MINUTE))
}

/// Closes trades at minutes after T, each with whether it locks an instrument's entries on a side.
fn close(desk: &mut Protections, table: &[(i64, usize, Side, f64, bool)]) {
    for &(minute, instrument, side, ratio, locked) in table {
        let now = T + minute * MINUTE;
        desk.close(instrument, side, now, ratio, ExitRule);
        assert_eq!(desk.lock(instrument, side, now).unwrap().is_some(), locked, "{minute}: {ratio}");
    }
}

#[test]
fn losses_in_a_row_lock() {
    let table = [
        (0, 0, LONG, -0.1, false),
        (1, 1, SHORT, -0.1, false),
        (2, 0, LONG, 0.0, false), // no loss: it ends the row
        (3, 0, LONG, -0.1, false),
        (4, 1, SHORT, -0.1, false),
        (63, 0, LONG, -0.1, false), // the one at 3 is a lookback old
        (64, 0, LONG, -0.1, false), // so is the one at 4
        (65, 1, LONG, -0.1, true),
        (95, 0, LONG, -0.1, true), // the row goes on
    ];
    let mut desk = losses("global", false);
    close(&mut desk, &table);
    assert_eq!(desk.untils(T + 95 * MINUTE), [Some(T + 125 * MINUTE); 4]);
}

#[test]
fn rows_of_instruments_and_sides_are_their_own() {
    let table = [
        (0, 0, LONG, -0.1, false),
        (1, 0, SHORT, 0.5, false),
        (2, 0, LONG, -0.1, false),
        (3, 1, LONG, -0.1, false),
        (4, 0, LONG, -0.1, true),
        (5, 1, LONG, -0.1, false),
    ];
    let mut desk = losses("instrument", true);
    close(&mut desk, &table);
    assert_eq!(desk.untils(T + 5 * MINUTE), [Some(T + 34 * MINUTE), None, None, None]);
}

#[test]
fn a_loss_is_one_in_money() {
    let mut desk = losses("global", false);
    for second in 0..3 {
        let odd = trade(0, LONG, T + second, 0.1, StopLoss);
        desk.on_trade(T + second, &tradenode_core::protections::ClosedTrade { profit: -0.01, ..odd }).unwrap();
    }
    assert_eq!(desk.locks().len(), 1);
}
