//! Bars, requests and the fills that must come of them, worked by hand.
//!
//! Prices are whole, one lot is 0.01, the taker pays 0.1 % and the maker nothing. Bar `i` opens at `i` minutes.

use std::collections::HashMap;

use tradenode_core::bars::BarColumns;
use tradenode_core::orders::{OrderKind, Reason, Side};
use tradenode_core::strategy::EntryOrder;
use tradenode_core::strategy::guard::Distances;
use tradenode_sim::engine::run;
use tradenode_sim::error::RunError;
use tradenode_sim::frames::{Frame, SoundBars};
use tradenode_sim::recorder::Recorder;
use tradenode_sim::spec::RunSpec;
use tradenode_sim::strategy::{Entry, Request, Strategy, View};

#[path = "scenarios/kill.rs"]
mod kill;
#[path = "scenarios/twin.rs"]
mod twin;

const MINUTE: i64 = 60_000_000_000;

fn bars(rows: &[(i64, i64, i64, i64)], step: i64) -> BarColumns {
    let column = |pick: fn(&(i64, i64, i64, i64)) -> i64| rows.iter().map(|row| pick(row) as f64).collect();
    BarColumns {
        ts: (0..rows.len() as i64).map(|i| i * step).collect(),
        open: column(|r| r.0),
        high: column(|r| r.1),
        low: column(|r| r.2),
        close: column(|r| r.3),
        volume: vec![1_000.0; rows.len()],
    }
}

/// A description with the given parts; `extra` is JSON members.
fn spec(extra: &str) -> RunSpec {
    let text = format!(
        r#"{{"account":{{"currency":"USD","cash":"10000"}},"timeframe_ns":{MINUTE},
        "instruments":[{{"symbol":"X-USD","base":"X","quote":"USD","settlement":"USD","tick":"1","lot":"0.01",
        "maker_fee":"0","taker_fee":"0.001"}}],"size":{{"kind":"fixed_quantity","quantity":"1"}}{extra}}}"#
    );
    RunSpec::from_json(text.as_bytes()).unwrap()
}

/// Asks for what a table says on given rows.
struct Script(HashMap<usize, Vec<Request>>);

impl Strategy for Script {
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        requests.extend(self.0.remove(&view.row).unwrap_or_default());
        Ok(())
    }
}

fn play<'a>(spec: &RunSpec, columns: &'a BarColumns, script: Vec<(usize, Request)>) -> Recorder<'a> {
    play_frames(spec, &[frame(columns)], script).unwrap()
}

fn frame(columns: &BarColumns) -> Frame<'_> {
    Frame { bars: SoundBars::new(columns.view()).unwrap(), detail: None, funding: None }
}

fn play_frames<'a>(
    spec: &RunSpec,
    frames: &[Frame<'a>],
    script: Vec<(usize, Request)>,
) -> Result<Recorder<'a>, RunError> {
    let mut table: HashMap<usize, Vec<Request>> = HashMap::new();
    for (row, request) in script {
        table.entry(row).or_default().push(request);
    }
    run(spec, frames, &mut Script(table))
}

fn enter(side: Side, order: EntryOrder, price: f64) -> Request {
    let valid_ns = 2 * MINUTE;
    Request::Enter(Entry {
        side,
        order,
        price,
        valid_ns,
        distances: Distances::NONE,
        measure: f64::NAN,
        adds: false,
        tag: 0,
    })
}

fn market(side: Side) -> Request {
    enter(side, EntryOrder::Market, f64::NAN)
}

/// (bar in minutes, +quantity bought or -quantity sold, price, maker, why)
type Row = (i64, f64, f64, bool, Reason);

fn fills(recorder: &Recorder<'_>) -> Vec<Row> {
    let fills = &recorder.fills;
    (0..fills.ts.len())
        .map(|i| {
            let quantity = f64::from(fills.side[i]) * fills.quantity[i];
            let reason = Reason::ALL[usize::from(fills.reason[i])];
            (fills.ts[i] / MINUTE, quantity, fills.price[i], fills.maker[i] == 1, reason)
        })
        .collect()
}

