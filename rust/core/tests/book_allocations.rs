//! Books in their steady state allocate nothing.

#[path = "book/chance.rs"]
#[expect(dead_code, reason = "a part of it serves the other tests")]
mod chance;

mod counting;

use chance::Chance;
use counting::allocations;
use tradenode_core::book::{Book, Level, OrderBook, RestingOrder};
use tradenode_core::orders::Side;

#[test]
fn allocations_are_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1, 2, 3]))), 1);
}

/// A wandering market whose updates reach far beyond the window.
fn updates(count: usize) -> Vec<(Side, i64, i64)> {
    let (mut chance, mut mid) = (Chance(7), 1_000_000);
    let mut update = || {
        mid += if chance.below(1_000) == 0 { chance.near(5_000) } else { 0 };
        let side = if chance.below(2) == 0 { Side::Buy } else { Side::Sell };
        let reach = [10, 1_000, 100_000][chance.below(3) as usize];
        let size = if chance.below(3) == 0 { 0 } else { 1 + chance.below(100) as i64 };
        (side, mid - side.sign() * (chance.near(reach).abs() + 1), size)
    };
    (0..count).map(|_| update()).collect()
}

#[test]
fn a_book_of_levels_allocates_nothing_once_it_is_warm() {
    let updates = updates(200_000);
    let mut book = Book::new();
    let mut top = [Level::default(); 20];
    let mut pass = || {
        for &(side, price, size) in &updates {
            book.set(side, price, size);
            std::hint::black_box(book.best(side));
        }
        std::hint::black_box((book.top(Side::Buy, &mut top), book.sweep(Side::Sell, 10_000, None), book.microprice()));
        std::hint::black_box((book.imbalance(10), book.depth(Side::Buy, 100), book.state_hash()));
    };
    assert!(allocations(&mut pass) > 0, "the tail must be in use");
    assert_eq!(allocations(&mut pass), 0);
    let trade = allocations(|| {
        book.trade_through(Side::Buy, 1_000_100);
        book.truncate(Side::Buy, 10);
        book.clear(None);
    });
    assert_eq!(trade, 0);
}

/// Adds and removes so that about `live` orders are there.
fn churn(book: &mut OrderBook, chance: &mut Chance, first_id: u64, count: u64, live: u64) {
    for id in first_id..first_id + count {
        let side = if chance.below(2) == 0 { Side::Buy } else { Side::Sell };
        let price = 100_000 - side.sign() * (chance.near(300).abs() + 1);
        let order = RestingOrder { id, side, price, size: 10 + chance.below(90) as i64, own: chance.below(500) == 0 };
        book.add(order).expect("a new id");
        while book.len() as u64 > live {
            let old = id - chance.below(2 * live);
            match chance.below(4) {
                0 => drop(book.modify(old, price, 5)),
                1 => drop(book.front(side).map(|front| book.execute(front.id, front.size.min(20)))),
                _ => drop(book.remove(old)),
            }
        }
    }
}

#[test]
fn a_book_of_orders_allocates_nothing_once_it_is_warm() {
    let (mut book, mut chance) = (OrderBook::new(), Chance(8));
    assert!(allocations(|| churn(&mut book, &mut chance, 1_000_000, 100_000, 15_000)) > 0);
    assert_eq!(book.len(), 15_000);
    assert_eq!(allocations(|| churn(&mut book, &mut chance, 1_100_000, 100_000, 15_000)), 0);
}
