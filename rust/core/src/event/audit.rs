//! What is wrong with a tape: each fault with its row, counted by kind; the book is followed to see it cross.

use std::collections::{BTreeMap, HashMap};

use super::{GAP, Kind, LAST, SNAPSHOT, Tape};

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fault {
    /// Messages before this row are missing.
    Gap = 0,
    /// A message has the number of the one before it.
    Duplicate = 1,
    /// Received before the row above, or numbered below the message before it.
    OutOfOrder = 2,
    /// After this message the best bid is above the best ask.
    Crossed = 3,
    /// After this message the best bid is the best ask.
    Locked = 4,
    /// A size below zero.
    NegativeSize = 5,
    /// A kind, side, flag or order id that cannot be.
    Unreadable = 6,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Gap,
        Self::Duplicate,
        Self::OutOfOrder,
        Self::Crossed,
        Self::Locked,
        Self::NegativeSize,
        Self::Unreadable,
    ];

    /// As text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Duplicate => "duplicate",
            Self::OutOfOrder => "out of order",
            Self::Crossed => "crossed",
            Self::Locked => "locked",
            Self::NegativeSize => "negative size",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub fault: Fault,
    /// The row, from 0.
    pub row: usize,
    /// What is there.
    pub text: String,
}

/// Messages are numbered by stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Trades = 0,
    Quotes = 1,
    Book = 2,
    Other = 3,
}

impl Stream {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Trade => Self::Trades,
            Kind::Quote => Self::Quotes,
            Kind::Clear | Kind::Depth | Kind::Add | Kind::Modify | Kind::Cancel | Kind::Execute => Self::Book,
            Kind::Mark | Kind::Funding | Kind::Status => Self::Other,
        }
    }
}

/// Levels or orders of both sides, plainly kept.
#[derive(Debug, Default)]
struct Book {
    levels: [BTreeMap<i64, i64>; 2],
    orders: HashMap<u64, (usize, i64, i64)>,
    /// Rows are missing: nothing is said of it until it is cleared.
    stale: bool,
}

impl Book {
    fn clear(&mut self, side: u8) {
        for index in 0..2 {
            if side == 0 || usize::from(side) == index + 1 {
                self.levels[index].clear();
                self.orders.retain(|_, order| order.0 != index);
            }
        }
        self.stale = false;
    }

    fn add(&mut self, side: usize, price: i64, size: i64) {
        let level = self.levels[side].entry(price).or_insert(0);
        *level = level.saturating_add(size);
        if *level <= 0 {
            self.levels[side].remove(&price);
        }
    }

    /// Takes `size` (all where it is 0 or more than there is) from an order; unknown ones were there before the tape.
    fn take(&mut self, id: u64, size: i64) {
        let Some((side, price, left)) = self.orders.get(&id).copied() else { return };
        let taken = if size == 0 { left } else { size.min(left) };
        self.add(side, price, -taken);
        if taken == left {
            self.orders.remove(&id);
        } else {
            self.orders.insert(id, (side, price, left - taken));
        }
    }

    fn put(&mut self, id: u64, side: usize, price: i64, size: i64) {
        self.take(id, 0);
        self.orders.insert(id, (side, price, size));
        self.add(side, price, size);
    }

    fn touch(&self) -> Option<(i64, i64)> {
        Some((*self.levels[0].last_key_value()?.0, *self.levels[1].first_key_value()?.0))
    }
}

/// Looks a tape through, part by part if need be: the state is carried from one part to the next.
#[derive(Debug)]
pub struct Audit {
    counts: [u64; Fault::ALL.len()],
    findings: Vec<Finding>,
    most: u64,
    row: usize,
    ts_recv: i64,
    /// The last message's number of each stream.
    last: [u64; 4],
    /// The row above ended its message.
    ended: bool,
    book: Book,
    quote: [Option<i64>; 2],
}

impl Audit {
    /// Keeps the first `most` findings of each kind and counts the rest.
    #[must_use]
    pub fn new(most: u64) -> Self {
        Self {
            counts: [0; Fault::ALL.len()],
            findings: Vec::new(),
            most,
            row: 0,
            ts_recv: i64::MIN,
            last: [0; 4],
            ended: true,
            book: Book::default(),
            quote: [None; 2],
        }
    }

    /// How many faults of each kind, in the order of [`Fault::ALL`].
    #[must_use]
    pub const fn counts(&self) -> &[u64; Fault::ALL.len()] {
        &self.counts
    }

    /// The findings kept, in the order of their rows.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Looks at the next rows.
    pub fn take(&mut self, tape: &Tape<'_>) {
        for at in 0..tape.len() {
            self.look(tape, at);
            self.row += 1;
        }
    }

