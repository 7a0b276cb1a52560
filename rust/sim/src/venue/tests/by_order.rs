//! Our orders among recorded ones: every fill worked out by hand.

use tradenode_core::event::{GAP, Kind, LAST, SNAPSHOT};

use super::stage::*;

/// Two bids of 5 and 3 at 100, one of 4 at 99, an ask of 6 at 103.
fn stage() -> Stage {
    Stage::with_orders(PARTIAL, &[(11, Buy, 100, 5), (12, Buy, 100, 3), (13, Buy, 99, 4), (21, Sell, 103, 6)])
}

/// With our bid of `lots` at 100, behind 11 and 12: 8 lots are ahead.
fn joined(lots: i64) -> Stage {
    let mut stage = stage();
    stage.submit(Buy, lots, limit(100), PLAIN);
    stage.tells(&["1 accepted"]);
    stage
}

#[test]
fn first_come_first_filled() {
    let mut stage = joined(4);
    stage.add(14, Buy, 100, 9);
    // 11 and 12 came before us; 14 after us: what it got is ours, as far as we go, and no more than it got.
    stage.fill(Sell, 11, 100, 5);
    stage.fill(Sell, 12, 100, 3);
    stage.tells(&[]);
    stage.fill(Sell, 14, 100, 3);
    stage.tells(&["1 made 3 at 100, 1 left"]);
    stage.fill(Sell, 14, 100, 6);
    stage.tells(&["1 made 1 at 100, 0 left"]);
    assert_eq!((stage.venue.position(0), stage.venue.open_orders(0)), (4, 0));
}

#[test]
fn whole_fills_need_one_lot_of_an_order_behind() {
    let mut stage = Stage::with_orders(WHOLE, &[(11, Buy, 100, 5), (21, Sell, 103, 6)]);
    stage.submit(Buy, 4, limit(100), PLAIN);
    stage.add(14, Buy, 100, 9);
    stage.fill(Sell, 11, 100, 5);
    stage.tells(&["1 accepted"]);
    stage.fill(Sell, 14, 100, 1);
    stage.tells(&["1 made 4 at 100, 0 left"]);
}

/// What hides shows how far we have come: trades of no order give us what is beyond the lots ahead.
fn ahead(stage: &mut Stage) -> i64 {
    assert_eq!(stage.told(), Vec::<String>::new());
    (0..30)
        .find(|lots| {
            stage.trade(Sell, 100, lots + 1);
            // The next row settles it.
            stage.trade(Buy, 103, 0);
            !stage.told().is_empty()
        })
        .expect("thirty lots are more than there are")
}

#[test]
fn who_leaves_ahead_brings_us_forward_who_leaves_behind_does_not() {
    assert_eq!(ahead(&mut joined(4)), 8);
    let mut stage = joined(4);
    stage.add(14, Buy, 100, 9);
    stage.withdraw(14, 2);
    stage.withdraw(14, 0);
    assert_eq!(ahead(&mut stage), 8);
    let mut stage = joined(4);
    stage.withdraw(11, 2);
    assert_eq!(ahead(&mut stage), 6);
    let mut stage = joined(4);
    stage.withdraw(12, 0);
    stage.fill(Sell, 11, 100, 4);
    assert_eq!(ahead(&mut stage), 1);
}

#[test]
fn a_modify_may_lose_its_place() {
    // Smaller at its price: 11 stays ahead with 2, and 2 + 3 are ahead.
    let mut stage = joined(4);
    stage.modify(11, 100, 2);
    assert_eq!(ahead(&mut stage), 5);
    // Larger, or at another price: it has left, and comes back behind us.
    for price in [100, 99] {
        let mut stage = joined(4);
        stage.modify(11, price, 6);
        stage.modify(11, 100, 7);
        assert_eq!(ahead(&mut stage), 3);
        let mut stage = joined(4);
        stage.modify(11, price, 6);
        stage.modify(11, 100, 7);
        stage.fill(Sell, 12, 100, 3);
        stage.fill(Sell, 11, 100, 2);
        stage.tells(&["1 made 2 at 100, 2 left"]);
    }
    // 13 comes from 99 to our price, behind us.
    let mut stage = joined(4);
    stage.modify(13, 100, 4);
    assert_eq!(ahead(&mut stage), 8);
}

#[test]
fn an_execution_at_a_worse_price_would_have_been_ours() {
    let mut stage = joined(4);
    stage.submit(Buy, 2, limit(101), PLAIN);
    stage.told();
    // 3 lots of 13 at 99, past 101 and 100: 2 to the better order, 1 to the other, whoever is ahead of it.
    stage.fill(Sell, 13, 99, 3);
    stage.tells(&["2 made 2 at 101, 0 left", "1 made 1 at 100, 3 left"]);
    stage.fill(Sell, 13, 99, 1);
    stage.tells(&["1 made 1 at 100, 2 left"]);
}

