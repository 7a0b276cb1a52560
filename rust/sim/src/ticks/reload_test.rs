//! A trader that is reloaded goes on in all that has not changed, and follows the new limits in the rest.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::state::tests::world::{Drawn, MS, Made, World, trader};
use super::super::state::tests::{limits, spec, traded};
use crate::random::Random;
use crate::ticks::TickSpec;

fn drawn(seed: u64) -> Drawn {
    Drawn { random: Random::new(seed), seen: Vec::new(), quiet: false }
}

/// One that was just made of the same, and whose strategy knows what the other's does.
fn anew(spec: &TickSpec, from: &Made) -> Made {
    let now = from.desk().now();
    let latency = crate::models::latency::Latency::none();
    Made::new(spec, &spec.sources(), now, latency, from.strategy().clone()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_STATE_CASES").map_or(200, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn the_same_again_changes_nothing(
        seed in any::<u64>(),
        stretches in prop::collection::vec(1..200_usize, 1..6),
        (hedging, isolated, limited) in any::<(bool, bool, bool)>(),
    ) {
        let seed = seed >> 1;
        let mut changes = Vec::new();
        changes.extend(hedging.then(|| ("positions", json!("hedging"))));
        changes.extend(isolated.then(|| ("margin", json!("isolated"))));
        changes.extend(limited.then(limits).into_iter().flatten());
        let spec = spec(&changes);
        let mut world = World::new(&spec, seed);
        let (mut one, mut other) = (trader(&spec, drawn(seed + 7)), trader(&spec, drawn(seed + 7)));
        world.begin(&mut [&mut one, &mut other]);
        for steps in stretches {
            (0..steps).for_each(|_| world.step(&mut [&mut one, &mut other]));
            let mut made = anew(&spec, &other);
            other.reload(&mut made).unwrap();
            // What exceeds limits is looked at and not touched.
            other.beyond().unwrap();
            prop_assert_eq!(one.state().unwrap(), other.state().unwrap());
        }
        prop_assert_eq!(&one.strategy().seen, &other.strategy().seen);
    }
}

/// With amounts that fit into the numbers of a `Value`.
fn changed(key: &str, value: Value) -> TickSpec {
    let account = json!({"currency": "Y", "cash": "200000", "leverage": "10"});
    spec(&[limits().as_slice(), &[("account", account), (key, value)]].concat())
}

fn plain() -> TickSpec {
    changed("sample_ns", json!(40 * MS))
}

#[test]
fn another_account_and_other_instruments_are_refused_and_nothing_changes() {
    let plain = plain();
    let mut other = serde_json::to_value(&plain).unwrap()["instruments"].clone();
    other[1]["lot"] = json!("0.001");
    for (to, told) in [
        (changed("instruments", other), "another instrument: TWO in Y"),
        (changed("positions", json!("hedging")), "another account: 1 position(s)"),
        (changed("books", json!(["depth", "trades"])), "book of Depth, not TWO"),
    ] {
        let mut made = traded(&plain, 1, 200);
        let before = made.state().unwrap();
        let error = made.reload(&mut anew(&to, &made)).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(made.state().unwrap(), before);
    }
}

#[test]
fn a_protection_stays_as_long_as_its_lock_stands() {
    let plain = plain();
    let none = changed("protections", json!([]));
    let outcomes: Vec<_> = (0..60)
        .map(|seed| {
            let mut made = traded(&plain, seed, 300);
            let locked = !made.desk.ledger.gate.protections().unwrap().locks().is_empty();
            let gone = made.reload(&mut anew(&none, &made));
            assert_eq!(gone.is_err(), locked, "{gone:?}");
            locked
        })
        .collect();
    assert!(outcomes.contains(&true) && outcomes.contains(&false));
}

#[test]
fn other_limits_hold_at_once_and_what_is_beyond_them_is_told() {
    let plain = plain();
    let mut told = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let mut made = traded(&plain, seed, 300);
        let before = serde_json::to_value(made.state().unwrap()).unwrap();
        let narrow = json!({"max_orders_per_second": 5, "max_position": "0.01", "max_notional": "1",
            "max_open_orders": 1, "max_gross_exposure": "2", "max_open_positions": 1});
        made.reload(&mut anew(&changed("risk", narrow), &made)).unwrap();
        told.extend(made.beyond().unwrap().into_iter().map(|(_, refusal)| refusal.check.name()));
        let after = serde_json::to_value(made.state().unwrap()).unwrap();
        for kept in
            ["/orders", "/ledger/account", "/ledger/gate/losses", "/ledger/gate/protections", "/views", "/calls"]
        {
            assert_eq!(before.pointer(kept), after.pointer(kept), "{kept}");
        }
        let times = |state: &Value| state["ledger"]["gate"]["second"]["sent"].as_array().unwrap().clone();
        let (was, is) = (times(&before), times(&after));
        assert_eq!(is, was[was.len().saturating_sub(5)..]);
        // What was put aside is what a restart finds.
        let narrowed = changed("risk", json!({"max_orders_per_second": 5}));
        made.reload(&mut anew(&narrowed, &made)).unwrap();
        let mut again = anew(&narrowed, &made);
        again.restore(made.state().unwrap()).unwrap();
        assert_eq!(again.state().unwrap(), made.state().unwrap());
        assert!(made.beyond().unwrap().is_empty());
    }
    for check in ["max_position", "max_notional", "max_open_orders", "max_gross_exposure", "max_open_positions"] {
        assert!(told.contains(check), "{check} of {told:?}");
    }
}

#[test]
fn other_intervals_begin_anew_and_the_same_go_on() {
    let mut made = traded(&plain(), 3, 300);
    let before = made.state().unwrap();
    let slower = changed("sample_ns", json!(90 * MS));
    made.reload(&mut anew(&slower, &made)).unwrap();
    let [was, is] = [&before, &made.state().unwrap()].map(|state| serde_json::to_value(state).unwrap());
    assert_eq!((&was["timer"], &was["calls"]), (&is["timer"], &is["calls"]));
    assert_eq!(is["sample"]["every"], json!(90 * MS));
    assert!(is["sample"]["next"].as_i64().unwrap() > made.desk().now());
}
