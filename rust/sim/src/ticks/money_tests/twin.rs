//! Beside a plain twin: every price looked at exactly, every bankruptcy price searched for tick by tick.

use proptest::prelude::*;
use tradenode_core::orders::Reason;
use tradenode_core::orders::Side::{Buy, Sell};

use super::stage::{Ask, Rows, play, spec};

const UNIT: i128 = 1_000_000_000_000;
/// A fee of 0.5 % for liquidations and one of 0.1 % for takers.
const KEYS: &str = r#","liquidation":{"fee":"0.005","insurance":"40"}"#;

/// Linear positions (instrument, lots, cost, margin) of an account, in atoms of a tick times a lot of one unit.
struct Twin {
    isolated: bool,
    balance: i128,
    fund: i128,
    funding: i128,
    prices: [i64; 2],
    held: Vec<(usize, i64, i128, i128)>,
    liquidations: Vec<(usize, i64)>,
}

impl Twin {
    fn worth(lots: i64, price: i64) -> i128 {
        i128::from(lots) * i128::from(price) * UNIT
    }

    fn profit(&self, place: usize, price: i64) -> i128 {
        Self::worth(self.held[place].1, price) - self.held[place].2
    }

    fn draw(&mut self, place: usize) {
        let free = self.balance - self.held.iter().map(|held| held.3).sum::<i128>();
        self.held[place].3 -= (-free).clamp(0, self.held[place].3);
    }

    fn fill(&mut self, place: usize, signed: i64, price: i64, fee: i128) {
        let (instrument, lots, cost, margin) = self.held[place];
        let closed = if lots.signum() == -signed.signum() { signed.abs().min(lots.abs()) } else { 0 };
        let opened = (signed.abs() - closed) * signed.signum();
        // Half to even, as everything is.
        let share = |of: i128| {
            if closed == 0 {
                return 0;
            }
            let all = i128::from(lots.abs());
            let (down, rest) = ((of * i128::from(closed)).div_euclid(all), (of * i128::from(closed)).rem_euclid(all));
            down + i128::from(2 * rest > all || (2 * rest == all && down % 2 != 0))
        };
        let gone = share(cost);
        self.balance += Self::worth(lots.signum() * closed, price) - gone - fee;
        let margin = if self.isolated { margin - share(margin) + Self::worth(opened, price).abs() / 10 } else { 0 };
        self.held[place] = (instrument, lots + signed, cost - gone + Self::worth(opened, price), margin);
        if self.isolated {
            self.draw(place);
        }
    }

    fn pay(&mut self, instrument: usize, rate: i64) {
        for place in 0..self.held.len() {
            if self.held[place].0 == instrument {
                let paid = Self::worth(self.held[place].1, self.prices[instrument]) * i128::from(rate) / 1_000_000_000;
                self.balance -= paid;
                self.funding -= paid;
                if self.isolated {
                    self.draw(place);
                }
            }
        }
    }

    fn backing(&self, place: usize) -> i128 {
        if self.isolated {
            return self.held[place].3;
        }
        let others = (0..self.held.len()).filter(|&other| other != place);
        self.balance + others.map(|other| self.profit(other, self.prices[self.held[other].0])).sum::<i128>()
    }

