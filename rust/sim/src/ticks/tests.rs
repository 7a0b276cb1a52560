//! Runs over hand-made tapes: who knows what when.

use tradenode_core::book::Level;
use tradenode_core::event::{Event, Kind, LAST, Tape, TapeColumns, side_number};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{OrderKind, Side};

use super::*;
use crate::error::RunError;
use crate::models::latency::{Latency, LegSpec};
use crate::synth::{Flow, Shape};
use crate::venue::{BookSource, Report, What};

#[derive(Default)]
struct Rows {
    ts_event: Vec<i64>,
    ts_recv: Vec<i64>,
    kind: Vec<u8>,
    side: Vec<u8>,
    flags: Vec<u8>,
    price: Vec<i64>,
    size: Vec<i64>,
}

impl Rows {
    fn add(&mut self, ts_event: i64, ts_recv: i64, kind: Kind, side: Side, price: i64, size: i64) -> &mut Self {
        self.ts_event.push(ts_event);
        self.ts_recv.push(ts_recv);
        self.kind.push(kind as u8);
        self.side.push(side_number(Some(side)));
        self.flags.push(LAST);
        self.price.push(price);
        self.size.push(size);
        self
    }

    /// A book of 99 to 101, told at time 0.
    fn with_book() -> Self {
        let mut rows = Self::default();
        rows.add(0, 1, Kind::Depth, Side::Buy, 99, 5).add(0, 1, Kind::Depth, Side::Sell, 101, 5);
        rows
    }

    fn feed(&self) -> Feed<'_> {
        let tape = Tape {
            ts_event: &self.ts_event,
            ts_recv: &self.ts_recv,
            kind: &self.kind,
            side: &self.side,
            flags: &self.flags,
            price: &self.price,
            size: &self.size,
            ..Tape::default()
        };
        tape.check().unwrap();
        Feed::new(tape, BookSource::Depth)
    }
}

fn spec(instruments: usize) -> TickSpec {
    let one = |name: usize| {
        format!(
            r#"{{"symbol":"X{name}-Y","base":"X{name}","quote":"Y","settlement":"Y","tick":"1","lot":"1",
            "maker_fee":"0.001","taker_fee":"0.002"}}"#
        )
    };
    let text = format!(
        r#"{{"account":{{"currency":"Y","cash":"100000"}},"instruments":[{}],"sample_ns":1000}}"#,
        (0..instruments).map(one).collect::<Vec<_>>().join(",")
    );
    serde_json::from_str(&text).unwrap()
}

fn legs(request: i64, report: i64) -> Latency<'static> {
    Latency::drawn(LegSpec::Constant { ns: request }, LegSpec::Constant { ns: report }, 0).unwrap()
}

