//! A trader that is put back goes on as the one it was taken from: at any moment, whatever it has asked for and heard.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT};
use tradenode_core::orders::Side;

use self::world::{Drawn, MS, Made, World, trader};
use super::*;
use crate::random::Random;
use crate::ticks::TickSpec;
use crate::venue::{BookSource, Request};

#[path = "state_world.rs"]
pub(crate) mod world;

pub(crate) fn spec(changes: &[(&str, Value)]) -> TickSpec {
    let instrument = |symbol: &str| {
        json!({"symbol": symbol, "base": symbol, "quote": "Y", "settlement": "Y", "tick": "0.1", "lot": "0.01",
            "maker_fee": "-0.0001", "taker_fee": "0.0005", "initial_margin": "0.1", "maintenance_margin": "0.05"})
    };
    let mut plain = json!({"account": {"currency": "Y", "cash": "20000000", "leverage": "10"}, "sample_ns": 40 * MS, "venue": {"fills": "partial"},
        "instruments": [instrument("ONE"), instrument("TWO")]});
    for (key, value) in changes {
        plain[key] = value.clone();
    }
    serde_json::from_value(plain).unwrap()
}

/// Limits and protections that remember something.
pub(crate) fn limits() -> [(&'static str, Value); 2] {
    let risk = json!({"max_orders_per_second": 20, "max_orders_per_minute": 400, "max_cancels_per_second": 10,
        "duplicate_ns": 50 * MS, "max_drawdown": "0.5", "max_daily_loss": "0.2", "max_consecutive_losses": 6,
        "correlation": {"every_ns": 80 * MS, "window": 3, "threshold": "0.2", "max_exposure": "5"}});
    let release = json!({"lock_ns": 60 * MS});
    let rules = [
        json!({"kind": "cooldown"}),
        json!({"kind": "reject_storm", "lookback_ns": 200 * MS, "reject_limit": 3}),
        json!({"kind": "max_drawdown", "mode": "equity", "lookback_ns": 500 * MS, "max_drawdown": "0.0005"}),
        json!({"kind": "max_drawdown", "mode": "realised", "lookback_ns": 500 * MS, "max_drawdown": "0.0002"}),
        json!({"kind": "low_profit", "lookback_ns": 500 * MS, "trade_limit": 2}),
        json!({"kind": "feed_stale", "max_age_ns": 90 * MS}),
        json!({"kind": "spread", "max_bp": "3", "for_ns": 30 * MS}),
    ];
    let rules = rules.map(|rule| json!({"rule": rule, "scope": "instrument", "release": release}));
    let of_all = |rule: &Value| rule["rule"]["mode"] == "equity";
    let rules = rules.map(|rule| {
        if of_all(&rule) { json!({"rule": rule["rule"], "scope": "global", "release": release}) } else { rule }
    });
    [("risk", risk), ("protections", Value::Array(rules.to_vec()))]
}

fn put_back(spec: &TickSpec, from: &Made) -> Made {
    let written = serde_json::to_vec(&from.state().unwrap()).unwrap();
    let mut other = trader(spec, from.strategy().clone());
    other.restore(serde_json::from_slice(&written).unwrap()).unwrap();
    assert_eq!(other.state().unwrap(), from.state().unwrap());
    assert_eq!(serde_json::to_vec(&other.state().unwrap()).unwrap(), written);
    assert_eq!(other.desk.ledger.open, from.desk.ledger.open);
    other
}

fn sources() -> impl Strategy<Value = [BookSource; 2]> {
    let one =
        || prop::sample::select(vec![BookSource::Depth, BookSource::Depth, BookSource::Quotes, BookSource::Trades]);
    (one(), one()).prop_map(|(one, other)| [one, other])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_STATE_CASES").map_or(200, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn what_is_put_back_goes_on_as_it_would_have(
        seed in any::<u64>(),
        (before, after) in (0..600_usize, 1..300_usize),
        (hedging, isolated, limited) in any::<(bool, bool, bool)>(),
        books in sources(),
    ) {
        let seed = seed >> 1;
        let mut changes = vec![("books", json!(books))];
        changes.extend(hedging.then(|| ("positions", json!("hedging"))));
        changes.extend(isolated.then(|| ("margin", json!("isolated"))));
        changes.extend(limited.then(limits).into_iter().flatten());
        let spec = spec(&changes);
        let mut world = World::new(&spec, seed);
        let mut one = trader(&spec, Drawn { random: Random::new(seed + 7), seen: Vec::new(), quiet: false });
        world.begin(&mut [&mut one]);
        (0..before).for_each(|_| world.step(&mut [&mut one]));
        let mut other = put_back(&spec, &one);
        world.snapshot(&mut [&mut one, &mut other]);
        (0..after).for_each(|_| world.step(&mut [&mut one, &mut other]));
        for (had, has) in one.strategy().seen.iter().zip(&other.strategy().seen) {
            prop_assert_eq!(had, has);
        }
        prop_assert_eq!(one.strategy().seen.len(), other.strategy().seen.len());
        prop_assert_eq!(one.state().unwrap(), other.state().unwrap());
    }
}