#[test]
fn a_signal_on_a_close_fills_at_the_next_open() {
    let columns =
        bars(&[(100, 101, 99, 100), (102, 103, 101, 103), (104, 105, 103, 104), (106, 107, 105, 106)], MINUTE);
    let recorder = play(&spec(""), &columns, vec![(0, market(Side::Buy)), (2, Request::Leave(Reason::ExitRule))]);
    let expected = [(1, 1.0, 102.0, false, Reason::Entry), (3, -1.0, 106.0, false, Reason::ExitRule)];
    assert_eq!(fills(&recorder), expected);
    // 4 gained, fees 0.102 and 0.106
    assert_eq!(recorder.trades.net_pnl, [3.792]);
    assert_eq!(recorder.equity, [10_000.0, 10_000.898, 10_001.898, 10_003.792]);
    assert_eq!(*recorder.equity_ts, [0, MINUTE, 2 * MINUTE, 3 * MINUTE]);
    // From the average entry of 102: up to 107 only counts while open, so 106; down to 101.
    assert_eq!(
        (recorder.trades.max_favourable[0], recorder.trades.max_adverse[0]),
        (106.0 / 102.0 - 1.0, 101.0 / 102.0 - 1.0)
    );
}

#[test]
fn a_signal_fills_at_its_own_close_when_asked_to() {
    let columns = bars(&[(100, 101, 99, 100), (102, 103, 101, 103)], MINUTE);
    let recorder = play(&spec(r#","fill":{"at":"close"}"#), &columns, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder), [(1, 1.0, 100.0, false, Reason::Entry)]);
    assert_eq!(recorder.equity, [9_999.9, 10_002.9]);
}

const EXITS: &str = r#","exits":{"stop_loss":{"ratio":"0.05"},"take_profit":{"ratio":"0.05"}}"#;

#[test]
fn a_stop_gapped_through_fills_at_the_open_and_a_target_too() {
    let down = bars(&[(100, 100, 100, 100), (100, 101, 99, 100), (90, 92, 89, 91)], MINUTE);
    let recorder = play(&spec(EXITS), &down, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder)[1], (2, -1.0, 90.0, false, Reason::StopLoss));
    let up = bars(&[(100, 100, 100, 100), (100, 101, 99, 100), (110, 112, 109, 111)], MINUTE);
    let recorder = play(&spec(EXITS), &up, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder)[1], (2, -1.0, 110.0, true, Reason::TakeProfit));
}

#[test]
fn stop_and_target_in_one_bar_the_path_rule_decides() {
    let wild = bars(&[(100, 100, 100, 100), (100, 107, 93, 100)], MINUTE);
    let pessimistic = play(&spec(EXITS), &wild, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&pessimistic)[1], (1, -1.0, 95.0, false, Reason::StopLoss));
    let optimistic = spec(&format!(r#"{EXITS},"fill":{{"path":"optimistic"}}"#));
    let recorder = play(&optimistic, &wild, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder)[1], (1, -1.0, 105.0, true, Reason::TakeProfit));
    let short = play(&spec(EXITS), &wild, vec![(0, market(Side::Sell))]);
    assert_eq!(fills(&short)[1], (1, 1.0, 105.0, false, Reason::StopLoss));
}

