//! Rows that are taken in stretches do what they do one by one.

use proptest::prelude::*;
use tradenode_core::event::{Event, GAP, Kind, LAST, SNAPSHOT, TapeColumns};

use super::stage::*;
use crate::models::queue::QueueModel;
use crate::venue::{Band, BookSource, Reach, Report, Request, VenueSpec};

#[derive(Debug, Clone)]
enum Step {
    /// Kind, side, price, size, flags.
    Row(Kind, Option<bool>, i64, i64, u8),
    Submit(bool, i64, OrderKind, Terms),
    Cancel(prop::sample::Index),
}

fn side(buy: bool) -> Side {
    if buy { Buy } else { Sell }
}

/// Bids are mostly below asks, and a level changes more often than it goes.
fn step() -> impl Strategy<Value = Step> {
    let flags = prop_oneof![20 => Just(LAST), 4 => Just(0), 1 => Just(GAP), 2 => Just(SNAPSHOT | LAST)];
    let depth = (any::<bool>(), 0..12_i64, prop_oneof![1 => Just(0), 3 => 1..9_i64], flags).prop_map(
        |(buy, off, size, flags)| {
            let price = if buy { 101 - off } else { 99 + off };
            Step::Row(Kind::Depth, Some(buy), price, size, flags)
        },
    );
    let trade =
        (any::<Option<bool>>(), 95..106_i64, 0..9_i64, prop_oneof![4 => Just(LAST), 1 => Just(0), 1 => Just(GAP)])
            .prop_map(|(buy, price, size, flags)| Step::Row(Kind::Trade, buy, price, size, flags));
    let quote = (any::<bool>(), 95..106_i64, 0..9_i64)
        .prop_map(|(buy, price, size)| Step::Row(Kind::Quote, Some(buy), price, size, LAST));
    let terms = prop::sample::select(vec![PLAIN, PLAIN, POST_ONLY, IMMEDIATE, good_till(40), good_till(120)]);
    let kind = prop_oneof![6 => (92..108_i64).prop_map(limit), 1 => Just(MARKET), 1 => (92..108_i64).prop_map(OrderKind::Stop)];
    prop_oneof![
        40 => depth,
        10 => trade,
        2 => quote,
        1 => (95..106_i64).prop_map(|price| Step::Row(Kind::Mark, None, price, 0, LAST)),
        1 => prop::sample::select(&[1, 1, 1, 2, 3][..]).prop_map(|status| Step::Row(Kind::Status, None, 0, status, LAST)),
        5 => (any::<bool>(), 1..9_i64, kind, terms).prop_map(|(buy, lots, kind, terms)| Step::Submit(buy, lots, kind, terms)),
        2 => any::<prop::sample::Index>().prop_map(Step::Cancel),
    ]
}

/// Takes rows, up to each that brings something about.
fn take(stage: &mut Stage, rows: &mut TapeColumns, band: Band) -> Vec<Report> {
    let (mut reports, mut row) = (Vec::new(), 0);
    let reach = Reach { until: stage.now, received: i64::MAX, band };
    while row < rows.len() {
        let mut clock = rows.view().ts_event[row];
        row = stage.venue.on_rows(0, &rows.view(), row, &mut clock, &reach).0;
        reports.extend(stage.reports());
    }
    rows.truncate(0);
    reports
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_VENUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2048)
    ))]

    #[test]
    fn a_stretch_is_its_rows(
        fills in prop::sample::select(&[PARTIAL, WHOLE][..]),
        source in prop::sample::select(&[BookSource::Depth, BookSource::Depth, BookSource::Quotes, BookSource::Trades][..]),
        (low, high) in prop_oneof![Just((i64::MIN, i64::MAX)), (95..101_i64, 99..106_i64)],
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let spec = VenueSpec { queue: QueueModel::Power(2.0), ..fills };
        let [mut single, mut stretched] = [(); 2].map(|()| Stage::with_book_of(spec, source));
        let (mut told, mut told_of_stretches) = (Vec::new(), Vec::new());
        let mut rows = TapeColumns::with_capacity(0);
        for step in &steps {
            if let Step::Row(kind, buy, price, size, flags) = *step {
                single.event(kind, buy.map(side), price, size, flags);
                stretched.now = single.now;
                let (ts_event, ts_recv, side) = (single.now, single.now, buy.map(side));
                rows.push(Event { ts_event, ts_recv, kind, side, flags, price, size, sequence: 0, order_id: 0 });
                told.extend(single.reports());
                continue;
            }
            told_of_stretches.extend(take(&mut stretched, &mut rows, Band { low, high }));
            for (stage, told) in [(&mut single, &mut told), (&mut stretched, &mut told_of_stretches)] {
                match step {
                    Step::Submit(buy, lots, kind, terms) => drop(stage.submit(side(*buy), *lots, *kind, *terms)),
                    Step::Cancel(index) => stage.send(Request::Cancel { instrument: 0, order: 1 + index.index(20) as u64 }),
                    Step::Row(..) => {}
                }
                told.extend(stage.reports());
            }
            prop_assert_eq!(&told, &told_of_stretches);
        }
        told_of_stretches.extend(take(&mut stretched, &mut rows, Band { low, high }));
        prop_assert_eq!(told, told_of_stretches);
        let end = |stage: &Stage| (stage.venue.orders(), stage.venue.book(0).state_hash(), stage.venue.last(0));
        prop_assert_eq!(end(&single), end(&stretched));
    }
}
