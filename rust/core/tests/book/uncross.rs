//! Sides that overlap come apart, and as the plain reading of the rule says.

use std::collections::BTreeMap;

use tradenode_core::book::{Level, StampedBook};
use tradenode_core::orders::Side;

use crate::chance::{Chance, operations};

/// Price to size and message.
#[derive(Default)]
struct Twin {
    bids: BTreeMap<i64, (i64, u64)>,
    asks: BTreeMap<i64, (i64, u64)>,
}

impl Twin {
    fn set(&mut self, side: Side, price: i64, size: i64, message: u64) {
        let levels = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if size == 0 {
            levels.remove(&price);
        } else {
            levels.insert(price, (size, message));
        }
    }

    fn uncross(&mut self) -> usize {
        let before = self.bids.len() + self.asks.len();
        while let (Some(mut bid), Some(mut ask)) = (self.bids.last_entry(), self.asks.first_entry()) {
            if bid.key() < ask.key() {
                break;
            }
            let ((bid_size, bid_message), (ask_size, ask_message)) = (*bid.get(), *ask.get());
            if bid_message < ask_message || (bid_message == ask_message && bid_size <= ask_size) {
                bid.remove();
            } else {
                bid.get_mut().0 -= if bid_message == ask_message { ask_size } else { 0 };
            }
            if ask_message < bid_message || (bid_message == ask_message && ask_size <= bid_size) {
                ask.remove();
            } else {
                ask.get_mut().0 -= if bid_message == ask_message { bid_size } else { 0 };
            }
        }
        before - self.bids.len() - self.asks.len()
    }
}

#[test]
fn generated_books_uncross_as_their_twin_does() {
    let mut chance = Chance(3);
    let (mut book, mut twin) = (StampedBook::<8>::default(), Twin::default());
    let mut uncrossed = 0;
    for message in 0..operations() / 8 {
        for _ in 0..8 {
            let side = if chance.below(2) == 0 { Side::Buy } else { Side::Sell };
            let price = 30 * -side.sign() + chance.near(100) * if chance.below(20) == 0 { 1_000 } else { 1 };
            let size = chance.below(6) as i64 * 10;
            book.set(side, price, size, message);
            twin.set(side, price, size, message);
        }
        let removed = book.uncross();
        uncrossed += removed;
        assert_eq!(removed, twin.uncross());
        assert!(book.book().touch().is_none_or(|(bid, ask)| bid.price < ask.price));
        if chance.below(50) == 0 {
            let plain = |(&price, &(size, _)): (&i64, &(i64, u64))| Level { price, size };
            assert!(book.book().levels(Side::Buy).eq(twin.bids.iter().rev().map(plain)));
            assert!(book.book().levels(Side::Sell).eq(twin.asks.iter().map(plain)));
            assert!(book.book().levels(Side::Buy).all(|level| level.size > 0));
        }
    }
    assert!(uncrossed as u64 > operations() / 100, "{uncrossed}: the books must overlap to show anything");
}
