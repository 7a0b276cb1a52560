//! Orders by a self-exciting process into a book, and what the venue says of them.

use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT, TapeColumns};
use tradenode_core::orders::Side;

use super::hawkes::Hawkes;
use super::ladder::{Ladder, Resting};
use super::shape::Shape;
use crate::random::Random;

/// Kinds of the process: market buys, market sells, and what only moves the book.
const MARKET_BUY: usize = 0;
const MARKET_SELL: usize = 1;
const KINDS: usize = 3;

/// A side never has fewer levels: who would empty it finds that the rest has gone.
const MIN_LEVELS: usize = 3;

const SECOND_NS: f64 = 1e9;

/// A market that is being made.
///
/// Market orders take the best prices and walk; limit orders come near the best price or far away, or improve it;
/// cancels are the likelier the more orders rest, so that the book settles. Every message is received after its latency,
/// and never before the one sent before it.
#[derive(Debug, Clone)]
pub struct Flow {
    shape: Shape,
    by_order: bool,
    random: Random,
    process: Hawkes<KINDS>,
    /// Bids as their prices, asks as their negated ones: the best is the greatest.
    sides: [Ladder; 2],
    ts_event: i64,
    ts_recv: i64,
    sequence: u64,
    trade: u64,
    order: u64,
    begun: bool,
}

impl Flow {
    /// A flow from `start_ns`; `by_order` makes it say every order (L3) instead of the size of each level (L2).
    #[must_use]
    pub fn new(seed: u64, shape: Shape, by_order: bool, start_ns: i64) -> Self {
        let half = shape.market_rate / 2.0;
        let [own, other, book] = shape.market_children;
        let [market, more] = shape.book_children;
        let branching = [[own, other, market], [other, own, market], [book, book, more]];
        let process = Hawkes::new([half, half, shape.book_rate], branching, shape.decay);
        Self {
            shape,
            by_order,
            random: Random::new(seed),
            process,
            sides: [Ladder::default(), Ladder::default()],
            ts_event: start_ns,
            ts_recv: i64::MIN,
            sequence: 0,
            trade: 0,
            order: 0,
            begun: false,
        }
    }

