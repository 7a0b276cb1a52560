//! What a gate remembers under limits that are not those of before.

use crate::instrument::InstrumentSpec;
use crate::money::Scale;
use crate::orders::{Intent, OrderKind, Reason, Side};
use crate::protections::{ClosedTrade, ProtectionSpec, Protections, Settings};
use crate::risk::{Check, Limits, RiskGate, TradingState};
use crate::units::Decimal;

fn gate(limits: &str, protections: &str) -> RiskGate {
    let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"1","lot":"0.01","maker_fee":"0",
        "taker_fee":"0"}"#;
    let spec: InstrumentSpec = serde_json::from_str(text).unwrap();
    let scale = Scale::covering([spec.digits()]).unwrap();
    let limits: Limits = serde_json::from_str(limits).unwrap();
    let gate = RiskGate::new(&limits, &[spec.bind(scale).unwrap()], scale, Decimal::ONE).unwrap();
    let specs: Vec<ProtectionSpec> = serde_json::from_str(protections).unwrap();
    if specs.is_empty() {
        return gate;
    }
    let settings = Settings { instruments: 1, balance: 100.0, bar_ns: 0 };
    gate.with_protections(Protections::new(&specs, settings).unwrap())
}

const COOLDOWN: &str = r#"{"rule":{"kind":"cooldown"},"scope":"instrument","release":{"lock_ns":100}}"#;
const STORM: &str = r#"{"rule":{"kind":"reject_storm","lookback_ns":100,"reject_limit":2},"scope":"instrument",
    "release":{"lock_ns":1000}}"#;
const STALE: &str = r#"{"rule":{"kind":"feed_stale","max_age_ns":60},"scope":"instrument","release":{"lock_ns":1}}"#;

fn listed(specs: &[&str]) -> String {
    format!("[{}]", specs.join(","))
}

fn buy() -> Intent {
    Intent {
        instrument: 0,
        side: Side::Buy,
        lots: 1,
        kind: OrderKind::Market,
        reduce_only: false,
        reason: Reason::Strategy,
    }
}

#[test]
fn what_has_stopped_trading_stays() {
    let mut before = gate(r#"{"max_drawdown":"0.1","max_orders_per_second":4}"#, "[]");
    before.begin_with(100.0);
    assert!(before.mark(5, 80.0).unwrap());
    before.trip(TradingState::Halted, "ada", "a drill", 6);
    let mut after = gate(r#"{"max_drawdown":"0.5","max_orders_per_second":2}"#, "[]");
    after.take_over(&before).unwrap();
    assert_eq!(after.latch(), before.latch());
    assert_eq!(after.losses.judge(7, &after.limits).unwrap_err().check, Check::Drawdown);
    // The peak is known, and the new limit is held against it.
    after.resume("ada", "looked at", 8).unwrap();
    assert!(!after.mark(9, 41.0).unwrap());
    assert!(after.mark(10, 39.0).unwrap());
}

#[test]
fn protections_go_on_as_far_as_they_are_written_alike() {
    let mut before = gate("{}", &listed(&[COOLDOWN, STORM]));
    before.on_reject(0, 10).unwrap();
    let mut after = gate("{}", &listed(&[STALE, STORM]));
    after.take_over(&before).unwrap();
    // The reject of before counts; what is new counts from now on.
    assert!(after.unlocked(&buy(), 20).is_ok());
    after.on_reject(0, 30).unwrap();
    let locks = after.protections().unwrap().locks();
    assert_eq!(locks.iter().map(|lock| (lock.protection, lock.until)).collect::<Vec<_>>(), [(1, Some(1030))]);
    after.on_time(71).unwrap();
    assert_eq!(after.protections().unwrap().locks().len(), 2);
    // Its lock moves with a protection, wherever it is written.
    let mut moved = gate("{}", &listed(&[STORM, COOLDOWN, STALE]));
    moved.take_over(&after).unwrap();
    let places: Vec<_> = moved.protections().unwrap().locks().iter().map(|lock| lock.protection).collect();
    assert_eq!(places, [0, 2]);
    let error = gate("{}", &listed(&[COOLDOWN])).take_over(&moved).unwrap_err();
    assert_eq!(error.to_string(), "protection 0 has a lock that stands: until it ends, that protection stays as it is");
    let error = gate("{}", "[]").take_over(&moved).unwrap_err();
    assert_eq!(error.to_string(), "the state is of protections some with a lock that stands, not none");
}

#[test]
fn of_two_alike_each_goes_on_as_one() {
    let mut before = gate("{}", &listed(&[COOLDOWN, COOLDOWN]));
    let trade = ClosedTrade {
        instrument: 0,
        side: Side::Buy,
        closed: 5,
        profit_ratio: 0.01,
        profit: 1.0,
        reason: Reason::Strategy,
    };
    before.close(&trade).unwrap();
    let mut after = gate("{}", &listed(&[COOLDOWN, COOLDOWN]));
    after.take_over(&before).unwrap();
    let places: Vec<_> = after.protections().unwrap().locks().iter().map(|lock| lock.protection).collect();
    assert_eq!(places, [0, 1]);
    assert_eq!(after.state(), before.state());
}
