//! Whatever is asked, acknowledged, filled and cancelled, and wherever prices go: no limit is passed by the gate's own doing.

use proptest::prelude::*;

use super::*;
use crate::orders::{OrderKind, Reason, Side};
use crate::risk::TradingState;

const SECOND: i64 = 1_000_000_000;

fn spec(limits: &str) -> RiskSpec {
    let instrument = |symbol: &str, base: &str, lot: &str| {
        format!(
            r#"{{"symbol":"{symbol}","base":"{base}","quote":"USD","settlement":"USD","tick":"1","lot":"{lot}",
            "maker_fee":"0","taker_fee":"0.001"}}"#
        )
    };
    let instruments =
        [instrument("X-USD", "X", "1"), instrument("X-PERP", "X", "1"), instrument("Y-USD", "Y", "0.5")].join(",");
    serde_json::from_str(&format!(
        r#"{{"currency":"USD","leverage":"10","instruments":[{instruments}],"limits":{limits}}}"#
    ))
    .unwrap()
}

fn book(limits: &str) -> RiskBook {
    let mut book = RiskBook::new(&spec(limits)).unwrap();
    book.set_account(10_000 * book.scale().one(), &[(0, 0); 3]).unwrap();
    (0..3).for_each(|instrument| book.on_market(instrument, Market::quoted(99, 101, 0)).unwrap());
    book
}

fn intent(instrument: usize, side: Side, lots: i64, kind: OrderKind) -> Intent {
    Intent { instrument, side, lots, kind, reduce_only: false, reason: Reason::Strategy }
}

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

/// What a step does.
#[derive(Debug, Clone)]
enum Step {
    Ask { instrument: usize, buy: bool, lots: i64, price: Option<i64>, reduce_only: bool },
    Fill { pick: usize, lots: i64 },
    End { pick: usize },
    Price { instrument: usize, to: i64 },
    Wait { ns: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_usize, any::<bool>(), 1..30_i64, proptest::option::of(60..140_i64), proptest::bool::weighted(0.2))
            .prop_map(|(instrument, buy, lots, price, reduce_only)| Step::Ask { instrument, buy, lots, price, reduce_only }),
        4 => (any::<usize>(), 1..30_i64).prop_map(|(pick, lots)| Step::Fill { pick, lots }),
        2 => any::<usize>().prop_map(|pick| Step::End { pick }),
        2 => (0..3_usize, 60..140_i64).prop_map(|(instrument, to)| Step::Price { instrument, to }),
        2 => (1..900_000_000_i64).prop_map(|ns| Step::Wait { ns }),
    ]
}

/// The limits of the property, and plain counts of what they limit.
const LIMITS: &str = r#"{"max_position":"40","max_notional":"3500","max_order_notional":"2500","max_gross_exposure":"6000",
    "max_net_exposure":"5000","max_open_orders":6,"max_orders_per_second":5,"max_orders_per_minute":40}"#;

struct Twin {
    book: RiskBook,
    prices: [i64; 3],
    now: i64,
    sent: Vec<i64>,
}

impl Twin {
    fn new() -> Self {
        let mut book = book(LIMITS);
        (0..3).for_each(|instrument| book.on_market(instrument, Market::quoted(100, 100, 0)).unwrap());
        Self { book, prices: [100; 3], now: 0, sent: Vec::new() }
    }

    fn held(&self, instrument: usize) -> i64 {
        self.book.account().unwrap().position(instrument).lots
    }

    /// Base units of a lot.
    const fn unit(instrument: usize) -> f64 {
        if instrument == 2 { 0.5 } else { 1.0 }
    }

    /// All open orders of a side that may add: lots, and what they are worth at their prices.
    fn waiting(&self, instrument: usize, side: Side) -> (i64, f64) {
        let orders = self.book.open_orders();
        let open = orders.iter().map(|&order| (self.book.order(order).unwrap(), self.book.find(order).unwrap().mark));
        let counts =
            |intent: &Intent| (intent.instrument, intent.side, intent.reduce_only) == (instrument, side, false);
        open.filter(|((intent, _), _)| counts(intent)).fold((0, 0.0), |(lots, worth), ((intent, left), mark)| {
            let price = intent.kind.price().unwrap_or(mark);
            (lots + left, worth + (left * price) as f64 * Self::unit(instrument))
        })
    }

    /// Of an instrument, when all that waits on a side fills: lots and worth.
    fn worst(&self, instrument: usize, side: Side) -> (i64, f64) {
        let (held, (lots, worth)) = (self.held(instrument), self.waiting(instrument, side));
        let now = (held.abs() * self.prices[instrument]) as f64 * Self::unit(instrument);
        let reducing = self.book.open(instrument).reducing[side as usize];
        if held * side.sign() >= 0 {
            return (held + side.sign() * lots, now + worth);
        }
        let after = held + side.sign() * (lots + reducing.min(held.abs()));
        let share = if lots > 0 { after.abs() as f64 / lots as f64 } else { 0.0 };
        if after * side.sign() > 0 {
            (after, worth * share)
        } else {
            (after, (after.abs() * self.prices[instrument]) as f64 * Self::unit(instrument))
        }
    }

