//! A desk that is shown the touch against one with a book of its own: on the same tape both see, do and get the same.

use proptest::prelude::*;
use tradenode_core::book::Level;
use tradenode_core::event::{Event, GAP, Kind, LAST, SNAPSHOT, TapeColumns};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{OrderKind, Side};

use super::super::{Desk, Feed, Interest, TickEngine, TickSpec, TickStrategy, Ticket};
use crate::error::RunError;
use crate::models::latency::{Latency, LegSpec};
use crate::synth::{Flow, Shape};
use crate::venue::BookSource;

/// What a strategy can see of an instrument, and when.
type Seen = (i64, Option<(Level, Level)>, bool, u64, i64);

/// Quotes one lot a side at the touch and writes down what it sees.
struct Quoter {
    every_ns: i64,
    touch_alone: bool,
    seen: Vec<Seen>,
    books: usize,
}

impl Quoter {
    fn look(&mut self, desk: &Desk<'_>) {
        let view = desk.view(0);
        self.seen.push((desk.now(), view.touch(), view.is_sound(), view.mid().to_bits(), view.last));
        self.books += usize::from(view.book().is_some());
    }
}

impl TickStrategy for Quoter {
    fn interest(&self) -> Interest {
        Interest { timer_ns: Some(self.every_ns), touch_alone: self.touch_alone, ..Interest::default() }
    }

    fn on_start(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        self.look(desk);
        Ok(())
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        self.look(desk);
        desk.cancel_all(0);
        let Some((bid, ask)) = desk.view(0).touch() else { return Ok(()) };
        for (side, price) in [(Side::Buy, bid.price), (Side::Sell, ask.price)] {
            let kind = OrderKind::Limit(price);
            let terms = Terms::default();
            desk.submit(&Ticket { instrument: 0, side, lots: 1, kind, reduce_only: false, terms, tag: 0 })?;
        }
        Ok(())
    }

    fn on_stop(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        self.look(desk);
        Ok(())
    }
}

/// A run's times: timer, sample, what the feed takes beyond the tape, what a request takes.
type Times = (i64, i64, i64, i64);

/// What was seen, how often with a book, how many fills, and everything recorded as text.
fn run(
    columns: &TapeColumns,
    source: BookSource,
    times: Times,
    touch_alone: bool,
) -> (Vec<Seen>, usize, usize, String) {
    let (every_ns, sample_ns, delay, request) = times;
    let text = r#"{"account":{"currency":"Y","cash":"1000000000"},"instruments":[{"symbol":"X-Y","base":"X","quote":"Y",
        "settlement":"Y","tick":"1","lot":"1","maker_fee":"0.001","taker_fee":"0.002"}]}"#;
    let mut spec: TickSpec = serde_json::from_str(text).unwrap();
    spec.sample_ns = sample_ns;
    let latency = Latency::drawn(LegSpec::Constant { ns: request }, LegSpec::Constant { ns: 3 }, 0).unwrap();
    let tape = columns.view();
    tape.check().unwrap();
    let strategy = Quoter { every_ns, touch_alone, seen: Vec::new(), books: 0 };
    let feed = Feed::new(tape, source).delayed(delay);
    let mut engine = TickEngine::new(&spec, vec![feed], latency, strategy).unwrap();
    engine.run().unwrap();
    let run = engine.finish();
    let fills = run.recorder.fills.ts.len();
    (run.strategy.seen, run.strategy.books, fills, format!("{:?} {:?}", run.recorder, run.outcomes))
}

/// Columns of rows: ns since the row above, ns under way, kind, side, price, size, flags.
fn tape(rows: &[(i64, i64, Kind, bool, i64, i64, u8)]) -> TapeColumns {
    let mut columns = TapeColumns::with_capacity(rows.len());
    let (mut at, mut received) = (0, 0);
    for &(after, way, kind, buy, price, size, flags) in rows {
        at += after;
        received = received.max(at + way);
        let side = Some(if buy { Side::Buy } else { Side::Sell });
        columns.push(Event {
            ts_event: at,
            ts_recv: received,
            kind,
            side,
            flags,
            price,
            size,
            sequence: 0,
            order_id: 7,
        });
    }
    columns
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        12 => Just(Kind::Depth),
        4 => Just(Kind::Trade),
        1 => Just(Kind::Quote),
        1 => Just(Kind::Clear),
        1 => Just(Kind::Funding),
    ]
}

fn flags() -> impl Strategy<Value = u8> {
    prop_oneof![8 => Just(LAST), 4 => Just(0), 1 => Just(LAST | GAP), 2 => Just(LAST | SNAPSHOT)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_GLANCE_CASES").map_or(200, |cases| cases.parse().expect("a count"))
    ))]

    #[test]
    fn who_is_shown_the_touch_sees_what_a_book_of_his_own_would_show(
        rows in proptest::collection::vec(
            (0..12_i64, 0..40_i64, kinds(), any::<bool>(), 95..105_i64, 0..4_i64, flags()), 0..300),
        source in prop_oneof![4 => Just(BookSource::Depth), 1 => Just(BookSource::Quotes), 1 => Just(BookSource::Trades)],
        more in prop_oneof![5 => Just(None), 1 => Just(Some(Kind::Add)), 1 => Just(Some(Kind::Mark))],
        times in (1..60_i64, 1..90_i64, prop_oneof![Just(0), 0..150_i64], 0..40_i64),
    ) {
        let mut rows = rows;
        if let Some(kind) = more {
            rows.push((1, 1, kind, true, 90, 1, LAST | GAP));
            rows.rotate_right(1);
        }
        let columns = tape(&rows);
        let (own, shown) = (run(&columns, source, times, false), run(&columns, source, times, true));
        prop_assert_eq!(&own.0, &shown.0);
        prop_assert_eq!(&own.3, &shown.3);
        let one_book = source == BookSource::Depth && more.is_none() && !rows.is_empty();
        prop_assert_eq!((own.1, shown.1), (own.0.len(), if one_book { 0 } else { own.0.len() }));
    }
}

#[test]
fn a_market_maker_fills_the_same_with_and_without_a_book_of_its_own() {
    let mut flow = Flow::new(5, Shape::preset("touch").unwrap(), false, 0);
    let mut columns = TapeColumns::default();
    while flow.now() < 60_000_000_000 {
        flow.advance(&mut columns);
    }
    for delay in [0, 3_000_000, 700_000_000] {
        let times = (50_000_000, 330_000_000, delay, 5_000_000);
        let (own, shown) =
            (run(&columns, BookSource::Depth, times, false), run(&columns, BookSource::Depth, times, true));
        assert!(own.0 == shown.0 && own.3 == shown.3);
        let touches = shown.0.iter().filter(|seen| seen.1.is_some()).count();
        assert!(touches > 1_000 && shown.2 > 20 && shown.1 == 0, "{touches} touches, {} fills", shown.2);
    }
}