/// What is done at a time.
type Act = (i64, fn(&mut Desk<'_>));

/// Does at each multiple of 10 ns what it was told to do then, and writes down what it sees.
struct Scripted {
    acts: Vec<Act>,
    seen: Vec<String>,
    interest: Interest,
}

impl Scripted {
    fn new(acts: &[Act]) -> Self {
        let interest = Interest { timer_ns: Some(10), reports: true, ..Interest::default() };
        Self { acts: acts.to_vec(), seen: Vec::new(), interest }
    }
}

impl TickStrategy for Scripted {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let now = desk.now();
        self.acts.iter().filter(|(at, _)| *at == now).for_each(|(_, act)| act(desk));
        Ok(())
    }

    fn on_trade(&mut self, desk: &mut Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        self.seen.push(format!("{}: trade of {instrument} at {}", desk.now(), trade.price));
        Ok(())
    }

    fn on_book(&mut self, desk: &mut Desk<'_>, instrument: usize) -> Result<(), RunError> {
        let bid = desk.view(instrument).book().unwrap().best(Side::Buy).map(|level| level.price);
        self.seen.push(format!("{}: bid of {instrument} at {bid:?}", desk.now()));
        Ok(())
    }

    fn on_report(&mut self, desk: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        let what = match report.what {
            What::Filled(fill) => format!("filled {} at {}", fill.lots, fill.ticks),
            other => format!("{other:?}"),
        };
        self.seen.push(format!("{}: {} {what} at {}, holds {}", desk.now(), report.order, report.at, desk.position(0)));
        Ok(())
    }
}

fn buy_two_at_100(desk: &mut Desk<'_>) {
    submit(desk, Side::Buy, 2, OrderKind::Limit(100));
}

fn submit(desk: &mut Desk<'_>, side: Side, lots: i64, kind: OrderKind) {
    let terms = Terms::default();
    desk.submit(&Ticket { instrument: 0, side, lots, kind, reduce_only: false, terms, tag: 0 }).unwrap();
}

fn cancel_first(desk: &mut Desk<'_>) {
    if let Some(&order) = desk.open_orders(0).first() {
        desk.cancel(order);
    }
}

fn run(rows: &Rows, latency: Latency<'static>, strategy: Scripted) -> (f64, Vec<String>) {
    let mut engine = TickEngine::new(&spec(1), vec![rows.feed()], latency, strategy).unwrap();
    engine.run().unwrap();
    let TickRun { recorder, strategy, .. } = engine.finish();
    (recorder.equity.last().copied().unwrap_or(0.0), strategy.seen)
}

#[test]
fn an_order_takes_its_time_there_and_its_reports_theirs_back() {
    let mut rows = Rows::with_book();
    // The order is sent at 10 and arrives at 15: the trade at 14 passes it by, that at 16 does not.
    rows.add(14, 30, Kind::Trade, Side::Sell, 99, 9).add(16, 40, Kind::Trade, Side::Sell, 99, 1);
    rows.add(90, 95, Kind::Trade, Side::Buy, 101, 1);
    let (equity, seen) = run(&rows, legs(5, 7), Scripted::new(&[(10, buy_two_at_100)]));
    assert_eq!(seen, ["22: 1 Accepted at 15, holds 0", "23: 1 filled 1 at 100 at 16, holds 1"]);
    // 1 lot bought at 100 with a fee of 0.1, marked at the mid of 100.
    assert!((equity - 99_999.9).abs() < 1e-9, "{equity}");
}

#[test]
fn a_cancel_that_comes_too_late_is_refused() {
    let mut rows = Rows::with_book();
    rows.add(24, 60, Kind::Trade, Side::Sell, 99, 9).add(90, 95, Kind::Trade, Side::Buy, 101, 1);
    let strategy = Scripted::new(&[(10, buy_two_at_100), (20, cancel_first)]);
    let (_, seen) = run(&rows, legs(5, 7), strategy);
    assert_eq!(
        seen,
        ["22: 1 Accepted at 15, holds 0", "31: 1 filled 2 at 100 at 24, holds 2",],
        "the refusal of the cancel tells the owner nothing new"
    );
}

#[test]
fn what_is_received_late_is_seen_late() {
    let mut rows = Rows::with_book();
    rows.add(12, 47, Kind::Depth, Side::Buy, 100, 5).add(60, 70, Kind::Trade, Side::Sell, 100, 5);
    let interest = Interest { trade_every_ns: Some(0), book_every_ns: Some(0), ..Interest::default() };
    let (_, seen) = run(&rows, legs(5, 5), Scripted { interest, ..Scripted::new(&[]) });
    assert_eq!(
        seen,
        ["1: bid of 0 at Some(99)", "1: bid of 0 at Some(99)", "47: bid of 0 at Some(100)", "70: trade of 0 at 100",]
    );
}

#[test]
fn a_book_is_shown_at_most_so_often() {
    let mut rows = Rows::default();
    for at in 0..10 {
        rows.add(at * 10, at * 10, Kind::Depth, Side::Buy, 90 + at, 1);
    }
    let interest = Interest { book_every_ns: Some(25), ..Interest::default() };
    let (_, seen) = run(&rows, legs(5, 5), Scripted { interest, ..Scripted::new(&[]) });
    assert_eq!(seen.iter().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>(), ["0", "30", "60", "90"]);
}

#[test]
fn open_orders_count_at_the_gate_and_replaces_by_what_they_add() {
    fn flood(desk: &mut Desk<'_>) {
        for _ in 0..30 {
            submit(desk, Side::Buy, 100, OrderKind::Limit(99));
        }
    }
    fn grow(desk: &mut Desk<'_>) {
        let order = desk.open_orders(0)[0];
        assert!(desk.replace(order, 105, OrderKind::Limit(99)).unwrap());
        assert!(!desk.replace(order, 101, OrderKind::Limit(99)).unwrap(), "one request at a time");
        let order = desk.open_orders(0)[1];
        assert!(!desk.replace(order, 100_000, OrderKind::Limit(99)).unwrap(), "the gate says no");
    }
    let mut rows = Rows::with_book();
    rows.add(90, 95, Kind::Trade, Side::Buy, 101, 1);
    let strategy = Scripted::new(&[(10, flood), (40, grow)]);
    let mut engine = TickEngine::new(&spec(1), vec![rows.feed()], legs(5, 5), strategy).unwrap();
    engine.run().unwrap();
    let TickRun { recorder, strategy, .. } = engine.finish();
    // 100,000 in cash, 9,900 an order and its fee of 0.2 %.
    let accepted = strategy.seen.iter().filter(|line| line.contains("Accepted")).count();
    assert_eq!((accepted, recorder.refused.len()), (10, 21));
    assert!(strategy.seen.iter().any(|line| line.contains("Replaced { lots: 105, ticks: 99 }")), "{:?}", strategy.seen);
}

#[test]
fn instruments_share_the_clock_and_the_account() {
    let mut first = Rows::with_book();
    first.add(20, 25, Kind::Trade, Side::Sell, 99, 1).add(90, 95, Kind::Trade, Side::Sell, 99, 1);
    let mut second = Rows::with_book();
    second.add(15, 30, Kind::Trade, Side::Buy, 101, 1);
    let interest = Interest { trade_every_ns: Some(0), ..Interest::default() };
    let strategy = Scripted { interest, ..Scripted::new(&[]) };
    let feeds = vec![first.feed(), second.feed()];
    let mut engine = TickEngine::new(&spec(2), feeds, legs(5, 5), strategy).unwrap();
    engine.run().unwrap();
    let TickRun { recorder, strategy, .. } = engine.finish();
    assert_eq!(strategy.seen, ["25: trade of 0 at 99", "30: trade of 1 at 101", "95: trade of 0 at 99"]);
    assert_eq!(*recorder.equity_ts, [95]);
}

#[test]
fn the_equity_counts_what_was_heard_at_prices_that_were_seen() {
    // The middle is 100 from 12 on, 100.5 from 47 on. 0.1 % of 200 fall due at 38 and are heard of at 45.
    let mut rows = Rows::default();
    rows.add(0, 12, Kind::Depth, Side::Buy, 99, 5).add(0, 12, Kind::Depth, Side::Sell, 101, 5);
    rows.add(26, 26, Kind::Trade, Side::Sell, 99, 9).add(35, 47, Kind::Depth, Side::Buy, 100, 5);
    rows.add(38, 48, Kind::Funding, Side::Buy, 1_000_000, 0).add(50, 60, Kind::Trade, Side::Buy, 101, 1);
    let spec = TickSpec { sample_ns: 10, ..spec(1) };
    let strategy = Scripted::new(&[(20, buy_two_at_100)]);
    let mut engine = TickEngine::new(&spec, vec![rows.feed()], legs(5, 7), strategy).unwrap();
    engine.run().unwrap();
    let recorder = engine.finish().recorder;
    assert_eq!(recorder.equity_ts[..5], [10, 20, 30, 40, 50]);
    assert!(recorder.marks[0].is_nan());
    assert_eq!(recorder.marks[1..5], [100.0, 100.0, 100.0, 100.5]);
    // Filled at 26, heard of at 33.
    assert_eq!((recorder.fills.ts.as_slice(), recorder.fills.sample.as_slice()), (&[26][..], &[3][..]));
    assert_eq!((recorder.payments.ts.as_slice(), recorder.payments.sample.as_slice()), (&[38][..], &[4][..]));
    assert_eq!(recorder.equity[2..5], [100_000.0, 99_999.8, 100_000.6]);
}

#[test]
fn a_run_that_does_not_fit_is_refused() {
    let rows = Rows::with_book();
    let new = |spec: &TickSpec, interest| {
        let strategy = Scripted { interest, ..Scripted::new(&[]) };
        TickEngine::new(spec, vec![rows.feed()], legs(5, 5), strategy).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(new(&spec(2), Interest::default()).unwrap_err(), "instruments: 2 instruments, but 1 tapes");
    let stopped = Interest { timer_ns: Some(0), ..Interest::default() };
    assert_eq!(new(&spec(1), stopped).unwrap_err(), "timer_ns must be above 0, got 0");
    let text = r#"{"impact":{"decaying":{"half_life_ns":0}}}"#;
    let venue = serde_json::from_str(text).unwrap();
    let error = new(&TickSpec { venue, ..spec(1) }, Interest::default()).unwrap_err();
    assert_eq!(error, "half_life_ns must be above 0, got 0");
    let never = TickSpec { sample_ns: -1, ..spec(1) };
    assert_eq!(new(&never, Interest::default()).unwrap_err(), "sample_ns must be above 0, got -1");
}

/// Writes down the touch, and keeps an order at the bid.
#[derive(Default)]
struct Watcher {
    seen: Vec<(i64, Option<(Level, Level)>)>,
}

impl TickStrategy for Watcher {
    fn interest(&self) -> Interest {
        Interest { timer_ns: Some(50_000_000), ..Interest::default() }
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let touch = desk.view(0).book().unwrap().touch();
        self.seen.push((desk.now(), touch));
        if let Some((bid, _)) = touch
            && desk.open_orders(0).is_empty()
        {
            submit(desk, Side::Buy, 1, OrderKind::Limit(bid.price));
        }
        Ok(())
    }
}

/// The same market told by levels and by orders looks the same, and fills an order at the touch in both.
#[test]
fn a_tape_of_orders_shows_the_book_that_its_levels_make() {
    let watched = |by_order, source| {
        let mut flow = Flow::new(5, Shape::preset("touch").unwrap(), by_order, 0);
        let mut columns = TapeColumns::default();
        while flow.now() < 60_000_000_000 {
            flow.advance(&mut columns);
        }
        let feed = Feed::new(columns.view(), source);
        let mut spec = spec(1);
        spec.account.cash = "1000000000".parse().unwrap();
        spec.sample_ns = 1_000_000_000;
        let mut engine = TickEngine::new(&spec, vec![feed], legs(5, 5), Watcher::default()).unwrap();
        engine.run().unwrap();
        let run = engine.finish();
        (run.strategy.seen, run.recorder.fills.ts.len())
    };
    let (levels, orders) = (watched(false, BookSource::Depth), watched(true, BookSource::Orders));
    assert!(levels.0.len() > 1_000 && levels.0 == orders.0);
    assert!(levels.1 > 20 && orders.1 > 20, "{} {}", levels.1, orders.1);
}

#[test]
fn a_record_tells_how_each_fill_queued() {
    fn bid(desk: &mut Desk<'_>) {
        submit(desk, Side::Buy, 2, OrderKind::Limit(99));
        submit(desk, Side::Buy, 1, OrderKind::Market);
    }
    let mut rows = Rows::with_book();
    rows.add(40, 41, Kind::Trade, Side::Sell, 99, 6).add(90, 95, Kind::Trade, Side::Buy, 101, 1);
    let mut engine = TickEngine::new(&spec(1), vec![rows.feed()], legs(5, 5), Scripted::new(&[(10, bid)])).unwrap();
    engine.run().unwrap();
    let record = engine.finish().recorder;
    // The market order took at once; the other joined five lots at 15 and had one at 40.
    assert_eq!((record.fills.order, record.queue.waited_ns), (vec![2, 1], vec![0, 25]));
    assert!(record.queue.ahead[0].is_nan() && record.queue.ahead[1] == 5.0);
}

#[test]
fn a_batch_arrives_together_and_reports_as_ever() {
    fn ladder(desk: &mut Desk<'_>) {
        desk.batch(|desk| {
            cancel_first(desk);
            desk.batch(|desk| submit(desk, Side::Buy, 1, OrderKind::Limit(98)));
            submit(desk, Side::Buy, 1, OrderKind::Limit(97));
        });
        submit(desk, Side::Buy, 1, OrderKind::Limit(96));
    }
    let mut rows = Rows::with_book();
    rows.add(900, 905, Kind::Trade, Side::Buy, 101, 1);
    let drawn = LegSpec::Normal { mean_ns: 50.0, deviation_ns: 30.0, least_ns: 1 };
    let latency = Latency::drawn(drawn, LegSpec::Constant { ns: 5 }, 2).unwrap();
    let (_, seen) = run(&rows, latency, Scripted::new(&[(10, buy_two_at_100), (200, ladder)]));
    let at = |line: &str| line.split(" at ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let told: Vec<_> = seen.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(told, ["1", "1", "2", "3", "4"], "{seen:?}");
    assert!(at(&seen[1]) == at(&seen[2]) && at(&seen[2]) == at(&seen[3]) && at(&seen[3]) != at(&seen[4]), "{seen:?}");
}