    /// When the last event was made, ns UTC.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.ts_event
    }

    /// Adds what the venue says of the next order; at first a snapshot.
    pub fn advance(&mut self, out: &mut TapeColumns) {
        if !self.begun {
            self.begun = true;
            self.begin(out);
            return;
        }
        let (seconds, kind) = self.process.next(&mut self.random);
        self.ts_event += ((seconds * SECOND_NS) as i64).max(1);
        match kind {
            MARKET_BUY => self.take(Side::Buy, out),
            MARKET_SELL => self.take(Side::Sell, out),
            _ => self.rest_or_cancel(out),
        }
    }

    fn begin(&mut self, out: &mut TapeColumns) {
        for side in [Side::Buy, Side::Sell] {
            // The first level is there whatever is drawn.
            let best = rank(side, self.shape.start_price + i64::from(side == Side::Sell));
            for at in 0..self.shape.orders.max(MIN_LEVELS) {
                let away = if at < MIN_LEVELS { at as i64 } else { self.distance() };
                let order = self.new_order();
                self.sides[index(side)].add(best - away, order);
            }
        }
        self.receive();
        self.sequence += 1;
        let clear = self.event(Kind::Clear, None, 0, 0, SNAPSHOT);
        out.push(clear);
        for side in [Side::Buy, Side::Sell] {
            if self.by_order {
                for (rank, order) in self.sides[index(side)].each() {
                    let event = self.event(Kind::Add, Some(side), price(side, rank), order.size, SNAPSHOT);
                    out.push(Event { order_id: order.id, ..event });
                }
            } else {
                for (rank, total) in self.sides[index(side)].totals() {
                    out.push(self.event(Kind::Depth, Some(side), price(side, rank), total, SNAPSHOT));
                }
            }
        }
        end_message(out);
    }

    /// A market order: its trades, then what they left of the book.
    fn take(&mut self, taker: Side, out: &mut TapeColumns) {
        let maker = opposite(taker);
        let mut left = self.size(self.shape.market_size);
        let (mut fills, mut levels) = (Vec::new(), Vec::new());
        while left > 0 && self.sides[index(maker)].levels() > MIN_LEVELS {
            let Some((rank, id, filled, total)) = self.sides[index(maker)].fill(left) else { break };
            left -= filled;
            let price = price(maker, rank);
            fills.push((price, id, filled));
            match levels.last_mut() {
                Some((last, size)) if *last == price => *size = total,
                _ => levels.push((price, total)),
            }
        }
        if fills.is_empty() {
            // Nothing rests that may be taken: the flow goes on with a limit order on that side.
            return self.rest(maker, out);
        }
        self.receive();
        self.say_trades(taker, &fills, out);
        self.receive();
        self.sequence += 1;
        if self.by_order {
            for (price, id, filled) in fills {
                let event = self.event(Kind::Execute, Some(maker), price, filled, 0);
                out.push(Event { order_id: id, ..event });
            }
        } else {
            for (price, total) in levels {
                out.push(self.event(Kind::Depth, Some(maker), price, total, 0));
            }
        }
        end_message(out);
    }

    /// One trade an order, or one a level where orders are not told.
    fn say_trades(&mut self, taker: Side, fills: &[(i64, u64, i64)], out: &mut TapeColumns) {
        let by_order = self.by_order;
        for prints in fills.chunk_by(|one, next| !by_order && one.0 == next.0) {
            self.trade += 1;
            let size = prints.iter().map(|(_, _, filled)| filled).sum();
            let event = self.event(Kind::Trade, Some(taker), prints[0].0, size, 0);
            out.push(Event { sequence: self.trade, ..event });
        }
        end_message(out);
    }

    fn rest_or_cancel(&mut self, out: &mut TapeColumns) {
        let side = if self.random.happens(0.5) { Side::Buy } else { Side::Sell };
        let (orders, levels) = (self.sides[index(side)].orders(), self.sides[index(side)].levels());
        let cancels = orders as f64 / (orders + self.shape.orders) as f64;
        if levels <= MIN_LEVELS || !self.random.happens(cancels) || !self.cancel(side, out) {
            self.rest(side, out);
        }
    }

    fn cancel(&mut self, side: Side, out: &mut TapeColumns) -> bool {
        let Some(best) = self.sides[index(side)].best() else { return false };
        let away = self.distance();
        let Some((rank, order, left)) = self.sides[index(side)].cancel(best - away, &mut self.random) else {
            return false;
        };
        self.say_book(Kind::Cancel, side, rank, order, left, out);
        true
    }

    fn rest(&mut self, side: Side, out: &mut TapeColumns) {
        // Both sides have at least MIN_LEVELS levels.
        let best = self.sides[index(side)].best().unwrap_or(0);
        let other = self.sides[index(opposite(side))].best().unwrap_or(0);
        // Ranks of the two sides have opposite signs.
        let spread = -(best + other);
        let improves = spread > 1 && self.random.happens(self.shape.improve);
        let mut rank = if improves { best + 1 } else { best - self.distance() };
        if side == Side::Buy {
            rank = rank.max(1);
        }
        let order = self.new_order();
        let total = self.sides[index(side)].add(rank, order);
        self.say_book(Kind::Add, side, rank, order, total, out);
    }

    fn say_book(&mut self, kind: Kind, side: Side, rank: i64, order: Resting, total: i64, out: &mut TapeColumns) {
        self.receive();
        self.sequence += 1;
        let price = price(side, rank);
        if self.by_order {
            // A cancel takes the whole order.
            let size = if kind == Kind::Cancel { 0 } else { order.size };
            let event = self.event(kind, Some(side), price, size, LAST);
            out.push(Event { order_id: order.id, ..event });
        } else {
            out.push(self.event(Kind::Depth, Some(side), price, total, LAST));
        }
    }

    /// The next message arrives.
    fn receive(&mut self) {
        let latency = self.shape.latency_ns + self.random.exponential(self.shape.latency_extra_ns);
        self.ts_recv = self.ts_recv.max(self.ts_event + latency as i64);
    }

    fn event(&self, kind: Kind, side: Option<Side>, price: i64, size: i64, flags: u8) -> Event {
        let (ts_event, ts_recv, sequence) = (self.ts_event, self.ts_recv, self.sequence);
        Event { ts_event, ts_recv, kind, side, flags, price, size, sequence, order_id: 0 }
    }

    fn new_order(&mut self) -> Resting {
        self.order += 1;
        Resting { id: self.order, size: self.size(self.shape.limit_size) }
    }

    fn size(&mut self, mean: f64) -> i64 {
        1 + self.random.exponential(mean) as i64
    }

    fn distance(&mut self) -> i64 {
        if self.random.happens(self.shape.far_share) {
            self.shape.far.powf(self.random.uniform()) as i64
        } else {
            self.random.geometric(self.shape.distance)
        }
    }
}

