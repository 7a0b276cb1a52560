//! The kill switch over bars.

use proptest::prelude::{Just, ProptestConfig, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as _;
use tradenode_core::risk::Kill;

use tradenode_sim::strategy::Strategy;

use super::{
    Frame, MINUTE, OrderKind, Reason, Recorder, Request, RunError, RunSpec, Side, View, bars, fills, frame, run,
};

const TWO: &str = r#"{"account":{"currency":"USD","cash":"10000"},"timeframe_ns":60000000000,"instruments":[
    {"symbol":"X-USD","base":"X","quote":"USD","settlement":"USD","tick":"1","lot":"0.01","maker_fee":"0","taker_fee":"0"},
    {"symbol":"Y-USD","base":"Y","quote":"USD","settlement":"USD","tick":"1","lot":"0.01","maker_fee":"0","taker_fee":"0"}]}"#;

const fn order(side: Side, lots: i64, kind: OrderKind, reduce_only: bool, tag: u64) -> Request {
    Request::Place { side, lots, kind, reduce_only, tag }
}

/// Asks for what a table says on given rows of given instruments, and keeps what was held and rested on each close.
struct Watched {
    asks: Vec<(usize, usize, Request)>,
    /// Row, instrument, lots held, orders that rest, those that may add among them.
    seen: Vec<(usize, usize, i64, usize, usize)>,
}

impl Strategy for Watched {
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        let adding = view.working.iter().filter(|order| !order.approved().intent().reduce_only).count();
        let lots = view.ledger.position(view.instrument).lots;
        self.seen.push((view.row, view.instrument, lots, view.working.len(), adding));
        let now = self.asks.iter().filter(|ask| (ask.0, ask.1) == (view.row, view.instrument));
        requests.extend(now.map(|ask| ask.2));
        Ok(())
    }
}

fn watch<'a>(frames: &[Frame<'a>], asks: Vec<(usize, usize, Request)>) -> (Recorder<'a>, Watched) {
    let mut strategy = Watched { asks, seen: Vec::new() };
    let spec = RunSpec::from_json(TWO.as_bytes()).unwrap();
    let recorder = run(&spec, frames, &mut strategy).unwrap();
    (recorder, strategy)
}

#[test]
fn flatten_closes_every_instrument_at_its_next_price_and_nothing_opens_again() {
    let columns = bars(&[(100, 101, 99, 100); 6], MINUTE);
    // The second instrument has no bar in the third and fourth minute.
    let mut gaps = bars(&[(50, 51, 49, 50); 4], MINUTE);
    gaps.ts = vec![0, MINUTE, 4 * MINUTE, 5 * MINUTE];
    let (buy, sell) = (OrderKind::Market, OrderKind::Limit(60));
    let asks = vec![
        (0, 0, order(Side::Buy, 300, buy, false, 1)),
        (0, 0, order(Side::Buy, 100, OrderKind::Limit(90), false, 2)),
        (0, 1, order(Side::Sell, 200, buy, false, 1)),
        (0, 1, order(Side::Sell, 100, sell, false, 2)),
        (1, 0, order(Side::Buy, 500, buy, false, 3)),
        (1, 0, Request::Kill(Kill::Flatten)),
        (4, 0, order(Side::Buy, 500, buy, false, 4)),
    ];
    let (recorder, strategy) = watch(&[frame(&columns), frame(&gaps)], asks);
    let found: Vec<_> = recorder.fills.instrument.iter().copied().zip(fills(&recorder)).collect();
    let expected = [
        (0, (1, 3.0, 100.0, false, Reason::Strategy)),
        (1, (1, -2.0, 50.0, false, Reason::Strategy)),
        (0, (2, -3.0, 100.0, false, Reason::KillSwitch)),
        (1, (4, 2.0, 50.0, false, Reason::KillSwitch)),
    ];
    assert_eq!(found, expected);
    let refused: Vec<_> = recorder.refused.iter().map(|each| (each.ts / MINUTE, each.refusal.check.name())).collect();
    assert_eq!(refused, [(2, "halted"), (5, "halted")]);
    assert_eq!(strategy.seen.iter().filter(|seen| seen.0 >= 2).map(|seen| seen.3).sum::<usize>(), 0);
}

