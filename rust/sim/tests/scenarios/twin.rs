//! What the plain twin in `tests/parity` found: each a scenario that once went otherwise.

use super::*;

#[test]
fn an_open_at_a_limit_or_target_only_touches_it() {
    let columns = bars(&[(100, 100, 100, 100), (100, 102, 100, 101), (101, 102, 101, 101)], MINUTE);
    let script = || vec![(0, enter(Side::Buy, EntryOrder::Limit, 100.0))];
    assert_eq!(fills(&play(&spec(""), &columns, script())), []);
    // It has only just arrived, so it takes.
    let touch = spec(r#","fill":{"touch_fills":true}"#);
    assert_eq!(fills(&play(&touch, &columns, script())), [(1, 1.0, 100.0, false, Reason::Entry)]);
    let up = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (105, 105, 104, 104), (104, 106, 104, 106)], MINUTE);
    let recorder = play(&spec(EXITS), &up, vec![(0, market(Side::Buy))]);
    assert_eq!(fills(&recorder)[1], (3, -1.0, 105.0, true, Reason::TakeProfit));
}

const PARTS: &str = r#","scale_out":[{"at_profit":"0.04","fraction":"0.29"},{"at_profit":"0.02","fraction":"0.5"}],
    "exits":{"stop_loss":{"ratio":"0.05"}}"#;

#[test]
fn parts_come_off_before_the_stop_where_the_open_or_the_path_says_so() {
    let gap = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (105, 105, 94, 95)], MINUTE);
    let recorder = play(&spec(PARTS), &gap, vec![(0, market(Side::Buy))]);
    // The nearer part first; 29 % of a hundred lots are 29 lots, although 100 * 0.29 in doubles is less.
    let expected = [
        (1, 1.0, 100.0, false, Reason::Entry),
        (2, -0.5, 105.0, true, Reason::ScaleOut),
        (2, -0.29, 105.0, true, Reason::ScaleOut),
        (2, -0.21, 95.0, false, Reason::StopLoss),
    ];
    assert_eq!(fills(&recorder), expected);
    let wild = bars(&[(100, 100, 100, 100), (100, 103, 94, 95)], MINUTE);
    let optimistic = spec(&format!(r#"{PARTS},"fill":{{"path":"optimistic"}}"#));
    let recorder = play(&optimistic, &wild, vec![(0, market(Side::Buy))]);
    let expected = [(1, -0.5, 102.0, true, Reason::ScaleOut), (1, -0.5, 95.0, false, Reason::StopLoss)];
    assert_eq!(fills(&recorder)[1..], expected);
}

#[test]
fn by_the_optimistic_path_too_a_position_opened_inside_a_bar_is_guarded_in_it() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 90, 91)], MINUTE);
    let optimistic = spec(&format!(r#"{EXITS},"fill":{{"path":"optimistic"}}"#));
    let recorder = play(&optimistic, &columns, vec![(0, enter(Side::Buy, EntryOrder::Limit, 98.0))]);
    // The close is below the stop of 93.1.
    let expected = [(1, 1.0, 98.0, true, Reason::Entry), (1, -1.0, 94.0, false, Reason::StopLoss)];
    assert_eq!(fills(&recorder), expected);
}

#[test]
fn an_order_inside_a_bar_fills_at_its_own_price_not_at_that_of_the_fill_before() {
    let columns = bars(&[(100, 100, 100, 100), (100, 104, 99, 104)], MINUTE);
    let place = |side, kind, tag| Request::Place { side, lots: 100, kind, reduce_only: false, tag };
    let script = vec![(0, place(Side::Buy, OrderKind::Stop(103), 1)), (0, place(Side::Sell, OrderKind::Limit(101), 2))];
    let expected = [(1, 1.0, 103.0, false, Reason::Strategy), (1, -1.0, 101.0, true, Reason::Strategy)];
    assert_eq!(fills(&play(&spec(""), &columns, script)), expected);
}

#[test]
fn what_the_volume_cuts_short_waits_for_the_next_bar() {
    let costs = r#","costs":{"slippage":{"model":"volume","coefficient":0,"max_share":0.0004}},
        "exits":{"stop_loss":{"ratio":"0.05"}}"#;
    let mut columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (90, 90, 80, 80), (80, 80, 80, 80)], MINUTE);
    columns.volume[1] = 4_000.0;
    let expected = [(2, -0.4, 90.0, false, Reason::StopLoss), (3, -0.4, 80.0, false, Reason::StopLoss)];
    assert_eq!(fills(&play(&spec(costs), &columns, vec![(0, market(Side::Buy))]))[1..], expected);
}

