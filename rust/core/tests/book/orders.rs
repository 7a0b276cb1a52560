//! The book of orders equals its twin after any messages, and refuses those that make no sense without a trace.

use tradenode_core::book::{OrderBook, RestingOrder};
use tradenode_core::orders::Side;

use crate::chance::{Chance, operations};
use crate::orders_twin::OrdersTwin;

/// Messages, of which one in ten names an order that is not there or a size that cannot be.
struct Messages {
    chance: Chance,
    ids: u64,
    mid: i64,
}

impl Messages {
    fn side(&mut self) -> Side {
        if self.chance.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    fn price(&mut self) -> i64 {
        if self.chance.below(200) == 0 {
            self.mid += self.chance.near(300);
        }
        match self.chance.below(100) {
            0..90 => self.mid + self.chance.near(30),
            90..99 => self.mid + self.chance.near(3_000),
            _ => [i64::MIN, 0, i64::MAX][self.chance.below(3) as usize],
        }
    }

    fn size(&mut self) -> i64 {
        match self.chance.below(40) {
            0 => 0,
            1 => -1 - self.chance.near(5).abs(),
            2 if self.chance.below(20) == 0 => i64::MAX - 3,
            _ => 1 + self.chance.below(100) as i64,
        }
    }

    /// An id that was given to an order, not long ago.
    fn id(&mut self) -> u64 {
        self.ids.saturating_sub(self.chance.below(2_000))
    }

    fn order(&mut self) -> RestingOrder {
        self.ids += 1;
        let id = if self.chance.below(50) == 0 { self.id() } else { self.ids };
        let own = self.chance.below(30) == 0;
        RestingOrder { id, side: self.side(), price: self.price(), size: self.size(), own }
    }
}

fn change<const BLOCKS: usize>(messages: &mut Messages, book: &mut OrderBook<BLOCKS>, twin: &mut OrdersTwin) {
    match messages.chance.below(100_000) {
        0..45_000 => {
            let order = messages.order();
            assert_eq!(book.add(order), twin.add(order));
        }
        45_000..60_000 => {
            let (id, price, size) = (messages.id(), messages.price(), messages.size());
            let price = if messages.chance.below(2) == 0 { price } else { twin.order(id).map_or(price, |o| o.price) };
            assert_eq!(book.modify(id, price, size), twin.modify(id, price, size));
        }
        60_000..75_000 => {
            let (id, size) = (messages.id(), messages.size());
            assert_eq!(book.cancel(id, size), twin.cancel(id, size));
        }
        75_000..85_000 => {
            let id = messages.id();
            assert_eq!(book.remove(id), twin.remove(id));
        }
        85_000..99_990 => {
            let side = messages.side();
            assert_eq!(book.front(side), twin.front(side));
            if let Some(front) = twin.front(side) {
                let size = messages.size().min(front.size);
                assert_eq!(book.execute(front.id, size), twin.cancel(front.id, size));
            }
        }
        _ => {
            let side = messages.side();
            book.clear(Some(side));
            twin.clear(side);
        }
    }
}

fn compare<const BLOCKS: usize>(messages: &mut Messages, book: &OrderBook<BLOCKS>, twin: &OrdersTwin) {
    for side in [Side::Buy, Side::Sell] {
        let price = messages.price();
        assert_eq!(book.best(side), twin.best(side));
        assert_eq!(i128::from(book.size(side, price)), twin.lots(side, price));
        assert!(book.levels(side).all(|level| i128::from(level.size) == twin.lots(side, level.price)));
    }
    for id in twin.ids() {
        assert_eq!(book.ahead(id), twin.ahead(id));
        assert_eq!(book.order(id), twin.order(id));
    }
    assert_eq!(book.len(), twin.len());
    assert_eq!(book.state_hash(), twin.state_hash());
}

fn run<const BLOCKS: usize>(seed: u64) {
    let mut messages = Messages { chance: Chance(seed), ids: 0, mid: 0 };
    let (mut book, mut twin) = (OrderBook::<BLOCKS>::default(), OrdersTwin::default());
    for _ in 0..operations() {
        change(&mut messages, &mut book, &mut twin);
        if messages.chance.below(2_000) == 0 {
            compare(&mut messages, &book, &twin);
        }
    }
    compare(&mut messages, &book, &twin);
}

#[test]
fn a_book_of_orders_equals_its_twin() {
    run::<8>(4);
}

#[test]
fn arrivals_tell_who_came_first_and_outlive_a_clear() {
    let mut book = OrderBook::new();
    let order = |id, size| RestingOrder { id, side: Side::Buy, price: 100, size, own: false };
    book.add(order(7, 5)).unwrap();
    book.add(order(8, 5)).unwrap();
    assert_eq!((book.arrival(7), book.arrival(8), book.arrival(9), book.arrivals()), (Some(1), Some(2), None, 2));
    // Smaller keeps its place, larger joins anew.
    book.modify(7, 100, 4).unwrap();
    assert_eq!(book.arrival(7), Some(1));
    book.modify(7, 100, 6).unwrap();
    assert_eq!((book.arrival(7), book.arrivals()), (Some(3), 3));
    book.clear(None);
    book.add(order(8, 5)).unwrap();
    assert_eq!((book.arrival(8), book.arrivals()), (Some(4), 4));
    book.restore_arrival(8, 2);
    book.restore_arrival(9, 1);
    assert_eq!((book.arrival(8), book.arrival(9)), (Some(2), None));
}
