//! Stops, take-profits and trailing stops.

use tradenode_core::event::{Kind, LAST};
use tradenode_core::orders::terms::{Trigger, TriggerPrice};

use super::stage::*;

fn stage() -> Stage {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 50), (90, 50)], &[(102, 50), (110, 50)]);
    stage.trade(Buy, 100, 1);
    stage
}

#[test]
fn a_stop_becomes_a_market_order_at_its_price() {
    let mut stage = stage();
    stage.submit(Sell, 2, OrderKind::Stop(95), PLAIN);
    stage.submit(Buy, 2, OrderKind::Stop(105), PLAIN);
    stage.trade(Sell, 96, 1);
    stage.tells(&["1 accepted", "2 accepted"]);
    stage.trade(Sell, 95, 1);
    stage.tells(&["1 triggered", "1 took 2 at 99, 0 left"]);
    stage.trade(Buy, 120, 1);
    stage.tells(&["2 triggered", "2 took 2 at 102, 0 left"]);
}

#[test]
fn a_stop_limit_becomes_a_limit_order() {
    let mut stage = stage();
    stage.submit(Sell, 2, limit(100), set_off_at(Trigger::Stop(95)));
    stage.trade(Sell, 94, 1);
    stage.tells(&["1 accepted", "1 triggered"]);
    stage.trade(Buy, 100, 1);
    stage.tells(&["1 made 1 at 100, 1 left"]);
}

#[test]
fn a_take_profit_waits_for_the_better_price() {
    let mut stage = stage();
    stage.submit(Sell, 2, MARKET, set_off_at(Trigger::TakeProfit(105)));
    stage.submit(Buy, 2, MARKET, set_off_at(Trigger::TakeProfit(95)));
    stage.trade(Buy, 104, 1);
    stage.tells(&["1 accepted", "2 accepted"]);
    stage.trade(Buy, 105, 1);
    stage.tells(&["1 triggered", "1 took 2 at 99, 0 left"]);
    stage.trade(Sell, 95, 1);
    stage.tells(&["2 triggered", "2 took 2 at 102, 0 left"]);
}

#[test]
fn what_has_come_already_sets_off_at_once() {
    let mut stage = stage();
    stage.submit(Sell, 2, MARKET, set_off_at(Trigger::Stop(101)));
    stage.tells(&["1 accepted", "1 triggered", "1 took 2 at 99, 0 left"]);
}

#[test]
fn a_trailing_stop_follows_and_never_goes_back() {
    let mut stage = stage();
    stage.submit(Sell, 2, MARKET, set_off_at(Trigger::Trailing(5)));
    for price in [103, 110, 107, 106] {
        stage.trade(Buy, price, 1);
    }
    stage.tells(&["1 accepted"]);
    stage.trade(Sell, 105, 1);
    stage.tells(&["1 triggered", "1 took 2 at 99, 0 left"]);
    let mut stage = stage_without_trades();
    stage.submit(Buy, 1, MARKET, set_off_at(Trigger::Trailing(5)));
    for price in [100, 104, 97, 101] {
        stage.trade(Sell, price, 1);
    }
    stage.tells(&["1 accepted"]);
    stage.trade(Buy, 102, 1);
    stage.tells(&["1 triggered", "1 took 1 at 102, 0 left"]);
}

fn stage_without_trades() -> Stage {
    Stage::new(PARTIAL).with_book(&[(99, 50)], &[(102, 50)])
}

#[test]
fn the_mark_and_the_touch_set_off_those_that_look_at_them() {
    let mut stage = stage();
    let by = |trigger_price| Terms { trigger_price, ..set_off_at(Trigger::Stop(95)) };
    stage.submit(Sell, 1, MARKET, by(TriggerPrice::Mark));
    stage.submit(Sell, 1, MARKET, by(TriggerPrice::Touch));
    stage.trade(Sell, 80, 1);
    stage.tells(&["1 accepted", "2 accepted"]);
    stage.event(Kind::Mark, None, 95, 0, LAST);
    stage.tells(&["1 triggered", "1 took 1 at 99, 0 left"]);
    stage.depth(Buy, 99, 0);
    stage.tells(&["2 triggered", "2 took 1 at 90, 0 left"]);
}

#[test]
fn what_comes_to_an_empty_market_after_waiting_is_given_back() {
    let mut stage = stage();
    stage.submit(Sell, 1, MARKET, set_off_at(Trigger::Stop(95)));
    let quiet = Terms { post_only: true, ..set_off_at(Trigger::Stop(96)) };
    stage.submit(Sell, 1, limit(99), quiet);
    stage.told();
    stage.trade(Sell, 96, 1);
    stage.tells(&["2 triggered", "2 cancelled: WouldTake"]);
    stage.depth(Buy, 99, 0);
    stage.depth(Buy, 90, 0);
    stage.trade(Sell, 90, 1);
    stage.tells(&["1 triggered", "1 cancelled: NoMarket"]);
}

#[test]
fn a_waiting_order_can_be_replaced_and_cancelled() {
    let mut stage = stage();
    let stop = stage.submit(Sell, 1, OrderKind::Stop(95), PLAIN);
    stage.replace(stop, Sell, 3, OrderKind::Stop(97));
    stage.trade(Sell, 97, 1);
    stage.tells(&["1 accepted", "1 replaced: 3 at 97", "1 triggered", "1 took 3 at 99, 0 left"]);
    let stop = stage.submit(Sell, 1, OrderKind::Stop(95), PLAIN);
    stage.cancel(stop);
    stage.trade(Sell, 90, 1);
    stage.tells(&["3 accepted", "3 cancelled: Asked"]);
}
