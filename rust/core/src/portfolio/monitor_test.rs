//! Small examples by hand; and whatever happens, profit is told apart to the atom.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::orders::{Intent, OrderKind, Reason};
use crate::portfolio::exposure::{Exposure, Reach};
use crate::risk::{OpenOrders, Pending};

const DAY: i64 = 86_400_000_000_000;
const ALL: By = By { day: true, strategy: true, instrument: true };

fn instrument(symbol: &str, base: &str, inverse: bool) -> String {
    let settlement = if inverse { base } else { "USD" };
    format!(
        r#"{{"symbol":"{symbol}","base":"{base}","quote":"USD","settlement":"{settlement}","tick":"0.5","lot":"0.01",
        "inverse":{inverse},"maker_fee":"0","taker_fee":"0.001","initial_margin":"0.1","maintenance_margin":"0.05"}}"#
    )
}

fn monitor(currency: &str, instruments: &[String]) -> Monitor {
    let instruments = instruments.join(",");
    let spec = format!(
        r#"{{"currency":"{currency}","capital":"1000","instruments":[{instruments}],"strategies":["trend","carry","spread"],
        "every_ns":60,"window":3}}"#
    );
    Monitor::new(&serde_json::from_str(&spec).unwrap()).unwrap()
}

/// Two instruments on one base and a third; atoms of 10^-12.
fn linear() -> Monitor {
    monitor(
        "USD",
        &[instrument("X-USD", "X", false), instrument("X-PERP", "X", false), instrument("Y-USD", "Y", false)],
    )
}

fn inverse() -> Monitor {
    monitor("X", &[instrument("X-A", "X", true), instrument("X-B", "X", true), instrument("X-C", "X", true)])
}

fn fill(strategy: usize, instrument: usize, side: Side, lots: i64, ticks: i64, fee: Atoms) -> StrategyFill {
    StrategyFill { strategy, instrument, side, lots, ticks, fee }
}

fn usd(amount: Atoms) -> Atoms {
    amount * 1_000_000_000_000
}

#[test]
fn what_is_netted_is_each_strategys_at_its_own_cost() {
    let mut monitor = linear();
    // 2.00 bought at 100 by one, 1.00 sold at 110 by the other; a dollar of fees each. The mark is 105.
    monitor.on_fill(0, &fill(0, 0, Side::Buy, 200, 200, usd(1))).unwrap();
    monitor.on_fill(5, &fill(1, 0, Side::Sell, 100, 220, usd(1))).unwrap();
    monitor.on_mark(6, 0, 210).unwrap();
    assert_eq!((monitor.lots(None, 0), monitor.lots(Some(1), 0)), (100, -100));
    assert_eq!((monitor.profit(Some(0)).unwrap(), monitor.profit(Some(1)).unwrap()), (usd(9), usd(4)));
    assert_eq!(monitor.equity().unwrap(), usd(1_013));
    // 12 paid for 1.00 in sum: 24 for 2.00 and -12 for -1.00.
    monitor.on_payment(7, None, 0, usd(-12)).unwrap();
    assert_eq!((monitor.profit(Some(0)).unwrap(), monitor.profit(Some(1)).unwrap()), (usd(-15), usd(16)));
    // The next day one sells half at 120; the other's loss from 105 to 120 is that day's.
    monitor.on_fill(DAY, &fill(0, 0, Side::Sell, 100, 240, 0)).unwrap();
    monitor.on_mark(DAY, 0, 240).unwrap();
    let row = |day, strategy, realised, unrealised, fees, funding| {
        let cell = Cell { day: Some(day), strategy: Some(strategy), instrument: Some(0) };
        let [realised, unrealised, fees, funding] = [realised, unrealised, fees, funding].map(usd);
        (cell, Profit { realised, unrealised, fees, funding })
    };
    let expected =
        vec![row(0, 0, 0, 10, -1, -24), row(0, 1, 0, 5, -1, 12), row(DAY, 0, 20, 10, 0, 0), row(DAY, 1, 0, -15, 0, 0)];
    assert_eq!(monitor.attribution(ALL).unwrap(), expected);
    let by_day = monitor.attribution(By { day: true, strategy: false, instrument: false }).unwrap();
    assert_eq!(by_day.iter().map(|(_, profit)| profit.total().unwrap()).collect::<Vec<_>>(), [usd(1), usd(15)]);
    // Deposits are no profit.
    monitor.on_transfer(usd(5)).unwrap();
    assert_eq!((monitor.equity().unwrap(), monitor.profit(None).unwrap()), (usd(1_021), usd(16)));
}

