//! The journal itself: records are appended, written in one go, and made durable in groups.

use std::sync::Arc;

use crate::committer::Committer;
use crate::error::{JournalError, refused};
use crate::names::{SEGMENT, listed, name_of};
use crate::record::{CLOSED, Head, PAYLOAD_MAX, Record, encode};
use crate::recovery::{Open, Recovered, records, recover};
use crate::segment::{SEGMENT_HEAD_BYTES, head};
use crate::snapshot::{SNAPSHOT_MAX, Snapshots};
use crate::storage::{Storage, StorageFile};

/// How a journal is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// A segment takes no further records once it has so many bytes.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20 }
    }
}

/// Who syncs.
pub enum SyncBy {
    /// A thread, which calls this after each sync.
    Thread(Box<dyn Fn() + Send>),
    /// The caller, who is blocked meanwhile: for a simulation, in which nothing else runs.
    Caller,
}

impl std::fmt::Debug for SyncBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Caller) { "Caller" } else { "Thread" })
    }
}

/// An open journal. After its first error it takes nothing more.
#[derive(Debug)]
pub struct Journal<S: Storage> {
    options: Options,
    segment: Open<S::File>,
    committer: Option<Committer<S::File>>,
    /// Records that are not written yet.
    buffer: Vec<u8>,
    next: u64,
    written: u64,
    /// Where the caller syncs.
    durable: u64,
    snapshots: Snapshots,
    stopped: Option<String>,
    /// After the committer, which may still be at one of its files.
    storage: S,
}

impl<S: Storage> Journal<S> {
    /// Finds the newest snapshot that checks, reads and checks all that follows it, cuts off what was never whole, and goes
    /// on behind it.
    ///
    /// # Errors
    /// What the storage says; a journal that is damaged, incomplete or of another format. A snapshot that is damaged is told
    /// of, and only an error where the journal does not go back to the one before.
    pub fn open(storage: S, options: Options, sync_by: SyncBy) -> Result<(Self, Recovered), JournalError> {
        let ((found, open), snapshots) = recover(&storage)?;
        let segment = match open {
            Some(open) => open,
            None => begin(&storage, found.last + 1)?,
        };
        let committer = match sync_by {
            SyncBy::Thread(told) => Some(Committer::start(Arc::clone(&segment.file), found.last, told)),
            SyncBy::Caller => None,
        };
        let (next, written, durable) = (found.last + 1, found.last, found.last);
        let (buffer, stopped) = (Vec::new(), None);
        Ok((Self { options, segment, committer, buffer, next, written, durable, snapshots, stopped, storage }, found))
    }

    /// Takes a record, which is written with the next [`write`](Self::write); its sequence.
    ///
    /// # Errors
    /// A payload that is too long, and then nothing is taken; a journal that has stopped.
    pub fn append(
        &mut self,
        time: i64,
        (kind, source): (u16, u16),
        cause: u64,
        payload: &[u8],
    ) -> Result<u64, JournalError> {
        self.goes_on()?;
        if payload.len() > PAYLOAD_MAX {
            return Err(JournalError::TooLong { what: "record", bytes: payload.len(), most: PAYLOAD_MAX });
        }
        let sequence = self.next;
        let head = Head { sequence, time, cause, durable: self.durable(), kind, source };
        encode(&head, payload, &mut self.buffer);
        self.next += 1;
        Ok(sequence)
    }

    /// Writes what was appended: from then on it outlasts the process. The last record written.
    ///
    /// # Errors
    /// What the storage says, and then the journal has stopped.
    pub fn write(&mut self) -> Result<u64, JournalError> {
        self.goes_on()?;
        if self.buffer.is_empty() {
            return Ok(self.written);
        }
        let written = self.write_out();
        self.stop_at(written)?;
        Ok(self.written)
    }

    fn write_out(&mut self) -> Result<(), JournalError> {
        if self.segment.bytes >= self.options.segment_bytes && self.segment.bytes > SEGMENT_HEAD_BYTES as u64 {
            self.roll()?;
        }
        self.segment.file.append(&self.buffer).map_err(refused("write", &self.segment.name))?;
        self.segment.bytes += self.buffer.len() as u64;
        self.written = self.next - 1;
        self.buffer.clear();
        Ok(())
    }

    /// Begins the next segment. All of the one before is durable by then, so that only the last can ever break off.
    fn roll(&mut self) -> Result<(), JournalError> {
        self.segment.file.sync().map_err(refused("sync", &self.segment.name))?;
        self.segment = begin(&self.storage, self.written + 1)?;
        self.durable = self.written;
        if let Some(committer) = &self.committer {
            committer.follow(Arc::clone(&self.segment.file), self.written);
        }
        Ok(())
    }

    /// Writes what was appended and wants it to be durable; [`durable`](Self::durable) tells when it is.
    ///
    /// # Errors
    /// As of [`write`](Self::write), and of the sync where the caller syncs.
    pub fn commit(&mut self) -> Result<u64, JournalError> {
        let written = self.write()?;
        match &self.committer {
            Some(committer) => committer.want(written),
            None if self.durable < written => {
                let synced = self.segment.file.sync().map_err(refused("sync", &self.segment.name));
                self.stop_at(synced)?;
                self.durable = written;
            }
            None => {}
        }
        Ok(written)
    }

