//! A journal in a folder of the file system, synced by its thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::tempdir;
use tradenode_journal::{Folder, Journal, JournalError, Options, PAYLOAD_MAX, SyncBy};

#[test]
fn groups_are_synced_by_the_thread_and_found_again() {
    let folder = tempdir().expect("a folder");
    let told = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&told);
    let by = SyncBy::Thread(Box::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    }));
    let place = || Folder::open(folder.path()).expect("the folder");
    let options = Options { segment_bytes: 10_000 };
    let (mut journal, found) = Journal::open(place(), options, by).expect("opened");
    assert_eq!(found.last, 0);
    for number in 1..=1_000_u64 {
        let sequence = journal.append(number as i64, (1, 2), number - 1, &number.to_le_bytes()).expect("appended");
        assert_eq!(sequence, number);
        if number % 10 == 0 {
            journal.commit().expect("wanted");
        }
    }
    assert_eq!(journal.sync().expect("synced"), 1_000);
    assert_eq!(journal.durable(), 1_000);
    let syncs = told.load(Ordering::Relaxed);
    assert!((1..=101).contains(&syncs), "{syncs} syncs");
    journal.close(5).expect("closed");

    let (journal, found) = Journal::open(place(), options, SyncBy::Caller).expect("opened again");
    assert_eq!((found.last, found.closed, found.cut), (1_001, true, None));
    assert!(found.segments > 4);
    let mut next = 900;
    let visit = |record: tradenode_journal::Record<'_>| {
        assert_eq!(record.head.sequence, next);
        if next <= 1_000 {
            assert_eq!((record.head.cause, record.head.kind, record.head.source), (next - 1, 1, 2));
            assert_eq!(record.payload, next.to_le_bytes());
        }
        next += 1;
        Ok(())
    };
    journal.records(900, visit).expect("read");
    assert_eq!(next, 1_002);
}

#[test]
fn one_process_writes() {
    let folder = tempdir().expect("a folder");
    let first = Folder::open(folder.path()).expect("the first");
    let second = Folder::open(folder.path()).expect_err("the second");
    assert!(matches!(second, JournalError::Locked(_)), "{second}");
    drop(first);
    Folder::open(folder.path()).expect("after the first");
}

#[test]
fn a_record_that_is_too_long_is_refused_and_nothing_is_lost() {
    let folder = tempdir().expect("a folder");
    let place = Folder::open(folder.path()).expect("the folder");
    let (mut journal, _) = Journal::open(place, Options::default(), SyncBy::Caller).expect("opened");
    let long = journal.append(0, (1, 0), 0, &vec![0; PAYLOAD_MAX + 1]).expect_err("refused");
    assert_eq!(long.to_string(), "journal: a record of 16777217 bytes is longer than 16777216");
    assert_eq!(journal.append(0, (1, 0), 0, b"short").expect("appended"), 1);
    assert_eq!(journal.sync().expect("synced"), 1);
}
