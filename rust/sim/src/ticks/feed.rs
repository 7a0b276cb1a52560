//! One instrument's tape on its way: each row happens at the venue, and is received later.

use tradenode_core::event::{Event, Kind, Tape};

use super::alarm::Alarm;
use super::glances::{Glance, Glances};
use super::view::View;
use crate::venue::{Band, BookSource, Reach, Venue};

/// A tape with the places that venue and desk have reached in it.
///
/// Rows happen at the venue in the order in which they were received: one whose time is before that of a row above
/// happens together with it. None is received before it happens.
#[derive(Debug)]
pub struct Feed<'a> {
    tape: Tape<'a>,
    pub(crate) source: BookSource,
    /// The next row at the venue and when it happens there; `i64::MAX` after the last.
    at_venue: usize,
    venue_time: i64,
    /// When the row before it happened, where rows are taken in stretches.
    happened: i64,
    /// The next row at the desk and when it is received.
    at_desk: usize,
    desk_time: i64,
    /// What rows take to the desk beyond what the tape says, ns.
    delay: i64,
    /// What the desk sees where only the venue keeps a book.
    glances: Option<Glances>,
}

impl<'a> Feed<'a> {
    /// A feed of a checked tape.
    #[must_use]
    pub fn new(tape: Tape<'a>, source: BookSource) -> Self {
        let (at_venue, at_desk, venue_time, desk_time) = (0, 0, i64::MIN, i64::MIN);
        let happened = i64::MIN;
        let mut feed =
            Self { tape, source, at_venue, venue_time, happened, at_desk, desk_time, delay: 0, glances: None };
        feed.set_venue_time();
        feed.set_desk_time();
        feed
    }

    /// The same feed with rows that are received so much later, ns, 0 or above.
    #[must_use]
    pub fn delayed(self, delay: i64) -> Self {
        let mut feed = Self { delay, ..self };
        feed.set_desk_time();
        feed
    }

    /// Whether every row leaves the same book at the desk as at the venue, and there is nothing else to see: where there are
    /// rows, the book is of levels, and none is about a single order, the mark price or whether trading goes on.
    pub(crate) fn makes_one_book(&self) -> bool {
        let tells_more = |&kind: &u8| {
            (Kind::Add as u8..=Kind::Execute as u8).contains(&kind)
                | (kind == Kind::Mark as u8)
                | (kind == Kind::Status as u8)
        };
        // By column and without a jump: hardly any tape has such a row.
        let more = self.tape.kind.iter().fold(false, |more, kind| more | tells_more(kind));
        self.source == BookSource::Depth && !self.tape.is_empty() && !more
    }

    /// From now on the desk sees what [`Feed::show`] tells at these calls.
    pub(super) fn show_at(&mut self, timer: Alarm, sample: Alarm) {
        self.glances = Some(Glances::new(timer, sample, self.last_received()));
    }

    /// When the next row happens at the venue.
    #[inline]
    pub(crate) const fn venue_time(&self) -> i64 {
        self.venue_time
    }

    /// When the next row is received.
    #[inline]
    pub(crate) const fn desk_time(&self) -> i64 {
        self.desk_time
    }

    /// When the last row is received; `i64::MIN` without rows.
    pub(crate) fn last_received(&self) -> i64 {
        self.tape.ts_recv.last().map_or(i64::MIN, |&at| at.saturating_add(self.delay))
    }

    /// The row that happens next at the venue, at its time there.
    #[inline]
    pub(crate) fn take_venue(&mut self) -> Event {
        let event = Event { ts_event: self.venue_time, ..self.tape.event(self.at_venue) };
        self.at_venue += 1;
        self.set_venue_time();
        event
    }

    /// The row that is received next.
    #[inline]
    pub(crate) fn take_desk(&mut self) -> Event {
        let event = Event { ts_recv: self.desk_time, ..self.tape.event(self.at_desk) };
        self.at_desk += 1;
        self.set_desk_time();
        event
    }

    /// Lets the rows that happen until a time happen at the venue, up to one that gives it something to report, moves money
    /// or takes the touch out of the band; whether it did one of the latter two.
    pub(crate) fn happen(&mut self, venue: &mut Venue, instrument: usize, until: i64, band: Band) -> bool {
        loop {
            let received = self.note(venue, instrument);
            let reach = Reach { until, received, band };
            let (next, concerns) = venue.on_rows(instrument, &self.tape, self.at_venue, &mut self.venue_time, &reach);
            (self.at_venue, self.happened) = (next, self.venue_time);
            self.set_venue_time();
            let over = self.venue_time > until || next == self.tape.len();
            if concerns || over || venue.has_reports(instrument) {
                return concerns;
            }
            // A note is to be made before the next row.
        }
    }

