//! Whether a message follows the one before it, by the numbering of each venue.

/// How a venue numbers the messages of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceRule {
    /// Binance spot (`U`, `u`): messages that end at or before the snapshot's number are part of it; the first one after
    /// covers that number plus 1; then `U` is the last `u` plus 1.
    BinanceSpot,
    /// Binance futures (`U`, `u`, `pu`): messages that end before the snapshot's number are part of it; the first one
    /// after covers that number; then `pu` is the last `u`.
    BinanceFutures,
    /// OKX (`seqId`, `prevSeqId`): messages up to the snapshot's number are part of it, the first one after leads from at
    /// most that number beyond it; then `prevSeqId` is the last `seqId`. A message with both alike keeps the connection
    /// alive, one whose `seqId` is below its `prevSeqId` begins the numbers anew.
    Okx,
    /// Bybit (`u`): the last plus 1. A message numbered 1 is a whole book, not a change, and begins anew.
    Bybit,
    /// The last plus 1, the first as it comes: Coinbase, whose numbers count the messages of a *connection* over all
    /// channels, so that one gap makes all its books stale.
    Contiguous,
    /// Above the last, the first as it comes; what is missing cannot be told. dYdX's message ids count a connection, too;
    /// the one of `subscribed` is taken before its snapshot is made and may come late: give it to nobody.
    Growing,
    /// No numbers: every message follows.
    Unnumbered,
}

/// The numbers of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The first update that it covers; `last` where the venue gives one number.
    pub first: u64,
    /// The last update that it covers.
    pub last: u64,
    /// The number of the message before it, where the venue says so.
    pub previous: Option<u64>,
}

impl Numbers {
    /// A message with one number.
    #[must_use]
    pub const fn one(number: u64) -> Self {
        Self { first: number, last: number, previous: None }
    }
}

/// What the numbers of a message say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It follows: apply it.
    Next,
    /// It follows and the numbers begin anew: apply it (Bybit: as a snapshot).
    Reset,
    /// It says nothing: the book is as it was.
    KeepAlive,
    /// It has the number of the last one, or is part of the snapshot: drop it.
    Duplicate,
    /// It is older than the last one: drop it.
    OutOfOrder,
    /// Messages are missing before it: drop it; the book is stale until the next snapshot.
    Gap {
        /// The number that would have followed.
        expected: u64,
        /// The number that came in its place.
        found: u64,
    },
    /// There is no snapshot yet, or none since a gap: keep it for after the snapshot, or drop it.
    Stale,
}

/// The numbers of one stream (or connection) so far.
#[derive(Debug, Clone, Copy)]
pub struct Sequencer {
    rule: SequenceRule,
    last: Option<u64>,
    /// No message has been applied on top of the snapshot.
    fresh: bool,
    stale: bool,
}

impl Sequencer {
    /// Before anything has come: stale where the rule builds upon a snapshot.
    #[must_use]
    pub const fn new(rule: SequenceRule) -> Self {
        let first_as_it_comes =
            matches!(rule, SequenceRule::Contiguous | SequenceRule::Growing | SequenceRule::Unnumbered);
        Self { rule, last: None, fresh: false, stale: !first_as_it_comes }
    }

    /// Whether what is missing has not been made up for by a snapshot.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    /// Something else than a number says that the book is wrong, such as a checksum.
    pub const fn mark_stale(&mut self) {
        self.stale = true;
    }

    /// A snapshot with this number is in.
    pub const fn snapshot(&mut self, last: u64) {
        (self.last, self.fresh, self.stale) = (Some(last), true, false);
    }

    /// Judges a message. Messages kept while stale are given again after the snapshot, in their order.
    pub fn message(&mut self, numbers: Numbers) -> Verdict {
        let begins = self.rule == SequenceRule::Bybit && numbers.last == 1;
        if self.stale && !begins {
            return Verdict::Stale;
        }
        let verdict = match self.last {
            _ if begins => Verdict::Reset,
            _ if self.rule == SequenceRule::Unnumbered => Verdict::Next,
            None => Verdict::Next,
            Some(last) => self.judge(last, numbers),
        };
        match verdict {
            Verdict::Next | Verdict::Reset => (self.last, self.fresh, self.stale) = (Some(numbers.last), false, false),
            Verdict::Gap { .. } => self.stale = true,
            Verdict::KeepAlive | Verdict::Duplicate | Verdict::OutOfOrder | Verdict::Stale => {}
        }
        verdict
    }

