//! What the gate's question and the frequent inputs cost with ten protections over twenty instruments.

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::hint::black_box;
use tradenode_core::orders::{Reason, Side};
use tradenode_core::protections::{ClosedTrade, ProtectionSpec, Protections, Settings};

const HOUR: i64 = 3_600_000_000_000;
const INSTRUMENTS: usize = 20;

fn specs() -> Vec<ProtectionSpec> {
    let rules = [
        ("instrument", json!({"kind": "cooldown"})),
        ("global", json!({"kind": "stop_guard", "lookback_ns": HOUR, "trade_limit": 4})),
        ("instrument", json!({"kind": "low_profit", "lookback_ns": HOUR, "trade_limit": 4})),
        ("global", json!({"kind": "max_drawdown", "lookback_ns": 24 * HOUR, "max_drawdown": "0.2"})),
        ("instrument", json!({"kind": "consecutive_losses", "lookback_ns": HOUR, "trade_limit": 5})),
        ("global", json!({"kind": "daily_loss", "max_loss": "0.2"})),
        (
            "instrument",
            json!({"kind": "volatility", "sample_ns": 1_000_000_000, "samples": 60,
                "baseline": {"samples": 600, "multiple": "10"}}),
        ),
        ("instrument", json!({"kind": "feed_stale", "max_age_ns": HOUR})),
        ("instrument", json!({"kind": "spread", "max_bp": "50", "for_ns": 1_000_000_000})),
        ("instrument", json!({"kind": "reject_storm", "lookback_ns": HOUR, "reject_limit": 10})),
    ];
    let spec = |(scope, rule): (&str, Value)| json!({"rule": rule, "scope": scope, "release": {"lock_ns": HOUR}});
    rules.into_iter().map(|rule| serde_json::from_value(spec(rule)).expect("a spec")).collect()
}

/// An engine that has heard of every instrument, and a clock for it.
fn engine() -> (Protections, i64) {
    let settings = Settings { instruments: INSTRUMENTS, balance: 1_000.0, bar_ns: 0 };
    let mut engine = Protections::new(&specs(), settings).expect("specs that make sense");
    (0..INSTRUMENTS).for_each(|own| engine.on_quote(own, 0, 100.0, 100.1).expect("a quote"));
    (engine, 0)
}

fn questions(criterion: &mut Criterion) {
    let (mut engine, _) = engine();
    criterion.bench_function("lock, none stands", |bencher| {
        bencher.iter(|| engine.lock(black_box(3), black_box(Side::Buy), black_box(1)).expect("now").is_some());
    });
    for instrument in 4..INSTRUMENTS {
        let trade = ClosedTrade {
            instrument,
            side: Side::Buy,
            closed: 1,
            profit_ratio: 0.1,
            profit: 1.0,
            reason: Reason::ExitRule,
        };
        engine.on_trade(1, &trade).expect("a trade");
    }
    assert_eq!(engine.locks().len(), 16);
    criterion.bench_function("lock, 16 stand on other instruments", |bencher| {
        bencher.iter(|| engine.lock(black_box(3), black_box(Side::Buy), black_box(1)).expect("now").is_some());
    });
    criterion.bench_function("lock, 16 stand, one on this one", |bencher| {
        bencher.iter(|| engine.lock(black_box(9), black_box(Side::Buy), black_box(1)).expect("now").is_some());
    });
}

fn inputs(criterion: &mut Criterion) {
    let (mut engine, mut now) = engine();
    let mut next = move |step: i64| {
        now += step;
        (now, (now / step % 17) as f64 / 100.0)
    };
    criterion.bench_function("on_quote", |bencher| {
        bencher.iter(|| {
            let (at, wave) = next(1_000_000);
            engine.on_quote((at / 1_000_000 % 20) as usize, at, 100.0 + wave, 100.1 + wave)
        });
    });
    criterion.bench_function("on_price, sampled", |bencher| {
        bencher.iter(|| {
            let (at, wave) = next(1_000_000_000);
            engine.on_price((at / 1_000_000_000 % 20) as usize, at, 100.0 + wave)
        });
    });
    criterion.bench_function("on_equity", |bencher| {
        bencher.iter(|| {
            let (at, wave) = next(1_000_000_000);
            engine.on_equity(at, 1_000.0 + wave)
        });
    });
    criterion.bench_function("on_trade", |bencher| {
        bencher.iter(|| {
            let (at, wave) = next(1_000_000_000);
            let (profit_ratio, reason) = (wave - 0.08, Reason::StopLoss);
            let trade =
                ClosedTrade { instrument: 3, side: Side::Buy, closed: at, profit_ratio, profit: profit_ratio, reason };
            engine.on_trade(at, &trade)
        });
    });
}

criterion_group!(benches, questions, inputs);
criterion_main!(benches);