    /// As [`commit`](Self::commit), and syncs before it returns where the thread is not at a sync: to wake it and to be woken
    /// takes as long as many a disk. Where it is, what was appended goes with its next one.
    ///
    /// # Errors
    /// As of [`commit`](Self::commit), and of the sync.
    pub fn commit_here(&mut self) -> Result<u64, JournalError> {
        if self.committer.is_none() {
            return self.commit();
        }
        let written = self.write()?;
        if let Some(committer) = &self.committer {
            committer.sync_here(written);
        }
        self.goes_on()?;
        Ok(written)
    }

    /// Blocks until all that was appended is durable.
    ///
    /// # Errors
    /// As of [`commit`](Self::commit), and of the sync.
    pub fn sync(&mut self) -> Result<u64, JournalError> {
        let written = self.commit()?;
        if let Some(committer) = &self.committer {
            committer.wait(written);
        }
        self.goes_on()?;
        Ok(written)
    }

    /// Makes all that was appended durable, and then a snapshot that contains it; the last record in it. Nothing more is done
    /// where there is a sound snapshot of that record. The newest [`SNAPSHOTS_KEPT`](crate::SNAPSHOTS_KEPT) are kept.
    ///
    /// # Errors
    /// A payload that is too long, and then nothing is done; as of [`sync`](Self::sync); what the storage says, and then the
    /// journal has stopped.
    pub fn snapshot(&mut self, time: i64, payload: &[u8]) -> Result<u64, JournalError> {
        self.goes_on()?;
        if payload.len() > SNAPSHOT_MAX {
            return Err(JournalError::TooLong { what: "snapshot", bytes: payload.len(), most: SNAPSHOT_MAX });
        }
        let sequence = self.sync()?;
        let taken = self.snapshots.take(&self.storage, (sequence, time), payload);
        self.stop_at(taken)?;
        Ok(sequence)
    }

    /// Removes the segments that no start from a kept snapshot reads; their names. None where there are fewer snapshots than
    /// are kept, so that a damaged one can always be done without.
    ///
    /// # Errors
    /// What the storage says, and then the journal has stopped.
    pub fn prune(&mut self) -> Result<Vec<String>, JournalError> {
        self.goes_on()?;
        let pruned = self.snapshots.needed_from().map_or(Ok(Vec::new()), |needed| prune(&self.storage, needed));
        self.stop_at(pruned)
    }

    /// The last record that is durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.committer.as_ref().map_or(self.durable, Committer::durable)
    }

    /// The last record that was written.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// Whether the journal still takes records.
    ///
    /// # Errors
    /// What has stopped it.
    pub fn goes_on(&mut self) -> Result<(), JournalError> {
        if self.stopped.is_none() {
            self.stopped = self.committer.as_ref().and_then(Committer::failed);
        }
        self.stopped.as_ref().map_or(Ok(()), |why| Err(JournalError::Stopped(why.clone())))
    }

    /// Gives every written record from one number on to `visit`, in order.
    ///
    /// # Errors
    /// What the storage says; a journal that is damaged; what `visit` says.
    pub fn records(
        &self,
        from: u64,
        visit: impl FnMut(Record<'_>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        records(&self.storage, from, visit)
    }

    /// Makes all durable, and then a last record that says so: whatever is damaged before it is seen to be.
    ///
    /// # Errors
    /// As of [`sync`](Self::sync).
    pub fn close(mut self, time: i64) -> Result<u64, JournalError> {
        self.sync()?;
        self.append(time, (CLOSED, 0), 0, &[])?;
        self.sync()
    }

    fn stop_at<T>(&mut self, done: Result<T, JournalError>) -> Result<T, JournalError> {
        if let Err(error) = &done {
            self.stopped = Some(error.to_string());
        }
        done
    }
}

/// Makes a segment, durable with its name before the first record comes.
fn begin<S: Storage>(storage: &S, first: u64) -> Result<Open<S::File>, JournalError> {
    let name = name_of(first, SEGMENT);
    let file = storage.create(&name).map_err(refused("create", &name))?;
    file.append(&head(first)).map_err(refused("write", &name))?;
    file.sync().map_err(refused("sync", &name))?;
    storage.sync_names().map_err(refused("sync the folder of", &name))?;
    Ok(Open { name, file: Arc::new(file), bytes: SEGMENT_HEAD_BYTES as u64 })
}

/// Removes the segments that end before a record, the first one first and each for good before the next: what a loss of power
/// leaves has no hole.
fn prune<S: Storage>(storage: &S, needed: u64) -> Result<Vec<String>, JournalError> {
    let mut segments = listed(storage, SEGMENT)?;
    segments.truncate(segments.partition_point(|&(first, _)| first <= needed).saturating_sub(1));
    for (_, name) in &segments {
        storage.remove(name).map_err(refused("remove", name))?;
        storage.sync_names().map_err(refused("sync the folder of", name))?;
    }
    Ok(segments.into_iter().map(|(_, name)| name).collect())
}