    /// The kind and the flags of the row that [`Feed::happen`] took last: of columns that are at hand, which the others of
    /// [`Feed::last_happened`] need not be.
    pub(crate) fn last_kind(&self) -> Option<(Kind, u8)> {
        let row = self.at_venue.checked_sub(1)?;
        Some((Kind::from_number(self.tape.kind[row])?, self.tape.flags[row]))
    }

    /// The row that [`Feed::happen`] took last, at its time at the venue.
    pub(crate) fn last_happened(&self) -> Option<Event> {
        let row = self.at_venue.checked_sub(1)?;
        Some(Event { ts_event: self.happened, ..self.tape.event(row) })
    }

    /// Lets the view take in the rows that are received until a time; when the last of them was, if there was one.
    pub(crate) fn receive(&mut self, view: &mut View, until: i64) -> Option<i64> {
        let first = self.at_desk;
        self.at_desk = view.on_rows(&self.tape, first, until.saturating_sub(self.delay));
        self.set_desk_time();
        (self.at_desk > first).then(|| self.tape.ts_recv[self.at_desk - 1].saturating_add(self.delay))
    }

    /// Takes note of what the desk will see, if the next row is not received before it looks; the last time of receipt, as
    /// the tape has it, of rows that need no other note.
    fn note(&mut self, venue: &Venue, instrument: usize) -> i64 {
        let Some(glances) = &mut self.glances else { return i64::MAX };
        let mut next = glances.next();
        if let Some(received) = self.tape.ts_recv.get(self.at_venue).map(|at| at.saturating_add(self.delay))
            && received > next
        {
            glances.note(Glance::at(venue.book(instrument), venue.last(instrument)), received);
            next = glances.next();
        }
        next.saturating_sub(self.delay)
    }

    /// Shows the view what is seen of the venue's book at a call, and whether every row is received by then.
    pub(super) fn show(&mut self, view: &mut View, venue: &Venue, instrument: usize, call: i64) -> bool {
        if let Some(glances) = &mut self.glances {
            match glances.look(call) {
                Some(seen) => view.see(seen),
                None => view.see(&Glance::at(venue.book(instrument), venue.last(instrument))),
            }
        }
        call >= self.last_received()
    }

    #[inline]
    fn set_venue_time(&mut self) {
        self.venue_time = match self.tape.ts_event.get(self.at_venue) {
            Some(&at) => at.max(self.venue_time).min(self.tape.ts_recv[self.at_venue]),
            None => i64::MAX,
        };
    }

    #[inline]
    fn set_desk_time(&mut self) {
        let next = self.tape.ts_recv.get(self.at_desk);
        self.desk_time = next.map_or(i64::MAX, |&at| at.saturating_add(self.delay));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradenode_core::event::Kind;

    #[test]
    fn rows_happen_in_their_order_and_never_after_they_are_received() {
        let (ts_event, ts_recv) = ([10, 30, 20, 90], [15, 35, 40, 50]);
        let (kind, side, size) = ([Kind::Trade as u8; 4], [1; 4], [1; 4]);
        let tape = Tape {
            ts_event: &ts_event,
            ts_recv: &ts_recv,
            kind: &kind,
            side: &side,
            flags: &side,
            price: &size,
            size: &size,
            ..Tape::default()
        };
        let mut feed = Feed::new(tape, BookSource::Depth);
        let venue: Vec<i64> = (0..4).map(|_| feed.take_venue().ts_event).collect();
        assert_eq!((venue, feed.venue_time()), (vec![10, 30, 30, 50], i64::MAX));
        let mut late = Feed::new(tape, BookSource::Depth).delayed(7);
        assert_eq!((late.desk_time(), late.last_received(), late.take_desk().ts_recv), (22, 57, 22));
        let desk: Vec<i64> = (0..4).map(|_| feed.take_desk().ts_recv).collect();
        assert_eq!((desk, feed.desk_time()), (vec![15, 35, 40, 50], i64::MAX));
    }
}
