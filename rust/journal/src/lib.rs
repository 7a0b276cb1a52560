//! The journal of a node: every input and every command, in one order, so that a restart is a replay.
//!
//! An append-only log in segments. Records are framed with their length, a checksum and a sequence without gaps; a write
//! survives the death of the process, a sync the loss of power, and syncs are shared by all that wait for one. The first
//! error of the storage is the last thing that a journal does. A snapshot says what the node was after a record, so that a
//! start reads only what follows it, and what is before the oldest one kept can be pruned.
#![forbid(unsafe_code)]

mod committer;
mod error;
mod folder;
mod journal;
mod names;
mod record;
mod recovery;
mod segment;
mod simulated;
mod snapshot;
mod storage;

pub use error::JournalError;
pub use folder::{Folder, FolderView};
pub use journal::{Journal, Options, SyncBy};
pub use record::{CLOSED, HEAD_BYTES, Head, PAYLOAD_MAX, Record};
pub use recovery::{Cut, Recovered, records};
pub use segment::SEGMENT_HEAD_BYTES;
pub use simulated::{Disk, Fault};
pub use snapshot::{DamagedSnapshot, SNAPSHOT_MAX, SNAPSHOTS_KEPT, Snapshot};
pub use storage::{Source, Storage, StorageFile};
