//! A snapshot bounds what a start reads, and none that was taken is ever the end of a journal.

use std::io::ErrorKind;

use tradenode_journal::{
    Disk, Fault, Journal, JournalError, Options, Record, Recovered, SNAPSHOT_MAX, Snapshot, Source, Storage,
    StorageFile, SyncBy,
};

const SMALL: Options = Options { segment_bytes: 3_000 };

fn open(disk: &Disk) -> Result<(Journal<Disk>, Recovered), JournalError> {
    Journal::open(disk.clone(), SMALL, SyncBy::Caller)
}

/// Appends and writes records up to one, of some 500 bytes each: six a segment.
fn fill(journal: &mut Journal<Disk>, last: u64) {
    while journal.written() < last {
        journal.append(0, (3, 0), 0, &[journal.written() as u8; 460]).expect("appended");
        journal.write().expect("written");
    }
}

/// A journal of 60 records with snapshots of records 20 and 40, pruned.
fn pruned() -> Disk {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).expect("opened");
    for last in [20, 40] {
        fill(&mut journal, last);
        assert_eq!(journal.snapshot(last as i64, &[last as u8; 900]).expect("taken"), last);
    }
    fill(&mut journal, 60);
    assert_eq!(journal.prune().expect("pruned"), [segment(1), segment(7), segment(13)]);
    assert_eq!(journal.sync().expect("synced"), 60);
    disk
}

fn segment(first: u64) -> String {
    format!("{first:020}.journal")
}

fn snapshot(last: u64) -> String {
    format!("{last:020}.snapshot")
}

fn numbers(journal: &Journal<Disk>, from: u64) -> Result<Vec<u64>, JournalError> {
    let mut found = Vec::new();
    let visit = |record: Record<'_>| {
        found.push(record.head.sequence);
        Ok(())
    };
    journal.records(from, visit).map(|()| found)
}

#[test]
fn a_start_reads_what_follows_the_newest_snapshot() {
    let disk = pruned();
    let (journal, found) = open(&disk).expect("opened");
    assert_eq!(found.snapshot, Some(Snapshot { sequence: 40, time: 40, payload: vec![40; 900] }));
    assert_eq!((found.last, found.damaged.len()), (60, 0));
    assert_eq!(found.segments, 4, "of 7, those from 37 on");
    assert_eq!(numbers(&journal, 41).expect("whole"), (41..=60).collect::<Vec<_>>());
    let gone = numbers(&journal, 18).expect_err("it was pruned").to_string();
    let named = format!("journal: record 18 is not there, the next segment is {}", segment(19));
    assert!(gone.starts_with(&named), "{gone}");
}

#[test]
fn a_damaged_snapshot_falls_back_to_the_one_before_and_is_named() {
    for bit in [0, 70, 100, 130, 200, 300, 1_000] {
        let disk = pruned();
        assert!(disk.flip(&snapshot(40), bit));
        let (mut journal, found) = open(&disk).expect("opened");
        assert_eq!(found.snapshot.map(|snapshot| snapshot.sequence), Some(20));
        assert_eq!((found.damaged.len(), &found.damaged[0].name), (1, &snapshot(40)));
        assert_eq!(numbers(&journal, 21).expect("whole"), (21..=60).collect::<Vec<_>>());
        // With one left that checks, all of the journal that it needs stays.
        assert_eq!(journal.prune().expect("pruned"), Vec::<String>::new());
        journal.snapshot(60, b"next").expect("taken");
        let names = disk.names().expect("names");
        let kept: Vec<_> = names.iter().filter(|name| name.ends_with(".snapshot")).collect();
        assert_eq!(kept, [&snapshot(20), &snapshot(60)], "not with the damaged one");
    }
}

#[test]
fn a_snapshot_of_the_same_record_is_not_taken_again() {
    let disk = pruned();
    let (mut journal, _) = open(&disk).expect("opened");
    journal.snapshot(60, b"first").expect("taken");
    let calls = disk.calls();
    assert_eq!(journal.snapshot(61, b"second").expect("there is one"), 60);
    assert_eq!(disk.calls(), calls);
    drop(journal);
    for opened in 0..2 {
        let (mut journal, found) = open(&disk).expect("opened");
        let expected = Snapshot { sequence: 60, time: 60, payload: b"first".to_vec() };
        assert_eq!(found.snapshot, Some(expected), "opened for the {opened}th time");
        assert_eq!(journal.snapshot(62, b"third").expect("there is one"), 60);
    }
}

/// The name of a damaged one is free. Whatever goes wrong while it is taken, the one before is there.
#[test]
fn a_damaged_snapshot_of_the_same_record_is_taken_again() {
    for fault in 0.. {
        let disk = pruned();
        open(&disk).expect("opened").0.snapshot(60, b"to be damaged").expect("taken");
        assert!(disk.flip(&snapshot(60), 400));
        let (mut journal, found) = open(&disk).expect("opened");
        assert_eq!(found.damaged[0].name, snapshot(60));
        disk.plan(Some(Fault { after: fault, error: ErrorKind::Other }));
        let taken = journal.snapshot(60, b"again");
        if taken.is_err() {
            let stopped = journal.prune().expect_err("it has stopped");
            assert!(matches!(stopped, JournalError::Stopped(_)), "{stopped}");
        }
        drop(journal);
        disk.cut_power(fault);
        let (_, found) = open(&disk).expect("opened");
        let there = found.snapshot.expect("a snapshot");
        assert!((there.sequence, &there.payload[..]) == (60, b"again") || (taken.is_err() && there.sequence == 40));
        if taken.is_ok() {
            assert!(fault > 6, "{fault} calls");
            return;
        }
    }
}

