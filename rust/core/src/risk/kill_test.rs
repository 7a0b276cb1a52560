//! What the switch tells, step by step, of an account whose venue answers, is slow, or says nothing.

use super::*;

const MARKET: Market = Market::quoted(99, 101, 0);
const SECOND: i64 = 1_000_000_000;

#[derive(Debug, Clone)]
struct Book {
    orders: Vec<(u64, usize, bool)>,
    lots: [i64; 2],
    market: Market,
}

impl Exposed for Book {
    fn open_orders(&self) -> impl Iterator<Item = (u64, usize, bool)> {
        self.orders.iter().copied()
    }

    fn lots(&self, instrument: usize) -> i64 {
        self.lots[instrument]
    }

    fn market(&self, _: usize) -> Market {
        self.market
    }
}

fn book() -> Book {
    Book { orders: vec![(1, 0, false), (2, 0, true), (3, 1, false)], lots: [7, 0], market: MARKET }
}

fn cancels(commands: &[Command]) -> Vec<u64> {
    commands.iter().filter_map(|c| if let Command::Cancel(order) = c { Some(*order) } else { None }).collect()
}

fn closes(commands: &[Command]) -> Vec<(usize, Side, i64, OrderKind)> {
    let close =
        |c: &Command| if let Command::Close(i) = c { Some((i.instrument, i.side, i.lots, i.kind)) } else { None };
    commands.iter().filter_map(close).collect()
}

#[test]
fn a_halt_lets_orders_that_only_reduce_stay() {
    let (mut switch, mut book) = (KillSwitch::new(2), book());
    assert_eq!((switch.step(0, &book), switch.due()), (vec![], i64::MAX));
    switch.pull(Kill::Halt, 5);
    assert_eq!(switch.due(), 5);
    assert_eq!(cancels(&switch.step(5, &book)), [1, 3]);
    // Told once, and again when nothing came of it.
    assert_eq!((switch.step(6, &book), switch.due()), (vec![], 5 + CANCEL_AGAIN_NS));
    book.orders.retain(|&(order, ..)| order != 1);
    assert_eq!(cancels(&switch.step(5 + CANCEL_AGAIN_NS, &book)), [3]);
    book.orders.pop();
    assert_eq!((switch.step(2 * SECOND, &book), switch.pulled()), (vec![], None));
}

#[test]
fn a_position_is_closed_at_the_touch_and_then_at_the_market() {
    let (mut switch, mut book) = (KillSwitch::new(2), book());
    switch.pull(Kill::Flatten, 0);
    let commands = switch.step(0, &book);
    assert_eq!((cancels(&commands), closes(&commands)), (vec![1, 2, 3], vec![]));
    // Its orders are gone: it is closed where the best bid is.
    book.orders.clear();
    assert_eq!(closes(&switch.step(1, &book)), [(0, Side::Sell, 7, OrderKind::Limit(99))]);
    switch.sent(0, 4);
    book.orders.push((4, 0, true));
    book.lots[0] = 3;
    assert_eq!((switch.step(2, &book), switch.due()), (vec![], 1 + LIMIT_NS));
    let commands = switch.step(1 + LIMIT_NS, &book);
    assert_eq!((cancels(&commands), closes(&commands)), (vec![4], vec![(0, Side::Sell, 3, OrderKind::Market)]));
    switch.sent(0, 5);
    book.orders.push((5, 0, true));
    assert_eq!(switch.step(2 + LIMIT_NS, &book), []);
    (book.orders, book.lots) = (vec![], [0, 0]);
    assert_eq!((switch.step(3 + LIMIT_NS, &book), switch.pulled()), (vec![], None));
}

#[test]
fn a_market_that_cannot_be_trusted_and_orders_that_stay_hold_nothing_up() {
    let (mut switch, mut book) = (KillSwitch::new(2), book());
    book.market = Market { broken: true, ..MARKET };
    book.lots = [0, -2];
    switch.pull(Kill::Flatten, 0);
    assert_eq!(closes(&switch.step(0, &book)), []);
    assert_eq!(closes(&switch.step(CANCEL_AGAIN_NS, &book)), [(1, Side::Buy, 2, OrderKind::Market)]);
    // It was refused: no order came of it, and it is told again.
    assert_eq!(closes(&switch.step(CANCEL_AGAIN_NS + 1, &book)), []);
    let again = CANCEL_AGAIN_NS + MARKET_AGAIN_NS;
    assert_eq!(closes(&switch.step(again, &book)), [(1, Side::Buy, 2, OrderKind::Market)]);
    // It has ended with less: the rest follows at once.
    switch.sent(1, 9);
    book.lots[1] = -1;
    assert_eq!(closes(&switch.step(again + 1, &book)), [(1, Side::Buy, 1, OrderKind::Market)]);
}

#[test]
fn what_is_further_takes_the_place_of_what_is_less() {
    let (mut switch, book) = (KillSwitch::new(2), book());
    switch.pull(Kill::Halt, 0);
    switch.step(0, &book);
    switch.pull(Kill::CancelAll, 1);
    assert_eq!(switch.pulled(), Some(Kill::Halt));
    switch.pull(Kill::Flatten, 2);
    assert_eq!((switch.due(), cancels(&switch.step(2, &book))), (2, vec![2]));
}
