//! What an operator sees and does: lifts, refusals, states of files.

use serde_json::{Value, json};
use tradenode_core::orders::Reason::{ExitRule, StopLoss};
use tradenode_core::protections::{
    EVENTS_MAX, InputError, LIFT_TEXT_MAX, LiftError, ProtectionSpec, Protections, Settings, State, What, Which,
};

use crate::desk::{Ask, HOUR, LONG, MINUTE, SETTINGS, SHORT, lock_for, one, spec, trade};

/// Two stops within an hour lock for an hour.
fn stops() -> Protections {
    let rule = json!({"kind": "stop_guard", "lookback_ns": HOUR, "trade_limit": 2});
    one(&rule, "global", false, &lock_for(HOUR))
}

#[test]
fn a_lift_is_told_with_who_and_why() {
    let mut desk = stops();
    desk.close(0, LONG, 0, -0.1, StopLoss);
    desk.close(0, LONG, 1, -0.1, StopLoss);
    assert_eq!(desk.lift(Which::Number(1), "ada", "the venue was down", 2), Ok(1));
    assert_eq!(desk.untils(2), [None; 4]);
    let events: Vec<_> = desk.events().collect();
    let what = What::Lifted { by: "ada".to_owned(), reason: "the venue was down".to_owned() };
    assert_eq!((events[1].at, &events[1].what, events[1].lock), (2, &what, events[0].lock));
    assert_eq!(events.len(), 2);
}

#[test]
fn only_what_comes_after_a_lift_counts() {
    let mut desk = stops();
    desk.close(0, LONG, 0, -0.1, StopLoss);
    desk.close(0, LONG, 1, -0.1, StopLoss);
    desk.lift(Which::All, "ada", "tested", 2).unwrap();
    desk.close(0, LONG, 3, -0.1, StopLoss);
    assert_eq!(desk.locks(), []);
    desk.close(0, LONG, 4, -0.1, StopLoss);
    assert_eq!(desk.locks()[0].number, 2);
}

#[test]
fn an_equity_is_measured_anew_after_a_lift() {
    let drawdown = json!({"kind": "max_drawdown", "lookback_ns": HOUR, "max_drawdown": "0.1"});
    let daily = json!({"kind": "daily_loss", "max_loss": "0.1"});
    for rule in [drawdown, daily] {
        let mut desk = one(&rule, "global", false, &lock_for(HOUR));
        let mut at = 0;
        for (equity, locks) in [(1_000.0, 0), (890.0, 1), (880.0, 0), (801.0, 0), (791.0, 1)] {
            at += 1;
            desk.on_equity(at, equity).unwrap();
            assert_eq!(desk.locks().len(), usize::from(locks == 1), "{equity}");
            if equity == 890.0 {
                desk.lift(Which::All, "ada", "a withdrawal", at).unwrap();
            }
        }
    }
}

#[test]
fn a_lift_of_one_instrument_and_side_leaves_the_others() {
    let rule = json!({"kind": "low_profit", "lookback_ns": HOUR, "trade_limit": 1});
    let mut desk = one(&rule, "instrument", true, &lock_for(HOUR));
    for (instrument, side) in [(0, LONG), (0, SHORT), (1, LONG)] {
        desk.close(instrument, side, 0, -0.1, ExitRule);
    }
    assert_eq!(desk.lift(Which::Number(2), "ada", "hedged", 1), Ok(1));
    assert_eq!(desk.untils(1), [Some(HOUR), None, Some(HOUR), None]);
    // The shorts' loss is forgotten, that of the longs is not.
    desk.close(0, SHORT, 2, 0.05, ExitRule);
    desk.close(0, LONG, 2, 0.05, ExitRule);
    assert_eq!(desk.untils(2), [Some(2 + HOUR), None, Some(HOUR), None]);
}

#[test]
fn after_a_lift_silence_and_wide_spreads_last_anew() {
    let mut desk = one(&json!({"kind": "feed_stale", "max_age_ns": 10}), "global", false, &lock_for(5));
    desk.on_time(0).unwrap();
    desk.on_time(12).unwrap();
    desk.lift(Which::All, "ada", "maintenance", 13).unwrap();
    desk.on_time(22).unwrap();
    assert_eq!(desk.locks(), []);
    desk.on_time(23).unwrap();
    assert_eq!(desk.locks()[0].since, 23);

    let mut desk = one(&json!({"kind": "spread", "max_bp": "5", "for_ns": 10}), "instrument", false, &lock_for(5));
    desk.on_quote(0, 0, 99.0, 101.0).unwrap();
    desk.on_time(10).unwrap();
    desk.lift(Which::Number(1), "ada", "an illiquid hour", 12).unwrap();
    desk.on_quote(0, 21, 99.0, 101.0).unwrap();
    assert_eq!(desk.locks(), []);
    desk.on_time(22).unwrap();
    assert_eq!(desk.locks()[0].number, 2);
}

