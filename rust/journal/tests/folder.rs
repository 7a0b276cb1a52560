//! A journal in a folder of the file system, synced by its thread.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::tempdir;
use tradenode_journal::{
    Disk, Fault, Folder, FolderView, Journal, JournalError, Options, PAYLOAD_MAX, SyncBy, records,
};

/// A journal, and what its thread tells of its syncs.
fn heard(folder: &Path, options: Options) -> (Journal<Folder>, Receiver<()>) {
    let (tell, told) = channel();
    let by = SyncBy::Thread(Box::new(move || tell.send(()).expect("heard")));
    let (journal, _) = Journal::open(Folder::open(folder).expect("the folder"), options, by).expect("opened");
    (journal, told)
}

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
fn who_reads_beside_the_writer_finds_all_from_the_first_record_to_one_that_was_written() {
    const RECORDS: u64 = 5_000;
    let folder = tempdir().expect("a folder");
    let options = Options { segment_bytes: 20_000 };
    let (mut journal, _told) = heard(folder.path(), options);
    let written = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=RECORDS {
                journal.append(0, (1, 0), 0, &vec![number as u8; number as usize % 90]).expect("appended");
                if number % 3 == 0 {
                    written.store(journal.write().expect("written"), Ordering::Release);
                }
            }
            written.store(journal.sync().expect("synced"), Ordering::Release);
        });
        let view = FolderView::open(folder.path()).expect("the folder");
        let mut known = 0;
        while known < RECORDS {
            let least = written.load(Ordering::Acquire);
            let mut last = 0;
            records(&view, 1, |record| {
                last += 1;
                assert_eq!(record.head.sequence, last);
                assert_eq!(record.payload, vec![last as u8; last as usize % 90]);
                Ok(())
            })
            .expect("read");
            assert!(last >= least && last >= known, "{last} records, {least} were written");
            known = last;
        }
    });
}

#[test]
fn a_caller_that_syncs_has_it_at_once_and_the_thread_is_not_asked() {
    let folder = tempdir().expect("a folder");
    let (mut journal, told) = heard(folder.path(), Options { segment_bytes: 1_000 });
    for number in 1..=50 {
        journal.append(0, (1, 0), 0, b"an order").expect("appended");
        assert_eq!(journal.commit_here().expect("synced"), number);
        assert_eq!(journal.durable(), number);
    }
    assert_eq!(journal.commit_here().expect("nothing to do"), 50);
    drop(journal);
    assert!(told.recv().is_err(), "nobody was told of a sync");
}

#[test]
fn who_has_asked_the_thread_is_told_whatever_the_caller_syncs_meanwhile() {
    let folder = tempdir().expect("a folder");
    let (mut journal, told) = heard(folder.path(), Options::default());
    for _ in 0..200 {
        journal.append(0, (1, 0), 0, b"for the thread").expect("appended");
        let asked = journal.commit().expect("wanted");
        journal.append(0, (1, 0), 0, b"for the caller").expect("appended");
        let last = journal.commit_here().expect("synced or wanted");
        assert_eq!(last, asked + 1);
        told.recv_timeout(Duration::from_secs(20)).expect("of what was wanted first somebody is told");
        while journal.durable() < last {
            thread::yield_now();
        }
    }
}

#[test]
fn a_caller_s_sync_that_fails_ends_the_journal() {
    let disk = Disk::default();
    let by = SyncBy::Thread(Box::new(|| ()));
    let (mut journal, _) = Journal::open(disk.clone(), Options::default(), by).expect("opened");
    journal.append(0, (1, 0), 0, b"an order").expect("appended");
    disk.plan(Some(Fault { after: 1, error: ErrorKind::Other }));
    let failed = journal.commit_here().expect_err("the sync fails");
    assert!(failed.to_string().contains("cannot sync"), "{failed}");
    assert_eq!(journal.durable(), 0);
    disk.plan(None);
    journal.append(0, (1, 0), 0, b"another").expect_err("stopped");
    journal.commit_here().expect_err("stopped");
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
