//! Whatever ends a node, what was durable is there again, in order, and nothing is there that was not written.

use std::io::ErrorKind;

use proptest::prelude::*;
use tradenode_journal::{CLOSED, Disk, Fault, Journal, JournalError, Options, Recovered, Storage, SyncBy};

const SMALL: Options = Options { segment_bytes: 3_000, known: 0 };

/// What may happen between two ends.
#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Write,
    Commit,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Kill,
    Power(u64),
    Close,
    Fault(u64),
}

fn cases(default: u32) -> u32 {
    std::env::var("TRADENODE_JOURNAL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![6 => (0_usize..900).prop_map(Step::Append), 2 => Just(Step::Write), 1 => Just(Step::Commit)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        2 => Just(End::Kill),
        4 => any::<u64>().prop_map(End::Power),
        1 => Just(End::Close),
        2 => (0_u64..40).prop_map(End::Fault),
    ]
}

/// What record `sequence` of the `life`th start says.
fn content(life: usize, sequence: u64, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at as u64 * 31 + sequence * 7 + life as u64) as u8).collect()
}

fn open(disk: &Disk, options: Options) -> Result<(Journal<Disk>, Recovered), JournalError> {
    Journal::open(disk.clone(), options, SyncBy::Caller)
}

fn all(journal: &Journal<Disk>) -> Vec<(u64, u16, Vec<u8>)> {
    let mut found = Vec::new();
    let visit = |record: tradenode_journal::Record<'_>| {
        found.push((record.head.sequence, record.head.kind, record.payload.to_vec()));
        Ok(())
    };
    journal.records(1, visit).expect("a sound journal");
    found
}

/// What a test knows of a journal: every record ever taken that may still be there, and what must be.
#[derive(Default)]
struct Known {
    taken: Vec<(u64, u16, Vec<u8>)>,
    /// What a death of the process must leave, and what a loss of power must.
    written: u64,
    durable: u64,
}

impl Known {
    /// Starts once more, and holds what is found against what is known.
    fn start(&mut self, disk: &Disk, power: bool) -> Journal<Disk> {
        let (journal, found) = open(disk, SMALL).expect("recovery");
        let there = all(&journal);
        let must = if power { self.durable } else { self.written };
        assert!(found.last >= must, "{} of {must} records are there", found.last);
        assert_eq!(there, self.taken[..found.last as usize], "other records than were written");
        self.taken.truncate(found.last as usize);
        (self.written, self.durable) = (found.last, found.last);
        journal
    }

    fn take(&mut self, journal: &mut Journal<Disk>, step: &Step, life: usize) -> Result<(), JournalError> {
        match step {
            Step::Append(length) => {
                let payload = content(life, self.taken.len() as u64 + 1, *length);
                let sequence = journal.append(0, (3, 0), 0, &payload)?;
                self.taken.push((sequence, 3, payload));
            }
            Step::Write => self.written = journal.write()?,
            Step::Commit => self.written = journal.commit()?,
        }
        self.durable = journal.durable();
        Ok(())
    }
}

fn live(lives: &[(Vec<Step>, End)]) {
    let (disk, mut known, mut power) = (Disk::default(), Known::default(), false);
    for (life, (steps, end)) in lives.iter().enumerate() {
        let mut journal = known.start(&disk, power);
        if let End::Fault(after) = end {
            disk.plan(Some(Fault { after: *after, error: ErrorKind::StorageFull }));
        }
        let done = steps.iter().try_for_each(|step| known.take(&mut journal, step, life));
        if done.is_err() {
            let again = journal.append(0, (3, 0), 0, b"after an error");
            assert!(matches!(again, Err(JournalError::Stopped(_))), "a journal went on after an error");
        }
        disk.plan(None);
        power = false;
        match end {
            End::Power(seed) => {
                drop(journal);
                disk.cut_power(*seed);
                power = true;
            }
            End::Close if done.is_ok() => {
                let last = journal.close(9).expect("closed");
                known.taken.push((last, CLOSED, Vec::new()));
                (known.written, known.durable) = (last, last);
            }
            _ => drop(journal),
        }
    }
    known.start(&disk, power);
}

