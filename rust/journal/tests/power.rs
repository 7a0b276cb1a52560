//! Whatever ends a node, what was durable is there again, in order, and nothing is there that was not written.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use proptest::prelude::*;
use tradenode_journal::{
    CLOSED, Disk, Fault, Journal, JournalError, Options, Record, Recovered, SNAPSHOTS_KEPT, Snapshot, Source, Storage,
    SyncBy,
};

const SMALL: Options = Options { segment_bytes: 3_000 };

/// What may happen between two ends.
#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Write,
    Commit,
    Snapshot(usize),
    Prune,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Kill,
    Power(u64),
    Close,
    /// Turns a bit of the newest snapshot over, where the journal must do without it.
    Flip(u64),
}

#[derive(Debug, Clone)]
struct Life {
    /// Which call to the disk fails, counted from the opening's first.
    fault: Option<u64>,
    steps: Vec<Step>,
    end: End,
}

fn cases(default: u32) -> u32 {
    std::env::var("TRADENODE_JOURNAL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_usize..900).prop_map(Step::Append),
        2 => Just(Step::Write),
        1 => Just(Step::Commit),
        2 => (0_usize..2_000).prop_map(Step::Snapshot),
        1 => Just(Step::Prune),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Kill),
        4 => any::<u64>().prop_map(End::Power),
        1 => Just(End::Close),
        1 => any::<u64>().prop_map(End::Flip),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    (prop::option::weighted(0.3, 0_u64..80), prop::collection::vec(step(), 0..40), end())
        .prop_map(|(fault, steps, end)| Life { fault, steps, end })
}

/// What record `sequence` of the `life`th start says.
fn content(life: usize, sequence: u64, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at as u64 * 31 + sequence * 7 + life as u64) as u8).collect()
}

fn open(disk: &Disk, options: Options) -> Result<(Journal<Disk>, Recovered), JournalError> {
    Journal::open(disk.clone(), options, SyncBy::Caller)
}

/// The numbers in the names of the files of a kind, in order.
fn numbers(disk: &Disk, kind: &str) -> Vec<u64> {
    let names = disk.names().expect("names");
    names.iter().filter_map(|name| name.strip_suffix(kind)?.parse().ok()).collect()
}

fn first(disk: &Disk) -> u64 {
    numbers(disk, ".journal").first().copied().unwrap_or(1)
}

fn all(disk: &Disk, journal: &Journal<Disk>) -> Vec<(u64, u16, Vec<u8>)> {
    let mut found = Vec::new();
    let visit = |record: Record<'_>| {
        found.push((record.head.sequence, record.head.kind, record.payload.to_vec()));
        Ok(())
    };
    journal.records(first(disk), visit).expect("a sound journal");
    found
}

/// What a test knows of a journal: every record ever taken that may still be there, and what must be.
#[derive(Default)]
struct Known {
    taken: Vec<(u64, u16, Vec<u8>)>,
    /// What a death of the process must leave, and what a loss of power must.
    written: u64,
    durable: u64,
    /// Every snapshot that may be there, and the last records of those that must be.
    snapshots: Vec<Snapshot>,
    sound: Vec<u64>,
    /// The last record of one whose call failed.
    unsure: Option<u64>,
    flipped: BTreeSet<u64>,
}

impl Known {
    /// Starts once more, and holds what is found against what is known. A planned fault is for the opening and the steps
    /// after it, not for looking.
    fn start(&mut self, disk: &Disk, fault: Option<u64>) -> Result<Journal<Disk>, JournalError> {
        let before = disk.calls();
        let plan = |after: Option<u64>| disk.plan(after.map(|after| Fault { after, error: ErrorKind::StorageFull }));
        plan(fault);
        let opened = open(disk, SMALL);
        let left = fault.map(|after| after.saturating_sub(disk.calls() - before));
        plan(None);
        let (journal, found) = opened?;
        self.hold(disk, &journal, &found);
        plan(left);
        Ok(journal)
    }

    fn hold(&mut self, disk: &Disk, journal: &Journal<Disk>, found: &Recovered) {
        self.settle(disk);
        let must = self.written;
        assert!(found.last >= must, "{} of {must} records are there", found.last);
        let (last, first) = (found.last as usize, first(disk));
        assert_eq!(all(disk, journal), self.taken[first as usize - 1..last], "other records than were written");
        self.taken.truncate(last);
        (self.written, self.durable) = (found.last, found.last);

        let damaged: Vec<u64> = found.damaged.iter().map(|damaged| damaged.sequence).collect();
        assert!(damaged.iter().all(|sequence| self.flipped.contains(sequence)), "nobody damaged {damaged:?}");
        let mut sound = numbers(disk, ".snapshot");
        sound.retain(|sequence| !damaged.contains(sequence) && sequence + 1 >= first);
        let (must, there) = (&self.sound, &sound);
        assert!(must.iter().all(|sequence| there.contains(sequence)), "of {must:?} only {there:?} with their journal");
        assert_eq!(found.snapshot.as_ref().map(|snapshot| &snapshot.sequence), sound.last());
        assert!(found.snapshot.iter().all(|snapshot| self.snapshots.contains(snapshot)), "a snapshot nobody took");
        sound.drain(..sound.len().saturating_sub(SNAPSHOTS_KEPT));
        self.sound = sound;
    }

