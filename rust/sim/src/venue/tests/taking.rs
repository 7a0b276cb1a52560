//! Orders that take: levels, our own impact, time in force, post-only, self-trade, reduce-only.

use super::stage::*;
use crate::venue::{Impact, SelfTrade, VenueSpec};

#[test]
fn a_market_order_walks_the_book() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5), (103, 2), (110, 9)]);
    stage.submit(Buy, 9, MARKET, PLAIN);
    stage.tells(&["1 accepted", "1 took 5 at 102, 4 left", "1 took 2 at 103, 2 left", "1 took 2 at 110, 0 left"]);
    let mut stage = Stage::new(WHOLE).with_book(&[(99, 5)], &[(102, 5), (103, 2)]);
    stage.submit(Buy, 9, MARKET, PLAIN);
    stage.tells(&["1 accepted", "1 took 9 at 102, 0 left"]);
}

#[test]
fn what_we_took_stays_taken_until_the_level_shrinks() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5), (103, 9)]);
    stage.submit(Buy, 4, MARKET, PLAIN);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.tells(&[
        "1 accepted",
        "1 took 4 at 102, 0 left",
        "2 accepted",
        "2 took 1 at 102, 1 left",
        "2 took 1 at 103, 0 left",
    ]);
    // The data do not know of us: five are still shown, all of them ours. Two join, and are there to be taken.
    stage.depth(Sell, 102, 7);
    stage.submit(Buy, 3, MARKET, PLAIN);
    stage.tells(&["3 accepted", "3 took 2 at 102, 1 left", "3 took 1 at 103, 0 left"]);
    stage.depth(Sell, 102, 0);
    stage.depth(Sell, 102, 1);
    stage.submit(Buy, 1, MARKET, PLAIN);
    stage.tells(&["4 accepted", "4 took 1 at 102, 0 left"]);
}

#[test]
fn a_limit_takes_what_it_reaches_and_rests() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5), (104, 2)]);
    stage.submit(Buy, 9, limit(103), PLAIN);
    stage.tells(&["1 accepted", "1 took 5 at 102, 4 left"]);
    stage.trade(Sell, 103, 1);
    stage.tells(&["1 made 1 at 103, 3 left"]);
}

#[test]
fn immediate_orders_do_not_rest() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 9, limit(102), IMMEDIATE);
    stage.submit(Buy, 9, MARKET, PLAIN);
    stage.submit(Sell, 9, limit(100), IMMEDIATE);
    stage.tells(&[
        "1 accepted",
        "1 took 5 at 102, 4 left",
        "1 cancelled: Remainder",
        "2 accepted",
        "2 cancelled: Remainder",
        "3 accepted",
        "3 cancelled: Remainder",
    ]);
}

#[test]
fn all_or_nothing() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5), (103, 5)]);
    stage.submit(Buy, 6, limit(102), ALL_OR_NOTHING);
    stage.submit(Buy, 6, limit(103), ALL_OR_NOTHING);
    stage.submit(Buy, 5, limit(103), ALL_OR_NOTHING);
    stage.tells(&[
        "1 accepted",
        "1 cancelled: Remainder",
        "2 accepted",
        "2 took 5 at 102, 1 left",
        "2 took 1 at 103, 0 left",
        "3 accepted",
        "3 cancelled: Remainder",
    ]);
}

#[test]
fn post_only_does_not_take_from_anybody() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 1, limit(102), POST_ONLY);
    stage.submit(Sell, 1, limit(101), POST_ONLY);
    stage.submit(Buy, 1, limit(101), POST_ONLY);
    stage.tells(&["1 rejected: WouldTake", "2 accepted", "3 rejected: WouldTake"]);
}

#[test]
fn terms_that_contradict_one_another_are_refused() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let both = Terms { post_only: true, ..IMMEDIATE };
    stage.submit(Buy, 1, limit(100), both);
    stage.submit(Buy, 1, MARKET, POST_ONLY);
    stage.submit(Buy, 5, MARKET, Terms { display: 2, ..PLAIN });
    stage.submit(Buy, 5, limit(100), Terms { display: -2, ..PLAIN });
    stage.tells(&["1 rejected: Terms", "2 rejected: Terms", "3 rejected: Terms", "4 rejected: Terms"]);
}

