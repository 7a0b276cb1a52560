//! Figures worked out by hand.

use tradenode_core::orders::Side::{self, Buy, Sell};
use tradenode_core::orders::{OrderKind, Reason};

use super::stage::{Ask, Rows, play, spec};
use crate::venue::{Band, End, VENUES_ORDERS, What};

const DAY: i64 = 86_400_000_000_000;

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value}, not {expected}");
}

#[test]
fn fees_follow_the_tiers_and_rebates_are_negative() {
    let tiers = r#","fees":{"tiers":[{"volume":"0","maker":"0.001","taker":"0.002"},
        {"volume":"500","maker":"-0.001","taker":"0.0015"}],"window_ns":86400000000000}"#;
    let hour = DAY / 24;
    let mut rows = Rows::default();
    rows.around(1, 100);
    // A seller comes to our bid on the second day.
    rows.book(26 * hour, &[(99, 9)], &[(100, 9)]);
    rows.around(27 * hour, 100);
    rows.end(4 * DAY);
    let rows = [rows];
    let rest = Ask { kind: OrderKind::Limit(100), ..Ask::market(25 * hour, Buy, 1) };
    let taking = |hours, side, lots| Ask::market(hours * hour, side, lots);
    let asks = [taking(1, Buy, 3), taking(2, Buy, 3), rest, taking(49, Sell, 1), taking(73, Sell, 1)];
    let engine = play(&spec(&[false], "10000", ("0", "0"), tiers), &rows, &asks);
    let record = engine.trader.desk.ledger.recorder();
    // 3 at 101 twice, 606 in all: no tier changes before midnight. Then the second one; on the third day only the 100 of
    // the second count.
    let fees = [0.606, 0.606, -0.1, 0.198, 0.198];
    assert_eq!(record.fills.fee.len(), fees.len());
    record.fills.fee.iter().zip(fees).for_each(|(fee, expected)| near(*fee, expected));
    near(record.totals.fees, fees.iter().sum());
}

