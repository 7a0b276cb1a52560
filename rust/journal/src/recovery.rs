//! What a journal is found to hold when it is opened.

use std::sync::Arc;

use crate::error::{JournalError, refused};
use crate::names::{SEGMENT, listed};
use crate::record::Record;
use crate::segment::Segment;
use crate::snapshot::{DamagedSnapshot, Found, Snapshot, Snapshots};
use crate::storage::{Source, Storage, StorageFile};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The last record; 0 where there is none.
    pub last: u64,
    /// How many segments were looked at.
    pub segments: usize,
    /// Whether the journal was closed in peace.
    pub closed: bool,
    /// What the loss of power or of the process left half written, and was cut off.
    pub cut: Option<Cut>,
    /// The newest snapshot that checks: what follows it is whole.
    pub snapshot: Option<Snapshot>,
    /// The snapshots that do not check, oldest first.
    pub damaged: Vec<DamagedSnapshot>,
}

/// The end of a journal that was cut off, and kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub segment: String,
    /// From which byte on.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The record that would have begun there.
    pub sequence: u64,
    /// What was wrong with it.
    pub why: String,
    /// Where the bytes are kept; none where there were none.
    pub kept: Option<String>,
}

/// The segment that is written to next, and how long it is.
#[derive(Debug)]
pub(crate) struct Open<F> {
    pub(crate) name: String,
    pub(crate) file: Arc<F>,
    pub(crate) bytes: u64,
}

/// The last segment, or the first record and the name of one that was never begun whole.
type Last = Result<Segment, (u64, String)>;

/// Reads and checks the segments from the one on that has a record, one after the other, and gives each to `visit`; the
/// last one may break off.
fn walk<S: Source>(
    storage: &S,
    from: u64,
    mut visit: impl FnMut(&Segment) -> Result<(), JournalError>,
) -> Result<Option<Last>, JournalError> {
    let mut found = listed(storage, SEGMENT)?;
    found.drain(..found.partition_point(|&(first, _)| first <= from).saturating_sub(1));
    let (mut expected, mut last) = (found.first().map_or(from, |&(first, _)| first.min(from)), None);
    let count = found.len();
    for (place, (first, name)) in found.into_iter().enumerate() {
        if first != expected {
            return Err(JournalError::Missing { expected, found: name });
        }
        let bytes = storage.read(&name).map_err(refused("read", &name))?;
        let is_last = place + 1 == count;
        let Some(segment) = Segment::read(name.clone(), first, bytes)? else {
            if is_last {
                return Ok(Some(Err((first, name))));
            }
            let why = "its head is not that of a segment with this name";
            return Err(JournalError::Damaged { segment: name, offset: 0, sequence: first, why });
        };
        visit(&segment)?;
        if let Some(broken) = segment.broken {
            // Only the last segment can have been written to when the process or the power went.
            if !is_last || broken.durable >= segment.next {
                return Err(segment.damaged(broken.why));
            }
        }
        expected = segment.next;
        last = Some(Ok(segment));
    }
    Ok(last)
}

/// Gives every record from one number on to `visit`, in order; a torn tail is left alone, and so is what is written
/// meanwhile.
///
/// # Errors
/// What the storage says; a journal that is damaged or incomplete, or of which that record was pruned; what `visit` says.
pub fn records<S: Source>(
    storage: &S,
    from: u64,
    mut visit: impl FnMut(Record<'_>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    walk(storage, from.max(1), |segment| {
        segment.records().filter(|record| record.head.sequence >= from).try_for_each(&mut visit)
    })
    .map(drop)
}

/// What recovery leaves to the journal: what was found, and the segment to go on with.
type Start<F> = (Recovered, Option<Open<F>>);

/// Finds the newest snapshot that checks, and the journal that follows it; the snapshots that are kept are told besides.
pub(crate) fn recover<S: Storage>(storage: &S) -> Result<(Start<S::File>, Snapshots), JournalError> {
    let Found { kept, newest, damaged } = Snapshots::find(storage)?;
    let known = newest.as_ref().map_or(0, |snapshot| snapshot.sequence);
    let (found, open) = follow(storage, known).map_err(|fault| with_snapshot(fault, known, &damaged))?;
    Ok(((Recovered { snapshot: newest, damaged, ..found }, open), kept))
}