#[test]
fn a_payment_is_split_to_the_atom() {
    let mut monitor = linear();
    (0..3).for_each(|strategy| monitor.on_fill(0, &fill(strategy, 0, Side::Sell, 1, 200, 0)).unwrap());
    monitor.on_payment(0, None, 0, 100).unwrap();
    assert_eq!([0, 1, 2].map(|strategy| monitor.profit(Some(strategy)).unwrap()), [33, 34, 33]);
}

#[test]
fn days_are_kept_while_they_are_among_the_last() {
    let mut monitor = linear();
    let kept = Attribution::DAYS_KEPT as i64;
    for day in [0, 1, kept - 1, kept] {
        monitor.on_fill(day * DAY, &fill(0, 0, Side::Buy, 1, 200, 1)).unwrap();
        let days: Vec<i64> = monitor.attribution(ALL).unwrap().iter().filter_map(|(cell, _)| cell.day).collect();
        let first = if day < kept { 0 } else { Attribution::EARLIER };
        assert_eq!((days[0], *days.last().unwrap()), (first, day * DAY));
    }
    assert_eq!(monitor.attribution(ALL).unwrap().len(), 4);
}

#[test]
fn exposure_and_margin_by_hand() {
    let mut monitor = linear();
    // 6.00 and -2.00 of one base, -1.00 of the other: 600 long by one, 200 short and 50 short by the other.
    monitor.on_fill(0, &fill(0, 0, Side::Buy, 600, 200, 0)).unwrap();
    monitor.on_fill(0, &fill(1, 1, Side::Sell, 200, 200, 0)).unwrap();
    monitor.on_fill(0, &fill(1, 2, Side::Sell, 100, 100, 0)).unwrap();
    let total = |whose| {
        let mut sum = Exposure::default();
        monitor.exposures(whose).unwrap().into_iter().for_each(|one| sum += one);
        sum
    };
    assert_eq!(total(None), Exposure { long: usd(600), short: usd(250) });
    assert_eq!((total(Some(1)).gross(), total(Some(1)).net()), (usd(250), usd(-250)));
    let margin = monitor.margin(None).unwrap();
    assert_eq!((margin.initial, margin.free(), margin.maintenance), (usd(85), usd(915), usd(85) / 2));
    assert!((margin.leverage() - 0.85).abs() < 1e-12);
    let assets = monitor.assets(None).unwrap();
    let concentrations: Vec<f64> = assets.iter().map(|asset| asset.concentration).collect();
    assert_eq!((assets[0].asset.as_str(), assets[1].asset.as_str()), ("X", "Y"));
    assert!((concentrations[0] - 0.4).abs() < 1e-12 && (concentrations[1] - 0.05).abs() < 1e-12);
    // Netted with what the other holds of it: nothing is left.
    monitor.on_fill(0, &fill(1, 0, Side::Sell, 600, 200, 0)).unwrap();
    assert_eq!(monitor.exposures(None).unwrap()[0], Exposure::default());
    assert_eq!(monitor.exposures(Some(1)).unwrap()[0], Exposure { long: 0, short: usd(600) });
}

