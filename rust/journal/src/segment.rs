//! A segment: a file that begins with the number of its first record.

use crate::error::JournalError;
use crate::record::{HEAD_BYTES, Record, claimed, decode};

/// The bytes before a segment's first record: mark (8), format (u32), checksum of all else in it (u32), first sequence (u64).
pub const SEGMENT_HEAD_BYTES: usize = 24;

const MARK: &[u8; 8] = b"TNJRNL\r\n";
const FORMAT: u32 = 1;

pub(crate) fn head(first: u64) -> [u8; SEGMENT_HEAD_BYTES] {
    let mut head = [0; SEGMENT_HEAD_BYTES];
    head[..8].copy_from_slice(MARK);
    head[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    head[16..].copy_from_slice(&first.to_le_bytes());
    let checksum = checksum(&head);
    head[12..16].copy_from_slice(&checksum.to_le_bytes());
    head
}

fn checksum(head: &[u8; SEGMENT_HEAD_BYTES]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[..12]);
    hasher.update(&head[16..]);
    hasher.finalize()
}

/// A segment as it was read: whole records, and what is behind them.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) name: String,
    bytes: Vec<u8>,
    /// Where the whole records end.
    pub(crate) end: usize,
    /// The record that would come next.
    pub(crate) next: u64,
    /// What is behind the whole records, if anything.
    pub(crate) broken: Option<Broken>,
    /// Whether the last record says that the journal was closed.
    pub(crate) closed: bool,
}

/// The rest of a segment, which is no whole record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken {
    pub(crate) why: &'static str,
    /// The last record that a whole record behind the break knows to be durable.
    pub(crate) durable: u64,
}

impl Segment {
    /// Reads the records of a segment whose first one is known. `Ok(None)` is a segment whose head was never written whole:
    /// it is durable before the first record comes.
    pub(crate) fn read(name: String, first: u64, bytes: Vec<u8>) -> Result<Option<Self>, JournalError> {
        let Some(start) = bytes.first_chunk::<SEGMENT_HEAD_BYTES>() else { return Ok(None) };
        let found = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
        if start[..8] == *MARK && found != FORMAT && checksum(start).to_le_bytes() == start[12..16] {
            return Err(JournalError::Format { file: name, found, known: FORMAT });
        }
        if *start != head(first) {
            if bytes.len() == SEGMENT_HEAD_BYTES {
                return Ok(None);
            }
            let why = "its head is not that of a segment with this name";
            return Err(JournalError::Damaged { segment: name, offset: 0, sequence: first, why });
        }
        let mut read = Self { name, bytes, end: SEGMENT_HEAD_BYTES, next: first, broken: None, closed: false };
        read.walk();
        Ok(Some(read))
    }

    fn walk(&mut self) {
        while self.end < self.bytes.len() {
            let rest = &self.bytes[self.end..];
            let why = match decode(rest) {
                Ok(record) if record.head.sequence == self.next => {
                    self.closed = record.head.kind == crate::record::CLOSED;
                    (self.end, self.next) = (self.end + record.bytes(), self.next + 1);
                    continue;
                }
                Ok(_) => "a record of another number is there",
                Err(why) => why,
            };
            self.broken = Some(Broken { why, durable: durable_behind(rest, self.next) });
            return;
        }
    }

    /// The bytes behind the whole records.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.end..]
    }

    /// The whole records.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut at = SEGMENT_HEAD_BYTES;
        std::iter::from_fn(move || {
            let record = (at < self.end).then(|| decode(&self.bytes[at..self.end]).ok()).flatten()?;
            at += record.bytes();
            Some(record)
        })
    }

    /// That the break is damage to something that was durable.
    pub(crate) fn damaged(&self, why: &'static str) -> JournalError {
        JournalError::Damaged { segment: self.name.clone(), offset: self.end as u64, sequence: self.next, why }
    }
}

/// What whole records somewhere behind a break know to be durable; a record there has a number that can be reached from
/// the break.
fn durable_behind(rest: &[u8], next: u64) -> u64 {
    let last = next + (rest.len() / HEAD_BYTES) as u64;
    let mut known = 0;
    let mut at = 1;
    while at + HEAD_BYTES <= rest.len() {
        let candidate = &rest[at..];
        let numbered = claimed(candidate).is_some_and(|sequence| (next..=last).contains(&sequence));
        match if numbered { decode(candidate) } else { Err("") } {
            Ok(record) => (known, at) = (known.max(record.head.durable), at + record.bytes()),
            Err(_) => at += 1,
        }
    }
    known
}