    fn find(&mut self, fault: Fault, text: impl FnOnce() -> String) {
        self.counts[fault as usize] += 1;
        if self.counts[fault as usize] <= self.most {
            self.findings.push(Finding { fault, row: self.row, text: text() });
        }
    }

    fn look(&mut self, tape: &Tape<'_>, at: usize) {
        let ts_recv = tape.ts_recv[at];
        if ts_recv < self.ts_recv {
            let above = self.ts_recv;
            self.find(Fault::OutOfOrder, || format!("received at {ts_recv} ns, after a row received at {above} ns"));
        }
        self.ts_recv = self.ts_recv.max(ts_recv);
        if tape.size[at] < 0 {
            let size = tape.size[at];
            self.find(Fault::NegativeSize, || format!("size {size} lots"));
            self.ended = tape.flags[at] & LAST != 0;
            return;
        }
        // The order of receipt is looked at above, across the seams of parts.
        let sound = Kind::from_number(tape.kind[at]).ok_or_else(|| format!("unknown kind {}", tape.kind[at]));
        match sound.and_then(|kind| tape.check_values(at).map(|()| kind)) {
            Ok(kind) => self.follow(tape, at, kind),
            Err(reason) => self.find(Fault::Unreadable, || reason),
        }
        self.ended = tape.flags[at] & LAST != 0;
    }

    fn follow(&mut self, tape: &Tape<'_>, at: usize, kind: Kind) {
        let (flags, sequence) = (tape.flags[at], tape.sequence.get(at).copied().unwrap_or(0));
        let stream = Stream::of(kind);
        if flags & GAP != 0 {
            self.find(Fault::Gap, || format!("messages before number {sequence} are missing"));
            self.book.stale |= stream == Stream::Book;
        }
        // The trades of one message have their own numbers.
        if sequence != 0 && (self.ended || stream == Stream::Trades) && flags & SNAPSHOT == 0 {
            self.number(stream, sequence);
        }
        if sequence != 0 {
            self.last[stream as usize] = sequence;
        }
        match stream {
            Stream::Book => self.update(tape, at, kind),
            Stream::Quotes => {
                self.quote[usize::from(tape.side[at]) - 1] = (tape.size[at] > 0).then_some(tape.price[at]);
            }
            Stream::Trades | Stream::Other => return,
        }
        if flags & LAST == 0 {
            return;
        }
        let touch = match (stream, self.quote) {
            (Stream::Quotes, [Some(bid), Some(ask)]) => Some((bid, ask)),
            (Stream::Book, _) if !self.book.stale => self.book.touch(),
            _ => None,
        };
        if let Some((bid, ask)) = touch.filter(|(bid, ask)| bid >= ask) {
            let what = if stream == Stream::Book { "book" } else { "quote" };
            let fault = if bid > ask { Fault::Crossed } else { Fault::Locked };
            self.find(fault, || format!("{what}: best bid {bid} ticks, best ask {ask} ticks"));
        }
    }

    fn number(&mut self, stream: Stream, sequence: u64) {
        let before = self.last[stream as usize];
        if sequence == before {
            self.find(Fault::Duplicate, || format!("number {sequence} again"));
        } else if sequence < before {
            self.find(Fault::OutOfOrder, || format!("number {sequence} after {before}"));
        }
    }