pub(crate) fn traded(spec: &TickSpec, seed: u64, steps: usize) -> Made {
    let mut world = World::new(spec, seed);
    let mut made = trader(spec, Drawn { random: Random::new(seed), seen: Vec::new(), quiet: false });
    world.begin(&mut [&mut made]);
    (0..steps).for_each(|_| world.step(&mut [&mut made]));
    made
}

/// What is drawn comes to every corner of a state.
#[test]
fn states_are_taken_in_the_midst_of_everything() {
    let specs = [spec(&[]), spec(&limits())];
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let made = traded(&specs[seed as usize % 2], seed, 400);
        for (_, order) in made.desk.owner.iter() {
            found.insert(format!("pending {:?}", order.life.pending()));
            found.insert(format!("is {:?}", order.life.status()));
            found.insert(format!("wanted {}", serde_json::to_value(order).unwrap()["wanted"].is_object()));
            found.insert(format!("filled {}", order.life.filled() > 0));
        }
        let ledger = &made.desk.ledger;
        let locks = ledger.gate.protections().map_or(0, |protections| protections.locks().len());
        let gate = serde_json::to_value(ledger.gate.state()).unwrap();
        found.insert(format!("locked {}", locks > 0));
        found.insert(format!("killing {}", made.desk.killing().is_some()));
        found.insert(format!("holding {}", ledger.position(0).lots != 0));
        found.insert(format!(
            "correlated {}",
            gate["correlation"]["returns"].as_array().is_some_and(|rows| rows.len() == 3)
        ));
        found.insert(format!("losing {}", gate["losses"]["streak"] != 0));
        let outcomes = made.desk.outcomes;
        found.insert(format!("filled all {}", outcomes.filled > 0));
        found.insert(format!("replaced {}", outcomes.replaced > 0));
        found.insert(format!("refused {}", made.desk.last_refusal().is_some()));
    }
    for wanted in [
        "pending Cancel",
        "pending Replace",
        "is Submitted",
        "is Unknown",
        "is Working",
        "wanted true",
        "filled true",
        "locked true",
        "killing true",
        "holding true",
        "correlated true",
        "losing true",
        "filled all true",
        "replaced true",
        "refused true",
    ] {
        assert!(found.contains(wanted), "{wanted} of {found:?}");
    }
}