#[test]
fn a_finer_timeframe_decides_instead_of_the_path_rule() {
    let coarse = bars(&[(100, 100, 100, 100), (100, 107, 93, 100)], 2 * MINUTE);
    let fine = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 107, 99, 106), (106, 106, 93, 100)], MINUTE);
    let spec = spec(&format!(r#"{EXITS},"detail_ns":{MINUTE}"#));
    let spec = RunSpec { timeframe_ns: 2 * MINUTE, ..spec };
    let detail = Some(SoundBars::new(fine.view()).unwrap());
    let frame = Frame { detail, ..frame(&coarse) };
    let recorder = play_frames(&spec, &[frame], vec![(0, market(Side::Buy))]).unwrap();
    assert_eq!(fills(&recorder)[1], (2, -1.0, 105.0, true, Reason::TakeProfit));
    assert_eq!(recorder.equity.len(), 4);
}

#[test]
fn a_limit_needs_a_trade_through_and_a_late_one_expires() {
    let columns = bars(&[(100, 100, 100, 100), (100, 102, 98, 101), (101, 101, 97, 99), (99, 99, 90, 95)], MINUTE);
    let at = |price| vec![(0, enter(Side::Buy, EntryOrder::Limit, price))];
    assert_eq!(fills(&play(&spec(""), &columns, at(98.0))), [(2, 1.0, 98.0, true, Reason::Entry)]);
    let touch = spec(r#","fill":{"touch_fills":true}"#);
    assert_eq!(fills(&play(&touch, &columns, at(98.0))), [(1, 1.0, 98.0, true, Reason::Entry)]);
    // Open for two bars only: 96 trades in the third.
    assert_eq!(fills(&play(&spec(""), &columns, at(96.0))), []);
    // Beyond the market when it arrives: fills at the open and takes.
    assert_eq!(fills(&play(&spec(""), &columns, at(105.0))), [(1, 1.0, 100.0, false, Reason::Entry)]);
}

#[test]
fn a_stop_entry_fills_at_its_price_and_its_own_bar_can_stop_it_out() {
    let columns = bars(&[(100, 100, 100, 100), (100, 106, 94, 104)], MINUTE);
    let recorder = play(&spec(EXITS), &columns, vec![(0, enter(Side::Buy, EntryOrder::Stop, 103.0))]);
    let expected = [(1, 1.0, 103.0, false, Reason::Entry), (1, -1.0, 98.0, false, Reason::StopLoss)];
    assert_eq!(fills(&recorder), expected);
    // Without the fall the high of the entry's own bar proves nothing: it may have come before.
    let calm = bars(&[(100, 100, 100, 100), (100, 110, 100, 104), (104, 110, 104, 104)], MINUTE);
    let recorder = play(&spec(EXITS), &calm, vec![(0, enter(Side::Buy, EntryOrder::Stop, 103.0))]);
    assert_eq!(fills(&recorder)[1], (2, -1.0, 109.0, true, Reason::TakeProfit));
}

#[test]
fn of_entries_that_wait_on_both_sides_the_first_cancels_the_other() {
    let columns = bars(&[(100, 100, 100, 100), (100, 104, 96, 100), (100, 101, 94, 95)], MINUTE);
    let script = vec![(0, enter(Side::Buy, EntryOrder::Stop, 103.0)), (0, enter(Side::Sell, EntryOrder::Stop, 95.0))];
    assert_eq!(fills(&play(&spec(""), &columns, script)), [(1, 1.0, 103.0, false, Reason::Entry)]);
}

#[test]
fn an_entry_whose_price_or_stop_is_undefined_is_refused() {
    let columns = bars(&[(100, 100, 100, 100), (100, 101, 99, 100)], MINUTE);
    let unpriced = play(&spec(""), &columns, vec![(0, enter(Side::Buy, EntryOrder::Limit, f64::NAN))]);
    assert_eq!((fills(&unpriced), unpriced.refused[0].refusal.check.name()), (vec![], "undefined"));
    let exits = r#","exits":{"stop_loss":{"rule":"2 * atr(14)"}}"#;
    for distance in [f64::NAN, 0.0, -1.0] {
        let Request::Enter(entry) = market(Side::Buy) else { unreachable!() };
        let distances = Distances { stop_loss: distance, ..Distances::NONE };
        let script = vec![(0, Request::Enter(Entry { distances, ..entry }))];
        let unguarded = play(&spec(exits), &columns, script);
        assert_eq!((fills(&unguarded), unguarded.refused_count), (vec![], 1));
    }
}

#[test]
fn a_trailing_stop_uses_the_best_price_of_earlier_bars_only() {
    let exits = r#","exits":{"trailing":{"distance":{"ratio":"0.1"}}}"#;
    let columns = bars(&[(100, 100, 100, 100), (100, 120, 95, 118), (118, 119, 107, 110)], MINUTE);
    let recorder = play(&spec(exits), &columns, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder)[1], (2, -1.0, 108.0, false, Reason::TrailingStop));
}

#[test]
fn age_takes_a_position_out() {
    let exits = r#","exits":{"max_hold_ns":120000000000,"profit_table":[{"age_ns":60000000000,"profit":"0.01"}]}"#;
    let columns = bars(&[(100, 100, 100, 100), (100, 105, 100, 100), (100, 101, 99, 100), (98, 99, 97, 98)], MINUTE);
    let recorder = play(&spec(exits), &columns, vec![(0, market(Side::Buy))]);
    // 105 comes before the table's first step; 101 is touched, not traded through; then the time is over.
    assert_eq!(fills(&recorder)[1], (3, -1.0, 98.0, false, Reason::MaxHold));
}

#[test]
fn an_opposite_entry_reverses() {
    let columns = bars(&[(100, 100, 100, 100), (100, 101, 99, 100), (102, 103, 101, 102)], MINUTE);
    let recorder = play(&spec(""), &columns, vec![(0, market(Side::Buy)), (1, market(Side::Sell))]);
    let expected = [
        (1, 1.0, 100.0, false, Reason::Entry),
        (2, -1.0, 102.0, false, Reason::Reversal),
        (2, -1.0, 102.0, false, Reason::Entry),
    ];
    assert_eq!(fills(&recorder), expected);
}

#[test]
fn positions_are_scaled_in_and_out() {
    let extra = r#","scale_in":{"max_entries":2},"scale_out":[{"at_profit":"0.02","fraction":"0.5"}],
        "exits":{"take_profit":{"ratio":"0.1"}}"#;
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (90, 98, 90, 95), (95, 120, 95, 110)], MINUTE);
    let Request::Enter(entry) = market(Side::Buy) else { unreachable!() };
    let add = Request::Enter(Entry { adds: true, ..entry });
    let recorder = play(&spec(extra), &columns, vec![(0, market(Side::Buy)), (1, add)]);
    // The average is 95: half comes off at 96.9, rounded up to 97, the rest at 104.5, rounded up to 105.
    let expected = [
        (1, 1.0, 100.0, false, Reason::Entry),
        (2, 1.0, 90.0, false, Reason::ScaleIn),
        (2, -1.0, 97.0, true, Reason::ScaleOut),
        (3, -1.0, 105.0, true, Reason::TakeProfit),
    ];
    assert_eq!(fills(&recorder), expected);
    let trades = &recorder.trades;
    assert_eq!(
        (trades.entries[0], trades.quantity[0], trades.entry_price[0], trades.exit_price[0]),
        (2, 2.0, 95.0, 101.0)
    );
}

