//! The engine and its plain twin agree, whatever happens.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tradenode_core::protections::{Lock, Protections, Rule, Which};

use crate::draw::{Input, any_protections, any_steps, cases, tell};
use crate::plain::{Plain, Standing};

const FEW: u32 = 1_500;

fn standing(engine: &Protections, plain: &Plain) -> Vec<Standing> {
    let mut standing: Vec<Standing> = engine.locks().iter().map(|lock| of(lock, plain)).collect();
    let order = |(number, place, ..): &Standing| (*number, place.instrument, place.side.map(|side| side.sign() < 0));
    standing.sort_by_key(order);
    standing
}

fn of(lock: &Lock, plain: &Plain) -> Standing {
    let condition = matches!(plain.specs[lock.protection].rule, Rule::FeedStale { .. } | Rule::Spread { .. });
    (lock.protection, lock.place, lock.until, (!condition).then_some(lock.cause.value))
}

#[test]
fn the_engine_and_the_plain_twin_agree() {
    // How many locks each kind has set: a draw that never locks shows nothing.
    let locked: RefCell<BTreeMap<&str, u64>> = RefCell::default();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases(FEW)) });
    let drawn = (any_protections(), any_steps(80));
    runner
        .run(&drawn, |((specs, settings), steps)| {
            let mut engine = Protections::new(&specs, settings).unwrap();
            let mut plain = Plain::new(&specs, settings);
            for step in &steps {
                engine.on_time(step.0).unwrap();
                let before: Vec<Lock> = engine.locks().to_vec();
                tell(&mut engine, step).unwrap();
                plain.take(step);
                if let Input::Lift(which) = step.1 {
                    for lock in before.iter().filter(|lock| which == Which::All || which == Which::Number(lock.number))
                    {
                        plain.lift(lock.protection, lock.place);
                    }
                }
                prop_assert_eq!(standing(&engine, &plain), plain.standing(), "after {:?}", step);
            }
            for event in engine.events().filter(|event| event.lock.since == event.at) {
                *locked.borrow_mut().entry(event.lock.kind.name()).or_default() += 1;
            }
            Ok(())
        })
        .unwrap();
    let locked = locked.into_inner();
    assert!(locked.len() == 10 && locked.values().all(|&count| count > u64::from(cases(FEW) / 100)), "{locked:?}");
}
