//! Resting orders: the queue ahead, trades beyond the price, levels that cross, icebergs, priority.

use tradenode_core::event::{GAP, Kind, LAST, SNAPSHOT};

use super::stage::*;
use crate::models::queue::QueueModel;
use crate::venue::{BookSource, Fills, VenueSpec, What};

#[test]
fn trades_at_the_price_use_up_the_queue_first() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(100, 5)], &[(102, 5)]);
    stage.submit(Buy, 10, limit(100), PLAIN);
    stage.tells(&["1 accepted"]);
    stage.trade(Sell, 100, 3);
    stage.depth(Buy, 100, 2);
    stage.tells(&[]);
    stage.trade(Sell, 100, 6);
    stage.tells(&["1 made 4 at 100, 6 left"]);
    stage.trade(Buy, 100, 50);
    stage.tells(&[]);
    stage.trade(Sell, 100, 50);
    stage.tells(&["1 made 6 at 100, 0 left"]);
    assert_eq!((stage.venue.position(0), stage.venue.open_orders(0)), (10, 0));
}

#[test]
fn whole_fills_need_the_front_of_the_queue_only() {
    let mut stage = Stage::new(WHOLE).with_book(&[(100, 5)], &[(102, 5)]);
    stage.submit(Buy, 10, limit(100), PLAIN);
    stage.trade(Sell, 100, 5);
    stage.tells(&["1 accepted"]);
    stage.trade(Sell, 100, 1);
    stage.tells(&["1 made 10 at 100, 0 left"]);
}

#[test]
fn a_trade_beyond_the_price_met_us_first() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(100, 5), (99, 5)], &[(102, 5)]);
    stage.submit(Buy, 10, limit(101), PLAIN);
    stage.submit(Buy, 2, limit(100), PLAIN);
    stage.told();
    stage.trade(Sell, 99, 11);
    stage.tells(&["1 made 10 at 101, 0 left", "2 made 1 at 100, 1 left"]);
    let mut stage = Stage::new(WHOLE).with_book(&[(100, 5), (99, 5)], &[(102, 5)]);
    stage.submit(Buy, 10, limit(101), PLAIN);
    stage.told();
    stage.trade(Sell, 99, 1);
    stage.tells(&["1 made 10 at 101, 0 left"]);
}

#[test]
fn one_trade_is_not_given_away_twice() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 4, limit(100), PLAIN);
    stage.submit(Buy, 4, limit(100), PLAIN);
    stage.told();
    stage.trade(Sell, 100, 6);
    stage.tells(&["1 made 4 at 100, 0 left", "2 made 2 at 100, 2 left"]);
}

#[test]
fn a_level_that_comes_to_us_would_have_met_us() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 10, limit(100), PLAIN);
    stage.told();
    stage.depth(Sell, 100, 4);
    stage.tells(&["1 made 4 at 100, 6 left"]);
    stage.depth(Sell, 100, 4);
    stage.tells(&[]);
    stage.depth(Sell, 100, 7);
    stage.tells(&["1 made 3 at 100, 3 left"]);
    stage.depth(Sell, 99, 100);
    stage.tells(&["1 made 3 at 100, 0 left"]);
}

#[test]
fn cancels_of_others_move_us_as_the_model_says() {
    let filled_after = |queue| {
        let mut stage = Stage::new(VenueSpec { queue, ..PARTIAL }).with_book(&[(100, 100)], &[(102, 5)]);
        stage.submit(Buy, 1, limit(100), PLAIN);
        stage.depth(Buy, 100, 160);
        stage.depth(Buy, 100, 120);
        stage.told();
        (1..200).find(|_| {
            stage.trade(Sell, 100, 1);
            !stage.told().is_empty()
        })
    };
    assert_eq!(filled_after(QueueModel::RiskAverse), Some(101));
    // 40 cancelled, of which 3600/13600 were behind: 70.6 are ahead.
    assert_eq!(filled_after(QueueModel::Power(2.0)), Some(72));
}

#[test]
fn an_iceberg_shows_its_parts_one_after_the_other() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(100, 5)], &[(102, 5)]);
    let terms = Terms { display: 3, ..PLAIN };
    stage.submit(Buy, 8, limit(100), terms);
    stage.told();
    stage.trade(Sell, 100, 12);
    stage.tells(&["1 made 3 at 100, 5 left"]);
    // The next part stands behind the five that the book still shows.
    stage.trade(Sell, 100, 5);
    stage.tells(&[]);
    stage.trade(Sell, 100, 1);
    stage.tells(&["1 made 1 at 100, 4 left"]);
}