    /// Takes over what the price of an instrument has left without backing; the market gives one tick less.
    fn check(&mut self, instrument: usize) {
        loop {
            let maintenance =
                |place: usize| Self::worth(self.held[place].1, self.prices[self.held[place].0]).abs() / 20;
            let profit = |place: usize| self.profit(place, self.prices[self.held[place].0]);
            let open: Vec<usize> = (0..self.held.len()).filter(|&place| self.held[place].1 != 0).collect();
            let slack = self.balance + open.iter().map(|&place| profit(place) - maintenance(place)).sum::<i128>();
            let bare = |place: &usize| {
                let own = self.held[*place].3 + profit(*place) < maintenance(*place);
                if self.isolated { self.held[*place].0 == instrument && own } else { slack < 0 }
            };
            let first =
                open.iter().copied().filter(bare).reduce(|a, b| if maintenance(b) > maintenance(a) { b } else { a });
            let Some(place) = first else { return };
            let (index, lots, ..) = self.held[place];
            let left = |price| self.backing(place) + self.profit(place, price);
            let penalty = |price| Self::worth(lots, price).abs() / 200;
            let pays = |price: &i64| left(*price) >= penalty(*price);
            let price =
                if lots > 0 { (1..5_000).find(pays).unwrap() } else { (1..5_000).rev().find(pays).unwrap_or(1) };
            let charge = penalty(price).min(left(price).max(0));
            let given = Self::worth(lots, self.prices[index] - lots.signum());
            let fund = self.fund + given - Self::worth(lots, price) + charge;
            self.fund = fund.max(0);
            self.fill(place, -lots, price, charge + (-fund).max(0));
            self.liquidations.push((index, price));
        }
    }
}

