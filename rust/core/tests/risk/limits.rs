//! Whatever is asked, acknowledged, filled and cancelled, and wherever prices go: no limit is passed by the gate's own doing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradenode_core::orders::{Intent, OrderKind, Side};
use tradenode_core::risk::{Market, RiskBook};

use crate::desk::{SECOND, book, intent};

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
    /// The price of each approved order: its own or, without one, the market's then.
    priced: BTreeMap<u64, i64>,
}

impl Twin {
    fn new() -> Self {
        let mut book = book(LIMITS);
        (0..3).for_each(|instrument| book.on_market(instrument, Market::quoted(100, 100, 0)).unwrap());
        Self { book, prices: [100; 3], now: 0, sent: Vec::new(), priced: BTreeMap::new() }
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
        let open = orders.iter().map(|order| (self.book.order(*order).unwrap(), self.priced[order]));
        let counts =
            |intent: &Intent| (intent.instrument, intent.side, intent.reduce_only) == (instrument, side, false);
        open.filter(|((intent, _), _)| counts(intent)).fold((0, 0.0), |(lots, worth), ((_, left), price)| {
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
        let (gross, net) = self.together(instrument, side);
        prop_assert!(gross <= 6000.0 + 1e-6, "gross {gross}");
        prop_assert!(net <= 5000.0 + 1e-6, "net {net}");
        Ok(())
    }

    /// All positions at their worst: gross, and what is left on a side.
    fn together(&self, instrument: usize, side: Side) -> (f64, f64) {
        let (mut gross, mut net) = (0.0, 0.0);
        for each in 0..3 {
            let sides = [Side::Buy, Side::Sell].map(|side| (self.waiting(each, side).0 > 0, self.worst(each, side)));
            let held = (self.held(each).abs() * self.prices[each]) as f64 * Self::unit(each);
            let waits = sides.iter().filter(|(waits, _)| *waits).map(|(_, (_, worth))| *worth);
            // What is held elsewhere counts, whatever waits against it.
            let rest = if each == instrument { 0.0 } else { held };
            gross += waits.reduce(f64::max).map_or(held, |worst| worst.max(rest));
            let (lots, worth) = self.worst(each, side);
            net += lots.signum() as f64 * worth;
        }
        (gross, net * side.sign() as f64)
    }

    /// Right after a reduction was approved: what it uncovers of orders that wait on its side opens no more than limits let
    /// it, nor more lots than there were.
    fn uncovers_no_more(&self, instrument: usize, side: Side) -> Result<(), TestCaseError> {
        let ((lots, worth), held) = (self.worst(instrument, side), self.held(instrument));
        if lots * side.sign() <= 0 || self.waiting(instrument, side).0 == 0 {
            return Ok(());
        }
        prop_assert!(lots.abs() as f64 * Self::unit(instrument) <= 40.0, "position {lots}");
        let (gross, net) = self.together(instrument, side);
        prop_assert!(net <= 5000.0 + 1e-6, "net {net}");
        if lots.abs() > held.abs() {
            prop_assert!(worth <= 3500.0 + 1e-6, "notional {worth}");
            prop_assert!(gross <= 6000.0 + 1e-6, "gross {gross}");
        }
        Ok(())
    }

    fn ask(&mut self, asked: Intent) -> Result<(), TestCaseError> {
        let (held, before) = (self.held(asked.instrument), *self.book.open(asked.instrument));
        let Ok(approved) = self.book.check(&asked, self.now, None).unwrap() else { return Ok(()) };
        self.sent.push(self.now);
        let got = approved.intent();
        self.priced.insert(approved.id(), asked.kind.price().unwrap_or(self.prices[asked.instrument]));
        if asked.reduce_only {
            let reducible = if held * asked.side.sign() < 0 { held.abs() } else { 0 };
            prop_assert!(got.lots <= reducible + before.adding[asked.side.opposite() as usize]);
            return self.uncovers_no_more(asked.instrument, asked.side);
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

/// How many sequences of 200 steps; `TRADENODE_RISK_CASES` says how many more.
fn cases() -> u32 {
    std::env::var("TRADENODE_RISK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
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
