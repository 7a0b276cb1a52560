//! One cancels the other, one triggers the other, and both together: brackets.

use tradenode_core::orders::terms::{Links, Trigger};

use super::stage::*;

#[test]
fn the_first_fill_of_a_group_cancels_the_rest() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.trade(Buy, 100, 1);
    stage.submit(Sell, 2, limit(105), grouped(7));
    stage.submit(Sell, 2, OrderKind::Stop(95), grouped(7));
    stage.submit(Sell, 2, limit(105), grouped(8));
    stage.told();
    stage.trade(Buy, 105, 1);
    stage.tells(&["1 made 1 at 105, 1 left", "2 cancelled: Linked"]);
}

#[test]
fn a_held_order_comes_when_its_parent_is_filled_whole() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let parent = stage.submit(Buy, 2, limit(100), PLAIN);
    stage.submit(Sell, 2, limit(104), child_of(parent));
    stage.trade(Buy, 110, 9);
    stage.told();
    stage.trade(Sell, 100, 1);
    stage.tells(&["1 made 1 at 100, 1 left"]);
    stage.trade(Sell, 100, 1);
    stage.trade(Buy, 104, 2);
    stage.tells(&["1 made 1 at 100, 0 left", "2 made 2 at 104, 0 left"]);
}

#[test]
fn a_held_order_goes_with_its_parent() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let parent = stage.submit(Buy, 2, limit(98), PLAIN);
    stage.submit(Sell, 2, limit(104), child_of(parent));
    stage.submit(Sell, 2, limit(105), child_of(2));
    stage.cancel(parent);
    stage.submit(Sell, 2, limit(104), child_of(parent));
    stage.submit(Sell, 2, limit(104), child_of(99));
    stage.tells(&[
        "1 accepted",
        "2 accepted",
        "3 accepted",
        "1 cancelled: Asked",
        "2 cancelled: Linked",
        "3 cancelled: Linked",
        "4 rejected: Parent",
        "5 rejected: Parent",
    ]);
}

/// The children are sent with the parent, which is filled before they arrive.
#[test]
fn a_bracket_whose_entry_fills_at_once() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.trade(Buy, 102, 1);
    let entry = stage.submit(Buy, 2, MARKET, PLAIN);
    let tied = Terms { links: Links { group: 3, parent: entry }, ..PLAIN };
    stage.submit_reducing(Sell, 2, limit(108), tied);
    let stop = Terms { trigger: Trigger::Stop(95), ..tied };
    stage.submit_reducing(Sell, 2, MARKET, stop);
    stage.told();
    stage.trade(Sell, 95, 1);
    stage.tells(&["3 triggered", "3 took 2 at 99, 0 left", "2 cancelled: Linked"]);
    assert_eq!((stage.venue.position(0), stage.venue.open_orders(0)), (0, 0));
}
