//! Whatever the venue does with what the kill switch tells it: in the end everything is closed.
//!
//! Nothing opens or turns over on the way, be it late, lost or in parts.

use proptest::prelude::*;
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Kill, Market, RiskBook, RiskSpec};

const STEP_NS: i64 = 300_000_000;

/// What the venue does between two steps.
#[derive(Debug, Clone, Copy)]
struct Answer {
    /// Which open order it is about.
    pick: usize,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Fill(i64),
    End,
    Nothing,
    Quote { bid: i64, broken: bool },
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let what = prop_oneof![
        3 => (1..9_i64).prop_map(What::Fill),
        3 => Just(What::End),
        2 => Just(What::Nothing),
        1 => (90..110_i64, any::<bool>()).prop_map(|(bid, broken)| What::Quote { bid, broken }),
    ];
    prop::collection::vec((any::<usize>(), what).prop_map(|(pick, what)| Answer { pick, what }), 0..80)
}

fn book(held: [i64; 2]) -> RiskBook {
    let instrument = |base: &str| {
        format!(
            r#"{{"symbol":"{base}-USD","base":"{base}","quote":"USD","settlement":"USD","tick":"1","lot":"1","maker_fee":"0",
            "taker_fee":"0"}}"#
        )
    };
    let text =
        format!(r#"{{"currency":"USD","leverage":"10","instruments":[{},{}]}}"#, instrument("X"), instrument("Y"));
    let mut book = RiskBook::new(&serde_json::from_str::<RiskSpec>(&text).unwrap()).unwrap();
    book.set_account(100_000 * book.scale().one(), &held.map(|lots| (lots, 100))).unwrap();
    (0..2).for_each(|instrument| book.on_market(instrument, Market::quoted(99, 101, 0)).unwrap());
    book
}

fn order(instrument: usize, buy: bool, lots: i64, price: i64, reduce_only: bool) -> Intent {
    let (side, kind) = (if buy { Side::Buy } else { Side::Sell }, OrderKind::Limit(price));
    Intent { instrument, side, lots, kind, reduce_only, reason: Reason::Strategy }
}

fn lots(book: &RiskBook, instrument: usize) -> i64 {
    book.account().unwrap().position(instrument).lots
}

/// Fills an open order as the venue does: one that only reduces to the position at most.
fn fill(book: &mut RiskBook, number: u64, asked: i64) {
    let (intent, left) = book.order(number).unwrap();
    let (intent, held) = (*intent, lots(book, intent.instrument));
    let reducible = if held * intent.side.sign() < 0 { held.abs() } else { 0 };
    let filled = asked.min(left).min(if intent.reduce_only { reducible } else { i64::MAX });
    if filled > 0 {
        book.on_fill(number, filled, intent.kind.price().unwrap_or(100), 0).unwrap();
    } else if intent.reduce_only && reducible == 0 {
        book.on_end(number).unwrap();
    }
}

fn answer(book: &mut RiskBook, answer: Answer, now: i64) {
    let open = book.open_orders();
    let number = open.get(answer.pick % open.len().max(1)).copied();
    match (answer.what, number) {
        (What::Quote { bid, broken }, _) => {
            let market = Market { broken, ..Market::quoted(bid, bid + 2, now) };
            book.on_market(answer.pick % 2, market).unwrap();
        }
        // Orders that may add are cancelled before they fill: what the switch can do about those is to be quick.
        (What::Fill(lots), Some(number)) if book.order(number).unwrap().0.reduce_only => fill(book, number, lots),
        (What::Fill(_) | What::End, Some(number)) => book.on_end(number).unwrap(),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_KILL_CASES").map_or(200, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn everything_is_closed_and_nothing_opened(
        held in [-20..20_i64, -20..20_i64],
        orders in prop::collection::vec((0..2_usize, any::<bool>(), 1..5_i64, 90..110_i64, any::<bool>()), 0..12),
        answers in answers(),
    ) {
        let mut book = book(held);
        for (instrument, buy, lots, price, reduce_only) in orders {
            let _ = book.check(&self::order(instrument, buy, lots, price, reduce_only), 0, None).unwrap();
        }
        let before = book.open_orders();
        book.kill(Kill::Flatten, "ada", "a drill", 0);
        let (cancels, _) = book.kill_step(0).unwrap();
        prop_assert_eq!(cancels, before, "the first step cancels every order");
        let (mut now, mut all) = (0, answers.into_iter());
        let mut last = [0, 1].map(|instrument| lots(&book, instrument));
        for _ in 0..400 {
            now += STEP_NS;
            match all.next() {
                Some(next) => answer(&mut book, next, now),
                // Then it does what it is told.
                None => book.open_orders().into_iter().for_each(|number| {
                    if book.order(number).unwrap().0.reason == Reason::KillSwitch {
                        fill(&mut book, number, 3);
                    }
                }),
            }
            let (cancels, _) = book.kill_step(now).unwrap();
            if all.len() == 0 {
                cancels.into_iter().filter(|&number| book.order(number).is_some()).collect::<Vec<_>>().into_iter()
                    .for_each(|number| book.on_end(number).unwrap());
            }
            for (instrument, last) in last.iter_mut().enumerate() {
                let held = lots(&book, instrument);
                prop_assert!(held.abs() <= last.abs() && held * *last >= 0, "{held} lots after {last}");
                *last = held;
            }
        }
        prop_assert_eq!((last, book.open_orders(), book.kill_switch().pulled()), ([0, 0], vec![], None));
        prop_assert!(book.check(&self::order(0, true, 1, 100, false), now, None).unwrap().is_err());
    }
}