#[test]
fn funding_is_paid_on_the_mark_by_what_is_held() {
    for (side, keys, sign) in [(Buy, "", -1.0), (Sell, "", 1.0), (Buy, r#","margin":"isolated""#, -1.0)] {
        let mut rows = Rows::default();
        rows.at(1, 100);
        rows.funding(5, 1_000_000); // nothing held
        rows.book(35, &[(119, 9)], &[(122, 9)]);
        rows.funding(40, 1_000_000); // the middle, 120.5: 120
        rows.mark(45, 110);
        rows.funding(50, -2_000_000); // the mark counts from now on
        rows.at(55, 100);
        rows.funding(60, 500_000);
        rows.at(65, 110);
        rows.end(99);
        let rows = [rows];
        let asks = [Ask::market(10, side, 4), Ask::market(70, side.opposite(), 4)];
        let engine = play(&spec(&[false], "1000", ("0", "0"), keys), &rows, &asks);
        let record = engine.trader.desk.ledger.recorder();
        // 0.1 % of 480, -0.2 % of 440, 0.05 % of 440.
        let funding = sign * (0.48 - 0.88 + 0.22);
        near(record.totals.funding, funding);
        near(record.trades.funding[0], funding);
        near(engine.trader.desk.ledger.balance(), 1_000.0 - sign * 40.0 + funding);
    }
}

/// A liquidation worked out by hand: one position, a fee of 0.5 %, an insurance fund of 10.
struct Case {
    inverse: bool,
    isolated: bool,
    side: Side,
    /// The last price at which it is held, and the next, at which it is not.
    held: i64,
    lost: i64,
    bankrupt: i64,
    /// The balance and the fund in the end, where the market gives the price at which it was lost.
    balance: f64,
    fund: f64,
}

/// Linear: 5 at 100 with 100 in cash, 50 of it margin where isolated. Inverse: 50 contracts of 100 at 1,000 with 1 in
/// cash, half of it margin. The maintenance margin is 5 %.
const CASES: [Case; 8] = [
    // 100 + 5 (p - 100) >= 0.25 p from 84.21 on; >= 0.025 p from 80.40 on. At 81 are left 5, less 2.025.
    Case { inverse: false, isolated: false, side: Buy, held: 85, lost: 84, bankrupt: 81, balance: 2.975, fund: 27.025 },
    // 600 - 5 p >= 0.25 p up to 114.29; 0.025 p up to 119.40. At 119 are left 5, less 2.975.
    Case {
        inverse: false,
        isolated: false,
        side: Sell,
        held: 114,
        lost: 115,
        bankrupt: 119,
        balance: 2.025,
        fund: 32.975,
    },
    // 50 + 5 (p - 100) >= 0.25 p from 94.74 on; 0.025 p from 90.45 on. At 91 are left 5, less 2.275, besides 50.
    Case { inverse: false, isolated: true, side: Buy, held: 95, lost: 94, bankrupt: 91, balance: 52.725, fund: 27.275 },
    // 550 - 5 p >= 0.25 p up to 104.76; 0.025 p up to 109.45. At 109 are left 5, less 2.725.
    Case {
        inverse: false,
        isolated: true,
        side: Sell,
        held: 104,
        lost: 105,
        bankrupt: 109,
        balance: 52.275,
        fund: 32.725,
    },
    // 6 - 5000/p >= 250/p from 875 on; 25/p from 837.5 on.
    Case {
        inverse: true,
        isolated: false,
        side: Buy,
        held: 875,
        lost: 874,
        bankrupt: 838,
        balance: 6.0 - 5_025.0 / 838.0,
        fund: 10.0 + 5_025.0 / 838.0 - 5_000.0 / 874.0,
    },
    // 5000/p - 4 >= 250/p up to 1187.5; 25/p up to 1243.75.
    Case {
        inverse: true,
        isolated: false,
        side: Sell,
        held: 1_187,
        lost: 1_188,
        bankrupt: 1_243,
        balance: 4_975.0 / 1_243.0 - 4.0,
        fund: 10.0 + 5_000.0 / 1_188.0 - 4_975.0 / 1_243.0,
    },
    // 5.5 - 5000/p >= 250/p from 954.55 on; 25/p from 913.64 on.
    Case {
        inverse: true,
        isolated: true,
        side: Buy,
        held: 955,
        lost: 954,
        bankrupt: 914,
        balance: 6.0 - 5_025.0 / 914.0,
        fund: 10.0 + 5_025.0 / 914.0 - 5_000.0 / 954.0,
    },
    // 5000/p - 4.5 >= 250/p up to 1055.56; 25/p up to 1105.56.
    Case {
        inverse: true,
        isolated: true,
        side: Sell,
        held: 1_055,
        lost: 1_056,
        bankrupt: 1_105,
        balance: 4_975.0 / 1_105.0 - 4.0,
        fund: 10.0 + 5_000.0 / 1_056.0 - 4_975.0 / 1_105.0,
    },
];

#[test]
fn liquidations_are_those_worked_out_by_hand() {
    for (number, case) in CASES.iter().enumerate() {
        for marks in [false, true] {
            let mut rows = Rows::default();
            let (entry, lots, cash) = if case.inverse { (1_000, 50, "1") } else { (100, 5, "100") };
            rows.at(1, entry);
            if marks {
                rows.mark(25, case.held);
                rows.at(35, case.lost); // only marks count
                rows.mark(45, case.lost);
            } else {
                rows.at(25, case.held);
                rows.at(45, case.lost);
            }
            rows.end(99);
            let rows = [rows];
            let mode = if case.isolated { "isolated" } else { "cross" };
            let keys = format!(r#","margin":"{mode}","liquidation":{{"fee":"0.005","insurance":"10"}}"#);
            // An order that rests far away goes with the position.
            let away = if case.side == Buy { entry * 2 } else { entry / 2 };
            let rest = Ask { kind: OrderKind::Limit(away), ..Ask::market(20, case.side.opposite(), 1) };
            let spec = spec(&[case.inverse], cash, ("0", "0"), &keys);
            let engine = play(&spec, &rows, &[Ask::market(10, case.side, lots), rest]);
            let record = engine.trader.desk.ledger.recorder();
            let named = format!("case {number}, marks {marks}");
            assert_eq!(record.fills.ts, [10, 45], "{named}");
            assert_eq!(record.fills.reason[1], Reason::Liquidation as u8);
            assert_eq!(record.trades.exit_reason, [Reason::Liquidation as u8]);
            assert_eq!((record.fills.price[1], record.liquidations), (case.bankrupt as f64, 1), "{named}");
            near(engine.trader.desk.ledger.balance(), case.balance);
            near(record.insurance, case.fund);
            assert_eq!(
                (
                    engine.trader.desk.position(0),
                    engine.exchange.venue.position(0),
                    engine.exchange.venue.open_orders(0)
                ),
                (0, 0, 0)
            );
            assert!(engine.trader.desk.open_orders(0).is_empty());
            let heard: Vec<_> = engine.trader.strategy.heard.iter().map(|report| (report.order, report.what)).collect();
            assert_eq!(heard[heard.len() - 2], (2, What::Cancelled(End::Liquidation)), "{named}");
            assert_eq!(heard[heard.len() - 1].0, VENUES_ORDERS + 1);
        }
    }
}

#[test]
fn what_the_fund_lacks_the_account_pays() {
    // (isolated, the fund at first and in the end, the balance): 5 at 100 fall to 60, where 345 - 45 are left of 500.
    let table = [
        (false, "0", 0.0, -100.0),
        (false, "30", 0.0, -70.0),
        (false, "200", 97.025, 2.975),
        // The margin of 50 is used up at 91 less the fee; the free 50 pay for what the fund lacks.
        (true, "0", 0.0, -100.0),
        (true, "200", 47.275, 52.725),
    ];
    for (isolated, fund, left, balance) in table {
        let mut rows = Rows::default();
        rows.at(1, 100);
        rows.at(25, 60);
        rows.end(99);
        let rows = [rows];
        let mode = if isolated { "isolated" } else { "cross" };
        let keys = format!(r#","margin":"{mode}","liquidation":{{"fee":"0.005","insurance":"{fund}"}}"#);
        let engine = play(&spec(&[false], "100", ("0", "0"), &keys), &rows, &[Ask::market(10, Buy, 5)]);
        near(engine.trader.desk.ledger.balance(), balance);
        near(engine.trader.desk.ledger.recorder().insurance, left);
    }
}

#[test]
fn the_fund_gets_what_the_levels_give() {
    let mut rows = Rows::default();
    rows.at(1, 100);
    rows.book(25, &[(83, 3), (82, 1)], &[(85, 9)]);
    rows.end(99);
    let rows = [rows];
    let keys = r#","liquidation":{"fee":"0.005"}"#;
    let engine = play(&spec(&[false], "100", ("0", "0"), keys), &rows, &[Ask::market(10, Buy, 5)]);
    // 3 at 83, 1 at 82 and the last, for which there is no level, at 82 too: 413 for what was taken at 81, and the fee.
    near(engine.trader.desk.ledger.recorder().insurance, 413.0 - 405.0 + 2.025);
}

#[test]
fn a_book_that_cannot_be_trusted_liquidates_nobody() {
    let mut rows = Rows::default();
    rows.at(1, 100);
    rows.book(25, &[(60, 9)], &[(40, 9)]);
    rows.at(35, 100);
    rows.end(99);
    let rows = [rows];
    let engine = play(&spec(&[false], "100", ("0", "0"), ""), &rows, &[Ask::market(10, Buy, 5)]);
    assert_eq!((engine.trader.desk.position(0), engine.exchange.clearing.liquidations), (5, 0));
}

#[test]
fn what_is_paid_in_full_is_not_watched() {
    let mut rows = Rows::default();
    rows.at(1, 100);
    rows.at(25, 2);
    rows.end(99);
    let rows = [rows];
    let spec = spec(&[false], "500", ("0", "0"), "");
    let engine = play(&spec, &rows, &[Ask::market(10, Buy, 5)]);
    assert_eq!((engine.trader.desk.position(0), engine.exchange.clearing.band(0)), (5, Band::ALL));
    let engine = play(&spec, &rows, &[Ask::market(10, Sell, 5)]);
    assert_ne!(engine.exchange.clearing.band(0), Band::ALL);
}

#[test]
fn isolated_orders_need_free_balance_and_legs_are_limited_apart() {
    let mut rows = Rows::default();
    rows.at(1, 100);
    rows.at(15, 200); // 500 open profit: of no use to an isolated account
    rows.end(99);
    let rows = [rows];
    let asks = [Ask::market(10, Buy, 5), Ask::market(20, Buy, 3)];
    for (keys, held) in [("", 8), (r#","margin":"isolated""#, 5)] {
        let engine = play(&spec(&[false], "100", ("0", "0"), keys), &rows, &asks);
        assert_eq!(engine.trader.desk.position(0), held);
    }
    let asks = [
        Ask::market(10, Buy, 5),
        Ask::market(20, Sell, 5),
        Ask::market(30, Sell, 2),
        Ask::market(40, Sell, 4).reducing(),
    ];
    let keys = r#","positions":"hedging","risk":{"max_position":"6"}"#;
    let engine = play(&spec(&[false], "1000", ("0", "0"), keys), &rows, &asks);
    assert_eq!((engine.trader.desk.legs(0), engine.trader.desk.position(0)), ((1, -5), -4));
    assert_eq!(engine.trader.desk.ledger.recorder().refused_count, 1);
}

#[test]
fn what_makes_no_sense_is_named() {
    use super::super::TickSpec;
    let fault = |keys: &str| {
        let spec: TickSpec = spec(&[false], "100", ("0", "0"), keys);
        let ledger = crate::ledger::Ledger::new(&spec.terms(&spec.listed()), Default::default()).unwrap();
        super::super::clearing::Clearing::new(&spec, &ledger, 0).map(drop).unwrap_err().to_string()
    };
    assert_eq!(fault(r#","liquidation":{"fee":"1"}"#), "liquidation.fee must be at least 0 and below 1, got 1");
    assert_eq!(fault(r#","liquidation":{"insurance":"-1"}"#), "liquidation.insurance must be at least 0, got -1");
    assert_eq!(fault(r#","fees":{"tiers":[]}"#), "fees.tiers: must have a tier at least");
}
