//! Drawn protections and drawn sequences of what happens to an account.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradenode_core::orders::{Reason, Side};
use tradenode_core::protections::{ClosedTrade, InputError, LiftError, ProtectionSpec, Protections, Settings, Which};

use crate::desk::{DAY, LONG, SHORT};

pub(crate) const INSTRUMENTS: usize = 3;

/// How many sequences a property is tried on.
pub(crate) fn cases(few: u32) -> u32 {
    std::env::var("PROTECTION_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few)
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Trade(ClosedTrade),
    Equity(f64),
    Price(usize, f64),
    Quote(usize, f64, f64),
    Reject(usize),
    Time,
    Lift(Which),
}

/// Something that happens at a time.
pub(crate) type Step = (i64, Input);

/// Tells an engine of it.
pub(crate) fn tell(engine: &mut Protections, (at, input): &Step) -> Result<(), InputError> {
    match *input {
        Input::Trade(trade) => engine.on_trade(*at, &trade),
        Input::Equity(equity) => engine.on_equity(*at, equity),
        Input::Price(instrument, price) => engine.on_price(instrument, *at, price),
        Input::Quote(instrument, bid, ask) => engine.on_quote(instrument, *at, bid, ask),
        Input::Reject(instrument) => engine.on_reject(instrument, *at),
        Input::Time => engine.on_time(*at),
        Input::Lift(which) => match engine.lift(which, "ada", "drawn", *at) {
            Ok(_) | Err(LiftError::NoLock { .. }) => Ok(()),
            Err(LiftError::Input(error)) => Err(error),
            Err(error) => panic!("{error}"),
        },
    }
}

/// Some nanoseconds, or a large part of a day.
fn span() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1..60_i64, 1 => Just(DAY / 3), 1 => Just(DAY)]
}

fn ratio() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "0.05", "0.1", "0.25", "0.5"]).prop_map(str::to_owned)
}

/// A rule, and whether it may be of one instrument and by side.
fn any_rule() -> impl Strategy<Value = (Value, bool, bool)> {
    let trades = prop_oneof![
        Just(json!({"kind": "cooldown"})),
        (span(), 1..4_u32, prop::sample::select(vec!["-0.05", "0", "0.1"]))
            .prop_map(|(lookback, limit, profit)| json!({
            "kind": "stop_guard", "lookback_ns": lookback, "trade_limit": limit, "required_profit": profit})),
        (span(), 1..4_u32, prop::sample::select(vec!["-0.05", "0", "0.1"]))
            .prop_map(|(lookback, limit, profit)| json!({
            "kind": "low_profit", "lookback_ns": lookback, "trade_limit": limit, "required_profit": profit})),
        (span(), 1..4_u32, ratio(), prop::sample::select(vec!["ratios", "realised"])).prop_map(
            |(lookback, limit, most, mode)| json!({
                "kind": "max_drawdown", "mode": mode, "lookback_ns": lookback, "trade_limit": limit,
                "max_drawdown": most})
        ),
        (span(), 1..4_u32).prop_map(|(lookback, limit)| json!({
            "kind": "consecutive_losses", "lookback_ns": lookback, "trade_limit": limit})),
    ];
    let equity = prop_oneof![
        (span(), ratio()).prop_map(
            |(lookback, most)| json!({"kind": "max_drawdown", "lookback_ns": lookback, "max_drawdown": most})
        ),
        ratio().prop_map(|most| json!({"kind": "daily_loss", "max_loss": most})),
    ];
    let market = prop_oneof![
        (0..30_i64, 2..4_u32, 2..4_u32, 0..3_u8).prop_map(|(sample, samples, before, which)| {
            let mut rule = json!({"kind": "volatility", "sample_ns": sample, "samples": samples});
            if which != 0 {
                rule["baseline"] = json!({"samples": before, "multiple": "1.5"});
            }
            if which != 1 {
                rule["threshold"] = json!("0.01");
            }
            rule
        }),
        span().prop_map(|age| json!({"kind": "feed_stale", "max_age_ns": age})),
        (0..40_i64).prop_map(|long| json!({"kind": "spread", "max_bp": "100", "for_ns": long})),
        (span(), 1..4_u32).prop_map(
            |(lookback, limit)| json!({"kind": "reject_storm", "lookback_ns": lookback, "reject_limit": limit})
        ),
    ];
    prop_oneof![
        5 => trades.prop_map(|rule| (rule, true, true)),
        2 => equity.prop_map(|rule| (rule, false, false)),
        4 => market.prop_map(|rule| (rule, true, false)),
    ]
}

