//! Short words for tables.

use serde_json::{Value, json};
use tradenode_core::orders::{Reason, Side};
use tradenode_core::protections::{ClosedTrade, Event, ProtectionSpec, Protections, Settings, What};

pub(crate) const MINUTE: i64 = 60_000_000_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const LONG: Side = Side::Buy;
pub(crate) const SHORT: Side = Side::Sell;
/// Midnight, UTC, of a day.
pub(crate) const MIDNIGHT: i64 = 20_000 * DAY;

pub(crate) const SETTINGS: Settings = Settings { instruments: 2, balance: 1_000.0, bar_ns: 0 };

pub(crate) fn spec(rule: &Value, scope: &str, per_side: bool, release: &Value) -> ProtectionSpec {
    let spec = json!({"rule": rule, "scope": scope, "per_side": per_side, "release": release});
    serde_json::from_value(spec).unwrap()
}

pub(crate) fn lock_for(ns: i64) -> Value {
    json!({ "lock_ns": ns })
}

/// One protection over two instruments.
pub(crate) fn one(rule: &Value, scope: &str, per_side: bool, release: &Value) -> Protections {
    Protections::new(&[spec(rule, scope, per_side, release)], SETTINGS).unwrap()
}

/// A trade of a part of 100 put in.
pub(crate) fn trade(instrument: usize, side: Side, closed: i64, ratio: f64, reason: Reason) -> ClosedTrade {
    ClosedTrade { instrument, side, closed, profit_ratio: ratio, profit: ratio * 100.0, reason }
}

pub(crate) trait Ask {
    /// A trade that is heard of as it closes.
    fn close(&mut self, instrument: usize, side: Side, closed: i64, ratio: f64, reason: Reason);
    /// Until when entries of both instruments are locked: longs and shorts of the first, of the second.
    fn untils(&mut self, now: i64) -> [Option<i64>; 4];
    /// What happened, when, to the lock of which number, and until when it was to stand.
    fn told(&mut self) -> Vec<(i64, &'static str, u64, Option<i64>)>;
}

impl Ask for Protections {
    fn close(&mut self, instrument: usize, side: Side, closed: i64, ratio: f64, reason: Reason) {
        self.on_trade(closed, &trade(instrument, side, closed, ratio, reason)).unwrap();
    }

    fn untils(&mut self, now: i64) -> [Option<i64>; 4] {
        [(0, LONG), (0, SHORT), (1, LONG), (1, SHORT)]
            .map(|(instrument, side)| self.lock(instrument, side, now).unwrap().and_then(|lock| lock.until))
    }

    fn told(&mut self) -> Vec<(i64, &'static str, u64, Option<i64>)> {
        let word = |what: &What| match what {
            What::Locked {} => "locked",
            What::Extended {} => "extended",
            What::Ended {} => "ended",
            What::Lifted { .. } => "lifted",
        };
        self.events().map(|Event { at, what, lock }| (at, word(&what), lock.number, lock.until)).collect()
    }
}
