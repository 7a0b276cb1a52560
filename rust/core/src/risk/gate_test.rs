//! The gate refuses what breaks a limit, and lets every reduction pass.

use proptest::prelude::*;

use super::*;
use crate::account::{Account, Fill};
use crate::instrument::InstrumentSpec;
use crate::orders::{OrderKind, Reason};
use crate::risk::OpenOrders;

const CASH: Atoms = 10_000_000_000_000_000;

struct Desk {
    instruments: Vec<Instrument>,
    account: Account,
    marks: Vec<i64>,
    open: OpenOrders,
    gate: RiskGate,
}

fn desk(limits: Limits) -> Desk {
    let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"1","lot":"0.01",
        "min_notional":"5","max_quantity":"1000","maker_fee":"0","taker_fee":"0.001"}"#;
    let spec: InstrumentSpec = serde_json::from_str(text).unwrap();
    let scale = Scale::covering([spec.digits()]).unwrap();
    let instruments = vec![spec.bind(scale).unwrap()];
    let gate = RiskGate::new(&limits, &instruments, scale, Decimal::ONE).unwrap();
    Desk { account: Account::new(CASH, 1), marks: vec![100], open: OpenOrders::default(), gate, instruments }
}

impl Desk {
    fn ask(&mut self, intent: Intent, now: i64) -> Result<Approved, Refusal> {
        let at = Situation {
            now,
            account: Some(&self.account),
            instruments: &self.instruments,
            marks: &self.marks,
            open: std::slice::from_ref(&self.open),
            markets: &[],
            at_once: false,
            replaced: None,
        };
        self.gate.check(&intent, &at).unwrap()
    }

    fn fill(&mut self, approved: Approved) {
        let intent = approved.intent();
        let instrument = &self.instruments[0];
        let fill = Fill::new(instrument, intent.side, intent.lots, self.marks[0], Rate(1_000_000)).unwrap();
        self.account.fill(0, instrument, &fill).unwrap();
    }
}

fn buy(lots: i64) -> Intent {
    Intent { instrument: 0, side: Side::Buy, lots, kind: OrderKind::Market, reduce_only: false, reason: Reason::Entry }
}

fn refused(result: Result<Approved, Refusal>) -> Check {
    result.expect_err("the gate should refuse").check
}

#[test]
fn each_limit_refuses_with_its_value() {
    let position = Limits { max_position: Some("2".parse().unwrap()), ..Limits::default() };
    let refusal = desk(position).ask(buy(201), 0).unwrap_err();
    assert_eq!(refusal, Refusal { check: Check::MaxPosition, limit: 2.0, value: 2.01 });
    let notional = Limits { max_notional: Some("150".parse().unwrap()), ..Limits::default() };
    assert_eq!(desk(notional).ask(buy(151), 0).unwrap_err().limit, 150.0);
    assert_eq!(refused(desk(Limits::default()).ask(buy(4), 0)), Check::MinNotional);
    assert_eq!(refused(desk(Limits::default()).ask(buy(0), 0)), Check::OrderSize);
    assert_eq!(refused(desk(Limits::default()).ask(buy(100_001), 0)), Check::OrderSize);
    // 10,000 in cash: 100 units at 100 are covered, their fee is not.
    assert_eq!(refused(desk(Limits::default()).ask(buy(10_000), 0)), Check::Margin);
    let band = Limits { price_band: Some(Rate(50_000_000)), ..Limits::default() };
    let far = Intent { kind: OrderKind::Limit(94), ..buy(10) };
    assert_eq!(refused(desk(band).ask(far, 0)), Check::PriceBand);
    let mut blind = desk(Limits::default());
    blind.marks[0] = 0;
    assert_eq!(refused(blind.ask(buy(10), 0)), Check::NoPrice);
    let closed = Limits { max_open_positions: Some(0), ..Limits::default() };
    assert_eq!(refused(desk(closed).ask(buy(10), 0)), Check::OpenPositions);
}