#[test]
fn one_execution_is_shared_by_our_orders_in_their_order() {
    let mut stage = joined(2);
    stage.submit(Buy, 3, limit(100), PLAIN);
    stage.add(14, Buy, 100, 9);
    stage.submit(Buy, 3, limit(100), PLAIN);
    stage.told();
    // 14 came after 1 and 2, and before 3: 2 and 3 lots of its 6 are ours, 3 gets nothing.
    stage.fill(Sell, 14, 100, 6);
    stage.tells(&["1 made 2 at 100, 0 left", "2 made 3 at 100, 0 left"]);
    stage.add(15, Buy, 100, 9);
    stage.fill(Sell, 14, 100, 3);
    stage.tells(&[]);
    stage.fill(Sell, 15, 100, 1);
    stage.tells(&["3 made 1 at 100, 2 left"]);
}

/// Orders that arrive on the other side at our price, or through it, would have met us.
#[test]
fn orders_that_come_to_our_price_meet_us() {
    let mut stage = stage();
    stage.submit(Buy, 7, limit(102), PLAIN);
    stage.told();
    stage.add(22, Sell, 102, 3);
    stage.tells(&["1 made 3 at 102, 4 left"]);
    // The level is 3 + 2, of which 3 are taken.
    stage.add(23, Sell, 102, 2);
    stage.tells(&["1 made 2 at 102, 2 left"]);
    // 21 comes down from 103.
    stage.modify(21, 101, 6);
    stage.tells(&["1 made 2 at 102, 0 left"]);
}

#[test]
fn takers_walk_the_recorded_orders_and_leave_them_taken() {
    let mut stage = stage();
    stage.add(22, Sell, 104, 5);
    stage.submit(Buy, 8, limit(104), PLAIN);
    stage.submit(Buy, 9, MARKET, PLAIN);
    stage.tells(&[
        "1 accepted",
        "1 took 6 at 103, 2 left",
        "1 took 2 at 104, 0 left",
        "2 accepted",
        "2 took 3 at 104, 6 left",
        "2 cancelled: Remainder",
    ]);
}

#[test]
fn a_trade_and_its_execution_are_one_in_either_order() {
    let mut stage = joined(9);
    stage.add(14, Buy, 100, 9);
    stage.told();
    for trade_first in [true, false] {
        stage.now += 1;
        for trade in [trade_first, !trade_first] {
            if trade {
                stage.row(Kind::Trade, 0, Some(Sell), 100, 2, LAST);
            } else {
                stage.row(Kind::Execute, 14, Some(Buy), 100, 2, LAST);
            }
        }
        stage.trade(Buy, 103, 1);
    }
    stage.tells(&["1 made 2 at 100, 7 left", "1 made 2 at 100, 5 left"]);
}

/// A trade of 12 tells of executions of 9: 3 were hidden, beyond the lots that are still ahead.
#[test]
fn what_trades_tell_beyond_executions_meets_us_behind_what_is_ahead() {
    let mut stage = joined(9);
    stage.now += 1;
    stage.row(Kind::Trade, 0, Some(Sell), 100, 12, LAST);
    stage.row(Kind::Execute, 11, None, 100, 5, 0);
    stage.row(Kind::Execute, 12, None, 100, 2, LAST);
    stage.tells(&[]);
    // 12 - 7 = 5 hidden, 1 of 12 ahead: 4 are ours, as the next row comes.
    stage.trade(Buy, 103, 0);
    stage.tells(&["1 made 4 at 100, 5 left"]);
    // At a worse price all of it is ours; a request settles it too.
    stage.trade(Sell, 99, 2);
    stage.cancel(1);
    stage.tells(&["1 made 2 at 100, 3 left", "1 cancelled: Asked"]);
}

#[test]
fn a_snapshot_leaves_us_behind_the_orders_that_were_ahead_and_stay() {
    // 11 has shrunk to 4, 12 is gone, 16 is new and not ahead, 13 has come from 99: 4 lots are ahead.
    let shown = [(16, Buy, 100, 7), (11, Buy, 100, 4), (13, Buy, 100, 4), (21, Sell, 103, 6)];
    let mut stage = joined(9);
    stage.snapshot(&shown);
    assert_eq!(ahead(&mut stage), 4);
    let mut stage = joined(9);
    stage.snapshot(&shown);
    stage.fill(Sell, 11, 100, 4);
    stage.tells(&[]);
    stage.fill(Sell, 16, 100, 2);
    stage.fill(Sell, 13, 100, 1);
    stage.tells(&["1 made 2 at 100, 7 left", "1 made 1 at 100, 6 left"]);
    // Larger than before: it has lost its place.
    let mut stage = joined(9);
    stage.snapshot(&[(11, Buy, 100, 6), (12, Buy, 100, 3), (21, Sell, 103, 6)]);
    assert_eq!(ahead(&mut stage), 3);
}

