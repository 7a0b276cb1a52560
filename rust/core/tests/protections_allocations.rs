//! While nothing is locked, protections in their steady state allocate nothing.

mod counting;

use counting::allocations;
use serde_json::json;
use tradenode_core::orders::Side;
use tradenode_core::protections::{ProtectionSpec, Protections, Settings};

const SECOND: i64 = 1_000_000_000;

fn specs() -> Vec<ProtectionSpec> {
    let rules = [
        json!({"kind": "max_drawdown", "lookback_ns": 100 * SECOND, "max_drawdown": "0.5"}),
        json!({"kind": "daily_loss", "max_loss": "0.5"}),
        json!({"kind": "volatility", "sample_ns": 0, "samples": 20, "baseline": {"samples": 50, "multiple": "9"}}),
        json!({"kind": "feed_stale", "max_age_ns": 10 * SECOND}),
        json!({"kind": "spread", "max_bp": "50", "for_ns": SECOND}),
        json!({"kind": "reject_storm", "lookback_ns": SECOND, "reject_limit": 3}),
    ];
    let spec = |rule| json!({"rule": rule, "scope": "global", "release": {"lock_ns": SECOND}});
    rules.into_iter().map(|rule| serde_json::from_value(spec(rule)).unwrap()).collect()
}

/// So many seconds, in each of which everything happens to both instruments.
fn pass(engine: &mut Protections, from: i64, seconds: i64) {
    for second in from..from + seconds {
        let (at, wave) = (second * SECOND, (second * 7 % 23) as f64 / 100.0);
        engine.on_equity(at, 1_000.0 + wave).unwrap();
        for instrument in [0, 1] {
            engine.on_quote(instrument, at, 100.0 + wave, 100.1 + wave).unwrap();
            engine.on_price(instrument, at, 100.0 + wave).unwrap();
            engine.on_reject(0, at).unwrap();
            assert!(engine.lock(instrument, Side::Sell, at).unwrap().is_none());
        }
    }
}

#[test]
fn nothing_is_allocated_while_nothing_is_locked() {
    let settings = Settings { instruments: 2, balance: 1_000.0, bar_ns: 0 };
    let mut engine = Protections::new(&specs(), settings).unwrap();
    assert!(allocations(|| pass(&mut engine, 0, 1_000)) > 0);
    assert_eq!(allocations(|| pass(&mut engine, 1_000, 50_000)), 0);
    assert_eq!(engine.events().count(), 0);
}