#[test]
fn a_lift_without_a_name_or_a_reason_is_refused() {
    let mut desk = stops();
    desk.close(0, LONG, 0, -0.1, StopLoss);
    desk.close(0, LONG, 1, -0.1, StopLoss);
    let before = desk.state();
    let long = "x".repeat(LIFT_TEXT_MAX + 1);
    assert_eq!(desk.lift(Which::All, " ", "why", 2), Err(LiftError::Empty { key: "by" }));
    assert_eq!(desk.lift(Which::All, "ada", "", 2), Err(LiftError::Empty { key: "reason" }));
    assert!(matches!(desk.lift(Which::All, "ada", &long, 2), Err(LiftError::Long { key: "reason", .. })));
    assert_eq!(desk.lift(Which::All, "ada", "why", 0), Err(InputError::Backwards { at: 0, last: 1 }.into()));
    assert_eq!(desk.state(), before);
    assert_eq!(desk.lift(Which::Number(7), "ada", "why", 2), Err(LiftError::NoLock { number: 7 }));
    assert_eq!(desk.lift(Which::Number(1), "ada", "too late", 1 + HOUR), Err(LiftError::NoLock { number: 1 }));
}

#[test]
fn input_that_makes_no_sense_changes_nothing() {
    let mut desk = stops();
    desk.close(0, LONG, 10, -0.1, StopLoss);
    let before = desk.state();
    let mut odd = trade(0, LONG, 20, f64::NAN, StopLoss);
    assert!(matches!(desk.on_trade(20, &odd), Err(InputError::Value { key: "profit_ratio", .. })));
    (odd.profit_ratio, odd.profit) = (0.1, f64::INFINITY);
    assert!(matches!(desk.on_trade(20, &odd), Err(InputError::Value { key: "profit", .. })));
    odd.profit = 0.1;
    assert_eq!(desk.on_trade(19, &odd), Err(InputError::Closed { closed: 20, at: 19 }));
    assert_eq!(desk.on_trade(9, &trade(0, LONG, 9, 0.1, StopLoss)), Err(InputError::Backwards { at: 9, last: 10 }));
    assert!(desk.on_equity(20, f64::NAN).is_err() && desk.on_price(0, 20, 0.0).is_err() && desk.on_time(9).is_err());
    let unknown = Err(InputError::Instrument { instrument: 2, count: 2 });
    assert_eq!(desk.on_quote(2, 20, 1.0, 2.0), unknown);
    assert_eq!((desk.on_price(2, 20, 1.0), desk.on_reject(2, 20)), (unknown.clone(), unknown.clone()));
    assert_eq!(desk.lock(2, LONG, 20).map(|_| ()), unknown);
    assert_eq!(desk.state(), before);
}

#[test]
fn events_that_nobody_takes_are_bounded_and_those_lost_counted() {
    let mut desk = one(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(1));
    for at in 0..EVENTS_MAX as i64 {
        desk.close(0, LONG, 2 * at, 0.1, ExitRule);
    }
    desk.on_time(i64::MAX).unwrap();
    assert_eq!(desk.events_lost(), EVENTS_MAX as u64);
    assert_eq!(desk.events().count(), EVENTS_MAX);
}

fn fault(rule: &Value, scope: &str, per_side: bool, release: &Value) -> String {
    Protections::new(&[spec(rule, scope, per_side, release)], SETTINGS).unwrap_err().to_string()
}

