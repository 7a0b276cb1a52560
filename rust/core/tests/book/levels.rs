//! The book of levels equals its twin after any operations, wherever its window is.

use tradenode_core::book::{Book, Level};
use tradenode_core::orders::Side;

use crate::chance::{Chance, operations};
use crate::levels_twin::LevelsTwin;

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// A market whose mid wanders, and at times jumps.
struct Market {
    chance: Chance,
    mid: i64,
}

impl Market {
    fn side(&mut self) -> Side {
        SIDES[self.chance.below(2) as usize]
    }

    /// Near the mid, further away, anywhere.
    fn price(&mut self) -> i64 {
        match self.chance.below(100) {
            0..60 => self.mid.saturating_add(self.chance.near(20)),
            60..90 => self.mid.saturating_add(self.chance.near(2_000)),
            90..99 => self.mid.saturating_add(self.chance.near(1_000_000)),
            _ => [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX][self.chance.below(7) as usize],
        }
    }

    fn size(&mut self) -> i64 {
        match self.chance.below(10) {
            0..4 => 0,
            9 if self.chance.below(50) == 0 => i64::MAX,
            _ => 1 + self.chance.below(1_000) as i64,
        }
    }

    fn wander(&mut self) {
        match self.chance.below(10_000) {
            0 => self.mid = self.chance.next() as i64,
            1..10 => self.mid = self.mid.saturating_add(self.chance.near(100_000)),
            10..1_000 => self.mid = self.mid.saturating_add(self.chance.near(10)),
            _ => {}
        }
    }
}

fn change<const BLOCKS: usize>(market: &mut Market, book: &mut Book<BLOCKS>, twin: &mut LevelsTwin) {
    market.wander();
    let (side, price) = (market.side(), market.price());
    match market.chance.below(20_000) {
        0 => {
            let side = [None, Some(Side::Buy), Some(Side::Sell)][market.chance.below(3) as usize];
            book.clear(side);
            twin.clear(side);
        }
        1..30 => assert_eq!(book.remove_better(side, price), twin.remove_better(side, price)),
        30..40 => assert_eq!(book.trade_through(side, price), twin.remove_better(side.opposite(), price)),
        40..44 => {
            let count = market.chance.below(400) as usize;
            assert_eq!(book.truncate(side, count), twin.truncate(side, count));
        }
        44..1_000 => {
            let (best, limit) = (book.best(side).map_or(price, |best| best.price), market.price());
            let next = twin.levels(side).nth(1);
            if let Some(before) = book.drop_best(side, best, limit) {
                assert!(next.is_some_and(|next| match side {
                    Side::Buy => next.price >= limit,
                    Side::Sell => next.price <= limit,
                }));
                assert_eq!(before, twin.set(side, best, 0));
            }
        }
        _ => {
            let size = market.size();
            let in_place = if market.chance.below(2) == 0 { book.set_in_place(side, price, size) } else { None };
            let crosses = book.best(side.opposite()).is_some_and(|best| match side {
                Side::Buy => price > best.price,
                Side::Sell => price < best.price,
            });
            assert_eq!(book.would_cross(side, price), crosses);
            let before = in_place.unwrap_or_else(|| book.set(side, price, size));
            assert_eq!(before, twin.set(side, price, size));
        }
    }
    assert_eq!(book.best(side), twin.levels(side).next());
    assert_eq!(book.len(side), twin.len(side));
}

fn ask<const BLOCKS: usize>(market: &mut Market, book: &Book<BLOCKS>, twin: &LevelsTwin) {
    let (side, price, size) = (market.side(), market.price(), market.chance.next() as i64 >> 40);
    assert_eq!(book.size(side, price), twin.size(side, price));
    assert_eq!(book.level_from(side, price), twin.level_from(side, price));
    assert_eq!(book.sweep(side, size, None), twin.sweep(side, size, None));
    assert_eq!(book.sweep(side, size, Some(price)), twin.sweep(side, size, Some(price)));
    let ticks = market.chance.below(5_000);
    assert_eq!(book.depth(side, ticks), twin.depth(side, ticks));
    let mut top = [Level::default(); 10];
    let written = book.top(side, &mut top);
    assert!(twin.levels(side).take(10).eq(top[..written].iter().copied()));
    assert_eq!(written, twin.len(side).min(10));
    assert_eq!(book.state_hash(), twin.state_hash());
}

fn run<const BLOCKS: usize>(seed: u64, operations: u64) {
    let mut market = Market { chance: Chance(seed), mid: 0 };
    let (mut book, mut twin) = (Book::<BLOCKS>::default(), LevelsTwin::default());
    for _ in 0..operations {
        change(&mut market, &mut book, &mut twin);
        if market.chance.below(400) == 0 {
            ask(&mut market, &book, &twin);
        }
    }
    assert_eq!(book.state_hash(), twin.state_hash());
}

#[test]
fn a_book_with_the_smallest_window_equals_its_twin() {
    run::<8>(1, operations());
}

#[test]
fn a_book_with_the_usual_window_equals_its_twin() {
    run::<256>(2, operations());
}