#[test]
fn leverage_ends_in_liquidation_before_the_stop() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 85, 99)], MINUTE);
    let mut spec = spec(r#","exits":{"stop_loss":{"ratio":"0.14"}}"#);
    spec.account.leverage = "10".parse().unwrap();
    spec.instruments[0].initial_margin = "0.1".parse().unwrap();
    spec.instruments[0].maintenance_margin = "0.05".parse().unwrap();
    spec.size = serde_json::from_str(r#"{"kind":"fixed_notional","notional":"90000"}"#).unwrap();
    let recorder = play(&spec, &columns, vec![(0, market(Side::Buy))]);
    // 900 at 100; equity 9,910 after the fee; 9,910 + 900 (p - 100) = 0.05 * 900 p at p = 93.6725, rounded up.
    assert_eq!(fills(&recorder)[1], (2, -900.0, 94.0, false, Reason::Liquidation));
}

#[test]
fn funding_is_paid_by_longs_and_interest_by_shorts() {
    let columns =
        bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 100, 100)], MINUTE);
    let every = 2 * MINUTE;
    let costs = format!(
        r#","costs":{{"funding":{{"rate":"0.01","every_ns":{every}}},"borrow":{{"rate":"0.03","every_ns":{every}}}}}"#
    );
    let long = play(&spec(&costs), &columns, vec![(0, market(Side::Buy))]);
    assert_eq!(long.equity.last(), Some(&(10_000.0 - 0.1 - 1.0)));
    let short = play(&spec(&costs), &columns, vec![(0, market(Side::Sell)), (2, Request::Leave(Reason::ExitRule))]);
    assert_eq!(short.equity.last(), Some(&(10_000.0 - 0.2 + 1.0 - 3.0)));
    assert_eq!(short.trades.funding, [-2.0]);
    let (ts, rates) = ([90_000_000_000], [-0.005]);
    let frame = Frame { funding: Some((&ts, &rates)), ..frame(&columns) };
    let recorded = play_frames(&spec(""), &[frame], vec![(0, market(Side::Buy))]).unwrap();
    assert_eq!(recorded.equity.last(), Some(&(10_000.0 - 0.1 + 0.5)));
}

#[test]
fn an_order_takes_its_share_of_the_volume_and_an_exit_keeps_trying() {
    let costs = r#","costs":{"slippage":{"model":"volume","coefficient":0,"max_share":0.0004}}"#;
    let columns =
        bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (101, 101, 101, 101), (102, 102, 102, 102)], MINUTE);
    let mut columns = columns;
    columns.volume[1] = 4_000.0;
    let script = vec![(0, market(Side::Buy)), (1, Request::Leave(Reason::ExitRule))];
    let recorder = play(&spec(costs), &columns, script);
    let expected = [
        (1, 1.0, 100.0, false, Reason::Entry),
        (2, -0.4, 101.0, false, Reason::ExitRule),
        (3, -0.4, 102.0, false, Reason::ExitRule),
    ];
    assert_eq!(fills(&recorder), expected);
}

