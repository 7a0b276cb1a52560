//! Snapshots: what a node was after a record, each in a file of its own, so that a start need not read all before it.
//!
//! Little-endian: mark (8), format (u32), checksum of all else (u32, CRC-32), sequence of the last record that it contains
//! (u64), time (i64, ns UTC), length of the payload (u64), payload.

use crate::error::{JournalError, refused};
use crate::names::{SNAPSHOT, listed, name_of};
use crate::storage::{Storage, StorageFile};

/// How many snapshots are kept: one may be damaged.
pub const SNAPSHOTS_KEPT: usize = 2;
/// The longest payload of a snapshot.
pub const SNAPSHOT_MAX: usize = 256 << 20;

const MARK: &[u8; 8] = b"TNSNAP\r\n";
const FORMAT: u32 = 1;
const HEAD_BYTES: usize = 40;
/// Where a snapshot is written before it has its name. A journal has one owner, who takes one snapshot at a time.
const ASIDE: &str = "snapshot.aside";

/// What a node was after a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record that it contains; 0 for none.
    pub sequence: u64,
    /// When it was taken, ns UTC.
    pub time: i64,
    /// The content.
    pub payload: Vec<u8>,
}

/// A snapshot that does not check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedSnapshot {
    /// Its file.
    pub name: String,
    /// The last record that it contains, by its name.
    pub sequence: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The snapshots that are kept and check: the last record of each, in order.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Vec<u64>);

/// What was found of snapshots when a journal was opened.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) kept: Snapshots,
    pub(crate) newest: Option<Snapshot>,
    /// In order.
    pub(crate) damaged: Vec<DamagedSnapshot>,
}

impl Snapshots {
    /// Reads and checks all there are, and removes what was never finished.
    pub(crate) fn find<S: Storage>(storage: &S) -> Result<Found, JournalError> {
        if storage.names().map_err(refused("list", "the journal"))?.iter().any(|name| name == ASIDE) {
            storage.remove(ASIDE).map_err(refused("remove", ASIDE))?;
        }
        let mut found = Found::default();
        for (sequence, name) in listed(storage, SNAPSHOT)? {
            let bytes = storage.read(&name).map_err(refused("read", &name))?;
            match decode(&name, sequence, bytes)? {
                Ok(snapshot) => {
                    found.kept.keep(sequence);
                    found.newest = Some(snapshot);
                }
                Err(why) => found.damaged.push(DamagedSnapshot { name, sequence, why }),
            }
        }
        Ok(found)
    }

    /// Writes a snapshot, and removes the others that are not kept once it is durable with its name; nothing where there is
    /// one of this record already. Of a damaged one the name is free.
    pub(crate) fn take<S: Storage>(
        &mut self,
        storage: &S,
        (sequence, time): (u64, i64),
        payload: &[u8],
    ) -> Result<(), JournalError> {
        if self.0.last() == Some(&sequence) {
            return Ok(());
        }
        let name = name_of(sequence, SNAPSHOT);
        let file = storage.create(ASIDE).map_err(refused("create", ASIDE))?;
        file.append(&head(sequence, time, payload)).map_err(refused("write", ASIDE))?;
        file.append(payload).map_err(refused("write", ASIDE))?;
        file.sync().map_err(refused("sync", ASIDE))?;
        storage.rename(ASIDE, &name).map_err(refused("name", &name))?;
        storage.sync_names().map_err(refused("sync the folder of", &name))?;
        self.keep(sequence);
        self.remove_others(storage)
    }

    /// The first record that a start from any of the kept snapshots reads; none while all of the journal may be needed,
    /// because there are not as many as are kept.
    pub(crate) fn needed_from(&self) -> Option<u64> {
        self.0.first().filter(|_| self.0.len() == SNAPSHOTS_KEPT).map(|&oldest| oldest + 1)
    }

    fn keep(&mut self, sequence: u64) {
        self.0.push(sequence);
        self.0.drain(..self.0.len().saturating_sub(SNAPSHOTS_KEPT));
    }

    /// A loss of power may bring them back, and the next snapshot removes them again.
    fn remove_others<S: Storage>(&self, storage: &S) -> Result<(), JournalError> {
        for (sequence, name) in listed(storage, SNAPSHOT)? {
            if !self.0.contains(&sequence) {
                storage.remove(&name).map_err(refused("remove", &name))?;
            }
        }
        Ok(())
    }
}

fn head(sequence: u64, time: i64, payload: &[u8]) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(MARK);
    head[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    head[16..24].copy_from_slice(&sequence.to_le_bytes());
    head[24..32].copy_from_slice(&time.to_le_bytes());
    head[32..].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    let checksum = checksum(&head, payload);
    head[12..16].copy_from_slice(&checksum.to_le_bytes());
    head
}

/// Reads the snapshot of a record, or says what is wrong with it.
fn decode(name: &str, sequence: u64, mut bytes: Vec<u8>) -> Result<Result<Snapshot, &'static str>, JournalError> {
    let Some((start, payload)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Ok(Err("it ends within its head"));
    };
    if start[..8] != *MARK {
        return Ok(Err("its head is not that of a snapshot"));
    }
    if checksum(start, payload).to_le_bytes() != start[12..16] {
        return Ok(Err("its checksum does not fit"));
    }
    let found = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
    if found != FORMAT {
        return Err(JournalError::Format { file: name.to_owned(), found, known: FORMAT });
    }
    let time = i64::from_le_bytes([24, 25, 26, 27, 28, 29, 30, 31].map(|at: usize| start[at]));
    if *start != head(sequence, time, payload) {
        return Ok(Err("it is the snapshot of another record"));
    }
    bytes.drain(..HEAD_BYTES);
    Ok(Ok(Snapshot { sequence, time, payload: bytes }))
}

fn checksum(head: &[u8; HEAD_BYTES], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[..12]);
    hasher.update(&head[16..]);
    hasher.update(payload);
    hasher.finalize()
}