    fn update(&mut self, tape: &Tape<'_>, at: usize, kind: Kind) {
        let (price, size) = (tape.price[at], tape.size[at]);
        let id = tape.order_id.get(at).copied().unwrap_or(0);
        let side = usize::from(tape.side[at]).saturating_sub(1);
        match kind {
            Kind::Clear => self.book.clear(tape.side[at]),
            Kind::Depth if size == 0 => {
                self.book.levels[side].remove(&price);
            }
            Kind::Depth => {
                self.book.levels[side].insert(price, size);
            }
            Kind::Add => self.book.put(id, side, price, size),
            Kind::Modify => {
                // A modification may leave the side out: it is the order's.
                let side = self.book.orders.get(&id).map_or(side, |order| order.0);
                self.book.put(id, side, price, size);
            }
            Kind::Cancel | Kind::Execute => self.book.take(id, size),
            Kind::Trade | Kind::Quote | Kind::Mark | Kind::Funding | Kind::Status => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, TapeColumns};
    use super::*;
    use crate::orders::Side;

    fn row(kind: Kind, side: Option<Side>, price: i64, size: i64, flags: u8, sequence: u64) -> Event {
        let ts = i64::try_from(sequence).unwrap();
        Event { ts_event: ts, ts_recv: ts, kind, side, flags, price, size, sequence, order_id: 1 }
    }

    fn audited(events: &[Event]) -> Vec<(Fault, usize)> {
        let mut columns = TapeColumns::default();
        events.iter().for_each(|event| columns.push(*event));
        let (mut whole, mut parts) = (Audit::new(9), Audit::new(9));
        whole.take(&columns.view());
        for event in events {
            let mut one = TapeColumns::default();
            one.push(*event);
            parts.take(&one.view());
        }
        assert_eq!(whole.findings(), parts.findings(), "the same in one go and in parts");
        whole.findings().iter().map(|finding| (finding.fault, finding.row)).collect()
    }

    const BID: Option<Side> = Some(Side::Buy);
    const ASK: Option<Side> = Some(Side::Sell);

    #[test]
    fn numbers_are_compared_by_stream_at_the_start_of_a_message() {
        let found = audited(&[
            row(Kind::Depth, BID, 10, 1, 0, 5),
            row(Kind::Depth, BID, 9, 1, LAST, 5),
            row(Kind::Trade, BID, 10, 1, LAST, 5),
            row(Kind::Depth, BID, 9, 2, LAST, 5),
            row(Kind::Trade, BID, 10, 1, 0, 6),
            row(Kind::Trade, BID, 10, 1, LAST, 6),
            row(Kind::Depth, BID, 9, 3, LAST | GAP, 6),
            row(Kind::Depth, BID, 9, 3, LAST | SNAPSHOT, 6),
        ]);
        assert_eq!(found, [(Fault::Duplicate, 3), (Fault::Duplicate, 5), (Fault::Gap, 6)]);
        let late = [row(Kind::Trade, BID, 10, 1, LAST, 6), row(Kind::Trade, BID, 10, 1, LAST, 5)];
        assert_eq!(audited(&late), [(Fault::OutOfOrder, 1), (Fault::OutOfOrder, 1)]);
    }

    #[test]
    fn a_book_is_crossed_at_the_end_of_a_message_only_and_not_while_it_is_stale() {
        let found = audited(&[
            row(Kind::Depth, BID, 10, 1, LAST, 1),
            row(Kind::Depth, ASK, 9, 1, 0, 2),
            row(Kind::Depth, ASK, 9, 0, LAST, 2),
            row(Kind::Depth, ASK, 10, 1, LAST, 3),
            row(Kind::Depth, ASK, 9, 1, LAST, 4),
            row(Kind::Depth, ASK, 8, 1, LAST | GAP, 6),
            row(Kind::Clear, None, 0, 0, SNAPSHOT, 7),
            row(Kind::Depth, ASK, 10, 1, LAST | SNAPSHOT, 7),
            row(Kind::Quote, BID, 12, 1, 0, 8),
            row(Kind::Quote, ASK, 11, 1, LAST, 8),
            row(Kind::Quote, ASK, 11, 0, LAST, 9),
        ]);
        let expected = [(Fault::Locked, 3), (Fault::Crossed, 4), (Fault::Gap, 5), (Fault::Crossed, 9)];
        assert_eq!(found, expected);
    }

    #[test]
    fn orders_make_levels() {
        let order =
            |kind, price, size, id, sequence| Event { order_id: id, ..row(kind, BID, price, size, LAST, sequence) };
        let found = audited(&[
            row(Kind::Depth, ASK, 20, 1, LAST, 1),
            order(Kind::Add, 21, 5, 7, 2),
            order(Kind::Execute, 21, 3, 7, 3),
            order(Kind::Cancel, 21, 0, 7, 4),
            order(Kind::Add, 19, 5, 8, 5),
            order(Kind::Modify, 20, 5, 8, 6),
            order(Kind::Execute, 20, 5, 8, 7),
            order(Kind::Cancel, 20, 5, 99, 8),
        ]);
        assert_eq!(found, [(Fault::Crossed, 1), (Fault::Crossed, 2), (Fault::Locked, 5)]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let mut columns = TapeColumns::default();
        columns.push(row(Kind::Trade, BID, 1, -4, LAST, 1));
        columns.push(row(Kind::Trade, BID, 1, 4, LAST, 2));
        columns.push(row(Kind::Depth, None, 1, 4, LAST, 3));
        columns.kind[1] = 99;
        let mut audit = Audit::new(9);
        audit.take(&columns.view());
        let texts: Vec<_> = audit.findings().iter().map(|finding| (finding.row, finding.text.as_str())).collect();
        assert_eq!(texts, [(0, "size -4 lots"), (1, "unknown kind 99"), (2, "Depth without a side")]);
        assert_eq!(audit.counts()[Fault::Unreadable as usize], 2);
    }
}