    fn take(&mut self, journal: &mut Journal<Disk>, step: &Step, life: usize) -> Result<(), JournalError> {
        let last = self.taken.len() as u64;
        let done = match step {
            Step::Append(length) => {
                let payload = content(life, last + 1, *length);
                journal.append(0, (3, 0), 0, &payload).map(|sequence| self.taken.push((sequence, 3, payload)))
            }
            Step::Write => journal.write().map(drop),
            Step::Commit => journal.commit().map(drop),
            Step::Snapshot(length) => self.snapshot(journal, content(life, last + 1, *length)),
            Step::Prune => journal.prune().map(drop),
        };
        (self.written, self.durable) = (journal.written(), journal.durable());
        done
    }

    /// A snapshot of a record that has one must not take its place.
    fn snapshot(&mut self, journal: &mut Journal<Disk>, payload: Vec<u8>) -> Result<(), JournalError> {
        let (sequence, time) = (self.taken.len() as u64, payload.len() as i64);
        let is_new = !self.sound.contains(&sequence);
        if is_new {
            self.snapshots.push(Snapshot { sequence, time, payload: payload.clone() });
        }
        self.unsure = is_new.then_some(sequence);
        assert_eq!(journal.snapshot(time, &payload)?, sequence);
        if self.unsure.take().is_some() {
            self.flipped.remove(&sequence);
            self.keep(sequence);
        }
        Ok(())
    }

    fn keep(&mut self, sequence: u64) {
        self.sound.push(sequence);
        self.sound.drain(..self.sound.len().saturating_sub(SNAPSHOTS_KEPT));
    }

    /// A snapshot whose call failed may be there all the same, and then the one that it takes the place of may be gone.
    fn settle(&mut self, disk: &Disk) {
        if let Some(sequence) = self.unsure.take()
            && numbers(disk, ".snapshot").contains(&sequence)
        {
            self.keep(sequence);
            // It may as well be the damaged one that was there before.
            self.sound.retain(|sequence| !self.flipped.contains(sequence));
        }
    }

    fn flip(&mut self, disk: &Disk, bit: u64) {
        self.settle(disk);
        let first = first(disk);
        let mut sound = numbers(disk, ".snapshot");
        sound.retain(|sequence| !self.flipped.contains(sequence) && sequence + 1 >= first);
        if let [others @ .., newest] = &sound[..]
            && (first == 1 || !others.is_empty())
        {
            let name = format!("{newest:020}.snapshot");
            let bits = disk.read(&name).expect("read").len() as u64 * 8;
            assert!(disk.flip(&name, bit % bits));
            self.flipped.insert(*newest);
            self.sound.retain(|sequence| sequence != newest);
        }
    }

    /// Ends a life; a journal that could not be opened has none.
    fn end(&mut self, disk: &Disk, journal: Option<Journal<Disk>>, end: End) {
        match (journal, end) {
            (Some(journal), End::Close) => {
                let last = journal.close(9).expect("closed");
                self.taken.push((last, CLOSED, Vec::new()));
                (self.written, self.durable) = (last, last);
            }
            (journal, End::Power(seed)) => {
                drop(journal);
                disk.cut_power(seed);
                self.written = self.durable;
            }
            (_, End::Flip(bit)) => self.flip(disk, bit),
            (_, End::Kill | End::Close) => {}
        }
    }
}

fn live(lives: &[Life]) {
    let (disk, mut known) = (Disk::default(), Known::default());
    for (number, life) in lives.iter().enumerate() {
        let mut journal = match known.start(&disk, life.fault) {
            Ok(journal) => Some(journal),
            Err(JournalError::Storage { .. }) if life.fault.is_some() => None,
            Err(error) => panic!("recovery: {error}"),
        };
        if let Some(open) = &mut journal
            && life.steps.iter().try_for_each(|step| known.take(open, step, number)).is_err()
        {
            let again = open.append(0, (3, 0), 0, b"after an error");
            assert!(matches!(again, Err(JournalError::Stopped(_))), "a journal went on after an error");
            journal = None;
        }
        disk.plan(None);
        known.end(&disk, journal, life.end);
    }
    known.start(&disk, None).expect("recovery");
}

