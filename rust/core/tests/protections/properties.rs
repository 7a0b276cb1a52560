//! What holds for any sequence of inputs.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradenode_core::protections::{Event, Lock, Protections, What};

use crate::desk::{LONG, SHORT};
use crate::draw::{INSTRUMENTS, Input, any_protections, any_steps, cases, tell};

fn through_text(engine: &Protections) -> String {
    serde_json::to_string(&engine.state()).unwrap()
}

fn end(lock: &Lock) -> i64 {
    lock.until.unwrap_or(i64::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(400)))]

    #[test]
    fn restored_from_text_it_goes_on_as_if_nothing_had_been(
        (specs, settings) in any_protections(),
        steps in any_steps(120),
        cut in any::<prop::sample::Index>(),
        taken in any::<bool>(),
    ) {
        let mut whole = Protections::new(&specs, settings).unwrap();
        let cut = cut.index(steps.len() + 1);
        for step in &steps[..cut] {
            tell(&mut whole, step).unwrap();
        }
        if taken {
            whole.events().for_each(drop);
        }
        let text = through_text(&whole);
        let mut restored = Protections::restore(&specs, settings, serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(restored.state(), whole.state());
        for step in &steps[cut..] {
            tell(&mut whole, step).unwrap();
            tell(&mut restored, step).unwrap();
            for (instrument, side) in (0..INSTRUMENTS).flat_map(|own| [(own, LONG), (own, SHORT)]) {
                let (own, other) = (whole.lock(instrument, side, step.0), restored.lock(instrument, side, step.0));
                prop_assert_eq!(own.unwrap(), other.unwrap());
            }
        }
        prop_assert_eq!(through_text(&restored), through_text(&whole));
        prop_assert_eq!(restored.events().collect::<Vec<_>>(), whole.events().collect::<Vec<_>>());
    }

    #[test]
    fn a_lock_stands_its_time_unless_it_is_lifted((specs, settings) in any_protections(), steps in any_steps(120)) {
        let mut engine = Protections::new(&specs, settings).unwrap();
        // The number of each lock that stands, and until when it was last told to.
        let mut stated: BTreeMap<u64, Option<i64>> = BTreeMap::new();
        let (mut numbers, mut last) = (0, i64::MIN);
        for step in &steps {
            tell(&mut engine, step).unwrap();
            for Event { at, what, lock } in engine.events().collect::<Vec<_>>() {
                prop_assert!(last <= at && at <= step.0, "in the order of time");
                last = at;
                match what {
                    What::Locked {} => {
                        numbers += 1;
                        prop_assert_eq!((lock.number, lock.since), (numbers, at));
                        prop_assert!(lock.until.is_none_or(|until| until > at));
                        prop_assert_eq!(stated.insert(lock.number, lock.until), None);
                    }
                    What::Extended {} => {
                        prop_assert!(lock.until > Some(at));
                        prop_assert_eq!(stated.insert(lock.number, lock.until), Some(Some(at)));
                    }
                    What::Ended {} => {
                        let end = stated.remove(&lock.number).unwrap();
                        prop_assert!(lock.until == Some(at) && end.is_none_or(|end| end == at));
                    }
                    What::Lifted { .. } => {
                        prop_assert!(matches!(step.1, Input::Lift(_)) && stated.remove(&lock.number).is_some());
                    }
                }
            }
            let standing: Vec<u64> = engine.locks().iter().map(|lock| lock.number).collect();
            prop_assert_eq!(standing, stated.keys().copied().collect::<Vec<_>>());
            let locks = engine.locks().to_vec();
            for (instrument, side) in (0..INSTRUMENTS).flat_map(|own| [(own, LONG), (own, SHORT)]) {
                let covering = locks.iter().filter(|lock| lock.place.covers(instrument, side));
                let answer = engine.lock(instrument, side, step.0).unwrap();
                prop_assert_eq!(answer.map(end), covering.map(end).max());
            }
        }
    }

    #[test]
    fn how_often_the_time_is_told_changes_nothing(
        (specs, settings) in any_protections(),
        steps in any_steps(80),
        extra in prop::collection::vec((any::<prop::sample::Index>(), 0..40_i64), 0..40),
    ) {
        let mut often = steps.clone();
        for (place, later) in extra {
            let place = place.index(often.len());
            let next = often.get(place + 1).map_or(i64::MAX, |step| step.0);
            let at = often[place].0 + later;
            often.insert(place + 1, (at.min(next), Input::Time));
        }
        let end = often.last().unwrap().0;
        let events = |steps: &[_]| {
            let mut engine = Protections::new(&specs, settings).unwrap();
            steps.iter().for_each(|step| tell(&mut engine, step).unwrap());
            engine.on_time(end).unwrap();
            let events: Vec<_> = engine.events().collect();
            (events, engine.state())
        };
        prop_assert_eq!(events(&often), events(&steps));
    }
}