/// Rows, instruments and requests of a run with two instruments X-USD and Y-USD.
struct Pair(Vec<(usize, usize, Request)>);

impl Strategy for Pair {
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        let now = self.0.iter().filter(|(row, index, _)| (*row, *index) == (view.row, view.instrument));
        requests.extend(now.map(|&(_, _, request)| request));
        Ok(())
    }
}

fn pair(extra: &str, size: &str) -> RunSpec {
    let mut spec = spec(extra);
    let mut second = spec.instruments[0].clone();
    second.symbol = "Y-USD".to_owned();
    spec.instruments.push(second);
    spec.size = serde_json::from_str(size).unwrap();
    spec
}

#[test]
fn an_order_that_is_gone_holds_no_margin_back() {
    let columns = bars(&[(100, 100, 100, 100); 4], MINUTE);
    let spec = pair("", r#"{"kind":"equity_fraction","fraction":"1"}"#);
    let script = vec![(0, 0, enter(Side::Buy, EntryOrder::Limit, 50.0)), (2, 1, market(Side::Buy))];
    let recorder = run(&spec, &[frame(&columns), frame(&columns)], &mut Pair(script)).unwrap();
    // Approved at minute 1 for two minutes: at minute 3 the other instrument may use the cash.
    assert_eq!((recorder.fills.ts[0] / MINUTE, recorder.refused_count), (3, 0));
}

#[test]
fn an_open_order_takes_a_place_among_the_open_positions() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 90, 100)], MINUTE);
    let spec = pair(r#","risk":{"max_open_positions":1}"#, r#"{"kind":"fixed_quantity","quantity":"1"}"#);
    let limit = enter(Side::Buy, EntryOrder::Limit, 95.0);
    let recorder =
        run(&spec, &[frame(&columns), frame(&columns)], &mut Pair(vec![(0, 0, limit), (0, 1, limit)])).unwrap();
    assert_eq!((recorder.fills.ts.len(), recorder.refused_count), (1, 1));
    assert_eq!(recorder.refused[0].refusal.check.name(), "max_open_positions");
}

#[test]
fn liquidation_knows_where_the_other_instrument_opened() {
    let one = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 90, 100)], MINUTE);
    let other = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (115, 115, 115, 115)], MINUTE);
    let mut spec = pair("", r#"{"kind":"fixed_notional","notional":"40000"}"#);
    spec.account.leverage = "10".parse().unwrap();
    for instrument in &mut spec.instruments {
        instrument.initial_margin = "0.1".parse().unwrap();
        instrument.maintenance_margin = "0.05".parse().unwrap();
    }
    let script = vec![(0, 0, market(Side::Buy)), (0, 1, market(Side::Sell))];
    let recorder = run(&spec, &[frame(&one), frame(&other)], &mut Pair(script)).unwrap();
    // 9,920 - 6,000 + 400 (p - 100) = 0.05 * 400 * (115 + p) at p = 101: under water at the open.
    assert_eq!(fills(&recorder)[2], (2, -400.0, 100.0, false, Reason::Liquidation));
}

#[test]
fn a_halt_counts_from_the_start_and_cancels_what_waits() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 80, 80)], MINUTE);
    let halts = spec(r#","risk":{"max_drawdown":"0.000005"},"fill":{"at":"close"}"#);
    let place = |lots, kind, tag| Request::Place { side: Side::Buy, lots, kind, reduce_only: false, tag };
    let script = vec![
        (0, place(100, OrderKind::Market, 1)),
        (0, place(100, OrderKind::Limit(90), 2)),
        (1, place(100, OrderKind::Market, 3)),
    ];
    // The fee of 0.1 is more than 0.0005 % of the cash that the run began with.
    let recorder = play(&halts, &columns, script);
    assert_eq!(fills(&recorder), [(1, 1.0, 100.0, false, Reason::Strategy)]);
    assert_eq!((recorder.refused_count, recorder.refused[0].refusal.check.name()), (1, "max_drawdown"));
}

