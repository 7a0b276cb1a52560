//! A trader that is put back goes on as the one it was taken from: at any moment, whatever it has asked for and heard.

use std::collections::VecDeque;

use proptest::prelude::*;
use serde_json::{Value, json};
use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT, TapeColumns};
use tradenode_core::orders::terms::{Links, Terms, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::risk::Kill;

use super::*;
use crate::error::RunError;
use crate::models::latency::Latency;
use crate::random::Random;
use crate::synth::{Flow, Shape};
use crate::ticks::{Interest, LoneVenue, News, TickSpec, Ticket};
use crate::venue::{BookSource, Report, Request};

const MS: i64 = 1_000_000;

/// Asks for whatever a seed says, and writes down all that it is told.
#[derive(Clone)]
struct Drawn {
    random: Random,
    seen: Vec<String>,
}

impl Drawn {
    fn act(&mut self, desk: &mut Desk<'_>, instrument: usize, what: &str) -> Result<(), RunError> {
        desk.mark(instrument);
        let view = desk.view(instrument);
        let (mid, touch, last) = (view.mid(), view.touch(), view.last);
        let open = desk.open_orders(instrument).to_vec();
        let orders: Vec<_> = open.iter().filter_map(|&id| desk.order(id)).map(|order| order.life.status()).collect();
        let (held, equity) = (desk.legs(instrument), desk.equity().to_bits());
        let now = desk.now();
        let changes = desk.order_changes(instrument);
        let (balance, kill) = (desk.balance_text(), desk.killing());
        self.seen.push(format!(
            "{now} {what} {instrument} {mid} {touch:?} {last} {held:?} {equity} {balance} {open:?} {orders:?} {changes} {kill:?}"
        ));
        let Some((bid, ask)) = touch.filter(|_| self.random.happens(0.5)) else { return Ok(()) };
        match self.random.below(12) {
            0..7 => self.submit(desk, instrument, (bid.price, ask.price))?,
            7 => drop(self.any(&open).map(|order| desk.cancel(order))),
            // The one that ended last is asked for by its number too.
            8 => drop((1..=4).map(|back| desk.cancel(desk.outcomes.sent.saturating_sub(back))).count()),
            9 => {
                if let Some(order) = self.any(&open) {
                    let (lots, price) = (1 + self.random.below(6) as i64, bid.price - self.random.below(4) as i64);
                    desk.replace(order, lots, OrderKind::Limit(price))?;
                }
            }
            10 => desk.cancel_all(instrument),
            _ if self.random.happens(0.02) => desk.kill(Kill::Flatten, "strategy", "drawn")?,
            _ => {}
        }
        Ok(())
    }

    fn any(&mut self, orders: &[u64]) -> Option<u64> {
        (!orders.is_empty()).then(|| orders[self.random.below(orders.len())])
    }

    fn submit(&mut self, desk: &mut Desk<'_>, instrument: usize, (bid, ask): (i64, i64)) -> Result<(), RunError> {
        let side = if self.random.happens(0.5) { Side::Buy } else { Side::Sell };
        let (lots, step) = (1 + self.random.below(5) as i64, self.random.below(3) as i64);
        let touch = if side == Side::Buy { bid } else { ask };
        let kind = match self.random.below(4) {
            0 => OrderKind::Market,
            1 => OrderKind::Stop(touch + side.sign() * (1 + step)),
            _ => OrderKind::Limit(touch - side.sign() * step),
        };
        let sent = desk.outcomes.sent;
        let terms = Terms {
            time_in_force: match self.random.below(4) {
                0 => TimeInForce::GoodTillTime(desk.now() + 60 * MS),
                _ => TimeInForce::GoodTillCancel,
            },
            post_only: self.random.happens(0.2),
            display: 0,
            trigger: if self.random.happens(0.1) { Trigger::Trailing(3) } else { Trigger::None },
            trigger_price: if self.random.happens(0.5) { TriggerPrice::Touch } else { TriggerPrice::Last },
            links: Links {
                group: self.random.below(3) as u64,
                parent: if self.random.happens(0.1) { sent } else { 0 },
            },
        };
        let terms = if kind == OrderKind::Market { Terms::default() } else { terms };
        let reduce_only = self.random.happens(0.3);
        desk.submit(&Ticket { instrument, side, lots, kind, reduce_only, terms, tag: sent + 1 }).map(drop)
    }
}

impl TickStrategy for Drawn {
    fn interest(&self) -> Interest {
        Interest {
            trade_every_ns: Some(30 * MS),
            book_every_ns: Some(20 * MS),
            bar_ns: Some(50 * MS),
            timer_ns: Some(70 * MS),
            funding: true,
            reports: true,
            touch_alone: false,
        }
    }

    fn on_trade(&mut self, desk: &mut Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        self.act(desk, instrument, &format!("trade {} {}", trade.price, trade.size))
    }

    fn on_bar(
        &mut self,
        desk: &mut Desk<'_>,
        instrument: usize,
        bar: &tradenode_core::bars::TradeBar,
    ) -> Result<(), RunError> {
        self.act(desk, instrument, &format!("{bar:?}"))
    }

    fn on_funding(&mut self, desk: &mut Desk<'_>, instrument: usize, _: &Event) -> Result<(), RunError> {
        self.act(desk, instrument, "funding")
    }

    fn on_book(&mut self, desk: &mut Desk<'_>, instrument: usize) -> Result<(), RunError> {
        self.act(desk, instrument, "book")
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        (0..desk.instruments().len()).try_for_each(|instrument| self.act(desk, instrument, "timer"))
    }

    fn on_report(&mut self, desk: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        let order = desk.order(report.order).cloned();
        self.act(desk, report.instrument, &format!("{report:?} {order:?} {}", desk.last_fee()))
    }
}

fn spec(changes: &[(&str, Value)]) -> TickSpec {
    let instrument = |symbol: &str| {
        json!({"symbol": symbol, "base": symbol, "quote": "Y", "settlement": "Y", "tick": "0.1", "lot": "0.01",
            "maker_fee": "-0.0001", "taker_fee": "0.0005", "initial_margin": "0.1", "maintenance_margin": "0.05"})
    };
    let mut plain = json!({"account": {"currency": "Y", "cash": "100000", "leverage": "10"}, "sample_ns": 40 * MS,
        "instruments": [instrument("ONE"), instrument("TWO")]});
    for (key, value) in changes {
        plain[key] = value.clone();
    }
    serde_json::from_value(plain).unwrap()
}

/// Limits and protections that remember something.
fn limits() -> [(&'static str, Value); 2] {
    let risk = json!({"max_orders_per_second": 20, "max_orders_per_minute": 400, "max_cancels_per_second": 10,
        "duplicate_ns": 50 * MS, "max_drawdown": "0.5", "max_daily_loss": "0.2", "max_consecutive_losses": 6,
        "correlation": {"every_ns": 80 * MS, "window": 3, "threshold": "0.2", "max_exposure": "5"}});
    let release = json!({"lock_ns": 60 * MS});
    let rules = [
        json!({"kind": "cooldown"}),
        json!({"kind": "reject_storm", "lookback_ns": 200 * MS, "reject_limit": 3}),
        json!({"kind": "max_drawdown", "mode": "equity", "lookback_ns": 500 * MS, "max_drawdown": "0.0005"}),
        json!({"kind": "max_drawdown", "mode": "realised", "lookback_ns": 500 * MS, "max_drawdown": "0.0002"}),
        json!({"kind": "low_profit", "lookback_ns": 500 * MS, "trade_limit": 2}),
        json!({"kind": "feed_stale", "max_age_ns": 90 * MS}),
        json!({"kind": "spread", "max_bp": "3", "for_ns": 30 * MS}),
    ];
    let rules = rules.map(|rule| json!({"rule": rule, "scope": "instrument", "release": release}));
    let of_all = |rule: &Value| rule["rule"]["mode"] == "equity";
    let rules = rules.map(|rule| {
        if of_all(&rule) { json!({"rule": rule["rule"], "scope": "global", "release": release}) } else { rule }
    });
    [("risk", risk), ("protections", Value::Array(rules.to_vec()))]
}

type Made = Trader<'static, Drawn>;

fn trader(spec: &TickSpec, strategy: Drawn) -> Made {
    Trader::new(spec, &spec.sources(), 0, Latency::none(), strategy).unwrap()
}

/// A market and the ways to it and back, on which messages wait.
struct World {
    venue: LoneVenue,
    flows: Vec<Flow>,
    random: Random,
    now: i64,
    there: VecDeque<Request>,
    back: VecDeque<News>,
}

impl World {
    fn new(spec: &TickSpec, seed: u64) -> Self {
        let shape = Shape::preset("touch").unwrap();
        Self {
            venue: LoneVenue::new(spec, 0).unwrap(),
            flows: (0..2).map(|each| Flow::new(seed + each, shape, false, 0)).collect(),
            random: Random::new(seed),
            now: 0,
            there: VecDeque::new(),
            back: VecDeque::new(),
        }
    }

    /// Something happens: all traders are told the same, and ask for the same.
    fn step(&mut self, traders: &mut [&mut Made]) {
        match self.random.below(24) {
            0..14 => self.message(traders),
            14..18 => {
                for _ in 0..self.random.below(4) {
                    self.arrive();
                }
            }
            18..22 => {
                for news in
                    std::iter::from_fn(|| self.back.pop_front()).take(1 + self.now as usize % 3).collect::<Vec<_>>()
                {
                    traders.iter_mut().for_each(|trader| trader.on_news(self.now, news).unwrap());
                }
            }
            22 => {
                self.now += self.random.below(100) as i64 * MS;
                traders.iter_mut().for_each(|trader| trader.on_time(self.now).unwrap());
            }
            _ => {
                let order = traders[0].desk().owner.iter().map(|(id, _)| id).next().unwrap_or(0);
                let told: Vec<_> =
                    traders.iter_mut().map(|trader| trader.on_silence(self.now, order).unwrap()).collect();
                assert!(told.iter().all(|&each| each == told[0]));
            }
        }
        let asked: Vec<Vec<Request>> =
            traders.iter_mut().map(|trader| std::iter::from_fn(|| trader.take_request()).collect()).collect();
        assert!(asked.iter().all(|each| *each == asked[0]), "{asked:?}");
        self.there.extend(&asked[0]);
    }

    fn message(&mut self, traders: &mut [&mut Made]) {
        let instrument = self.random.below(2);
        let mut columns = TapeColumns::default();
        self.flows[instrument].advance(&mut columns);
        self.now = self.now.max(self.flows[instrument].now());
        let (kind, price) = match self.random.below(40) {
            0 => (Kind::Mark, self.venue.book(instrument).best_prices().0.max(1)),
            1 => (Kind::Funding, 100_000),
            _ => (Kind::Trade, 0),
        };
        if kind != Kind::Trade && columns.len() > 1 {
            columns.push(Event { kind, price, flags: LAST, ..columns.view().event(columns.len() - 1) });
        }
        self.tell(instrument, &mut columns, traders);
    }

    fn tell(&mut self, instrument: usize, columns: &mut TapeColumns, traders: &mut [&mut Made]) {
        columns.ts_event.fill(self.now);
        columns.ts_recv.fill(self.now);
        self.venue.expire(self.now).unwrap();
        self.venue.on_rows(instrument, &columns.view()).unwrap();
        self.hear();
        traders.iter_mut().for_each(|trader| trader.on_rows(self.now, instrument, &columns.view()).unwrap());
    }

    fn arrive(&mut self) {
        let Some(request) = self.there.pop_front() else { return };
        match request {
            Request::Submit(approved, terms) => {
                self.venue.submit(self.now, approved.id(), approved.intent(), terms).unwrap();
            }
            Request::Cancel { instrument, order } => self.venue.cancel(self.now, instrument, order).unwrap(),
            Request::Replace { order, by } => self.venue.replace(self.now, order, by.intent()).unwrap(),
            Request::CancelAll { .. } => {}
        }
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(news) = self.venue.take_news() {
            self.back.push_back(news);
        }
    }

    /// Everything that a desk can see of a market, anew, at the time of the desk.
    fn snapshot(&mut self, traders: &mut [&mut Made]) {
        let now = traders[0].desk().now();
        for instrument in 0..2 {
            let mut columns = TapeColumns::default();
            let (kind, flags, side) = (Kind::Clear, SNAPSHOT, None);
            let row =
                Event { ts_event: now, ts_recv: now, kind, side, flags, price: 0, size: 0, sequence: 0, order_id: 0 };
            columns.push(row);
            for side in [Side::Buy, Side::Sell] {
                for level in self.venue.book(instrument).levels(side) {
                    let (price, size) = (level.price, level.size);
                    columns.push(Event { kind: Kind::Depth, side: Some(side), flags: SNAPSHOT, price, size, ..row });
                }
            }
            if let Some(flags) = columns.flags.last_mut() {
                *flags |= LAST;
            }
            let last = traders[0].desk().view(instrument).last.max(1);
            columns.push(Event { kind: Kind::Trade, side: Some(Side::Buy), flags: LAST, price: last, size: 1, ..row });
            traders.iter_mut().for_each(|trader| trader.on_rows(now, instrument, &columns.view()).unwrap());
        }
    }
}

fn put_back(spec: &TickSpec, from: &Made) -> Made {
    let written = from.state().unwrap().to_json().unwrap();
    let mut other = trader(spec, from.strategy().clone());
    other.restore(TraderState::from_json(&written).unwrap()).unwrap();
    assert_eq!(other.state().unwrap(), from.state().unwrap());
    assert_eq!(other.state().unwrap().to_json().unwrap(), written);
    assert_eq!(other.desk.ledger.open, from.desk.ledger.open);
    other
}

fn sources() -> impl Strategy<Value = [BookSource; 2]> {
    let one =
        || prop::sample::select(vec![BookSource::Depth, BookSource::Depth, BookSource::Quotes, BookSource::Trades]);
    (one(), one()).prop_map(|(one, other)| [one, other])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_STATE_CASES").map_or(200, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn what_is_put_back_goes_on_as_it_would_have(
        seed in any::<u64>(),
        (before, after) in (0..600_usize, 1..300_usize),
        (hedging, isolated, limited) in any::<(bool, bool, bool)>(),
        books in sources(),
    ) {
        let seed = seed >> 1;
        let mut changes = vec![("books", json!(books))];
        changes.extend(hedging.then(|| ("positions", json!("hedging"))));
        changes.extend(isolated.then(|| ("margin", json!("isolated"))));
        changes.extend(limited.then(limits).into_iter().flatten());
        let spec = spec(&changes);
        let mut world = World::new(&spec, seed);
        let mut one = trader(&spec, Drawn { random: Random::new(seed + 7), seen: Vec::new() });
        one.start().unwrap();
        (0..before).for_each(|_| world.step(&mut [&mut one]));
        let mut other = put_back(&spec, &one);
        world.snapshot(&mut [&mut one, &mut other]);
        (0..after).for_each(|_| world.step(&mut [&mut one, &mut other]));
        for (had, has) in one.strategy().seen.iter().zip(&other.strategy().seen) {
            prop_assert_eq!(had, has);
        }
        prop_assert_eq!(one.strategy().seen.len(), other.strategy().seen.len());
        prop_assert_eq!(one.state().unwrap().to_json().unwrap(), other.state().unwrap().to_json().unwrap());
    }
}

fn traded(spec: &TickSpec, seed: u64, steps: usize) -> Made {
    let mut world = World::new(spec, seed);
    let mut made = trader(spec, Drawn { random: Random::new(seed), seen: Vec::new() });
    (0..steps).for_each(|_| world.step(&mut [&mut made]));
    made
}

/// What is drawn comes to every corner of a state.
#[test]
fn states_are_taken_in_the_midst_of_everything() {
    let spec = spec(&limits());
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let made = traded(&spec, seed, 400);
        let state = serde_json::to_value(made.state().unwrap()).unwrap();
        for order in state["orders"]["orders"].as_array().unwrap() {
            found.insert(format!("pending {}", order["life"]["pending"].as_str().unwrap()));
            found.insert(format!("is {}", order["life"]["status"].as_str().unwrap()));
            found.insert(format!("wanted {}", order["wanted"].is_object()));
            found.insert(format!("filled {}", order["life"]["filled"].as_i64().unwrap() > 0));
        }
        let gate = &state["ledger"]["gate"];
        let locks = gate["protections"]["locks"]["standing"].as_array().unwrap().len();
        found.insert(format!("locked {}", locks > 0));
        found.insert(format!("killing {}", state["switch"]["pulled"].is_string()));
        found.insert(format!("holding {}", state["ledger"]["trades"][0].is_object()));
        found.insert(format!("correlated {}", gate["correlation"]["returns"].as_array().unwrap().len() == 3));
        found.insert(format!("losing {}", gate["losses"]["streak"] != 0));
        let outcomes = made.desk.outcomes;
        found.insert(format!("filled all {}", outcomes.filled > 0));
        found.insert(format!("replaced {}", outcomes.replaced > 0));
        found.insert(format!("refused {}", made.desk.last_refusal().is_some()));
    }
    for wanted in [
        "pending cancel",
        "pending replace",
        "is submitted",
        "is unknown",
        "is working",
        "wanted true",
        "filled true",
        "locked true",
        "killing true",
        "holding true",
        "correlated true",
        "losing true",
        "filled all true",
        "replaced true",
        "refused true",
    ] {
        assert!(found.contains(wanted), "{wanted} of {found:?}");
    }
}