    /// Right after new risk was approved, everything that it could break holds.
    fn holds(&self, instrument: usize, side: Side) -> Result<(), TestCaseError> {
        let (lots, worth) = self.worst(instrument, side);
        prop_assert!(lots.abs() as f64 * Self::unit(instrument) <= 40.0, "position {lots}");
        prop_assert!(worth <= 3500.0 + 1e-6, "notional {worth}");
        let count = |instrument| self.book.open(instrument).count;
        prop_assert!(count(instrument) <= 6);
        let (mut gross, mut net) = (0.0, 0.0);
        for each in 0..3 {
            let sides = [Side::Buy, Side::Sell].map(|side| (self.waiting(each, side).0 > 0, self.worst(each, side)));
            let held = (self.held(each).abs() * self.prices[each]) as f64 * Self::unit(each);
            let waits = sides.iter().filter(|(waits, _)| *waits).map(|(_, (_, worth))| *worth);
            gross += waits.reduce(f64::max).unwrap_or(held);
            let (lots, worth) = self.worst(each, side);
            net += lots.signum() as f64 * worth;
        }
        prop_assert!(gross <= 6000.0 + 1e-6, "gross {gross}");
        prop_assert!(net * side.sign() as f64 <= 5000.0 + 1e-6, "net {net}");
        Ok(())
    }

    fn ask(&mut self, asked: Intent) -> Result<(), TestCaseError> {
        let (held, before) = (self.held(asked.instrument), *self.book.open(asked.instrument));
        let Ok(approved) = self.book.check(&asked, self.now, None).unwrap() else { return Ok(()) };
        self.sent.push(self.now);
        let got = approved.intent();
        if asked.reduce_only {
            let reducible = if held * asked.side.sign() < 0 { held.abs() } else { 0 };
            prop_assert!(got.lots <= reducible + before.adding[asked.side.opposite() as usize]);
            return Ok(());
        }
        prop_assert_eq!(got.lots, asked.lots);
        let waiting = before.adding[asked.side as usize] + before.reducing[asked.side as usize];
        if held * asked.side.sign() < 0 && asked.lots + waiting <= held.abs() {
            return Ok(());
        }
        let within = |ns: i64| self.sent.iter().filter(|&&at| at > self.now - ns).count();
        prop_assert!(within(SECOND) <= 5 && within(60 * SECOND) <= 40);
        let price = asked.kind.price().unwrap_or(self.prices[asked.instrument]);
        prop_assert!((asked.lots * price) as f64 * Self::unit(asked.instrument) <= 2500.0);
        self.holds(asked.instrument, asked.side)
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Ask { instrument, buy, lots, price, reduce_only } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let kind = price.map_or(OrderKind::Market, OrderKind::Limit);
                self.ask(Intent { reduce_only, ..intent(instrument, side, lots, kind) })?;
            }
            Step::Fill { pick, lots } => {
                let orders = self.book.open_orders();
                let Some(&order) = orders.get(pick % orders.len().max(1)) else { return Ok(()) };
                let (intent, left) = self.book.order(order).unwrap();
                let (intent, mut lots) = (*intent, lots.min(left));
                if intent.reduce_only {
                    // The venue sees to it that it only reduces.
                    let held = self.held(intent.instrument);
                    lots = lots.min(if held * intent.side.sign() < 0 { held.abs() } else { 0 });
                }
                if lots > 0 {
                    let price = intent.kind.price().unwrap_or(self.prices[intent.instrument]);
                    self.book.on_fill(order, lots, price, 0).unwrap();
                }
            }
            Step::End { pick } => {
                let orders = self.book.open_orders();
                if let Some(&order) = orders.get(pick % orders.len().max(1)) {
                    self.book.on_end(order).unwrap();
                }
            }
            Step::Price { instrument, to } => {
                self.prices[instrument] = to;
                self.book.on_market(instrument, Market::quoted(to, to, self.now)).unwrap();
            }
            Step::Wait { ns } => self.now += ns,
        }
        // Whatever the prices do, the limit on lots holds to the lot.
        for instrument in 0..3 {
            prop_assert!(self.held(instrument).abs() as f64 * Self::unit(instrument) <= 40.0);
        }
        Ok(())
    }
}

/// How many sequences of 200 steps; `RISK_CASES` says how many more.
fn cases() -> u32 {
    std::env::var("RISK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_limit_is_passed_by_the_gates_own_doing(steps in proptest::collection::vec(step(), 200)) {
        let mut twin = Twin::new();
        for step in steps {
            twin.step(step)?;
        }
    }
}