#[test]
fn an_addition_leaves_a_ratcheted_stop_its_reason() {
    let exits = r#","scale_in":{"max_entries":2},
        "exits":{"trailing":{"distance":{"ratio":"0.04"}},"break_even":{"after":"0.01"}}"#;
    let columns =
        bars(&[(100, 100, 100, 100), (100, 105, 100, 104), (103, 104, 103, 104), (104, 104, 100, 100)], MINUTE);
    let Request::Enter(entry) = market(Side::Buy) else { unreachable!() };
    let add = Request::Enter(Entry { adds: true, ..entry });
    // 4 % below 105 is 100.8, up to 101; the average of 100 and 103 is 101.5: break-even at 102 is nearer.
    let recorder = play(&spec(exits), &columns, vec![(0, market(Side::Buy)), (1, add)]);
    assert_eq!(fills(&recorder)[2], (3, -2.0, 102.0, false, Reason::BreakEven));
    // An average of 101, where both are at 101: the stop that was there first stays.
    let columns =
        bars(&[(100, 100, 100, 100), (100, 105, 100, 104), (102, 104, 102, 104), (104, 104, 100, 100)], MINUTE);
    let recorder = play(&spec(exits), &columns, vec![(0, market(Side::Buy)), (1, add)]);
    assert_eq!(fills(&recorder)[2], (3, -2.0, 101.0, false, Reason::TrailingStop));
}

#[test]
fn funding_can_use_up_what_paid_for_a_position_in_full() {
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 5, 50)], MINUTE);
    let mut spec = spec(&format!(r#","costs":{{"funding":{{"rate":"0.1","every_ns":{}}}}}"#, 2 * MINUTE));
    spec.size = serde_json::from_str(r#"{"kind":"fixed_notional","notional":"9980"}"#).unwrap();
    let recorder = play(&spec, &columns, vec![(0, market(Side::Buy))]);
    // 10,000 - 9.98 - 998 + 99.8 (p - 100) = 0 at p = 9.9, rounded up.
    assert_eq!(fills(&recorder)[1], (2, -99.8, 10.0, false, Reason::Liquidation));
}

#[test]
fn a_part_taken_first_moves_the_liquidation_away() {
    let columns = bars(&[(100, 100, 100, 100), (100, 103, 86, 87)], MINUTE);
    let extra = r#","fill":{"path":"optimistic"},"scale_out":[{"at_profit":"0.01","fraction":"0.5"}]"#;
    let mut spec = spec(extra);
    spec.account.leverage = "10".parse().unwrap();
    spec.instruments[0].initial_margin = "0.1".parse().unwrap();
    spec.size = serde_json::from_str(r#"{"kind":"fixed_notional","notional":"79000"}"#).unwrap();
    let recorder = play(&spec, &columns, vec![(0, market(Side::Buy))]);
    // All of it would be gone at 87.4; the half that is left, with 395 gained, bears 73.9.
    let expected = [(1, 790.0, 100.0, false, Reason::Entry), (1, -395.0, 101.0, true, Reason::ScaleOut)];
    assert_eq!(fills(&recorder), expected);
}

#[test]
fn an_addition_leaves_a_ratchet_that_was_no_nearer_than_the_stop_loss() {
    let exits = r#","scale_in":{"max_entries":2},
        "exits":{"stop_loss":{"rule":"close"},"trailing":{"distance":{"rule":"close"}}}"#;
    let columns = bars(&[(100, 100, 100, 100), (100, 100, 100, 100), (98, 98, 98, 98), (97, 97, 95, 95)], MINUTE);
    let Request::Enter(entry) = market(Side::Buy) else { unreachable!() };
    let wide = |length: f64| Distances { stop_loss: length, trailing: length, ..Distances::NONE };
    let first = Request::Enter(Entry { distances: wide(4.0), ..entry });
    let add = Request::Enter(Entry { adds: true, distances: wide(8.0), ..entry });
    // Both stood at 96; from the average of 99 the stop loss moves to 91.
    let recorder = play(&spec(exits), &columns, vec![(0, first), (1, add)]);
    assert_eq!(fills(&recorder)[2], (3, -2.0, 96.0, false, Reason::TrailingStop));
}