/// Names a damaged snapshot beside a fault that may not have mattered with it.
fn with_snapshot(fault: JournalError, known: u64, damaged: &[DamagedSnapshot]) -> JournalError {
    let is_fault = matches!(fault, JournalError::Damaged { .. } | JournalError::Missing { .. });
    match damaged.last() {
        Some(DamagedSnapshot { name, sequence, why }) if is_fault && *sequence > known => {
            JournalError::Snapshot { fault: Box::new(fault), name: name.clone(), why }
        }
        _ => fault,
    }
}

/// Checks all that follows a record which is known to have been durable, 0 for none, cuts off what was never whole, and opens
/// the last segment. To miss that record is damage. Segments that end before it are not looked at.
fn follow<S: Storage>(storage: &S, known: u64) -> Result<Start<S::File>, JournalError> {
    let (mut segments, mut closed) = (0, false);
    let last = walk(storage, known + 1, |segment| {
        (segments, closed) = (segments + 1, segment.closed);
        Ok(())
    })?;
    let found = |last, cut: Option<Cut>| {
        let closed = closed && cut.is_none();
        Recovered { last, segments, closed, cut, ..Recovered::default() }
    };
    match last {
        None if known > 0 => Err(JournalError::Missing { expected: known, found: "none".to_owned() }),
        None => Ok((found(0, None), None)),
        Some(Err((first, name))) => {
            if known >= first {
                let why = "its head is not that of a segment with this name";
                return Err(JournalError::Damaged { segment: name, offset: 0, sequence: first, why });
            }
            Ok((found(first - 1, Some(give_up(storage, first, name)?)), None))
        }
        Some(Ok(segment)) => {
            if known >= segment.next {
                return Err(segment.damaged("a snapshot counts on a record that is not there"));
            }
            let cut = cut(storage, &segment)?;
            let file = storage.open(&segment.name, segment.end as u64).map_err(refused("open", &segment.name))?;
            // What was read may not be durable yet, nor the segment's name, nor the cut.
            file.sync().map_err(refused("sync", &segment.name))?;
            storage.sync_names().map_err(refused("sync the folder of", &segment.name))?;
            let open = Open { name: segment.name.clone(), file: Arc::new(file), bytes: segment.end as u64 };
            Ok((found(segment.next - 1, cut), Some(open)))
        }
    }
}

/// Removes a segment that was never begun whole, and keeps its bytes aside.
fn give_up<S: Storage>(storage: &S, first: u64, name: String) -> Result<Cut, JournalError> {
    let bytes = storage.read(&name).map_err(refused("read", &name))?;
    let kept = keep(storage, &name, &bytes)?;
    storage.remove(&name).map_err(refused("remove", &name))?;
    storage.sync_names().map_err(refused("sync the folder of", &name))?;
    let why = "its head was never whole".to_owned();
    Ok(Cut { segment: name, offset: 0, bytes: bytes.len() as u64, sequence: first, why, kept })
}

/// Keeps aside what is behind the whole records.
fn cut<S: Storage>(storage: &S, segment: &Segment) -> Result<Option<Cut>, JournalError> {
    let Some(broken) = segment.broken else { return Ok(None) };
    Ok(Some(Cut {
        segment: segment.name.clone(),
        offset: segment.end as u64,
        bytes: segment.rest().len() as u64,
        sequence: segment.next,
        why: broken.why.to_owned(),
        kept: keep(storage, &segment.name, segment.rest())?,
    }))
}

/// Writes bytes to a file of their own beside a segment; nothing for none.
fn keep<S: Storage>(storage: &S, segment: &str, bytes: &[u8]) -> Result<Option<String>, JournalError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let names = storage.names().map_err(refused("list", "the journal"))?;
    let name = (1_u32..).map(|number| format!("{segment}.cut{number}")).find(|name| !names.contains(name));
    let name = name.unwrap_or_default();
    let file = storage.create(&name).map_err(refused("create", &name))?;
    file.append(bytes).map_err(refused("write", &name))?;
    file.sync().map_err(refused("sync", &name))?;
    storage.sync_names().map_err(refused("sync the folder of", &name))?;
    Ok(Some(name))
}