#[test]
fn call_back_orders_rest_until_they_are_cancelled() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 98, 100), (100, 100, 94, 95), (95, 95, 90, 91)], MINUTE);
    let place = |side, kind, reduce_only, tag| Request::Place { side, lots: 100, kind, reduce_only, tag };
    let script = vec![
        (0, place(Side::Buy, OrderKind::Limit(99), false, 1)),
        (0, place(Side::Buy, OrderKind::Limit(93), false, 2)),
        (1, place(Side::Sell, OrderKind::Stop(96), true, 3)),
        (2, Request::Cancel(2)),
    ];
    let recorder = play(&spec(""), &columns, script);
    let expected = [(1, 1.0, 99.0, true, Reason::Strategy), (2, -1.0, 96.0, false, Reason::Strategy)];
    assert_eq!(fills(&recorder), expected);
}

#[test]
fn two_instruments_share_the_cash_and_exits_come_first() {
    let one = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 100, 100)], MINUTE);
    let mut spec = spec(r#","risk":{"max_open_positions":1}"#);
    let mut second = spec.instruments[0].clone();
    second.symbol = "Y-USD".to_owned();
    spec.instruments.insert(0, second);
    spec.size = serde_json::from_str(r#"{"kind":"equity_fraction","fraction":"1"}"#).unwrap();
    let frame = frame(&one);
    struct Swap;
    impl Strategy for Swap {
        fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
            match (view.row, view.instrument) {
                (0, _) => requests.push(market(Side::Buy)),
                (1, 0) => requests.push(Request::Leave(Reason::ExitRule)),
                (1, _) => requests.push(market(Side::Buy)),
                _ => {}
            }
            Ok(())
        }
    }
    let recorder = run(&spec, &[frame, frame], &mut Swap).unwrap();
    let instruments: Vec<_> = recorder.fills.instrument.iter().copied().zip(fills(&recorder)).collect();
    assert_eq!(
        instruments.iter().map(|(index, row)| (*index, row.0, row.4)).collect::<Vec<_>>(),
        [(0, 1, Reason::Entry), (0, 2, Reason::ExitRule), (1, 2, Reason::Entry),]
    );
    // The second entry of the first minute had no slot.
    assert_eq!((recorder.refused_count, recorder.refused[0].refusal.check.name()), (1, "max_open_positions"));
}

#[test]
fn bars_and_descriptions_that_do_not_fit_are_named() {
    let fault = |change: fn(&mut BarColumns)| {
        let mut columns = bars(&[(100, 101, 99, 100), (100, 101, 99, 100)], MINUTE);
        change(&mut columns);
        let spec = spec("");
        match SoundBars::new(columns.view()) {
            Err(error) => error.to_string(),
            Ok(bars) => {
                let frame = Frame { bars, detail: None, funding: None };
                play_frames(&spec, &[frame], vec![]).unwrap_err().to_string()
            }
        }
    };
    assert_eq!(
        fault(|c| c.close[1] = 100.5),
        "X-USD: close of bar 1: 100.5 is not on the grid of 1: the nearest are 100 and 101 (the instrument's tick)"
    );
    assert_eq!(fault(|c| c.ts[1] = 0), "ts of bar 1: times must ascend");
    assert_eq!(fault(|c| c.high[1] = 90.0), "high of bar 1: open 100, high 90, low 99, close 100 are not in order");
    assert_eq!(fault(|c| c.volume[1] = -1.0), "volume of bar 1: -1 is not a quantity");
    assert_eq!(
        fault(|c| c.low[0] = f64::NAN),
        "high of bar 0: open 100, high 101, low NaN, close 100 are not in order"
    );
    assert!(play_frames(&spec(""), &[], vec![]).is_err());
    let unknown = RunSpec::from_json(br#"{"account":{"currency":"USD","cash":"1","lever":"2"}}"#).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `lever`"), "{unknown}");
}

#[test]
fn the_same_run_twice_is_the_same_to_the_bit() {
    let rows: Vec<_> = (0..500).map(|i| (100 + i % 7, 110 + i % 5, 92 + i % 3, 99 + i % 11)).collect();
    let columns = bars(&rows, MINUTE);
    let script =
        || (0..490).step_by(9).flat_map(|row| [(row, market(Side::Buy)), (row + 4, Request::Leave(Reason::ExitRule))]);
    let once = play(&spec(EXITS), &columns, script().collect());
    let again = play(&spec(EXITS), &columns, script().collect());
    assert!(once.fills.ts.len() > 100);
    assert_eq!((once.fills, once.trades), (again.fills, again.trades));
    assert!(once.equity.iter().zip(&again.equity).all(|(a, b)| a.to_bits() == b.to_bits()));
}
