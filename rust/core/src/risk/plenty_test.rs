//! What one look says is what looking at every order of fills says.

use proptest::prelude::*;

use super::*;
use crate::account::{Account, Position};
use crate::instrument::{Instrument, InstrumentSpec};
use crate::money::Scale;
use crate::orders::{OrderKind, Reason, Side};
use crate::risk::{OpenOrders, Situation};
use crate::units::Decimal;

/// A linear instrument and an inverse one, with an initial margin.
fn instruments(margin: &str) -> (Vec<Instrument>, Scale) {
    let spec = |names: &str, multiplier: &str, inverse: bool| -> InstrumentSpec {
        serde_json::from_str(&format!(
            r#"{{{names},"settlement":"Z","tick":"1","lot":"1","multiplier":"{multiplier}","inverse":{inverse},
            "initial_margin":"{margin}","maker_fee":"0","taker_fee":"0.01"}}"#
        ))
        .unwrap()
    };
    // At prices about 100 lots of both are worth as much.
    let specs = [
        spec(r#""symbol":"X","base":"X","quote":"Z""#, "1", false),
        spec(r#""symbol":"Z","base":"Z","quote":"X""#, "10000", true),
    ];
    let scale = Scale::covering([specs[0].digits()]).unwrap();
    (specs.iter().map(|spec| spec.bind(scale).unwrap()).collect(), scale)
}

/// Positions, what waits and marks of two instruments, cash, and an intent.
type World = ([(i64, i64); 2], [[(i64, i64); 2]; 2], [i64; 2], i64, (usize, bool, i64, i64));

fn world() -> impl Strategy<Value = World> {
    let position = || (-40..40_i64, 60..140_i64);
    let side = || (0..30_i64, 0..20_i64);
    let waiting = || [[side(), side()], [side(), side()]];
    let asked = (0..2_usize, any::<bool>(), 1..30_i64, 60..140_i64);
    ([position(), position()], waiting(), [60..140_i64, 60..140_i64], 0..12_000_i64, asked)
}

proptest! {
    #[test]
    fn plenty_is_enough_in_every_order_of_fills(world in world(), half in any::<bool>()) {
        let (instruments, scale) = instruments(if half { "0.5" } else { "1" });
        let (held, waits, marks, cash, (instrument, buys, lots, price)) = world;
        let worth = |place: usize, lots: i64, ticks: i64| instruments[place].worth(lots, ticks).unwrap();
        let position = |place: usize| {
            let (lots, ticks) = held[place];
            Position { lots, cost: if lots == 0 { 0 } else { worth(place, lots, ticks) } }
        };
        let account = Account::with_positions(scale.one() * Atoms::from(cash), vec![position(0), position(1)]);
        let open = [0, 1].map(|place| OpenOrders {
            count: 2,
            adding: waits[place].map(|(adding, _)| adding),
            worth: waits[place].map(|(adding, _)| worth(place, adding, marks[place]).abs()),
            reducing: waits[place].map(|(_, reducing)| reducing),
            best: [None; 2],
        });
        let (account, open) = (Some(&account), &open[..]);
        let (instruments, marks, markets, replaced) = (&instruments[..], &marks[..], &[][..], None);
        let at = Situation { now: 0, account, instruments, marks, open, markets, at_once: false, replaced };
        let gate = RiskGate::new(&Limits::default(), instruments, scale, Decimal::ONE).unwrap();
        let side = if buys { Side::Buy } else { Side::Sell };
        let kind = OrderKind::Limit(price);
        let intent = Intent { instrument, side, lots, kind, reduce_only: false, reason: Reason::Strategy };
        let asked = Asked { at: &at, account: account.unwrap(), open: &open[instrument] };
        let notional = instruments[instrument].notional(lots, price).unwrap();
        let plenty = gate.is_plenty(&intent, &asked, notional);
        let exactly = RiskGate { only_margins: false, ..gate.clone() };
        let verdict = exactly.exposure(&intent, &asked).unwrap();
        prop_assert!(!plenty || verdict.is_ok(), "{verdict:?}");
        prop_assert_eq!(gate.exposure(&intent, &asked).unwrap(), verdict);
    }
}

#[test]
fn it_says_so_where_there_is_plenty_and_nothing_but_margins_counts() {
    let (instruments, scale) = instruments("1");
    let account = Account::new(scale.one() * 2_000, 2);
    let (open, marks) = ([OpenOrders::NONE; 2], [100, 100]);
    let says = |limits: &Limits, lots: i64| {
        let gate = RiskGate::new(limits, &instruments, scale, Decimal::ONE).unwrap();
        let at = Situation {
            now: 0,
            account: Some(&account),
            instruments: &instruments,
            marks: &marks,
            open: &open,
            markets: &[],
            at_once: false,
            replaced: None,
        };
        let kind = OrderKind::Limit(100);
        let intent =
            Intent { instrument: 0, side: Side::Buy, lots, kind, reduce_only: false, reason: Reason::Strategy };
        let asked = Asked { at: &at, account: &account, open: &open[0] };
        gate.is_plenty(&intent, &asked, instruments[0].notional(lots, 100).unwrap())
    };
    assert_eq!((says(&Limits::default(), 10), says(&Limits::default(), 11)), (true, false));
    let limits = |text: &str| -> Limits { serde_json::from_str(text).unwrap() };
    for text in [
        r#"{"max_position":"900"}"#,
        r#"{"max_notional":"90000"}"#,
        r#"{"max_gross_exposure":"90000"}"#,
        r#"{"max_net_exposure":"90000"}"#,
        r#"{"max_leverage":"9"}"#,
        r#"{"max_concentration":"9"}"#,
        r#"{"max_open_positions":9}"#,
        r#"{"instruments":{"Z":{"max_position":"900"}}}"#,
        r#"{"correlation":{"every_ns":1,"window":9,"threshold":"0.5","max_exposure":"9"}}"#,
    ] {
        assert!(!says(&limits(text), 10), "{text}");
    }
}