/// What happens at a step of 100 ns.
#[derive(Debug, Clone, Copy)]
enum Step {
    Price(usize, i64),
    Order(usize, bool, i64, bool),
    Funding(usize, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..2_usize, -12..13_i64).prop_map(|(index, by)| Step::Price(index, by)),
        3 => (0..2_usize, any::<bool>(), 1..40_i64, any::<bool>()).prop_map(|(a, b, c, d)| Step::Order(a, b, c, d)),
        1 => (0..2_usize, -9_000_000..9_000_000_i64).prop_map(|(index, rate)| Step::Funding(index, rate)),
    ];
    proptest::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_ACCOUNT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
    ))]
    /// Whatever is done and wherever prices go: to the atom the same balance, margins, fund, funding and liquidations, and
    /// nothing appears or vanishes between account, fund and market.
    #[test]
    fn the_account_is_that_of_the_plain_twin(steps in steps(), isolated in any::<bool>(), hedging in any::<bool>()) {
        let (mut rows, mut asks) = ([Rows::default(), Rows::default()], vec![Ask::market(10, Buy, 0)]);
        let mut prices = [100_i64; 2];
        rows.iter_mut().for_each(|rows| rows.around(1, 100));
        for (number, step) in steps.iter().enumerate() {
            let at = 100 * (number as i64 + 1);
            match *step {
                Step::Price(index, by) => {
                    prices[index] = (prices[index] + by).max(20);
                    rows[index].around(at + 50, prices[index]);
                }
                Step::Funding(index, rate) => rows[index].funding(at + 50, rate),
                Step::Order(instrument, buy, lots, reduce_only) => {
                    let side = if buy { Buy } else { Sell };
                    asks.push(Ask { instrument, reduce_only, ..Ask::market(at, side, lots) });
                }
            }
        }
        rows.iter_mut().for_each(|rows| rows.end(100_000));
        let modes = [if isolated { "isolated" } else { "cross" }, if hedging { "hedging" } else { "netting" }];
        let keys = format!(r#","margin":"{}","positions":"{}"{KEYS}"#, modes[0], modes[1]);
        let engine = play(&spec(&[false, false], "400", ("0", "0.001"), &keys), &rows, &asks);
        let record = engine.trader.desk.ledger.recorder();
        let places = if hedging { vec![0, 1, 0, 1] } else { vec![0, 1] };
        let mut twin = Twin {
            isolated, balance: 400 * UNIT, fund: 40 * UNIT, funding: 0, prices: [100; 2],
            held: places.into_iter().map(|index| (index, 0, 0, 0)).collect(), liquidations: Vec::new(),
        };
        let fills = &record.fills;
        let is_ours = |row: usize| fills.reason[row] != Reason::Liquidation as u8;
        for (number, step) in steps.iter().enumerate() {
            let at = 100 * (number as i64 + 1);
            match *step {
                Step::Price(index, by) => {
                    twin.prices[index] = (twin.prices[index] + by).max(20);
                    twin.check(index);
                }
                Step::Funding(index, rate) => {
                    twin.pay(index, rate);
                    twin.check(index);
                }
                Step::Order(index, buy, _, reduce_only) => {
                    for row in (0..fills.ts.len()).filter(|&row| fills.ts[row] == at && is_ours(row)) {
                        let place = if hedging && buy == reduce_only { index + 2 } else { index };
                        let lots = fills.quantity[row] as i64 * if buy { 1 } else { -1 };
                        let price = twin.prices[index] + lots.signum();
                        prop_assert_eq!(fills.price[row], price as f64);
                        twin.fill(place, lots, price, Twin::worth(lots, price).abs() / 1_000);
                        twin.check(index);
                    }
                }
            }
        }
        let forced: Vec<_> = (0..fills.ts.len()).filter(|&row| !is_ours(row))
            .map(|row| (fills.instrument[row] as usize, fills.price[row] as i64)).collect();
        prop_assert_eq!(&twin.liquidations, &forced);
        let account = &engine.exchange.clearing.account;
        prop_assert_eq!((account.balance(), engine.exchange.clearing.fund), (twin.balance, twin.fund));
        for (place, held) in twin.held.iter().enumerate() {
            prop_assert_eq!((account.position(place).lots, account.position(place).cost, account.margin(place)), (held.1, held.2, held.3));
        }
        prop_assert!((record.totals.funding - twin.funding as f64 / UNIT as f64).abs() < 1e-9);
        // Cash, what was bought and sold at its price, fees, funding, and what is held at its worth: that is the equity.
        let flow = |row: usize| -f64::from(fills.side[row]) * fills.quantity[row] * fills.price[row] - fills.fee[row];
        let worth: f64 = (0..2).map(|index| engine.trader.desk.position(index) as f64 * twin.prices[index] as f64).sum();
        let equity = 400.0 + (0..fills.ts.len()).map(flow).sum::<f64>() + record.totals.funding + worth;
        prop_assert!((engine.trader.desk.ledger.equity() - equity).abs() < 1e-6);
    }

    /// Two legs are two accounts of one leg each, in money and in round trips.
    #[test]
    fn legs_are_accounts_of_their_own(orders in proptest::collection::vec((any::<bool>(), 1..9_i64, any::<bool>(), -5..6_i64), 1..60)) {
        let mut rows = [Rows::default()];
        let (mut price, mut asks) = (100, [vec![Ask::market(10, Buy, 0)], vec![Ask::market(10, Buy, 0)]]);
        rows[0].around(1, price);
        for (number, (buy, lots, reduce_only, by)) in orders.into_iter().enumerate() {
            let at = 100 * (number as i64 + 1);
            price += by;
            rows[0].around(at - 50, price.max(20));
            let ask = Ask { reduce_only, ..Ask::market(at, if buy { Buy } else { Sell }, lots) };
            asks[usize::from(buy == reduce_only)].push(ask);
        }
        rows[0].end(100_000);
        let run = |asks: &[Ask], keys: &str| {
            let engine = play(&spec(&[false], "1000000", ("0", "0.001"), keys), &rows, asks);
            let account = &engine.exchange.clearing.account;
            let (trades, legs) = (engine.trader.desk.ledger.recorder().trades.clone(), engine.trader.desk.legs(0));
            (account.balance() - 1_000_000 * UNIT, legs, trades)
        };
        let alone = [run(&asks[0], ""), run(&asks[1], "")];
        let both = run(&asks.concat(), r#","positions":"hedging""#);
        prop_assert_eq!(both.0, alone[0].0 + alone[1].0);
        prop_assert_eq!(both.1, (alone[0].1.0, alone[1].1.1));
        for (side, alone) in [(1, &alone[0]), (-1, &alone[1])] {
            let pnl: Vec<f64> = (0..both.2.side.len()).filter(|&row| both.2.side[row] == side).map(|row| both.2.net_pnl[row]).collect();
            prop_assert_eq!(&pnl, &alone.2.net_pnl);
        }
    }
}