#[test]
fn orders_that_wait_reach_as_far_as_they_may() {
    let monitor = linear();
    let x = &monitor.instruments()[0];
    let mut open = OpenOrders::default();
    for (side, lots, ticks, reduce_only) in
        [(Side::Buy, 100, 180, false), (Side::Sell, 300, 220, false), (Side::Sell, 50, 210, true)]
    {
        let kind = OrderKind::Limit(ticks);
        let intent = Intent { instrument: 0, side, lots, kind, reduce_only, reason: Reason::Strategy };
        open.add(&Pending::new(&intent, lots, x, 200).unwrap());
    }
    // 1.00 held at 100. Buys: 100 and 90. Sells: 0.50 less, then 3.00 at 110, of which 2.50 open.
    let reach = Reach::of(x, 100, 200, &open).unwrap();
    assert_eq!(reach, Reach { high: usd(190), low: usd(-275), gross: usd(275) });
    // Too few sells to get through zero: the rest at the mark.
    let reach = Reach::of(x, 1_000, 200, &open).unwrap();
    assert_eq!(reach, Reach { high: usd(1_090), low: usd(650), gross: usd(1_090) });
    assert_eq!(Reach::of(x, 0, 0, &OpenOrders::default()).unwrap(), Reach::default());
}

/// Prices of 200, 210, 205, 220 ticks and half as much, sampled: the first return is undefined until it is out of the window.
fn sampled(monitor: &mut Monitor, instruments: &[usize]) -> Vec<bool> {
    let steps = [200, 210, 205, 220].into_iter().enumerate();
    let step = |(row, ticks): (usize, i64)| {
        let at = row as i64 * 60;
        instruments.iter().for_each(|&place| monitor.on_mark(at, place, ticks / (1 + place as i64)).unwrap());
        monitor.sample(at).unwrap() && monitor.value_at_risk(None, 1, 0.95).unwrap().is_some()
    };
    steps.map(step).collect()
}

#[test]
fn value_at_risk_is_undefined_rather_than_nought() {
    let mut monitor = linear();
    assert_eq!(sampled(&mut monitor, &[0]), [false, false, false, true]);
    let flat = monitor.value_at_risk(None, 1, 0.95).unwrap().unwrap();
    assert_eq!(
        (flat.historical.value_at_risk, flat.parametric.value_at_risk, flat.components),
        (0.0, 0.0, vec![0.0; 3])
    );
    // Held, but never marked: its fill is no return.
    monitor.on_fill(240, &fill(1, 1, Side::Buy, 100, 200, 0)).unwrap();
    assert_eq!(monitor.value_at_risk(None, 1, 0.95).unwrap(), None);
    assert_eq!(monitor.value_at_risk_of(&[0.0, 1.0, 0.0], 1, 0.95).unwrap(), None);
    assert!(monitor.value_at_risk(Some(0), 1, 0.95).unwrap().is_some());
    for deltas in [&[0.0, 1.0][..], &[0.0, f64::NAN, 0.0]] {
        assert_eq!(monitor.value_at_risk_of(deltas, 1, 0.95), Err(MonitorError::Deltas { count: 3 }));
    }
    assert_eq!(monitor.value_at_risk(None, 3, 0.95), Err(MonitorError::Horizon { given: 3, most: 2 }));
    assert_eq!(monitor.value_at_risk(None, 1, 1.0), Err(MonitorError::Confidence(1.0)));
    assert!(matches!(monitor.value_at_risk(Some(3), 1, 0.9), Err(MonitorError::Place { what: "strategy", .. })));
}

