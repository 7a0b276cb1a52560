//! The gate with all that it judges by: bursts, blindness, what is held together, halts.

use tradenode_core::orders::{Intent, OrderKind, Side};
use tradenode_core::risk::{Check, Market, RiskBook, RiskError, TradingState};

use crate::desk::{SECOND, book, intent, spec};

fn buy(lots: i64) -> Intent {
    intent(0, Side::Buy, lots, OrderKind::Limit(100))
}

fn refused(book: &mut RiskBook, intent: Intent, now: i64) -> (Check, f64, f64) {
    let refusal = book.check(&intent, now, None).unwrap().unwrap_err();
    (refusal.check, refusal.limit, refusal.value)
}

fn sent(book: &mut RiskBook, intent: Intent, now: i64) -> u64 {
    book.check(&intent, now, None).unwrap().unwrap().id()
}

#[test]
fn a_burst_is_counted_as_if_it_were_filled() {
    let mut book = book(r#"{"max_position":"10","max_open_orders":4}"#);
    let first = sent(&mut book, buy(6), 0);
    assert_eq!(refused(&mut book, buy(5), 0), (Check::MaxPosition, 10.0, 11.0));
    let second = sent(&mut book, buy(4), 0);
    // The other way counts from what is held now.
    let third = sent(&mut book, intent(0, Side::Sell, 10, OrderKind::Limit(102)), 0);
    book.on_fill(first, 6, 100, 0).unwrap();
    assert_eq!(refused(&mut book, buy(1), 0).0, Check::MaxPosition);
    book.on_end(second).unwrap();
    sent(&mut book, buy(4), 0);
    sent(&mut book, intent(0, Side::Sell, 6, OrderKind::Limit(103)), 0);
    // What is held would shrink by one, were it not for the sixteen that wait to sell.
    assert_eq!(
        refused(&mut book, intent(0, Side::Sell, 1, OrderKind::Limit(103)), 0),
        (Check::MaxPosition, 10.0, 11.0)
    );
    book.on_end(third).unwrap();
    assert_eq!(book.open(0).best, [Some(100), Some(103)]);
    assert_eq!(book.on_end(third), Err(RiskError::Order(third)));
    let overfill = RiskError::Overfill { order: 4, lots: 5, left: 4 };
    assert_eq!(book.on_fill(4, 5, 100, 0), Err(overfill));
}

#[test]
fn an_exit_must_not_take_away_what_others_count_on() {
    let mut book = book(r#"{"max_position":"10"}"#);
    let order = sent(&mut book, buy(10), 0);
    book.on_fill(order, 10, 100, 0).unwrap();
    // Through zero to a short of 8, and if two of the ten were sold before, to one of 10.
    let through = sent(&mut book, intent(0, Side::Sell, 18, OrderKind::Limit(102)), 0);
    let exit = |lots| Intent { reduce_only: true, ..intent(0, Side::Sell, lots, OrderKind::Limit(101)) };
    assert_eq!(refused(&mut book, exit(3), 0), (Check::MaxPosition, 10.0, 11.0));
    sent(&mut book, exit(2), 0);
    assert_eq!(refused(&mut book, exit(1), 0), (Check::MaxPosition, 10.0, 11.0));
    book.gate.trip(TradingState::Reducing, "ada", "storm", 1);
    sent(&mut book, exit(8), 1);
    book.on_end(through).unwrap();
}

#[test]
fn it_fails_closed() {
    let mut book = book(r#"{"max_quote_age_ns":1000000000,"collar":"0.05","price_band":"0.5"}"#);
    assert_eq!(refused(&mut book, buy(1), 2 * SECOND), (Check::StaleQuote, 1.0, 2.0));
    book.on_market(0, Market::quoted(101, 99, 2 * SECOND)).unwrap();
    assert_eq!(refused(&mut book, buy(1), 2 * SECOND), (Check::BrokenBook, 0.0, -2.0));
    book.on_market(0, Market { stopped: true, ..Market::quoted(99, 101, 2 * SECOND) }).unwrap();
    assert_eq!(refused(&mut book, buy(1), 2 * SECOND).0, Check::Instrument);
    assert_eq!(refused(&mut book, Intent { instrument: 3, ..buy(1) }, 0).0, Check::Instrument);
    book.on_market(0, Market::quoted(99, 101, 2 * SECOND)).unwrap();
    let (check, limit, value) = refused(&mut book, intent(0, Side::Buy, 1, OrderKind::Limit(106)), 2 * SECOND);
    assert_eq!((check, limit, (value * 1e9).round()), (Check::Collar, 0.05, 6e7));
    assert_eq!(refused(&mut book, intent(0, Side::Buy, 1, OrderKind::Limit(49)), 2 * SECOND).0, Check::PriceBand);
    // A mark far from the book counts too.
    book.on_market(0, Market { mark: 90, ..Market::quoted(99, 101, 2 * SECOND) }).unwrap();
    assert_eq!(refused(&mut book, intent(0, Side::Buy, 1, OrderKind::Limit(96)), 2 * SECOND).0, Check::Collar);
    book.forget_account();
    assert_eq!(refused(&mut book, buy(1), 2 * SECOND).0, Check::Account);
    let mut blind = RiskBook::new(&spec("{}")).unwrap();
    blind.set_account(10_000 * blind.scale().one(), &[(0, 0), (0, 0), (2, 100)]).unwrap();
    assert_eq!(refused(&mut blind, buy(1), 0).0, Check::NoPrice);
    // A position elsewhere whose price is not known may be worth anything.
    blind.on_market(0, Market::quoted(99, 101, 0)).unwrap();
    assert_eq!(refused(&mut blind, buy(1), 0).0, Check::NoPrice);
    assert_eq!(blind.equity(), None);
    let mut other = spec("{}");
    other.instruments[1].settlement = "EUR".to_owned();
    other.instruments[1].quote = "EUR".to_owned();
    let error = RiskBook::new(&other).unwrap_err().to_string();
    assert_eq!(error, "X-PERP settles in EUR, the account counts in USD: its margin cannot be judged");
}

#[test]
fn what_is_held_together_is_limited_together() {
    let sell_y = intent(2, Side::Sell, 10, OrderKind::Limit(100));
    let mut gross = book(r#"{"max_gross_exposure":"1000"}"#);
    sent(&mut gross, buy(6), 0);
    // 10 lots of half a unit at 100.
    assert_eq!(refused(&mut gross, sell_y, 0), (Check::GrossExposure, 1000.0, 1100.0));
    let mut net = book(r#"{"max_net_exposure":"600"}"#);
    sent(&mut net, buy(6), 0);
    sent(&mut net, sell_y, 0);
    // What has not been filled yet may never be: the short does not make room for another long.
    assert_eq!(refused(&mut net, intent(1, Side::Buy, 1, OrderKind::Limit(100)), 0).1, 600.0);
    let mut asset = book(r#"{"max_concentration":"0.1","max_leverage":"0.2"}"#);
    sent(&mut asset, buy(6), 0);
    let perp = intent(1, Side::Buy, 5, OrderKind::Limit(100));
    assert_eq!(refused(&mut asset, perp, 0), (Check::Concentration, 0.1, 0.11));
    sent(&mut asset, intent(2, Side::Buy, 20, OrderKind::Limit(100)), 0);
    assert_eq!(refused(&mut asset, intent(1, Side::Sell, 5, OrderKind::Limit(100)), 0), (Check::Leverage, 0.2, 0.21));
}

#[test]
fn what_moves_together_is_one_position() {
    let limits = r#"{"correlation":{"every_ns":1000000000,"window":3,"threshold":"0.8","max_exposure":"0.1"}}"#;
    let mut book = book(limits);
    for (second, price) in (1..).zip([100, 120, 90, 110, 100]) {
        // The perpetual follows, the other goes the other way.
        for (instrument, price) in [(0, price), (1, price), (2, 12_000 / price)] {
            book.on_market(instrument, Market::quoted(price, price, second * SECOND)).unwrap();
        }
        book.mark(second * SECOND).unwrap();
    }
    let now = 5 * SECOND;
    sent(&mut book, buy(6), now);
    let perp = intent(1, Side::Buy, 5, OrderKind::Limit(100));
    assert_eq!(refused(&mut book, perp, now), (Check::Correlated, 0.1, 0.11));
    // Bought, what moves against it hedges; sold, it is more of the same.
    let (y_bought, y_sold) =
        (intent(2, Side::Buy, 12, OrderKind::Limit(120)), intent(2, Side::Sell, 8, OrderKind::Limit(120)));
    assert_eq!(refused(&mut book, y_sold, now).0, Check::Correlated);
    sent(&mut book, y_bought, now);
}

#[test]
fn duplicates_and_orders_of_our_own_are_refused() {
    let mut book = book(r#"{"duplicate_ns":1000000000,"refuse_self_trade":true}"#);
    let first = sent(&mut book, buy(1), 0);
    assert_eq!(refused(&mut book, buy(1), SECOND / 2), (Check::Duplicate, 1.0, 0.5));
    sent(&mut book, buy(2), 0);
    sent(&mut book, buy(1), SECOND);
    assert_eq!(
        refused(&mut book, intent(0, Side::Sell, 1, OrderKind::Limit(100)), 0),
        (Check::SelfTrade, 100.0, 100.0)
    );
    // At the market it would take the best bid, which is not ours while ours are behind it.
    book.on_market(0, Market::quoted(101, 102, 0)).unwrap();
    sent(&mut book, intent(0, Side::Sell, 1, OrderKind::Market), 0);
    book.on_market(0, Market::quoted(100, 102, 0)).unwrap();
    assert_eq!(refused(&mut book, intent(0, Side::Sell, 2, OrderKind::Market), 0).0, Check::SelfTrade);
    book.on_end(first).unwrap();
    assert_eq!(book.open(0).best[0], Some(100));
}

#[test]
fn cancels_have_their_pace_and_need_an_order() {
    let mut book = book(r#"{"max_cancels_per_second":1}"#);
    let order = sent(&mut book, buy(1), 0);
    assert_eq!(book.check_cancel(order + 1, 0).unwrap_err().check, Check::UnknownOrder);
    assert!(book.check_cancel(order, 0).is_ok());
    assert_eq!(book.check_cancel(order, SECOND - 1).unwrap_err().check, Check::CancelsPerSecond);
    assert!(book.check_cancel(order, SECOND).is_ok());
}

#[test]
fn a_halted_account_may_be_closed() {
    let mut book = book("{}");
    let order = sent(&mut book, buy(10), 0);
    book.on_fill(order, 10, 100, 0).unwrap();
    book.gate.trip(TradingState::Halted, "ada", "storm", 1);
    assert_eq!(refused(&mut book, buy(1), 1).0, Check::Halted);
    let sell = intent(0, Side::Sell, 4, OrderKind::Market);
    assert_eq!(refused(&mut book, sell, 1).0, Check::Halted);
    let exit = Intent { reduce_only: true, lots: 40, ..sell };
    let order = book.check(&exit, 1, None).unwrap().unwrap();
    assert_eq!(order.intent().lots, 10);
    book.gate.resume("ada", "over", 2).unwrap();
    sent(&mut book, buy(1), 2);
}

#[test]
fn a_replace_counts_once() {
    let mut book = book(r#"{"max_position":"10","max_open_orders":1}"#);
    let first = sent(&mut book, buy(8), 0);
    assert_eq!(refused(&mut book, buy(1), 0), (Check::OpenOrders, 1.0, 2.0));
    let second = book.check(&buy(10), 0, Some(first)).unwrap().unwrap().id();
    assert_eq!(book.open_orders(), [second]);
    assert_eq!(book.check(&buy(11), 0, Some(second)).unwrap().unwrap_err().check, Check::MaxPosition);
    assert_eq!(book.check(&buy(1), 0, Some(first)), Err(RiskError::Order(first)));
}