#[test]
fn a_state_of_something_else_is_refused_and_nothing_of_it_taken() {
    // Amounts that fit into the numbers of a `Value`.
    let account = json!({"currency": "Y", "cash": "200000", "leverage": "10"});
    let changed =
        |key: &str, value: Value| spec(&[limits().as_slice(), &[("account", account.clone()), (key, value)]].concat());
    let plain = changed("sample_ns", json!(40 * MS));
    let full = |state: &Value| {
        let approved = state["ledger"]["gate"]["approved"].as_array().unwrap();
        state["ledger"]["trades"][0].is_object() && state["orders"]["orders"][0].is_object() && !approved.is_empty()
    };
    let states = (0..100).map(|seed| serde_json::to_value(traded(&plain, seed, 300).state().unwrap()).unwrap());
    let state = states.into_iter().find(full).unwrap();
    let refused = |spec: &TickSpec, state: &Value| {
        let mut made = traded(spec, 1, 200);
        let before = made.state().unwrap();
        let error = match serde_json::from_str(&state.to_string()) {
            Ok(read) => made.restore(read).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(made.state().unwrap(), before);
        error
    };
    let mut other = serde_json::to_value(&plain).unwrap()["instruments"].clone();
    other[1]["lot"] = json!("0.001");
    let [(_, risk), (_, protections)] = limits();
    let mut faster = risk.clone();
    faster["max_orders_per_second"] = json!(21);
    for (spec, told) in [
        (changed("instruments", other), "another instrument: TWO in Y, linear, tick 0.1, lot 0.01, multiplier 1"),
        (changed("positions", json!("hedging")), "another account: 1 position(s)"),
        (changed("margin", json!("isolated")), "margins in common, not 1 position(s) an instrument, margins isolated"),
        (changed("sample_ns", json!(41 * MS)), "another sample_ns: 40000000 ns, not 41000000 ns"),
        (changed("books", json!(["depth", "trades"])), "book of Depth, not TWO"),
        (changed("risk", json!({})), "of max_orders_per_second 20, not none"),
        (changed("risk", faster), "of max_orders_per_second 20, not 21"),
        (changed("protections", json!([])), "of protections some, not none"),
        (changed("protections", json!([protections[1], protections[0]])), "of other protections, from number 0 on"),
    ] {
        let error = refused(&spec, &state);
        assert!(error.contains(told), "{error}");
    }
    for (place, value, told) in [
        ("/version", json!(2), "its version is 2, and 1 is read here"),
        ("/luck", json!(2), "unknown field `luck`"),
        ("/views", json!([]), "broken state of the views"),
        ("/switch/closing", json!([]), "broken state of the kill switch"),
        ("/ledger/account/positions/0/lots", json!(0), "broken state of the account"),
        ("/ledger/trades/0", json!(null), "broken state of the trades"),
        ("/ledger/last", json!([1.0]), "broken state of the prices"),
        ("/ledger/gate/orders", json!(1), "broken state of the orders"),
        ("/orders/orders/0/life/filled", json!(-1), "broken state of the orders"),
        ("/orders/orders/0/intent/instrument", json!(2), "broken state of the orders"),
        ("/orders/changes", json!([]), "broken state of the orders"),
        ("/ledger/gate/approved", json!(vec![&state["ledger"]["gate"]["approved"][0]; 17]), "state of approved orders"),
    ] {
        let mut broken = state.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            object => object[key] = value,
        }
        let error = refused(&plain, &broken);
        assert!(error.contains(told), "{place}: {error}");
    }
}

#[test]
fn no_state_is_taken_while_requests_are_on_their_way() {
    let mut made = traded(&spec(&[]), 1, 200);
    made.desk.wire.request(Request::CancelAll { instrument: 0 }, 5);
    assert_eq!(made.state().unwrap_err(), StateError::Underway);
    while made.take_request().is_some() {}
    assert!(made.state().is_ok());
}

/// A view that was put back cannot be traded on before what it is made of has come anew.
#[test]
fn a_view_waits_for_its_book() {
    let kept = ViewState { last: 95, mid: Exact(96.5), mark: 0, at: 3, status: Status::Trading };
    let row = |kind, side, flags, price, order_id| Event {
        ts_event: 5,
        ts_recv: 5,
        kind,
        side,
        flags,
        price,
        size: 1,
        sequence: 0,
        order_id,
    };
    let (buy, sell) = (Some(Side::Buy), Some(Side::Sell));
    let snapshot = |kind| [row(kind, buy, SNAPSHOT, 99, 1), row(kind, sell, SNAPSHOT | LAST, 101, 2)];
    for (source, before, after) in [
        (
            BookSource::Depth,
            vec![row(Kind::Depth, buy, LAST, 98, 0), row(Kind::Trade, buy, LAST, 97, 0)],
            snapshot(Kind::Depth),
        ),
        (
            BookSource::Orders,
            vec![row(Kind::Add, buy, LAST, 98, 7), row(Kind::Trade, buy, LAST, 97, 0)],
            snapshot(Kind::Add),
        ),
        (BookSource::Quotes, vec![row(Kind::Quote, buy, LAST, 99, 0)], snapshot(Kind::Quote)),
        (BookSource::Trades, vec![row(Kind::Mark, None, LAST, 98, 0)], [row(Kind::Trade, buy, LAST, 100, 0); 2]),
    ] {
        let mut view = View::new(source);
        view.restore(&kept);
        assert!(view.market().broken && view.mid() == 96.5 && view.touch().is_none());
        before.iter().for_each(|event| view.on_event(event));
        assert!(view.market().broken && view.mid() == 96.5, "{source:?}");
        after.iter().for_each(|event| view.on_event(event));
        assert!(!view.market().broken && view.mid() == 100.0, "{source:?}");
    }
}