#[test]
fn a_hole_behind_a_snapshot_is_refused_and_named() {
    let disk = pruned();
    disk.remove(&segment(49)).expect("removed");
    let Err(JournalError::Missing { expected: 49, found }) = open(&disk) else { panic!("not missed") };
    assert_eq!(found, segment(55));

    let disk = pruned();
    for first in [37, 43, 49, 55] {
        disk.remove(&segment(first)).expect("removed");
    }
    let short = open(&disk).expect_err("it ends before the snapshot");
    assert!(matches!(short, JournalError::Damaged { sequence: 37, .. }), "{short}");
    assert!(short.to_string().ends_with("a snapshot counts on a record that is not there"), "{short}");
}

#[test]
fn a_journal_that_was_pruned_does_not_open_without_its_snapshots() {
    let disk = pruned();
    assert!(disk.flip(&snapshot(20), 400));
    assert!(disk.flip(&snapshot(40), 400));
    let refused = open(&disk).expect_err("nothing says what was before").to_string();
    let expected = format!(
        "journal: record 1 is not there, the next segment is {}: one is missing or was pruned (snapshot {}, which may do \
         without, is damaged: its checksum does not fit)",
        segment(19),
        snapshot(40)
    );
    assert_eq!(refused, expected);
}

#[test]
fn nothing_is_pruned_before_there_are_two_snapshots() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).expect("opened");
    fill(&mut journal, 30);
    assert_eq!(journal.prune().expect("pruned"), Vec::<String>::new());
    journal.snapshot(0, b"the only one").expect("taken");
    assert_eq!(journal.prune().expect("pruned"), Vec::<String>::new());
    assert!(disk.flip(&snapshot(30), 400));
    drop(journal);
    let (journal, found) = open(&disk).expect("the journal is whole");
    assert_eq!((found.snapshot, found.damaged[0].sequence), (None, 30));
    assert_eq!(numbers(&journal, 1).expect("whole").len(), 30);
}

/// A segment that ends with the oldest snapshot's record is not needed, and the one that begins right behind it is.
#[test]
fn a_snapshot_at_the_end_of_a_segment_needs_the_next_alone() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).expect("opened");
    for last in [12, 18] {
        fill(&mut journal, last);
        journal.snapshot(0, b"what a node is").expect("taken");
    }
    assert_eq!(journal.prune().expect("pruned"), [segment(1), segment(7)]);
    drop(journal);
    assert!(disk.flip(&snapshot(18), 400));
    let (journal, found) = open(&disk).expect("opened");
    assert_eq!((found.last, found.snapshot.map(|snapshot| snapshot.sequence)), (18, Some(12)));
    assert_eq!(numbers(&journal, 13).expect("whole").len(), 6);
}

#[test]
fn what_was_never_finished_is_removed() {
    let disk = pruned();
    let (mut journal, _) = open(&disk).expect("opened");
    disk.plan(Some(Fault { after: 2, error: ErrorKind::StorageFull }));
    let failed = journal.snapshot(0, b"half of this is written").expect_err("no room").to_string();
    assert_eq!(failed, "journal: cannot write snapshot.aside: planned by the simulation");
    drop(journal);
    disk.plan(None);
    assert!(disk.names().expect("names").contains(&"snapshot.aside".to_owned()));
    let (mut journal, found) = open(&disk).expect("opened");
    assert_eq!((found.snapshot.map(|snapshot| snapshot.sequence), found.damaged.len()), (Some(40), 0));
    assert!(!disk.names().expect("names").contains(&"snapshot.aside".to_owned()));
    assert_eq!(journal.snapshot(0, b"now there is room").expect("taken"), 60);
}

#[test]
fn a_snapshot_of_another_format_is_refused() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).expect("opened");
    journal.snapshot(0, b"").expect("taken");
    drop(journal);
    let mut bytes = disk.read(&snapshot(0)).expect("read");
    bytes[8] = 2;
    let checksum = crc32fast::hash(&[&bytes[..12], &bytes[16..]].concat());
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    disk.open(&snapshot(0), 0).expect("cut").append(&bytes).expect("written");
    let refused = open(&disk).expect_err("another format").to_string();
    assert_eq!(refused, format!("journal: {} has format 2, this node reads 1", snapshot(0)));
}

#[test]
fn a_snapshot_that_is_too_long_is_refused_and_the_journal_goes_on() {
    let disk = Disk::default();
    let (mut journal, _) = open(&disk).expect("opened");
    let long = journal.snapshot(0, &vec![0; SNAPSHOT_MAX + 1]).expect_err("refused");
    assert_eq!(long.to_string(), "journal: a snapshot of 268435457 bytes is longer than 268435456");
    fill(&mut journal, 1);
}

/// A snapshot on a disk that only says that it syncs is lost: the tests of what must be there can fail.
#[test]
fn a_disk_that_forgets_is_caught() {
    let lost = (0..50).filter(|&seed| {
        let disk = pruned();
        disk.forget_syncs();
        let (mut journal, _) = open(&disk).expect("opened");
        journal.snapshot(0, &[1; 2_000]).expect("taken");
        drop(journal);
        disk.cut_power(seed);
        open(&disk).map_or(true, |(_, found)| found.snapshot.is_none_or(|snapshot| snapshot.sequence < 60))
    });
    assert!(lost.count() > 40);
}