#[test]
fn a_smaller_size_keeps_its_place_a_larger_one_and_a_new_price_do_not() {
    let filled_after = |lots, price| {
        let mut stage = Stage::new(WHOLE).with_book(&[(100, 5), (99, 5)], &[(102, 5)]);
        let order = stage.submit(Buy, 4, limit(100), PLAIN);
        stage.trade(Sell, 100, 4);
        stage.replace(order, Buy, lots, limit(price));
        stage.told();
        (1..50).find(|_| {
            stage.trade(Sell, price, 1);
            !stage.told().is_empty()
        })
    };
    assert_eq!((filled_after(4, 100), filled_after(2, 100)), (Some(2), Some(2)));
    assert_eq!((filled_after(5, 100), filled_after(4, 99)), (Some(6), Some(6)));
}

#[test]
fn a_replace_counts_what_is_filled() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let order = stage.submit(Buy, 10, limit(100), PLAIN);
    stage.trade(Sell, 100, 4);
    stage.replace(order, Buy, 4, limit(100));
    stage.replace(order, Buy, 6, limit(100));
    stage.trade(Sell, 100, 9);
    stage.replace(order, Buy, 6, limit(100));
    stage.tells(&[
        "1 accepted",
        "1 made 4 at 100, 6 left",
        "1 not replaced: Terms",
        "1 replaced: 6 at 100",
        "1 made 2 at 100, 0 left",
        "1 not replaced: UnknownOrder",
    ]);
}

#[test]
fn a_replace_may_take() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let order = stage.submit(Buy, 4, limit(100), PLAIN);
    let quiet = stage.submit(Buy, 4, limit(99), POST_ONLY);
    stage.told();
    stage.replace(order, Buy, 4, limit(102));
    stage.replace(quiet, Buy, 4, limit(102));
    stage.tells(&["1 replaced: 4 at 102", "1 took 4 at 102, 0 left", "2 not replaced: WouldTake"]);
}

#[test]
fn whole_or_partial_is_the_only_difference_at_the_front() {
    for fills in [Fills::Whole, Fills::Partial] {
        let mut stage = Stage::new(VenueSpec { fills, ..PARTIAL }).with_book(&[(99, 5)], &[(102, 5)]);
        stage.submit(Sell, 2, limit(101), PLAIN);
        stage.told();
        stage.trade(Buy, 101, 2);
        stage.tells(&["1 made 2 at 101, 0 left"]);
    }
}

/// What each fill says of its order's queue: lots ahead as it joined, and how long ago.
fn queued(stage: &mut Stage) -> Vec<(u64, i64, i64)> {
    let fills = stage.reports().into_iter().filter_map(|report| match report.what {
        What::Filled(fill) => Some((report.order, fill.behind, fill.waited_ns)),
        _ => None,
    });
    fills.collect()
}

#[test]
fn fills_tell_what_was_ahead_and_how_long_it_took() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(100, 5)], &[(102, 5)]);
    stage.now = 10;
    stage.submit(Buy, 6, limit(100), Terms { display: 3, ..PLAIN });
    stage.now = 20;
    stage.trade(Sell, 100, 9);
    // Three shown at 11; the next three joined at 21, behind five again.
    assert_eq!(queued(&mut stage), [(1, 5, 10)]);
    stage.now = 40;
    stage.trade(Sell, 100, 6);
    assert_eq!(queued(&mut stage), [(1, 5, 20)]);
    // Smaller: it has waited on. Larger: it joined at 61, as the level had 7.
    stage.replace(1, Buy, 5, limit(100));
    stage.depth(Buy, 100, 7);
    stage.now = 60;
    stage.replace(1, Buy, 8, limit(100));
    stage.now = 70;
    stage.trade(Sell, 100, 8);
    assert_eq!(queued(&mut stage), [(1, 7, 10)]);
    stage.submit(Buy, 2, MARKET, PLAIN);
    assert_eq!(queued(&mut stage), [(4, -1, 0)]);
}

#[test]
fn what_is_not_known_to_be_ahead_is_said_so() {
    let mut stage = Stage::with_book_of(PARTIAL, BookSource::Quotes);
    stage.quote(Buy, 100, 5);
    stage.quote(Sell, 102, 5);
    stage.submit(Buy, 1, limit(99), PLAIN);
    stage.submit(Buy, 1, limit(100), PLAIN);
    stage.now = 20;
    stage.trade(Sell, 98, 9);
    assert_eq!(queued(&mut stage), [(2, 5, 17), (1, -1, 18)]);
    // On a stale book and, of orders, before a snapshot is whole.
    for (source, gap) in [(BookSource::Depth, GAP), (BookSource::Orders, 0)] {
        let mut stage = Stage::with_book_of(PARTIAL, source);
        stage.event(Kind::Clear, None, 0, 0, SNAPSHOT | gap);
        stage.submit(Buy, 1, limit(100), PLAIN);
        for (kind, side, price, flags) in [(Kind::Depth, Buy, 99, 0), (Kind::Depth, Sell, 100, LAST)] {
            let kind = if source == BookSource::Orders { Kind::Add } else { kind };
            stage.row(kind, price as u64, Some(side), price, 5, SNAPSHOT | flags);
        }
        assert_eq!(queued(&mut stage), [(1, -1, 0)], "{source:?}");
    }
}
