//! What the kill switch does on the simulated venue.

use tradenode_core::event::{Event, Kind, LAST, TapeColumns};
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::risk::{Kill, LIMIT_NS};

use super::*;
use crate::models::latency::{Latency, LegSpec};
use crate::ticks::{Feed, Interest, TickEngine, TickRun, TickSpec, TickStrategy, Ticket};
use crate::venue::BookSource;

const TENTH: i64 = 100_000_000;
/// How many orders rest when the switch is pulled.
const RESTING: i64 = 500;

/// Buys three lots, lets orders rest, pulls the switch, and goes on asking for more.
struct Runaway {
    kill: Kill,
    calls: i64,
    /// What was held, was open and was being done at each call.
    seen: Vec<(i64, usize, Option<Kill>)>,
}

fn buy(lots: i64, kind: OrderKind) -> Ticket {
    Ticket { instrument: 0, side: Side::Buy, lots, kind, reduce_only: false, terms: Terms::default(), tag: 0 }
}

impl TickStrategy for Runaway {
    fn interest(&self) -> Interest {
        Interest { timer_ns: Some(TENTH), ..Interest::default() }
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        self.calls += 1;
        match self.calls {
            1 => drop(desk.submit(&buy(3, OrderKind::Market))?),
            2 => {
                for number in 0..RESTING {
                    desk.submit(&buy(1, OrderKind::Limit(10 + number % 40)))?;
                }
                let exit = Ticket { side: Side::Sell, reduce_only: true, ..buy(3, OrderKind::Limit(150)) };
                desk.submit(&exit)?;
            }
            3 => desk.kill(self.kill, "strategy", "a drill")?,
            4 => assert_eq!(desk.submit(&buy(1, OrderKind::Limit(20)))?.is_some(), self.kill == Kill::CancelAll),
            _ => {}
        }
        self.seen.push((desk.position(0), desk.open_orders(0).len(), desk.killing()));
        Ok(())
    }
}

/// Levels that are set: milliseconds, side, price, size. The book is 99 to 101 at first.
fn run(kill: Kill, levels: &[(i64, Side, i64, i64)]) -> TickRun<'static, Runaway> {
    let mut columns = TapeColumns::default();
    let first = [(0, Side::Buy, 99, 5), (0, Side::Buy, 90, 5), (0, Side::Sell, 101, 5)];
    for &(at, side, price, size) in first.iter().chain(levels).chain(&[(6_000, Side::Sell, 300, 1)]) {
        let (ts_event, side) = (at * TENTH / 100 + 1, Some(side));
        let (kind, flags, sequence, order_id) = (Kind::Depth, LAST, 0, 0);
        columns.push(Event { ts_event, ts_recv: ts_event + 5, kind, side, flags, price, size, sequence, order_id });
    }
    let columns: &'static TapeColumns = Box::leak(Box::new(columns));
    let text = r#"{"account":{"currency":"Y","cash":"1000000"},"instruments":[{"symbol":"X-Y","base":"X","quote":"Y",
        "settlement":"Y","tick":"1","lot":"1","maker_fee":"0","taker_fee":"0"}],"sample_ns":1000000000}"#;
    let spec: TickSpec = serde_json::from_str(text).unwrap();
    let leg = LegSpec::Constant { ns: TENTH / 10 };
    let strategy = Runaway { kill, calls: 0, seen: Vec::new() };
    let feed = Feed::new(columns.view(), BookSource::Depth);
    let latency = Latency::drawn(leg, leg, 0).unwrap();
    let mut engine = TickEngine::new(&spec, vec![feed], latency, strategy).unwrap();
    engine.run().unwrap();
    engine.finish()
}

fn fills(run: &TickRun<'_, Runaway>) -> Vec<(i8, f64, f64)> {
    let fills = &run.recorder.fills;
    (0..fills.ts.len()).map(|row| (fills.side[row], fills.quantity[row], fills.price[row])).collect()
}

#[test]
fn flat_at_the_touch_with_five_hundred_orders_gone() {
    let run = run(Kill::Flatten, &[]);
    assert_eq!(run.strategy.seen[1], (3, 501, None));
    assert_eq!(run.strategy.seen[2], (3, 501, Some(Kill::Flatten)));
    // A round trip later the orders are gone, another later the position is.
    assert_eq!(run.strategy.seen[3], (0, 0, None));
    assert_eq!(run.recorder.fills.ts[1], 3 * TENTH + 3 * TENTH / 10);
    assert_eq!(fills(&run), [(1, 3.0, 101.0), (-1, 3.0, 99.0)]);
    assert_eq!(run.outcomes.cancelled.iter().sum::<u64>(), 501);
    assert_eq!(run.recorder.refused_count, 1);
}

#[test]
fn what_the_touch_does_not_take_goes_at_the_market() {
    // The bid falls while the close is under way to it: it rests there until its time is up.
    let run = run(Kill::Flatten, &[(325, Side::Buy, 99, 0)]);
    let sent = 3 * TENTH + TENTH / 5;
    assert_eq!(fills(&run), [(1, 3.0, 101.0), (-1, 3.0, 90.0)]);
    assert_eq!(run.recorder.fills.ts[1], sent + LIMIT_NS + TENTH / 10);
    assert_eq!(run.strategy.seen.last(), Some(&(0, 0, None)));
}

#[test]
fn a_halt_leaves_the_position_and_its_exit() {
    let run = run(Kill::Halt, &[]);
    assert_eq!(run.strategy.seen[3], (3, 1, None));
    assert_eq!(run.strategy.seen.last(), Some(&(3, 1, None)));
    let run = self::run(Kill::CancelAll, &[]);
    assert_eq!((run.strategy.seen[3], run.recorder.refused_count), ((3, 1, None), 0));
}