#[test]
fn the_order_rate_is_a_sliding_minute() {
    let mut desk = desk(Limits { max_orders_per_minute: Some(2), ..Limits::default() });
    assert!(desk.ask(buy(10), 0).is_ok());
    assert!(desk.ask(buy(10), 30_000_000_000).is_ok());
    assert_eq!(refused(desk.ask(buy(10), 59_999_999_999)), Check::OrdersPerMinute);
    assert!(desk.ask(buy(10), 60_000_000_000).is_ok());
}

#[test]
fn a_halt_lets_positions_be_closed_and_nothing_else() {
    let mut desk = desk(Limits { max_drawdown: Some(Rate(100_000_000)), ..Limits::default() });
    let approved = desk.ask(buy(100), 0).unwrap();
    desk.fill(approved);
    assert!(
        [(100.0, false), (90.0, false), (89.9, true)].map(|(equity, passed)| desk.gate.mark(0, equity) == Ok(passed))
            == [true; 3]
    );
    assert_eq!(refused(desk.ask(buy(10), 0)), Check::Drawdown);
    let sell = Intent { side: Side::Sell, lots: 250, reduce_only: true, ..buy(1) };
    assert_eq!(desk.ask(sell, 0).unwrap().intent().lots, 100);
    // A plain sell through zero would open a short.
    assert_eq!(refused(desk.ask(Intent { reduce_only: false, ..sell }, 0)), Check::Drawdown);
}

#[test]
fn what_open_orders_of_the_other_side_would_open_may_be_reduced() {
    let mut desk = desk(Limits::default());
    let exit = Intent { side: Side::Sell, lots: 300, reduce_only: true, ..buy(1) };
    assert_eq!(refused(desk.ask(exit, 0)), Check::OrderSize);
    desk.open.adding[Side::Buy as usize] = 200;
    assert_eq!(desk.ask(exit, 0).unwrap().intent().lots, 200);
    let approved = desk.ask(buy(50), 0).unwrap();
    desk.fill(approved);
    assert_eq!(desk.ask(exit, 0).unwrap().intent().lots, 250);
    // What is not reduce-only may open, whatever is open against it.
    let plain = Intent { lots: 50_000, reduce_only: false, ..exit };
    assert_eq!(refused(desk.ask(plain, 0)), Check::Margin);
}

#[test]
fn limits_that_make_no_sense_are_named() {
    let negative = Limits { max_position: Some("-1".parse().unwrap()), ..Limits::default() };
    let x = desk(Limits::default());
    let error = RiskGate::new(&negative, &x.instruments, x.gate.scale, Decimal::ONE).unwrap_err();
    assert_eq!(error.to_string(), "risk: max_position must be above 0, got -1");
}

proptest! {
    /// Whatever is asked and wherever the price goes, no limit is passed by the gate's own doing.
    #[test]
    fn no_limit_is_passed(steps in proptest::collection::vec((any::<bool>(), any::<bool>(), 1..400_i64, 50..200_i64), 1..200)) {
        let limits = Limits {
            max_position: Some("3".parse().unwrap()),
            max_notional: Some("350".parse().unwrap()),
            max_orders_per_minute: Some(5),
            ..Limits::default()
        };
        let mut desk = desk(limits);
        let mut sent = Vec::new();
        for (now, (long, reduce_only, lots, price)) in (0_i64..).step_by(7_000_000_000).zip(steps) {
            desk.marks[0] = price;
            let before = desk.account.position(0).lots;
            let side = if long { Side::Buy } else { Side::Sell };
            let Ok(approved) = desk.ask(Intent { side, reduce_only, ..buy(lots) }, now) else { continue };
            desk.fill(approved);
            let after = desk.account.position(0).lots;
            if after.abs() > before.abs() || after.signum() == -before.signum() {
                prop_assert!(after.abs() <= 300);
                prop_assert!(desk.instruments[0].notional(after, price).unwrap() <= 350_000_000_000_000);
                sent.push(now);
                prop_assert!(sent.iter().filter(|&&at| at > now - MINUTE_NS).count() <= 5);
            }
            if reduce_only {
                prop_assert!(after.abs() < before.abs() && after.signum() != -before.signum());
            }
        }
    }
}