#[test]
fn a_state_of_something_else_is_refused_and_nothing_of_it_taken() {
    let plain = spec(&limits());
    let state = serde_json::to_value(traded(&plain, 3, 900).state().unwrap()).unwrap();
    let refused = |spec: &TickSpec, state: &Value| {
        let mut made = traded(spec, 1, 200);
        let before = made.state().unwrap();
        let read = TraderState::from_json(state.to_string().as_bytes());
        let error = read.and_then(|state| made.restore(state)).unwrap_err().to_string();
        assert_eq!(made.state().unwrap(), before);
        error
    };
    let changed = |key: &str, value: Value| spec(&[limits().as_slice(), &[(key, value)]].concat());
    let mut other = serde_json::to_value(&plain).unwrap()["instruments"].clone();
    other[1]["lot"] = json!("0.001");
    let [(_, risk), (_, protections)] = limits();
    let mut faster = risk.clone();
    faster["max_orders_per_second"] = json!(21);
    for (spec, told) in [
        (changed("instruments", other), "another instrument: TWO in Y, linear, tick 0.1, lot 0.01, multiplier 1"),
        (changed("positions", json!("hedging")), "another account: 1 position(s)"),
        (changed("margin", json!("isolated")), "margins in common, not 1 position(s) an instrument, margins isolated"),
        (changed("sample_ns", json!(7)), "another sample_ns: 40000000 ns, not 7 ns"),
        (changed("books", json!(["depth", "trades"])), "book of Depth, not TWO"),
        (changed("risk", json!({})), "of max_orders_per_second 20, not none"),
        (changed("risk", faster), "of max_orders_per_second 20, not 21"),
        (changed("protections", json!([])), "of protections some, not none"),
        (changed("protections", json!([protections[1], protections[0]])), "of other protections, from number 0 on"),
    ] {
        let error = refused(&spec, &state);
        assert!(error.contains(told), "{error}");
    }
    for (place, value, told) in [
        ("/version", json!(2), "the state has version 2, this is version 1"),
        ("/luck", json!(2), "unknown field `luck`"),
        ("/views", json!([]), "broken state of the views"),
        ("/switch/closing", json!([]), "broken state of the kill switch"),
        ("/ledger/account/positions/0/lots", json!(0), "broken state of the account"),
        ("/ledger/trades/0", json!(null), "broken state of the trades"),
        ("/ledger/last", json!([1.0]), "broken state of the prices"),
        ("/ledger/gate/orders", json!(1), "broken state of the orders"),
        ("/orders/orders/0/life/filled", json!(-1), "broken state of the orders"),
        ("/orders/orders/0/intent/instrument", json!(2), "broken state of the orders"),
        ("/orders/changes", json!([]), "broken state of the orders"),
        ("/ledger/gate/approved", json!(vec![&state["ledger"]["gate"]["approved"][0]; 17]), "state of approved orders"),
    ] {
        let mut broken = state.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            object => object[key] = value,
        }
        let error = refused(&plain, &broken);
        assert!(error.contains(told), "{place}: {error}");
    }
}