    fn judge(&self, last: u64, numbers: Numbers) -> Verdict {
        let covers = |number| numbers.first <= number && number <= numbers.last;
        let next = last.saturating_add(1);
        match self.rule {
            SequenceRule::BinanceSpot if self.fresh && numbers.last <= last => Verdict::Duplicate,
            SequenceRule::BinanceSpot if self.fresh => follows(covers(next), last, numbers, next, numbers.first),
            SequenceRule::BinanceFutures if self.fresh && numbers.last < last => Verdict::Duplicate,
            SequenceRule::BinanceFutures if self.fresh => follows(covers(last), last, numbers, last, numbers.first),
            SequenceRule::BinanceSpot | SequenceRule::Bybit | SequenceRule::Contiguous => {
                follows(numbers.first == next, last, numbers, next, numbers.first)
            }
            SequenceRule::Growing => follows(numbers.last > last, last, numbers, next, numbers.first),
            SequenceRule::Okx if numbers.previous == Some(last) && numbers.last == last => Verdict::KeepAlive,
            SequenceRule::Okx if numbers.previous == Some(last) && numbers.last < last => Verdict::Reset,
            SequenceRule::Okx if self.fresh && numbers.last <= last => Verdict::Duplicate,
            SequenceRule::Okx if self.fresh && numbers.previous.is_some_and(|previous| previous <= last) => {
                Verdict::Next
            }
            SequenceRule::BinanceFutures | SequenceRule::Okx => {
                let found = numbers.previous.unwrap_or(numbers.first);
                follows(numbers.previous == Some(last), last, numbers, last, found)
            }
            SequenceRule::Unnumbered => Verdict::Next,
        }
    }
}