#[test]
fn value_at_risk_of_one_instrument_by_hand() {
    let mut monitor = linear();
    sampled(&mut monitor, &[0]);
    // 1.00 short at 110: under prices that change as 210/200, 205/210, 220/205.
    monitor.on_fill(240, &fill(0, 0, Side::Sell, 100, 220, 0)).unwrap();
    let risk = monitor.value_at_risk(None, 1, 0.5).unwrap().unwrap();
    assert_eq!(monitor.value_at_risk_of(&[-110.0, 0.0, 0.0], 1, 0.5).unwrap(), Some(risk.clone()));
    assert!((risk.historical.value_at_risk - 110.0 * 10.0 / 200.0).abs() < 1e-9, "{risk:?}");
    assert!((risk.historical.shortfall - 110.0 * (0.05 + 15.0 / 205.0) / 2.0).abs() < 1e-9, "{risk:?}");
    // Over two samples: 205/200 and 220/210, the quantile halfway.
    let risk = monitor.value_at_risk(None, 2, 0.5).unwrap().unwrap();
    assert!((risk.historical.value_at_risk - 110.0 * (0.025 + 1.0 / 21.0) / 2.0).abs() < 1e-9, "{risk:?}");
    // An inverse contract: 1.00 over 110 now, over 115.5 after the first return.
    let mut monitor = inverse();
    sampled(&mut monitor, &[0]);
    monitor.on_fill(240, &fill(0, 0, Side::Sell, 100, 220, 0)).unwrap();
    let risk = monitor.value_at_risk(None, 1, 0.5).unwrap().unwrap();
    assert!((risk.historical.value_at_risk - (1.0 / 110.0 - 1.0 / 115.5)).abs() < 1e-11, "{risk:?}");
    let deviation = monitor.correlation().volatility(0) / 110.0;
    let risk = monitor.value_at_risk(None, 2, 0.95).unwrap().unwrap();
    assert!((risk.parametric.value_at_risk - 1.644_853_627 * 2_f64.sqrt() * deviation).abs() < 1e-9, "{risk:?}");
    assert!((risk.components[0] - risk.parametric.value_at_risk).abs() < 1e-15);
}

#[test]
fn a_hedge_has_a_component_below_zero() {
    let mut monitor = linear();
    sampled(&mut monitor, &[0, 1]);
    monitor.on_fill(240, &fill(0, 0, Side::Buy, 200, 220, 0)).unwrap();
    monitor.on_fill(240, &fill(0, 1, Side::Sell, 100, 110, 0)).unwrap();
    let risk = monitor.value_at_risk(Some(0), 1, 0.99).unwrap().unwrap();
    assert!(risk.components[0] > 0.0 && risk.components[1] < 0.0 && risk.components[2] == 0.0, "{risk:?}");
    let sum: f64 = risk.components.iter().sum();
    assert!((sum - risk.parametric.value_at_risk).abs() < 1e-12 * sum, "{risk:?}");
}

