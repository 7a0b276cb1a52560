//! The floor of books of orders: a slab, lists, an array of levels, a bitmap, ids that are places in a table.
//!
//! It checks nothing: what the machine can do.

use tradenode_core::orders::Side;

use crate::order_flow::{MIDDLE, Message};

const NONE: u32 = u32::MAX;
/// Levels on either side of the middle.
const HALF: i64 = 512;
const WORDS: usize = HALF as usize * 2 / 64;

#[derive(Clone, Copy)]
struct Node {
    size: i64,
    level: u32,
    side: u32,
    previous: u32,
    next: u32,
}

#[derive(Clone, Copy)]
struct Level {
    lots: i64,
    first: u32,
    last: u32,
}

const EMPTY: Level = Level { lots: 0, first: NONE, last: NONE };

pub(crate) struct BareOrders {
    nodes: Vec<Node>,
    free: Vec<u32>,
    places: Vec<u32>,
    levels: [Vec<Level>; 2],
    occupied: [[u64; WORDS]; 2],
    best: [usize; 2],
}

impl BareOrders {
    pub(crate) fn for_orders(ids: usize) -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
            places: vec![NONE; ids],
            levels: [vec![EMPTY; WORDS * 64], vec![EMPTY; WORDS * 64]],
            occupied: [[0; WORDS]; 2],
            best: [0, WORDS * 64 - 1],
        }
    }

    pub(crate) fn empty(&mut self) {
        self.nodes.clear();
        self.free.clear();
        for levels in &mut self.levels {
            levels.fill(EMPTY);
        }
        self.occupied = [[0; WORDS]; 2];
        // The ends of the walks to the next best level.
        (self.occupied[0][0], self.occupied[1][WORDS - 1]) = (1, 1 << 63);
        self.best = [0, WORDS * 64 - 1];
    }

    #[inline]
    pub(crate) fn best(&self, side: usize) -> (i64, i64) {
        let best = self.best[side];
        (best as i64 + MIDDLE - HALF, self.levels[side][best].lots)
    }

    pub(crate) fn count(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    #[inline]
    pub(crate) fn apply(&mut self, message: &Message) {
        match *message {
            Message::Add { id, side, price, size } => self.add(id, side as usize, price, size),
            Message::Remove { id } => self.remove(id),
            Message::Cancel { id, size } | Message::Execute { id, size } => self.take(id, size),
            Message::Modify { id, price, size } => {
                let node = self.nodes[self.places[id as usize] as usize];
                if i64::from(node.level) == price - MIDDLE + HALF && size <= node.size {
                    self.take(id, node.size - size);
                } else {
                    self.remove(id);
                    self.add(id, node.side as usize, price, size);
                }
            }
        }
    }

    #[inline]
    fn add(&mut self, id: u64, side: usize, price: i64, size: i64) {
        let level = (price - MIDDLE + HALF) as usize;
        let joined = &mut self.levels[side][level];
        let node = Node { size, level: level as u32, side: side as u32, previous: joined.last, next: NONE };
        let place = if let Some(place) = self.free.pop() {
            self.nodes[place as usize] = node;
            place
        } else {
            self.nodes.push(node);
            self.nodes.len() as u32 - 1
        };
        self.places[id as usize] = place;
        joined.lots += size;
        if joined.last == NONE {
            joined.first = place;
            self.occupied[side][level / 64] |= 1 << (level % 64);
            if if side == 0 { level > self.best[0] } else { level < self.best[1] } {
                self.best[side] = level;
            }
        } else {
            self.nodes[joined.last as usize].next = place;
        }
        joined.last = place;
    }

    #[inline]
    fn take(&mut self, id: u64, size: i64) {
        let node = &mut self.nodes[self.places[id as usize] as usize];
        if size == node.size {
            return self.remove(id);
        }
        node.size -= size;
        self.levels[node.side as usize][node.level as usize].lots -= size;
    }

    #[inline]
    fn remove(&mut self, id: u64) {
        let place = self.places[id as usize];
        let Node { size, level, side, previous, next } = self.nodes[place as usize];
        let (side, level) = (side as usize, level as usize);
        let left = &mut self.levels[side][level];
        left.lots -= size;
        if previous == NONE {
            left.first = next;
        } else {
            self.nodes[previous as usize].next = next;
        }
        if next == NONE {
            left.last = previous;
        } else {
            self.nodes[next as usize].previous = previous;
        }
        self.free.push(place);
        if self.levels[side][level].first == NONE {
            self.emptied(side, level);
        }
    }

    fn emptied(&mut self, side: usize, level: usize) {
        let occupied = &mut self.occupied[side];
        let mut word = level / 64;
        occupied[word] &= !(1 << (level % 64));
        if level == self.best[side] {
            let step = if side == Side::Buy as usize { usize::MAX } else { 1 };
            while occupied[word] == 0 {
                word = word.wrapping_add(step);
            }
            let bits = occupied[word];
            let slot = if side == 0 { 63 - bits.leading_zeros() } else { bits.trailing_zeros() };
            self.best[side] = word * 64 + slot as usize;
        }
    }
}