#[test]
fn no_state_is_taken_while_requests_are_on_their_way() {
    let mut made = traded(&spec(&[]), 1, 200);
    let order = made.desk.owner.iter().map(|(id, _)| id).next().unwrap();
    made.desk.cancel_in_any_case(order);
    assert_eq!(made.state().unwrap_err(), StateError::Underway);
    while made.take_request().is_some() {}
    assert!(made.state().is_ok());
}

/// A view that was put back cannot be traded on before what it is made of has come anew.
#[test]
fn a_view_waits_for_its_book() {
    let kept = ViewState { last: 95, mark: 0, at: 3, status: Status::Trading };
    let row = |kind, side, flags, price, order_id| Event {
        ts_event: 5,
        ts_recv: 5,
        kind,
        side,
        flags,
        price,
        size: 1,
        sequence: 0,
        order_id,
    };
    let (buy, sell) = (Some(Side::Buy), Some(Side::Sell));
    let snapshot = |kind| [row(kind, buy, SNAPSHOT, 99, 1), row(kind, sell, SNAPSHOT | LAST, 101, 2)];
    for (source, before, after) in [
        (
            BookSource::Depth,
            vec![row(Kind::Depth, buy, LAST, 98, 0), row(Kind::Trade, buy, LAST, 97, 0)],
            snapshot(Kind::Depth),
        ),
        (
            BookSource::Orders,
            vec![row(Kind::Add, buy, LAST, 98, 7), row(Kind::Trade, buy, LAST, 97, 0)],
            snapshot(Kind::Add),
        ),
        (BookSource::Quotes, vec![row(Kind::Quote, buy, LAST, 99, 0)], snapshot(Kind::Quote)),
        (BookSource::Trades, vec![row(Kind::Mark, None, LAST, 98, 0)], [row(Kind::Trade, buy, LAST, 100, 0); 2]),
    ] {
        let mut view = View::new(source);
        view.restore(&kept);
        assert!(view.market().broken && view.mid() == 0.0 && view.touch().is_none());
        before.iter().for_each(|event| view.on_event(event));
        assert!(view.market().broken && view.mid() == 0.0, "{source:?}");
        after.iter().for_each(|event| view.on_event(event));
        assert!(!view.market().broken && view.mid() == 100.0, "{source:?}");
    }
}