#[test]
fn what_cannot_be_is_named() {
    let mut monitor = linear();
    let said = |result: Result<(), MonitorError>| result.unwrap_err().to_string();
    assert_eq!(said(monitor.on_fill(0, &fill(3, 0, Side::Buy, 1, 1, 0))), "strategy 3: there are 3, counted from 0");
    assert_eq!(said(monitor.on_fill(0, &fill(0, 3, Side::Buy, 1, 1, 0))), "instrument 3: there are 3, counted from 0");
    assert_eq!(said(monitor.on_fill(0, &fill(0, 0, Side::Buy, 0, 1, 0))), "lots must be above zero, got 0");
    assert_eq!(said(monitor.on_mark(0, 0, -5)), "ticks must be above zero, got -5");
    assert_eq!(said(monitor.on_mark(-1, 0, 5)), "a time must not be before 1970, got -1 ns");
    let orders = monitor.reaches(&[OpenOrders::default()]).unwrap_err().to_string();
    assert_eq!(orders, "open orders of 1 instruments, 3 are traded");
    let unheld = "a payment for X-USD, which is not held in sum: say of which strategy it is";
    assert_eq!(said(monitor.on_payment(0, None, 0, 1)), unheld);
    let spec = |change: &str| {
        let one = instrument("X-USD", "X", false);
        let text = format!(r#"{{"capital":"1","instruments":[{one}],"every_ns":60,{change}}}"#);
        Monitor::new(&serde_json::from_str(&text).unwrap()).unwrap_err().to_string()
    };
    let twice = r#""currency":"USD","strategies":["a","a"],"window":3"#;
    assert_eq!(spec(twice), "strategies: `a` is there twice");
    assert_eq!(spec(r#""currency":"USD","strategies":["a"],"window":1"#), "window: must be from 2 to 10000, got 1");
    let euro = r#""currency":"EUR","strategies":["a"],"window":3"#;
    assert_eq!(spec(euro), "X-USD settles in USD, the account counts in EUR: they cannot be added up");
}

#[derive(Debug, Clone)]
enum Step {
    Fill(StrategyFill),
    Pay(Whose, usize, Atoms),
    Mark(usize, i64),
    Transfer(Atoms),
}

fn any_step() -> impl Strategy<Value = (i64, Step)> {
    let ahead = prop_oneof![6 => 0..DAY / 3, 2 => Just(DAY), 1 => Just(200 * DAY), 1 => Just(-DAY)];
    let filled = (0..2_usize, 0..3_usize, any::<bool>(), 1..500_i64, 1..5_000_i64, -3_000..9_000_i128).prop_map(
        |(strategy, instrument, buy, lots, ticks, fee)| {
            let side = if buy { Side::Buy } else { Side::Sell };
            Step::Fill(fill(strategy, instrument, side, lots, ticks, fee))
        },
    );
    let step = prop_oneof![
        5 => filled,
        2 => (prop::option::of(0..2_usize), 0..3_usize, -99_999..99_999_i128).prop_map(|(w, i, a)| Step::Pay(w, i, a)),
        5 => (0..3_usize, 1..5_000_i64).prop_map(|(i, ticks)| Step::Mark(i, ticks)),
        1 => (-usd(9)..usd(9)).prop_map(Step::Transfer),
    ];
    (ahead, step)
}

/// The account as a plain sum of cash flows, and its profit as each day ended.
struct Twin {
    cash: [Atoms; 2],
    held: [[i64; 3]; 2],
    marks: [i64; 3],
    marked: [bool; 3],
    capital: Atoms,
    day: i64,
    ends: BTreeMap<i64, Atoms>,
}

impl Twin {
    fn profit(&self, strategy: usize, instruments: &[Instrument]) -> Atoms {
        let worth = |place: usize| match self.held[strategy][place] {
            0 => 0,
            lots => instruments[place].worth(lots, self.marks[place]).unwrap(),
        };
        self.cash[strategy] + (0..3).map(worth).sum::<Atoms>()
    }

    fn step(&mut self, at: i64, step: &Step, instruments: &[Instrument]) {
        let profit = self.profit(0, instruments) + self.profit(1, instruments);
        if at / DAY > self.day {
            self.ends.insert(self.day * DAY, profit);
            self.day = at / DAY;
        }
        match *step {
            Step::Fill(StrategyFill { strategy, instrument, side, lots, ticks, fee }) => {
                let signed = side.sign() * lots;
                self.cash[strategy] -= instruments[instrument].worth(signed, ticks).unwrap() + fee;
                self.held[strategy][instrument] += signed;
                if !self.marked[instrument] {
                    self.marks[instrument] = ticks;
                }
            }
            Step::Pay(Some(strategy), _, amount) => self.cash[strategy] += amount,
            Step::Pay(None, instrument, amount) => {
                // To the atom in all; the rounding of the first is the second's.
                let [one, other] = self.held.map(|held| i128::from(held[instrument]));
                let first = mul_div(amount, (one * (one + other).signum()) as i64, (one + other).abs() as i64).unwrap();
                self.cash[0] += first;
                self.cash[1] += amount - first;
            }
            Step::Mark(instrument, ticks) => {
                (self.marks[instrument], self.marked[instrument]) = (ticks, true);
            }
            Step::Transfer(amount) => self.capital += amount,
        }
    }
}

fn tell(monitor: &mut Monitor, at: i64, step: &Step) -> Result<(), MonitorError> {
    match step {
        Step::Fill(fill) => monitor.on_fill(at, fill),
        Step::Pay(whose, instrument, amount) => monitor.on_payment(at, *whose, *instrument, *amount),
        Step::Mark(instrument, ticks) => monitor.on_mark(at, *instrument, *ticks),
        Step::Transfer(amount) => monitor.on_transfer(*amount),
    }
}

/// The sum of all rows, and of those with a value of a key.
fn sums(monitor: &Monitor, by: By, key: impl Fn(&Cell) -> Option<i64>) -> (Atoms, BTreeMap<i64, Atoms>) {
    let (mut all, mut each) = (0, BTreeMap::new());
    for (cell, profit) in monitor.attribution(by).unwrap() {
        all += profit.total().unwrap();
        if let Some(key) = key(&cell) {
            *each.entry(key).or_insert(0) += profit.total().unwrap();
        }
    }
    (all, each)
}

/// Every row and every column of what is told apart, against the cash flows.
fn holds(monitor: &Monitor, twin: &Twin, exact: bool) -> Result<(), TestCaseError> {
    let of = [0, 1].map(|strategy| monitor.profit(Some(strategy)).unwrap());
    if exact {
        prop_assert_eq!(of, [0, 1].map(|strategy| twin.profit(strategy, monitor.instruments())));
    }
    prop_assert_eq!(monitor.equity().unwrap(), twin.capital + of[0] + of[1]);
    let (total, days) = sums(monitor, ALL, |cell| cell.day);
    prop_assert_eq!(total, of[0] + of[1]);
    let by_strategy = By { day: false, strategy: true, instrument: false };
    let (total, strategies) = sums(monitor, by_strategy, |cell| cell.strategy.map(|one| one as i64));
    prop_assert_eq!(total, of[0] + of[1]);
    let told = [0, 1].map(|strategy| strategies.get(&strategy).copied().unwrap_or(0));
    prop_assert_eq!(told, of);
    prop_assert!(days.len() <= Attribution::DAYS_KEPT + 1);
    if exact {
        // Up to the end of each day that is kept: what the equity had come to.
        let mut so_far = days.get(&Attribution::EARLIER).copied().unwrap_or(0);
        for (&day, &end) in &twin.ends {
            if twin.day - day / DAY < Attribution::DAYS_KEPT as i64 {
                so_far += days.get(&day).copied().unwrap_or(0);
                prop_assert_eq!(so_far, end, "day {}", day / DAY);
            } else {
                prop_assert!(!days.contains_key(&day));
            }
        }
    }
    Ok(())
}

fn run(mut monitor: Monitor, steps: &[(i64, Step)], exact: bool) -> Result<(), TestCaseError> {
    let capital = usd(1_000);
    let mut twin = Twin {
        cash: [0; 2],
        held: [[0; 3]; 2],
        marks: [0; 3],
        marked: [false; 3],
        capital,
        day: 0,
        ends: BTreeMap::new(),
    };
    let mut at = DAY;
    for (ahead, step) in steps {
        at = (at + ahead).max(0);
        match tell(&mut monitor, at, step) {
            Err(MonitorError::Unheld { .. }) => continue,
            result => result.unwrap(),
        }
        // A transfer is no turn of a day.
        let at = if matches!(step, Step::Transfer(_)) { 0 } else { at };
        twin.step(at, step, monitor.instruments());
        holds(&monitor, &twin, exact)?;
    }
    Ok(())
}

// `PROPTEST_CASES` searches longer.
proptest! {
    /// Linear contracts, against cash flows: not an atom is lost, whichever way the table is read.
    #[test]
    fn profit_is_told_apart_to_the_atom(steps in prop::collection::vec(any_step(), 1..60)) {
        run(linear(), &steps, true)?;
    }

    /// Inverse ones, whose worth is rounded: the tables still add up to the equity.
    #[test]
    fn profit_of_inverse_contracts_adds_up(steps in prop::collection::vec(any_step(), 1..60)) {
        run(inverse(), &steps, false)?;
    }
}