fn any_spec() -> impl Strategy<Value = ProtectionSpec> {
    let release = prop_oneof![
        5 => (1..80_i64).prop_map(|ns| json!({"lock_ns": ns})),
        1 => Just(json!({"lock_ns": DAY})),
        1 => prop::sample::select(vec!["00:00", "06:30"]).prop_map(|time| json!({"unlock_at": time})),
    ];
    (any_rule(), release, any::<bool>(), any::<bool>()).prop_map(|((rule, apart, sided), release, own, by_side)| {
        let scope = if own && apart { "instrument" } else { "global" };
        let spec = json!({"rule": rule, "scope": scope, "per_side": by_side && sided, "release": release});
        serde_json::from_value(spec).unwrap()
    })
}

/// Protections and what they have in common.
pub(crate) fn any_protections() -> impl Strategy<Value = (Vec<ProtectionSpec>, Settings)> {
    let settings = prop::sample::select(vec![0, 7, 50]).prop_map(|bar_ns| Settings {
        instruments: INSTRUMENTS,
        balance: 1_000.0,
        bar_ns,
    });
    (prop::collection::vec(any_spec(), 1..5), settings)
}

fn any_trade() -> impl Strategy<Value = (usize, Side, i64, f64, f64, Reason)> {
    let reason = prop::sample::select(vec![
        Reason::StopLoss,
        Reason::StopLoss,
        Reason::TrailingStop,
        Reason::BreakEven,
        Reason::Liquidation,
        Reason::ExitRule,
        Reason::TakeProfit,
    ]);
    let ratio = prop::sample::select(vec![-0.25, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2]);
    let money = prop::sample::select(vec![0.0, 10.0, 100.0, 1_000.0]);
    let side = prop::sample::select(vec![LONG, SHORT]);
    (0..INSTRUMENTS, side, prop_oneof![3 => Just(0_i64), 1 => 0..40_i64], ratio, money, reason)
}

fn any_input() -> impl Strategy<Value = (i64, Input)> {
    let price = prop::sample::select(vec![90.0, 98.0, 99.0, 100.0, 101.0, 105.0]);
    let equity = prop::sample::select(vec![400.0, 700.0, 750.0, 900.0, 950.0, 1_000.0, 1_100.0, 0.0]);
    let lift = prop_oneof![Just(Which::All), (1..12_u64).prop_map(Which::Number)];
    let input = prop_oneof![
        6 => any_trade().prop_map(|(instrument, side, late, profit_ratio, money, reason)| {
            let profit = profit_ratio * money;
            // How late it is heard of stands for its close, until its time is known.
            Input::Trade(ClosedTrade { instrument, side, closed: late, profit_ratio, profit, reason })
        }),
        4 => equity.prop_map(Input::Equity),
        6 => (0..INSTRUMENTS, price.clone()).prop_map(|(instrument, price)| Input::Price(instrument, price)),
        4 => (0..INSTRUMENTS, price, prop::sample::select(vec![0.5, 1.0, 2.0])).prop_map(|(instrument, bid, wide)| {
            Input::Quote(instrument, bid, bid + wide)
        }),
        2 => (0..INSTRUMENTS).prop_map(Input::Reject),
        1 => Just(Input::Time),
        1 => lift.prop_map(Input::Lift),
    ];
    let pause = prop_oneof![3 => Just(0_i64), 12 => 1..30_i64, 1 => Just(DAY / 4), 1 => Just(DAY)];
    (pause, input)
}

/// What happens, in the order of its times; the first at 30 ns before midnight.
pub(crate) fn any_steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_input(), 1..most).prop_map(|inputs| {
        let mut now = 20_000 * DAY - 30;
        inputs
            .into_iter()
            .map(|(pause, mut input)| {
                now += pause;
                if let Input::Trade(trade) = &mut input {
                    trade.closed = now - trade.closed;
                }
                (now, input)
            })
            .collect()
    })
}