#[test]
fn a_value_that_makes_no_sense_is_named() {
    let hour = lock_for(HOUR);
    let guard =
        |lookback: i64, limit: u32| json!({"kind": "stop_guard", "lookback_ns": lookback, "trade_limit": limit});
    let drop = |most: &str| json!({"kind": "max_drawdown", "lookback_ns": 1, "max_drawdown": most});
    let spread = |most: &str, long: i64| json!({"kind": "spread", "max_bp": most, "for_ns": long});
    let storm = |limit: u32| json!({"kind": "reject_storm", "lookback_ns": 1, "reject_limit": limit});
    let row = |limit: u32| json!({"kind": "consecutive_losses", "lookback_ns": 1, "trade_limit": limit});
    let sd =
        |samples: u32, more: Value| json!({"kind": "volatility", "sample_ns": 0, "samples": samples, "baseline": more});
    for (rule, expected) in [
        (guard(0, 1), "stop_guard): lookback_ns must be above 0, got 0"),
        (guard(1, 0), "stop_guard): trade_limit must be from 1 to 10000, got 0"),
        (guard(1, 10_001), "stop_guard): trade_limit must be from 1 to 10000, got 10001"),
        (drop("1"), "max_drawdown): max_drawdown must be at least 0 and below 1, got 1"),
        (drop("-0.1"), "max_drawdown): max_drawdown must be at least 0 and below 1, got -0.1"),
        (row(0), "consecutive_losses): trade_limit must be from 1 to 10000, got 0"),
        (
            json!({"kind": "daily_loss", "max_loss": "1.5"}),
            "daily_loss): max_loss must be at least 0 and below 1, got 1.5",
        ),
        (sd(1, json!(null)), "volatility): samples must be from 2 to 10000, got 1"),
        (sd(2, json!(null)), "volatility): threshold must be given where there is no baseline, got nothing"),
        (
            sd(9_999, json!({"samples": 2, "multiple": "2"})),
            "volatility): baseline.samples must be at least 2, and with samples at most 10000, got 2",
        ),
        (sd(2, json!({"samples": 2, "multiple": "0"})), "volatility): baseline.multiple must be above 0, got 0"),
        (json!({"kind": "feed_stale", "max_age_ns": -1}), "feed_stale): max_age_ns must be above 0, got -1"),
        (spread("-1", 0), "spread): max_bp must be 0 or above, got -1"),
        (spread("1", -1), "spread): for_ns must be 0 or above, got -1"),
        (storm(0), "reject_storm): reject_limit must be from 1 to 10000, got 0"),
    ] {
        assert_eq!(fault(&rule, "global", false, &hour), format!("protection 0 ({expected}"));
    }
    let cooldown = json!({"kind": "cooldown"});
    let (said, daily) = ("protection 0 (", json!({"kind": "daily_loss", "max_loss": "0.1"}));
    assert_eq!(
        fault(&cooldown, "global", false, &lock_for(0)),
        format!("{said}cooldown): release.lock_ns must be above 0, got 0")
    );
    assert!(fault(&daily, "instrument", false, &hour).contains("scope must be global"));
    assert!(fault(&storm(1), "global", true, &hour).contains("per_side must be false"));
    assert!(Protections::new(&[], Settings { bar_ns: -1, ..SETTINGS }).is_err());
    let many = vec![spec(&cooldown, "global", false, &hour); 257];
    assert_eq!(Protections::new(&many, SETTINGS).unwrap_err().to_string(), "257 protections are more than 256");
}

#[test]
fn documents_are_read_strictly() {
    let good = json!({"rule": {"kind": "cooldown"}, "scope": "global", "release": {"unlock_at": "23:59"}});
    let read = |path: &str, value: Value| {
        let mut spec = good.clone();
        *spec.pointer_mut(path).unwrap() = value;
        serde_json::from_value::<ProtectionSpec>(spec)
    };
    assert!(read("/scope", json!("instrument")).is_ok());
    for time in ["24:00", "12:60", "1:00", "01:0", "0100", "+1:00", ""] {
        let error = read("/release", json!({"unlock_at": time})).unwrap_err().to_string();
        assert!(error.contains("is not a time of day: HH:MM from 00:00 to 23:59"), "{error}");
    }
    assert!(read("/release", json!({"unlock_at": "01:00", "lock_ns": 1})).is_err());
    assert!(read("/rule", json!({"kind": "cooldown", "lookback_ns": 1})).is_err());
    let kept = serde_json::to_value(read("/scope", json!("global")).unwrap()).unwrap();
    assert_eq!(kept["release"], good["release"]);
}

#[test]
fn a_state_of_other_protections_is_refused() {
    let specs = [spec(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(HOUR))];
    let mut desk = Protections::new(&specs, SETTINGS).unwrap();
    desk.close(1, LONG, 0, 0.1, ExitRule);
    let state = serde_json::to_value(desk.state()).unwrap();
    let refusal = |specs: &[ProtectionSpec], settings: Settings, path: &str, value: Value| {
        let mut state = state.clone();
        if !path.is_empty() {
            *state.pointer_mut(path).unwrap() = value;
        }
        let state: State = serde_json::from_value(state).unwrap();
        Protections::restore(specs, settings, state).err().map(|error| error.to_string())
    };
    assert_eq!(refusal(&specs, SETTINGS, "", Value::Null), None);
    let three = Settings { instruments: 3, ..SETTINGS };
    assert_eq!(refusal(&specs, three, "", Value::Null).unwrap(), "protections: the state is of instruments 2, not 3");
    let other = [spec(&json!({"kind": "cooldown"}), "instrument", false, &lock_for(MINUTE))];
    assert!(refusal(&other, SETTINGS, "", Value::Null).unwrap().contains("other protections, from number 0"));
    assert!(refusal(&[], SETTINGS, "", Value::Null).unwrap().contains("other protections, from number 0"));
    for (path, value) in [
        ("/watches", json!([])),
        ("/watches/0", json!({"recent": []})),
        ("/locks/standing/0/place/instrument", json!(2)),
        ("/locks/standing/0/place/instrument", json!(null)),
        ("/locks/standing/0/protection", json!(1)),
        ("/locks/standing/0/kind", json!("spread")),
        ("/locks/count", json!(0)),
    ] {
        assert!(refusal(&specs, SETTINGS, path, value).unwrap().contains("broken state"), "{path}");
    }
}