/// A segment that was begun but not whole when the process ended is written to by the next: its name must be durable too.
#[test]
fn a_segment_begun_by_a_life_before_outlasts_the_power() {
    let begun = [Step::Append(800), Step::Append(800), Step::Append(800), Step::Append(800), Step::Write];
    let rolling = [Step::Append(0), Step::Write];
    let last = [Step::Append(0), Step::Commit];
    for seed in 0..20 {
        live(&[(begun.to_vec(), End::Kill), (rolling.to_vec(), End::Fault(3)), (last.to_vec(), End::Power(seed))]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(400)) })]

    #[test]
    fn nothing_durable_is_lost_and_nothing_is_made_up(
        lives in prop::collection::vec((prop::collection::vec(step(), 0..40), end()), 1..12)
    ) {
        live(&lives);
    }

    #[test]
    fn a_bit_that_turns_is_found_and_named(
        lengths in prop::collection::vec(0_usize..400, 1..30), place in any::<prop::sample::Index>(), bit in any::<u64>()
    ) {
        let disk = Disk::default();
        let (mut journal, _) = open(&disk, SMALL).expect("opened");
        for (number, length) in lengths.iter().enumerate() {
            journal.append(0, (3, 0), 0, &content(0, number as u64, *length)).expect("appended");
            journal.write().expect("written");
        }
        let last = journal.close(0).expect("closed");
        let names = disk.names().expect("names");
        let name = &names[place.index(names.len())];
        let bytes = disk.read(name).expect("read").len() as u64;
        prop_assert!(disk.flip(name, bit % (bytes * 8)));
        match open(&disk, SMALL) {
            // Of the record that says that all before it is durable, nobody says so.
            Ok((_, found)) => {
                let cut = found.cut.expect("a cut");
                prop_assert_eq!((found.last, cut.sequence), (last - 1, last));
            }
            Err(JournalError::Damaged { segment, .. } | JournalError::Format { segment, .. }) => {
                prop_assert_eq!(&segment, name);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// A journal on a disk that only says that it syncs loses what it should not: the tests above can fail.
#[test]
fn a_disk_that_forgets_is_caught() {
    let lost = (0..50).filter(|&seed| {
        let disk = Disk::default();
        disk.forget_syncs();
        let (mut journal, _) = open(&disk, SMALL).expect("opened");
        for number in 0..9 {
            journal.append(0, (3, 0), 0, &content(0, number, 200)).expect("appended");
        }
        let durable = journal.sync().expect("synced");
        drop(journal);
        disk.cut_power(seed);
        open(&disk, SMALL).map_or(true, |(_, found)| found.last < durable)
    });
    assert!(lost.count() > 40);
}

#[test]
fn every_call_that_fails_stops_the_journal_and_loses_nothing_written_before() {
    let script = |disk: &Disk| -> Result<u64, JournalError> {
        let (mut journal, found) = open(disk, SMALL)?;
        for number in found.last..found.last + 12 {
            journal.append(0, (3, 0), 0, &content(0, number + 1, 500))?;
            journal.commit()?;
        }
        Ok(journal.durable())
    };
    let counted = Disk::default();
    script(&counted).expect("a run without faults");
    for after in 0..counted.calls() {
        let disk = Disk::default();
        disk.plan(Some(Fault { after, error: ErrorKind::Other }));
        let failed = script(&disk);
        assert!(failed.is_err(), "call {after} failed and nobody said so");
        disk.plan(None);
        disk.cut_power(after);
        let (journal, found) = open(&disk, SMALL).unwrap_or_else(|error| panic!("call {after}: {error}"));
        for (sequence, _, payload) in all(&journal) {
            assert_eq!(payload, content(0, sequence, 500), "call {after} of {}", found.last);
        }
    }
}

#[test]
fn a_segment_that_is_missing_is_named() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk, SMALL).expect("opened");
    for number in 0..30 {
        journal.append(0, (3, 0), 0, &content(0, number, 400)).expect("appended");
        journal.write().expect("written");
    }
    journal.close(0).expect("closed");
    let mut names = disk.names().expect("names");
    names.sort();
    assert!(names.len() > 3);
    disk.remove(&names[1]).expect("removed");
    let Err(JournalError::Missing { expected, found }) = open(&disk, SMALL) else { panic!("not missed") };
    assert!(names[1].contains(&expected.to_string()) && found == names[2]);
}

#[test]
fn a_snapshot_that_counts_on_more_than_there_is_is_believed() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk, SMALL).expect("opened");
    journal.append(0, (3, 0), 0, b"one").expect("appended");
    journal.sync().expect("synced");
    drop(journal);
    let missed = open(&disk, Options { known: 2, ..SMALL });
    assert!(matches!(missed, Err(JournalError::Damaged { sequence: 2, .. })), "{missed:?}");
    let (_, found) = open(&disk, Options { known: 1, ..SMALL }).expect("opened");
    assert_eq!((found.last, found.cut, found.closed), (1, None, false));
}

#[test]
fn what_is_cut_is_kept_aside() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk, SMALL).expect("opened");
    journal.append(0, (3, 0), 0, b"whole").expect("appended");
    journal.sync().expect("synced");
    disk.plan(Some(Fault { after: 0, error: ErrorKind::Other }));
    journal.append(0, (3, 0), 0, b"half of this is written").expect("appended");
    let failed = journal.write().expect_err("the write").to_string();
    assert_eq!(failed, "journal: cannot write 00000000000000000001.journal: planned by the simulation");
    drop(journal);
    let (_, found) = open(&disk, SMALL).expect("opened");
    let cut = found.cut.expect("a cut");
    assert_eq!((found.last, cut.sequence, cut.why.as_str()), (1, 2, "it ends within a record's head"));
    let kept = disk.read(&cut.kept.expect("kept")).expect("read");
    assert_eq!(kept.len() as u64, cut.bytes);
    assert!(kept.len() > 20);
}
