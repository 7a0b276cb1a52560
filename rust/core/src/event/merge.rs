//! Many tapes as one: the events of any number of instruments and venues in one total order.

use super::Tape;

/// The next row of one tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    ts_recv: i64,
    ts_event: i64,
    tape: usize,
}

/// A lazy merge: gives each event as the number of its tape and its row there.
///
/// The order: by time of receipt; of equal ones the earlier time of the event; of equal ones the tape that was given
/// first. The rows of one tape stay in their order, whatever their event times: each competes only when it is its
/// tape's next. Nothing is allocated after [`Merge::new`]; only the next row of each tape is looked at.
#[derive(Debug, Clone)]
pub struct Merge<'a> {
    tapes: Vec<Tape<'a>>,
    rows: Vec<usize>,
    /// A binary heap with the earliest head first.
    heap: Vec<Head>,
}

impl<'a> Merge<'a> {
    /// Begins at the first row of every tape. Their times of receipt must not fall: [`Tape::check`].
    #[must_use]
    pub fn new(tapes: Vec<Tape<'a>>) -> Self {
        let rows = vec![0; tapes.len()];
        Self::from(tapes, rows)
    }

    /// Goes on from [`Merge::rows`] of an earlier merge of the same tapes.
    ///
    /// # Panics
    /// There are not as many rows as tapes.
    #[must_use]
    pub fn from(tapes: Vec<Tape<'a>>, rows: Vec<usize>) -> Self {
        assert_eq!(tapes.len(), rows.len(), "one row a tape");
        let mut heap: Vec<Head> = (0..tapes.len()).filter_map(|tape| head(&tapes[tape], tape, rows[tape])).collect();
        // A sorted row is a heap.
        heap.sort_unstable();
        Self { tapes, rows, heap }
    }

    /// The next row of each tape: what was given lies before it.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The tapes, in the order given.
    #[must_use]
    pub fn tapes(&self) -> &[Tape<'a>] {
        &self.tapes
    }

    /// Puts the head at the root in its place.
    fn sift_down(&mut self) {
        let (mut at, length) = (0, self.heap.len());
        loop {
            let left = 2 * at + 1;
            if left >= length {
                return;
            }
            let right = left + 1;
            let least = if right < length && self.heap[right] < self.heap[left] { right } else { left };
            if self.heap[at] <= self.heap[least] {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }
}

fn head(columns: &Tape<'_>, tape: usize, row: usize) -> Option<Head> {
    Some(Head { ts_recv: *columns.ts_recv.get(row)?, ts_event: *columns.ts_event.get(row)?, tape })
}

impl Iterator for Merge<'_> {
    /// The tape's number and the row.
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let tape = self.heap.first()?.tape;
        let row = self.rows[tape];
        self.rows[tape] = row + 1;
        if let Some(next) = head(&self.tapes[tape], tape, row + 1) {
            self.heap[0] = next;
        } else {
            self.heap.swap_remove(0);
        }
        self.sift_down();
        Some((tape, row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.tapes.iter().zip(&self.rows).map(|(tape, row)| tape.len().saturating_sub(*row)).sum();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Merge<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tape<'a>(ts_recv: &'a [i64], ts_event: &'a [i64], bytes: &'a [u8]) -> Tape<'a> {
        let kind = &bytes[..ts_recv.len()];
        Tape { ts_event, ts_recv, kind, side: kind, flags: kind, price: ts_event, size: ts_event, ..Tape::default() }
    }

    #[test]
    fn ties_go_by_event_time_then_by_the_order_given_and_rows_stay_in_theirs() {
        let bytes = [1; 8];
        let first = tape(&[5, 5, 7], &[9, 1, 7], &bytes);
        let second = tape(&[5, 7], &[6, 7], &bytes);
        let empty = tape(&[], &[], &bytes);
        let merge = Merge::new(vec![first, empty, second]);
        assert_eq!(merge.len(), 5);
        assert_eq!(merge.collect::<Vec<_>>(), [(2, 0), (0, 0), (0, 1), (0, 2), (2, 1)]);
        assert_eq!(Merge::new(Vec::new()).next(), None);
    }

    proptest! {
        /// The obvious way: again and again the least of all the next rows.
        #[test]
        fn agrees_with_the_least_of_all(
            steps in prop::collection::vec(prop::collection::vec((0i64..3, 0i64..4), 0..40), 0..7),
            stop in 0usize..100,
        ) {
            let bytes = [1; 40];
            let columns: Vec<(Vec<i64>, Vec<i64>)> = steps
                .iter()
                .map(|rows| {
                    let recv = rows.iter().scan(0, |sum, (step, _)| { *sum += step; Some(*sum) }).collect::<Vec<_>>();
                    let event = rows.iter().zip(&recv).map(|((_, back), recv)| recv - back).collect();
                    (recv, event)
                })
                .collect();
            let tapes: Vec<_> = columns.iter().map(|(recv, event)| tape(recv, event, &bytes)).collect();
            let mut at = vec![0; tapes.len()];
            let mut expected = Vec::new();
            while let Some(next) = (0..tapes.len())
                .filter(|&tape| at[tape] < tapes[tape].len())
                .min_by_key(|&tape| (tapes[tape].ts_recv[at[tape]], tapes[tape].ts_event[at[tape]], tape))
            {
                expected.push((next, at[next]));
                at[next] += 1;
            }
            let mut merge = Merge::new(tapes.clone());
            let mut got: Vec<_> = merge.by_ref().take(stop).collect();
            got.extend(Merge::from(tapes, merge.rows().to_vec()));
            prop_assert_eq!(got, expected);
        }
    }
}