/// A segment that was begun but not whole when the process ended is written to by the next: its name must be durable too.
#[test]
fn a_segment_begun_by_a_life_before_outlasts_the_power() {
    let begun = vec![Step::Append(800), Step::Append(800), Step::Append(800), Step::Append(800), Step::Write];
    let rolling = vec![Step::Append(0), Step::Write];
    let last = vec![Step::Append(0), Step::Commit];
    for seed in 0..20 {
        for fault in 0..20 {
            live(&[
                Life { fault: None, steps: begun.clone(), end: End::Kill },
                Life { fault: Some(fault), steps: rolling.clone(), end: End::Kill },
                Life { fault: None, steps: last.clone(), end: End::Power(seed) },
            ]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(400)) })]

    #[test]
    fn nothing_durable_is_lost_and_nothing_is_made_up(lives in prop::collection::vec(life(), 1..12)) {
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
            if number % 8 == 7 {
                journal.snapshot(0, &content(1, number as u64, *length)).expect("taken");
            }
        }
        let last = journal.close(0).expect("closed");
        let names = disk.names().expect("names");
        let name = &names[place.index(names.len())];
        let bytes = disk.read(name).expect("read").len() as u64;
        prop_assert!(disk.flip(name, bit % (bytes * 8)));
        match open(&disk, SMALL) {
            Ok((_, found)) if name.ends_with(".snapshot") => {
                prop_assert_eq!(&found.damaged[0].name, name);
                prop_assert_eq!((found.damaged.len(), found.last, found.closed), (1, last, true));
            }
            // Of the record that says that all before it is durable, nobody says so.
            Ok((_, Recovered { cut: Some(cut), last: found, .. })) => {
                prop_assert_eq!((found, cut.sequence), (last - 1, last));
            }
            // What the snapshot does without is not read until it is asked for.
            Ok((journal, _)) => match journal.records(1, |_| Ok(())) {
                Err(JournalError::Damaged { segment, .. }) => prop_assert_eq!(&segment, name),
                other => prop_assert!(false, "{:?}", other),
            }
            Err(JournalError::Damaged { segment: file, .. } | JournalError::Format { file, .. }) => {
                prop_assert_eq!(&file, name);
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
    let script = |disk: &Disk, durable: &mut u64, snapshot: &mut u64| -> Result<(), JournalError> {
        let (mut journal, _) = open(disk, SMALL)?;
        for number in 1..40 {
            journal.append(0, (3, 0), 0, &content(0, number, 500))?;
            *durable = journal.commit()?;
            if number % 6 == 0 {
                *snapshot = journal.snapshot(0, &content(1, number, 900))?;
                journal.prune()?;
            }
        }
        Ok(())
    };
    let counted = Disk::default();
    script(&counted, &mut 0, &mut 0).expect("a run without faults");
    let calls = counted.calls();
    assert!(first(&counted) > 20, "nothing was pruned");
    for after in 0..calls {
        let (disk, mut durable, mut snapshot) = (Disk::default(), 0, 0);
        disk.plan(Some(Fault { after, error: ErrorKind::Other }));
        script(&disk, &mut durable, &mut snapshot).expect_err("a call failed and nobody said so");
        disk.plan(None);
        disk.cut_power(after);
        let (journal, found) = open(&disk, SMALL).unwrap_or_else(|error| panic!("call {after}: {error}"));
        assert!(found.last >= durable && found.damaged.is_empty(), "call {after}: {found:?}");
        for (sequence, _, payload) in all(&disk, &journal) {
            assert_eq!(payload, content(0, sequence, 500), "call {after} of {}", found.last);
        }
        let there = found.snapshot.map_or(0, |there| {
            assert_eq!(there.payload, content(1, there.sequence, 900), "call {after}");
            there.sequence
        });
        assert!(there >= snapshot, "call {after}: {there} of {snapshot}");
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

#[test]
fn a_sync_that_fails_in_the_thread_stops_the_journal() {
    let disk = Disk::default();
    let by = SyncBy::Thread(Box::new(|| ()));
    let (mut journal, _) = Journal::open(disk.clone(), SMALL, by).expect("opened");
    journal.append(0, (3, 0), 0, b"written").expect("appended");
    disk.plan(Some(Fault { after: 1, error: ErrorKind::Other }));
    let failed = journal.sync().expect_err("the sync").to_string();
    assert_eq!(failed, "journal: stopped by an earlier error: cannot sync: planned by the simulation");
    journal.append(0, (3, 0), 0, b"more").expect_err("it has stopped");
    assert_eq!((journal.written(), journal.durable()), (1, 0));
}
