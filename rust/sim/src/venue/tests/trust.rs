//! What is not known is not traded on: gaps, crossed books, halts, data without depth.

use tradenode_core::event::{GAP, Kind, LAST, SNAPSHOT, Status};

use super::stage::*;
use crate::venue::BookSource;

#[test]
fn nothing_fills_on_a_stale_book() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 2, limit(100), PLAIN);
    stage.told();
    stage.event(Kind::Depth, Some(Sell), 100, 5, GAP | LAST);
    stage.trade(Sell, 98, 9);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.submit(Buy, 2, limit(105), PLAIN);
    stage.tells(&["2 rejected: NoMarket", "3 accepted"]);
    stage.event(Kind::Clear, None, 0, 0, SNAPSHOT);
    stage.event(Kind::Depth, Some(Buy), 98, 5, SNAPSHOT);
    stage.event(Kind::Depth, Some(Sell), 103, 5, SNAPSHOT | LAST);
    stage.tells(&["3 made 2 at 105, 0 left"]);
    stage.trade(Sell, 98, 9);
    stage.tells(&["1 made 2 at 100, 0 left"]);
}

/// A gap is of its row's stream: missing trades leave the book as it is.
#[test]
fn missing_trades_do_not_stop_the_market() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 2, limit(100), PLAIN);
    stage.told();
    stage.event(Kind::Trade, Some(Sell), 98, 9, GAP | LAST);
    stage.tells(&["1 made 2 at 100, 0 left"]);
}

#[test]
fn nothing_fills_on_a_crossed_book() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Sell, 2, limit(103), PLAIN);
    stage.told();
    stage.depth(Buy, 104, 1);
    stage.trade(Buy, 104, 1);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.tells(&["2 rejected: NoMarket"]);
    stage.depth(Sell, 102, 0);
    stage.tells(&["1 made 1 at 103, 1 left"]);
}

/// Inside a message the book may cross for a row.
#[test]
fn a_message_is_looked_at_when_it_is_whole() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.event(Kind::Depth, Some(Buy), 103, 1, 0);
    stage.event(Kind::Depth, Some(Sell), 102, 0, 0);
    stage.event(Kind::Depth, Some(Sell), 104, 1, LAST);
    stage.submit(Buy, 1, MARKET, PLAIN);
    stage.tells(&["1 accepted", "1 took 1 at 104, 0 left"]);
}

#[test]
fn an_instrument_that_does_not_trade_takes_no_orders() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    let resting = stage.submit(Buy, 2, limit(100), PLAIN);
    stage.event(Kind::Status, None, 0, Status::Halted as i64, LAST);
    stage.submit(Buy, 2, limit(98), PLAIN);
    stage.trade(Sell, 98, 9);
    stage.tells(&["1 accepted", "2 rejected: NotTrading"]);
    stage.event(Kind::Status, None, 0, Status::PostOnly as i64, LAST);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.submit(Buy, 2, limit(98), PLAIN);
    stage.cancel(resting);
    stage.tells(&["3 rejected: NotTrading", "4 accepted", "1 cancelled: Asked"]);
    stage.event(Kind::Status, None, 0, Status::Closed as i64, LAST);
    stage.tells(&["4 cancelled: Closed"]);
}

#[test]
fn quotes_alone_make_a_market() {
    let mut stage = Stage::with_book_of(PARTIAL, BookSource::Quotes);
    stage.quote(Buy, 100, 5);
    stage.quote(Sell, 102, 5);
    stage.submit(Buy, 2, limit(99), PLAIN);
    stage.submit(Buy, 1, limit(100), PLAIN);
    stage.told();
    // Nothing is known of 99 until it is the best price: what shows there then was there before us.
    stage.trade(Sell, 99, 1);
    stage.tells(&["2 made 1 at 100, 0 left"]);
    stage.quote(Buy, 99, 3);
    stage.trade(Sell, 99, 4);
    stage.tells(&["1 made 1 at 99, 1 left"]);
    // The bid has left us alone at our price.
    stage.quote(Buy, 98, 7);
    stage.trade(Sell, 99, 1);
    stage.tells(&["1 made 1 at 99, 0 left"]);
    stage.submit(Sell, 9, MARKET, PLAIN);
    stage.tells(&["3 accepted", "3 took 7 at 98, 2 left", "3 cancelled: Remainder"]);
}

#[test]
fn trades_alone_fill_what_they_go_through() {
    let mut stage = Stage::with_book_of(PARTIAL, BookSource::Trades);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.trade(Buy, 100, 4);
    stage.submit(Buy, 2, MARKET, PLAIN);
    stage.submit(Buy, 2, limit(98), PLAIN);
    stage.tells(&["1 rejected: NoMarket", "2 accepted", "2 took 2 at 100, 0 left", "3 accepted"]);
    stage.trade(Sell, 98, 50);
    stage.tells(&[]);
    stage.trade(Sell, 97, 1);
    stage.tells(&["3 made 1 at 98, 1 left"]);
}

#[test]
fn a_trade_without_a_side_is_the_takers_whose_price_it_was() {
    let mut stage = Stage::new(PARTIAL).with_book(&[(99, 5)], &[(102, 5)]);
    stage.submit(Buy, 2, limit(100), PLAIN);
    stage.told();
    stage.event(Kind::Trade, None, 100, 9, LAST);
    stage.tells(&[]);
    stage.event(Kind::Trade, None, 99, 9, LAST);
    stage.tells(&["1 made 2 at 100, 0 left"]);
}

/// A trade beyond the price of an order of ours went through it, whoever took.
#[test]
fn a_trade_without_a_side_that_passes_us_meets_us() {
    let mut stage = Stage::with_book_of(PARTIAL, BookSource::Trades);
    stage.trade(Sell, 95, 2);
    stage.submit(Buy, 5, limit(100), PLAIN);
    stage.tells(&["1 accepted", "1 took 2 at 95, 3 left"]);
    // At the last price, which would make it a buy.
    stage.event(Kind::Trade, None, 95, 2, LAST);
    stage.tells(&["1 made 2 at 100, 1 left"]);
}

#[test]
fn trades_without_lots_fill_nothing() {
    for spec in [PARTIAL, WHOLE] {
        for source in [BookSource::Depth, BookSource::Trades, BookSource::Orders] {
            let mut stage = Stage::with_book_of(spec, source);
            stage.trade(Sell, 101, 5);
            stage.submit(Buy, 5, limit(100), PLAIN);
            stage.told();
            stage.trade(Sell, 99, 0);
            stage.trade(Sell, 99, 0);
            stage.tells(&[]);
            stage.submit(Buy, 1, MARKET, PLAIN);
            stage.tells(&["2 rejected: NoMarket"]);
        }
    }
}