#[test]
fn halt_leaves_what_only_reduces_and_lets_a_position_be_closed() {
    let columns = bars(&[(100, 101, 99, 100), (100, 101, 99, 100), (100, 101, 99, 100), (100, 112, 99, 105)], MINUTE);
    let flat = bars(&[(50, 51, 49, 50); 4], MINUTE);
    let asks = vec![
        (0, 0, order(Side::Buy, 300, OrderKind::Market, false, 1)),
        (0, 0, order(Side::Buy, 100, OrderKind::Limit(95), false, 2)),
        (0, 0, order(Side::Sell, 100, OrderKind::Limit(110), true, 3)),
        (1, 1, Request::Kill(Kill::Halt)),
        (2, 0, order(Side::Sell, 100, OrderKind::Market, false, 4)),
        (2, 0, order(Side::Sell, 100, OrderKind::Market, true, 5)),
    ];
    let (recorder, _) = watch(&[frame(&columns), frame(&flat)], asks);
    let expected = [
        (1, 3.0, 100.0, false, Reason::Strategy),
        (3, -1.0, 100.0, false, Reason::Strategy),
        (3, -1.0, 110.0, true, Reason::Strategy),
    ];
    assert_eq!(fills(&recorder), expected);
    // Halted, only what the venue too keeps from opening anything passes.
    assert_eq!(recorder.refused.iter().map(|each| each.refusal.check.name()).collect::<Vec<_>>(), ["halted"]);
}

#[test]
fn asked_for_on_the_last_close_it_comes_too_late() {
    let columns = bars(&[(100, 101, 99, 100); 3], MINUTE);
    let asks = vec![(0, 0, order(Side::Buy, 300, OrderKind::Market, false, 1)), (2, 0, Request::Kill(Kill::Flatten))];
    let (recorder, _) = watch(&[frame(&columns), frame(&columns)], asks);
    assert_eq!(fills(&recorder), [(1, 3.0, 100.0, false, Reason::Strategy)]);
}

fn asked() -> impl proptest::strategy::Strategy<Value = Request> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let kind = prop_oneof![
        2 => Just(OrderKind::Market),
        2 => (80_i64..120).prop_map(OrderKind::Limit),
        1 => (80_i64..120).prop_map(OrderKind::Stop)
    ];
    prop_oneof![
        6 => (side, 1_i64..400, kind, any::<bool>(), 1_u64..50).prop_map(|(side, lots, kind, reduce_only, tag)| {
            order(side, lots, kind, reduce_only, tag)
        }),
        1 => Just(Request::Leave(Reason::Strategy)),
        1 => (1_u64..50).prop_map(Request::Cancel),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked for before and after: flattened, all is closed at the next bar and stays so; halted, no position
    /// grows and nothing that may add rests.
    #[test]
    fn once_pulled_no_risk_is_taken(
        steps in prop::collection::vec((-8_i64..9, 0_i64..6, 0_i64..6), 12..30),
        asks in prop::collection::vec((0_usize..30, 0_usize..2, asked()), 0..80),
        at in 0_usize..10, who in 0_usize..2, flatten in any::<bool>()
    ) {
        let mut open = 100;
        let rows: Vec<_> = steps.iter().map(|&(step, above, below)| {
            let close = (open + step).clamp(60, 140);
            let row = (open, open.max(close) + above, open.min(close) - below, close);
            open = close;
            row
        }).collect();
        let columns = bars(&rows, MINUTE);
        let kill = if flatten { Kill::Flatten } else { Kill::Halt };
        let asks = asks.into_iter().chain([(at, who, Request::Kill(kill))]).collect();
        let (_, strategy) = watch(&[frame(&columns), frame(&columns)], asks);
        for instrument in 0..2 {
            let own: Vec<_> = strategy.seen.iter().filter(|seen| seen.1 == instrument).collect();
            for pair in own.windows(2).filter(|pair| pair[0].0 >= at) {
                let (held, now) = (pair[0].2, pair[1].2);
                prop_assert!(now == 0 || (now.signum() == held.signum() && now.abs() <= held.abs()), "{held} to {now}");
                prop_assert_eq!(pair[1].4, 0, "an order that may add rests");
                if flatten {
                    prop_assert_eq!((now, pair[1].3), (0, 0));
                }
            }
        }
    }
}