#[test]
fn we_do_not_trade_with_ourselves() {
    let run = |self_trade| {
        let mut stage = Stage::new(VenueSpec { self_trade, ..PARTIAL }).with_book(&[(99, 5)], &[(102, 5), (104, 5)]);
        stage.submit(Sell, 3, limit(103), PLAIN);
        stage.told();
        stage.submit(Buy, 7, limit(104), PLAIN);
        stage.told()
    };
    assert_eq!(
        run(SelfTrade::CancelResting),
        ["2 accepted", "2 took 5 at 102, 2 left", "1 cancelled: SelfTrade", "2 took 2 at 104, 0 left"]
    );
    assert_eq!(run(SelfTrade::CancelTaking), ["2 accepted", "2 took 5 at 102, 2 left", "2 cancelled: SelfTrade"]);
    assert_eq!(
        run(SelfTrade::CancelBoth),
        ["2 accepted", "2 took 5 at 102, 2 left", "1 cancelled: SelfTrade", "2 cancelled: SelfTrade"]
    );
}

#[test]
fn reduce_only_never_turns_the_position() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 9)]);
    stage.submit(Buy, 4, MARKET, PLAIN);
    stage.submit_reducing(Sell, 4, limit(105), PLAIN);
    stage.submit_reducing(Sell, 4, limit(106), PLAIN);
    stage.told();
    stage.submit(Sell, 3, MARKET, PLAIN);
    stage.tells(&["4 accepted", "4 took 3 at 99, 0 left"]);
    stage.trade(Buy, 107, 50);
    stage.tells(&["2 made 1 at 105, 3 left", "2 cancelled: NothingToReduce", "3 cancelled: NothingToReduce"]);
    assert_eq!(stage.venue.position(0), 0);
}

#[test]
fn an_order_ends_when_its_time_is_over_and_comes_too_late_after_it() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.now = 100;
    stage.submit(Buy, 1, limit(98), good_till(150));
    stage.submit(Buy, 1, limit(97), good_till(140));
    stage.submit(Buy, 1, limit(97), good_till(103));
    stage.now = 148;
    stage.depth(Sell, 102, 6);
    stage.tells(&["1 accepted", "2 accepted", "3 rejected: TooLate", "2 expired"]);
    stage.cancel(1);
    stage.tells(&["1 expired", "1 not cancelled: UnknownOrder"]);
}

#[test]
fn cancels_end_orders_once() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let order = stage.submit(Buy, 1, limit(98), PLAIN);
    stage.cancel(order);
    stage.cancel(order);
    stage.submit(Buy, 1, limit(98), PLAIN);
    stage.submit(Sell, 1, limit(108), PLAIN);
    stage.told();
    stage.send(crate::venue::Request::CancelAll { instrument: 0 });
    stage.tells(&["2 cancelled: Asked", "3 cancelled: Asked"]);
    assert_eq!(stage.venue.open_orders(0), 0);
}

const DECAYING: VenueSpec = VenueSpec { impact: Impact::Decaying { half_life_ns: 100 }, ..PARTIAL };

#[test]
fn what_we_took_comes_back_by_halves() {
    let mut stage = Stage::new(DECAYING).with_book(&[(99, 5)], &[(102, 16)]);
    let takes = |stage: &mut Stage, now: i64| {
        stage.now = now - 1;
        stage.submit(Buy, 50, limit(102), IMMEDIATE);
        let told = stage.told();
        told.iter().find_map(|text| text.split("took ").nth(1)?.split(' ').next()?.parse().ok()).unwrap_or(0)
    };
    // Of 16 lots half are back after a half-life; the 8 taken then join the 8 that still miss.
    assert_eq!([1_000, 1_000, 1_100, 1_300].map(|now| takes(&mut stage, now)), [16, 0, 8, 12]);
    // However small the level becomes in between: 8 of 16 miss, of 20 that show.
    stage.depth(Sell, 102, 0);
    stage.depth(Sell, 102, 20);
    assert_eq!(takes(&mut stage, 1_400), 12);
    // A level below what misses has nothing.
    stage.depth(Sell, 102, 3);
    assert_eq!((takes(&mut stage, 1_450), takes(&mut stage, 9_000)), (0, 3));
}

#[test]
fn a_level_that_comes_to_us_misses_what_we_took_of_it() {
    let mut stage = Stage::new(DECAYING).with_book(&[(99, 5)], &[(100, 8)]);
    stage.now = 1_000;
    stage.submit(Buy, 50, limit(100), PLAIN);
    stage.tells(&["1 accepted", "1 took 8 at 100, 42 left"]);
    stage.now = 1_100;
    // At 1,101 four of the eight miss still, of the six that show.
    stage.depth(Sell, 100, 6);
    stage.tells(&["1 made 2 at 100, 40 left"]);
}