#[test]
fn orders_that_join_an_unknown_book_are_behind_what_it_turns_out_to_be() {
    // Before the first snapshot, in the middle of one, and while rows are missing.
    let mut stage = Stage::with_book_of(PARTIAL, crate::venue::BookSource::Orders);
    stage.submit(Buy, 9, limit(100), PLAIN);
    stage.told();
    stage.snapshot(&[(11, Buy, 100, 5), (12, Buy, 100, 3), (21, Sell, 103, 6)]);
    stage.add(14, Buy, 100, 9);
    assert_eq!(ahead(&mut stage), 8);
    let mut stage = Stage::with_book_of(PARTIAL, crate::venue::BookSource::Orders);
    stage.event(Kind::Clear, None, 0, 0, SNAPSHOT);
    stage.row(Kind::Add, 11, Some(Buy), 100, 5, SNAPSHOT);
    stage.submit(Buy, 9, limit(100), PLAIN);
    stage.told();
    stage.row(Kind::Add, 12, Some(Buy), 100, 3, SNAPSHOT);
    stage.row(Kind::Add, 21, Some(Sell), 103, 3, SNAPSHOT | LAST);
    stage.add(14, Buy, 100, 9);
    assert_eq!(ahead(&mut stage), 8);
}

#[test]
fn nothing_fills_while_rows_are_missing_or_cannot_be() {
    let snapshot = [(31, Buy, 100, 2), (11, Buy, 100, 5), (21, Sell, 103, 6)];
    for impossible in [false, true] {
        let mut stage = joined(4);
        stage.add(14, Buy, 100, 9);
        stage.now += 1;
        if impossible {
            // It is there already.
            stage.row(Kind::Add, 14, Some(Buy), 100, 1, LAST);
        } else {
            stage.row(Kind::Add, 15, Some(Buy), 100, 1, LAST | GAP);
        }
        stage.fill(Sell, 14, 100, 9);
        stage.fill(Sell, 13, 99, 4);
        stage.submit(Buy, 2, MARKET, PLAIN);
        stage.tells(&["2 rejected: NoMarket"]);
        stage.snapshot(&snapshot);
        // 31 came in the meantime, and is behind us.
        stage.fill(Sell, 31, 100, 1);
        stage.tells(&["1 made 1 at 100, 3 left"]);
    }
    // Orders of before the tape are not known, and nobody's concern.
    let mut stage = joined(4);
    stage.withdraw(99, 0);
    stage.modify(98, 101, 5);
    assert_eq!(ahead(&mut stage), 8);
}

#[test]
fn nothing_fills_on_a_crossed_book_of_orders() {
    let mut stage = joined(4);
    stage.add(14, Buy, 100, 9);
    stage.add(15, Buy, 104, 1);
    stage.fill(Sell, 14, 100, 2);
    stage.tells(&[]);
    stage.withdraw(15, 0);
    stage.fill(Sell, 14, 100, 2);
    stage.tells(&["1 made 2 at 100, 2 left"]);
}

#[test]
fn the_next_part_of_an_iceberg_is_behind_what_is_there_then() {
    let mut stage = stage();
    stage.submit(Buy, 7, limit(100), Terms { display: 3, ..PLAIN });
    stage.add(14, Buy, 100, 9);
    stage.told();
    // 11 and 12 are done with; 14 gave 5: the 3 that show are filled, the next 3 are behind what is left of 14.
    stage.fill(Sell, 11, 100, 5);
    stage.fill(Sell, 12, 100, 3);
    stage.fill(Sell, 14, 100, 5);
    stage.tells(&["1 made 3 at 100, 4 left"]);
    stage.fill(Sell, 14, 100, 4);
    stage.add(15, Buy, 100, 2);
    stage.tells(&[]);
    stage.fill(Sell, 15, 100, 2);
    stage.tells(&["1 made 2 at 100, 2 left"]);
}

#[test]
fn a_replace_of_ours_keeps_its_place_only_if_it_is_not_larger() {
    let filled = |lots, ticks| {
        let mut stage = joined(4);
        stage.add(14, Buy, 100, 9);
        stage.replace(1, Buy, lots, limit(ticks));
        stage.replace(1, Buy, lots, limit(100));
        stage.told();
        stage.fill(Sell, 14, 100, 1);
        !stage.told().is_empty()
    };
    assert!(filled(4, 100) && filled(2, 100));
    assert!(!filled(5, 100) && !filled(4, 99));
}
