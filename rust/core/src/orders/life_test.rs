//! An order's life: the cases that venues make, and whatever order of reports may come.

use proptest::prelude::*;

use super::*;

fn fill(fill: u64, lots: i64) -> Step {
    Step::Filled { fill, lots }
}

fn run(lots: i64, steps: &[Step]) -> Life {
    let mut life = Life::new(lots);
    for step in steps {
        life.step(*step).unwrap_or_else(|error| panic!("{step:?}: {error}"));
    }
    life
}

#[test]
fn a_fill_may_come_before_the_acknowledgement() {
    let life = run(5, &[Step::Submit, fill(7, 2), Step::Accepted, fill(9, 3), Step::Accepted]);
    assert_eq!((life.status(), life.filled(), life.left()), (Status::Filled, 5, 0));
}

#[test]
fn a_fill_may_come_while_a_cancel_is_on_its_way() {
    let life = run(5, &[Step::Submit, Step::Accepted, Step::RequestCancel, fill(1, 2)]);
    assert_eq!((life.status(), life.pending(), life.left()), (Status::Working, Pending::Cancel, 3));
    let life = run(2, &[Step::Submit, Step::Accepted, Step::RequestCancel, fill(1, 2), Step::CancelRejected]);
    assert_eq!((life.status(), life.pending()), (Status::Filled, Pending::Nothing));
}

#[test]
fn the_same_fill_counts_once() {
    let life = run(5, &[Step::Submit, Step::Accepted, fill(3, 2), fill(1, 1), fill(3, 2), fill(1, 1)]);
    assert_eq!(life.filled(), 3);
}

#[test]
fn silence_is_not_an_answer() {
    let mut life = run(5, &[Step::Submit, Step::TimeOut]);
    assert_eq!((life.status(), life.left()), (Status::Unknown, 5));
    assert!(life.step(Step::Submit).is_err(), "an order that may be there is never sent again");
    life.step(fill(1, 5)).unwrap();
    assert_eq!(life.status(), Status::Filled);
}

#[test]
fn a_cancel_overtakes_a_replace() {
    let life = run(
        5,
        &[
            Step::Submit,
            Step::Accepted,
            Step::RequestReplace,
            Step::RequestCancel,
            Step::Replaced { lots: 8 },
            Step::Cancelled,
        ],
    );
    assert_eq!(life.status(), Status::Cancelled);
    let life =
        run(5, &[Step::Submit, Step::Accepted, Step::RequestReplace, Step::RequestCancel, Step::ReplaceRejected]);
    assert_eq!((life.status(), life.pending(), life.left()), (Status::Working, Pending::Cancel, 5));
}

#[test]
fn what_cannot_be_is_named_and_changes_nothing() {
    let mut life = Life::new(5);
    let message = |life: &mut Life, step| life.step(step).unwrap_err().to_string();
    assert_eq!(
        message(&mut life, Step::Accepted),
        "Accepted cannot follow: the order is Initialized with Nothing pending"
    );
    life = run(5, &[Step::Submit, Step::Accepted, fill(1, 2)]);
    assert_eq!(message(&mut life, fill(2, 4)), "fill 2 of 4 lots, but only 3 of the order are left");
    assert_eq!(message(&mut life, fill(2, 0)), "0 lots, with 2 filled");
    assert!(life.step(Step::Rejected).is_err(), "what was filled cannot be rejected");
    life.step(Step::RequestReplace).unwrap();
    assert_eq!(message(&mut life, Step::Replaced { lots: 2 }), "2 lots, with 2 filled");
    life.step(Step::Cancelled).unwrap();
    assert!(life.step(fill(9, 1)).is_err(), "a fill after the end must be looked into");
    assert_eq!((life.filled(), life.left()), (2, 0));
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Submit),
        Just(Step::TimeOut),
        Just(Step::RequestCancel),
        Just(Step::RequestReplace),
        Just(Step::Accepted),
        Just(Step::Rejected),
        (0..6_u64, -1..6_i64).prop_map(|(number, lots)| fill(number, lots)),
        (-1..12_i64).prop_map(|lots| Step::Replaced { lots }),
        Just(Step::CancelRejected),
        Just(Step::ReplaceRejected),
        Just(Step::Cancelled),
        Just(Step::Expired),
    ]
}

/// What a venue did, as it did it: reports in their order.
fn true_reports() -> impl Strategy<Value = (i64, Vec<Step>)> {
    let parts = prop::collection::vec(1..5_i64, 0..5);
    (parts, 0..3_i64, any::<bool>()).prop_map(|(parts, rest, expires)| {
        let lots = parts.iter().sum::<i64>() + rest;
        let fills = parts.iter().enumerate().map(|(number, &lots)| fill(number as u64, lots));
        let mut reports: Vec<Step> = std::iter::once(Step::Accepted).chain(fills).collect();
        if rest > 0 {
            reports.push(if expires { Step::Expired } else { Step::Cancelled });
        }
        (lots, reports)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever is thrown at it: never more filled than ordered, no way back from the end, errors change nothing.
    #[test]
    fn nothing_is_filled_twice_and_nothing_comes_back(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut life = Life::new(7);
        for step in steps {
            let before = life.clone();
            let result = life.step(step);
            prop_assert!(life.filled() >= before.filled() && life.left() >= 0);
            prop_assert!(life.filled() <= life.lots);
            if before.status().is_final() {
                prop_assert_eq!((life.status(), life.filled()), (before.status(), before.filled()));
            }
            if result.is_err() || result == Ok(Effect::Nothing) {
                prop_assert_eq!(&life, &before);
            }
            if result == Ok(Effect::Ended) {
                prop_assert!(life.status().is_final() && !before.status().is_final());
            }
        }
    }

    /// Late acknowledgements and reports told twice lead to the same end.
    #[test]
    fn late_and_repeated_reports_change_nothing(
        (lots, reports) in true_reports(),
        late in 0..6_usize,
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        cancel_at in 0..7_usize,
    ) {
        prop_assume!(lots > 0);
        let mut life = Life::new(lots);
        life.step(Step::Submit).unwrap();
        // The acknowledgement comes after some of the rest, the end last; every report may come again at once.
        let mut told = reports[1..].to_vec();
        told.insert(late.min(told.len()), Step::Accepted);
        for repeat in repeats {
            let place = repeat.index(told.len());
            told.insert(place, told[place]);
        }
        for (place, step) in told.iter().enumerate() {
            if place == cancel_at && life.pending() == Pending::Nothing && !life.status().is_final() {
                life.step(Step::RequestCancel).unwrap();
            }
            prop_assert!(life.step(*step).is_ok(), "{:?} in {:?}", step, told);
        }
        let mut plain = Life::new(lots);
        plain.step(Step::Submit).unwrap();
        reports.iter().for_each(|step| { plain.step(*step).unwrap(); });
        prop_assert_eq!((life.status(), life.filled()), (plain.status(), plain.filled()));
    }
}