/// The verdict on a message that follows, or else on why it does not. One that overlaps what is known without following
/// it breaks the venue's own rule: as nobody can say what it leaves out, that is a gap.
const fn follows(follows: bool, last: u64, numbers: Numbers, expected: u64, found: u64) -> Verdict {
    if follows {
        Verdict::Next
    } else if numbers.last == last {
        Verdict::Duplicate
    } else if numbers.last < last {
        Verdict::OutOfOrder
    } else {
        Verdict::Gap { expected, found }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Verdict::{Duplicate, Gap, KeepAlive, Next, OutOfOrder, Reset, Stale};
    use super::*;

    const RULES: [SequenceRule; 7] = [
        SequenceRule::BinanceSpot,
        SequenceRule::BinanceFutures,
        SequenceRule::Okx,
        SequenceRule::Bybit,
        SequenceRule::Contiguous,
        SequenceRule::Growing,
        SequenceRule::Unnumbered,
    ];

    /// The verdicts on messages (first, last, previous; 0 for none) after a snapshot.
    fn verdicts(rule: SequenceRule, snapshot: Option<u64>, messages: &[(u64, u64, u64)]) -> (Vec<Verdict>, bool) {
        let mut sequencer = Sequencer::new(rule);
        if let Some(last) = snapshot {
            sequencer.snapshot(last);
        }
        let numbers = messages.iter().map(|&(first, last, previous)| Numbers {
            first,
            last,
            previous: (previous > 0).then_some(previous),
        });
        (numbers.map(|numbers| sequencer.message(numbers)).collect(), sequencer.is_stale())
    }

    #[test]
    fn binance_spot() {
        let rule = SequenceRule::BinanceSpot;
        let (found, stale) =
            verdicts(rule, Some(100), &[(90, 99, 0), (95, 100, 0), (98, 103, 0), (104, 104, 0), (105, 109, 0)]);
        assert_eq!((found, stale), (vec![Duplicate, Duplicate, Next, Next, Next], false));
        let (found, stale) = verdicts(rule, Some(100), &[(102, 103, 0), (104, 105, 0)]);
        assert_eq!((found, stale), (vec![Gap { expected: 101, found: 102 }, Stale], true));
        let (found, _) =
            verdicts(rule, Some(100), &[(101, 105, 0), (101, 105, 0), (99, 102, 0), (107, 108, 0), (109, 110, 0)]);
        assert_eq!(found, [Next, Duplicate, OutOfOrder, Gap { expected: 106, found: 107 }, Stale]);
        let (found, _) = verdicts(rule, Some(100), &[(101, 105, 0), (104, 110, 0)]);
        assert_eq!(found, [Next, Gap { expected: 106, found: 104 }], "an overlap is not what the venue promises");
    }

    #[test]
    fn binance_futures() {
        let rule = SequenceRule::BinanceFutures;
        let messages = [(80, 99, 79), (95, 100, 99), (130, 140, 100), (150, 160, 140), (150, 160, 140), (90, 99, 80)];
        let (found, stale) = verdicts(rule, Some(100), &messages);
        assert_eq!((found, stale), (vec![Duplicate, Next, Next, Next, Duplicate, OutOfOrder], false));
        let (found, stale) = verdicts(rule, Some(100), &[(101, 110, 99)]);
        assert_eq!((found, stale), (vec![Gap { expected: 100, found: 101 }], true));
        let (found, _) = verdicts(rule, Some(100), &[(100, 110, 99), (120, 130, 115), (131, 140, 130)]);
        assert_eq!(found, [Next, Gap { expected: 110, found: 115 }, Stale]);
        let (found, _) = verdicts(rule, Some(100), &[(100, 110, 99), (120, 130, 0)]);
        assert_eq!(found, [Next, Gap { expected: 110, found: 120 }], "without `pu` nothing shows that it follows");
    }

    #[test]
    fn okx() {
        let messages = [(5, 5, 3), (5, 5, 5), (9, 9, 5), (5, 5, 3), (2, 2, 9), (4, 4, 2), (8, 8, 6), (9, 9, 8)];
        let (found, stale) = verdicts(SequenceRule::Okx, Some(3), &messages);
        let expected = [Next, KeepAlive, Next, OutOfOrder, Reset, Next, Gap { expected: 4, found: 6 }, Stale];
        assert_eq!((found, stale), (expected.to_vec(), true));
        assert_eq!(verdicts(SequenceRule::Okx, None, &[(5, 5, 3)]).0, [Stale]);
        let kept = [(4, 4, 2), (7, 7, 4), (9, 9, 7), (12, 12, 9), (13, 13, 12)];
        let (found, _) = verdicts(SequenceRule::Okx, Some(8), &kept);
        assert_eq!(found, [Duplicate, Duplicate, Next, Next, Next], "a snapshot taken between two messages");
        assert_eq!(verdicts(SequenceRule::Okx, Some(8), &[(12, 12, 9)]).0, [Gap { expected: 8, found: 9 }]);
        assert_eq!(verdicts(SequenceRule::Okx, Some(8), &[(2, 2, 8), (3, 3, 2)]).0, [Reset, Next]);
    }

    #[test]
    fn bybit() {
        let (found, stale) = verdicts(SequenceRule::Bybit, Some(7), &[(8, 8, 0), (10, 10, 0), (11, 11, 0)]);
        assert_eq!((found, stale), (vec![Next, Gap { expected: 9, found: 10 }, Stale], true));
        let (found, stale) = verdicts(SequenceRule::Bybit, None, &[(5, 5, 0), (1, 1, 0), (2, 2, 0), (1, 1, 0)]);
        assert_eq!((found, stale), (vec![Stale, Reset, Next, Reset], false));
    }

    #[test]
    fn contiguous() {
        let messages = [(40, 40, 0), (41, 41, 0), (41, 41, 0), (40, 40, 0), (43, 43, 0), (44, 44, 0)];
        let (found, _) = verdicts(SequenceRule::Contiguous, None, &messages);
        assert_eq!(found, [Next, Next, Duplicate, OutOfOrder, Gap { expected: 42, found: 43 }, Stale]);
    }

    #[test]
    fn growing_and_unnumbered_never_miss_anything() {
        let messages = [(4, 4, 0), (9, 9, 0), (9, 9, 0), (8, 8, 0), (u64::MAX, u64::MAX, 0), (1, 1, 0)];
        let (found, stale) = verdicts(SequenceRule::Growing, None, &messages);
        assert_eq!((found, stale), (vec![Next, Next, Duplicate, OutOfOrder, Next, OutOfOrder], false));
        let (found, stale) = verdicts(SequenceRule::Unnumbered, None, &messages);
        assert_eq!((found, stale), (vec![Next; 6], false));
    }

    proptest! {
        /// Whatever comes: stale is what has had no snapshot, or none since a gap, and nothing is applied then.
        #[test]
        fn nothing_follows_a_gap_but_a_snapshot(
            rule in 0_usize..7,
            messages in prop::collection::vec((0_u64..12, 0_u64..12, 0_u64..12, any::<bool>()), 0..60),
        ) {
            let rule = RULES[rule];
            let mut sequencer = Sequencer::new(rule);
            let mut stale = sequencer.is_stale();
            for (first, last, previous, snapshot) in messages {
                if snapshot && stale {
                    sequencer.snapshot(last);
                    stale = false;
                }
                let previous = (previous > 0).then_some(previous);
                match sequencer.message(Numbers { first: first.min(last), last, previous }) {
                    Gap { .. } => {
                        prop_assert!(!stale);
                        stale = true;
                    }
                    Stale => prop_assert!(stale),
                    Reset if rule == SequenceRule::Bybit => stale = false,
                    _ => prop_assert!(!stale),
                }
                prop_assert_eq!(sequencer.is_stale(), stale);
            }
        }
    }

    #[test]
    fn a_snapshot_ends_a_gap() {
        let mut sequencer = Sequencer::new(SequenceRule::BinanceSpot);
        assert_eq!(sequencer.message(Numbers::one(5)), Stale);
        sequencer.snapshot(5);
        assert_eq!(sequencer.message(Numbers::one(7)), Gap { expected: 6, found: 7 });
        sequencer.snapshot(9);
        assert!(!sequencer.is_stale());
        sequencer.mark_stale();
        assert_eq!(sequencer.message(Numbers::one(10)), Stale);
        sequencer.snapshot(9);
        assert_eq!(sequencer.message(Numbers::one(10)), Next);
    }
}
