//! A seeded flow of order messages that keeps about fifteen thousand orders alive.

use tradenode_core::book::{OrderBook, RestingOrder};
use tradenode_core::orders::Side;

/// How many orders are kept alive.
const LIVE: usize = 15_000;
/// Prices lie within so many ticks of the middle.
const REACH: u64 = 375;
pub(crate) const MIDDLE: i64 = 1_000_000;

/// A message; orders are numbered from 0 in the order in which they are added.
#[derive(Clone, Copy)]
pub(crate) enum Message {
    Add {
        id: u64,
        side: Side,
        price: i64,
        size: i64,
    },
    /// Gone whole.
    Remove {
        id: u64,
    },
    /// A part of it is cancelled.
    Cancel {
        id: u64,
        size: i64,
    },
    Modify {
        id: u64,
        price: i64,
        size: i64,
    },
    /// The first order of the best level is filled.
    Execute {
        id: u64,
        size: i64,
    },
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn side(&mut self) -> Side {
        if self.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    /// On the side's half of the prices, near the middle more often.
    fn price(&mut self, side: Side) -> i64 {
        let distance = 1 + self.below(REACH).min(self.below(REACH)).min(self.below(REACH)) as i64;
        MIDDLE - side.sign() * distance
    }
}

/// The orders alive, to be picked from.
#[derive(Default)]
struct Alive {
    ids: Vec<u64>,
    places: Vec<usize>,
}

impl Alive {
    fn add(&mut self, id: u64) {
        self.places.push(self.ids.len());
        self.ids.push(id);
    }

    fn remove(&mut self, id: u64) {
        let place = self.places[id as usize];
        self.ids.swap_remove(place);
        if let Some(moved) = self.ids.get(place) {
            self.places[*moved as usize] = place;
        }
    }
}

/// The messages, made with a book of ours that says who comes first. The mix is that of an equity feed: about as many
/// orders come as go, most go by being cancelled whole, one message in ten is a fill.
pub(crate) fn generate(count: usize) -> Vec<Message> {
    let (mut chance, mut book, mut alive) = (Chance(11), OrderBook::new(), Alive::default());
    let mut messages = Vec::with_capacity(count);
    while messages.len() < count {
        let adds = if alive.ids.len() < LIVE { 60 } else { 36 };
        let dice = chance.below(100);
        if alive.ids.is_empty() || dice < adds {
            let (id, side) = (alive.places.len() as u64, chance.side());
            let (price, size) = (chance.price(side), 1 + chance.below(100) as i64);
            book.add(RestingOrder { id, side, price, size, own: false }).expect("a new id");
            alive.add(id);
            messages.push(Message::Add { id, side, price, size });
            continue;
        }
        let id = alive.ids[chance.below(alive.ids.len() as u64) as usize];
        let order = book.order(id).expect("alive");
        let message = match dice - adds {
            0..10 => match book.front(order.side) {
                Some(front) => Message::Execute { id: front.id, size: front.size.min(1 + chance.below(60) as i64) },
                None => continue,
            },
            10..14 => Message::Modify { id, price: chance.price(order.side), size: order.size },
            14..16 if order.size > 1 => Message::Modify { id, price: order.price, size: order.size - 1 },
            16..18 if order.size > 1 => Message::Cancel { id, size: 1 },
            _ => Message::Remove { id },
        };
        apply(&mut book, &message);
        if let Message::Remove { id } | Message::Execute { id, .. } = message
            && book.order(id).is_none()
        {
            alive.remove(id);
        }
        messages.push(message);
    }
    messages
}

/// One message to a book of ours.
#[inline]
pub(crate) fn apply(book: &mut OrderBook, message: &Message) {
    let done = match *message {
        Message::Add { id, side, price, size } => book.add(RestingOrder { id, side, price, size, own: false }),
        Message::Remove { id } => book.remove(id).map(drop),
        Message::Cancel { id, size } => book.cancel(id, size).map(drop),
        Message::Modify { id, price, size } => book.modify(id, price, size).map(drop),
        Message::Execute { id, size } => book.execute(id, size).map(drop),
    };
    done.expect("the flow makes sense");
}