fn end_message(out: &mut TapeColumns) {
    if let Some(flags) = out.flags.last_mut() {
        *flags |= LAST;
    }
}

const fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

const fn rank(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => price,
        Side::Sell => -price,
    }
}

/// The price of a rank: negation is its own inverse.
const fn price(side: Side, at: i64) -> i64 {
    rank(side, at)
}

#[cfg(test)]
mod tests {
    use tradenode_core::event::{Audit, Fault, Tape};

    use super::*;

    fn made(seed: u64, preset: &str, by_order: bool, rows: usize) -> TapeColumns {
        let mut flow = Flow::new(seed, Shape::preset(preset).unwrap(), by_order, 1_704_067_200_000_000_000);
        let mut out = TapeColumns::default();
        while out.len() < rows {
            flow.advance(&mut out);
        }
        out
    }

    fn of_kind<'a>(tape: &'a Tape<'a>, kind: Kind) -> impl Iterator<Item = Event> + 'a {
        (0..tape.len()).map(|row| tape.event(row)).filter(move |event| event.kind == kind)
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_others() {
        assert_eq!(made(1, "market", false, 5_000), made(1, "market", false, 5_000));
        assert_ne!(made(1, "market", false, 5_000), made(2, "market", false, 5_000));
        let (short, long) = (made(1, "touch", true, 1_000), made(1, "touch", true, 9_000));
        assert_eq!(short.price, long.price[..short.len()], "more rows only add to the end");
    }

    #[test]
    fn books_are_consistent_in_levels_and_in_orders() {
        for (preset, by_order) in [("market", false), ("market", true), ("touch", false), ("touch", true)] {
            let out = made(7, preset, by_order, 200_000);
            assert_eq!(out.view().check(), Ok(()), "{preset}");
            let sum = |kind| of_kind(&out.view(), kind).map(|event| event.size).sum::<i64>();
            assert!(sum(Kind::Trade) > 0 && (!by_order || sum(Kind::Execute) == sum(Kind::Trade)));
            let mut audit = Audit::new(3);
            audit.take(&out.view());
            assert_eq!(audit.counts(), &[0; Fault::ALL.len()], "{preset} {by_order} {:?}", audit.findings());
        }
    }

    #[test]
    fn the_touch_is_hftbacktests_feed() {
        let out = made(3, "touch", false, 500_000);
        let tape = out.view();
        let trades = of_kind(&tape, Kind::Trade).count() as f64 / tape.len() as f64;
        let seconds = (tape.ts_event[tape.len() - 1] - tape.ts_event[0]) as f64 / SECOND_NS;
        let rate = tape.len() as f64 / seconds;
        let latencies = tape.ts_recv.iter().zip(tape.ts_event).map(|(recv, event)| (recv - event) as f64);
        let latency = latencies.clone().sum::<f64>() / tape.len() as f64;
        assert!((trades - 0.138).abs() < 0.003, "{trades} {rate}");
        assert!((rate - 232.0).abs() < 7.0, "{rate}");
        assert!(latencies.fold(f64::INFINITY, f64::min) >= 5e6);
        assert!((5.9e6..6.9e6).contains(&latency), "{latency}");
    }
}
