//! One record, and how it lies in a segment.
//!
//! Little-endian: length of the payload (u32), checksum of all that follows it (u32, CRC-32), sequence (u64), time (i64, ns
//! UTC), cause (u64), what was durable when this was written (u64), kind (u16), source (u16), payload.

/// The bytes before a payload.
pub const HEAD_BYTES: usize = 44;
/// The longest payload.
pub const PAYLOAD_MAX: usize = 16 << 20;
/// The kind of the record that ends a journal which was closed in peace.
pub const CLOSED: u16 = u16::MAX;

/// From here on a record is under its checksum.
const CHECKED_FROM: usize = 8;

/// What is known of a record without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 1, without gaps.
    pub sequence: u64,
    /// When it was received or sent, ns UTC.
    pub time: i64,
    /// The record that it follows from; 0 for what comes from outside.
    pub cause: u64,
    /// The last record that was durable when this one was written.
    pub durable: u64,
    /// What it is; the journal gives no meaning to it but to [`CLOSED`].
    pub kind: u16,
    /// Where it comes from or goes to.
    pub source: u16,
}

/// A record as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Everything but the payload.
    pub head: Head,
    /// The content.
    pub payload: &'a [u8],
}

impl Record<'_> {
    /// How many bytes it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        HEAD_BYTES + self.payload.len()
    }
}

/// Adds a record to `out`; the payload must be no longer than [`PAYLOAD_MAX`].
pub(crate) fn encode(head: &Head, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&head.sequence.to_le_bytes());
    out.extend_from_slice(&head.time.to_le_bytes());
    out.extend_from_slice(&head.cause.to_le_bytes());
    out.extend_from_slice(&head.durable.to_le_bytes());
    out.extend_from_slice(&head.kind.to_le_bytes());
    out.extend_from_slice(&head.source.to_le_bytes());
    out.extend_from_slice(payload);
    let checksum = checksum(&out[start..]);
    out[start + 4..start + CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads the record at the start of `bytes`, or says what is wrong with it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Record<'_>, &'static str> {
    let Some(fixed) = bytes.first_chunk::<HEAD_BYTES>() else { return Err("it ends within a record's head") };
    let length = u32_at(fixed, 0) as usize;
    if length > PAYLOAD_MAX {
        return Err("its length is impossible");
    }
    let Some(whole) = bytes.get(..HEAD_BYTES + length) else { return Err("it ends within a record") };
    if checksum(whole) != u32_at(fixed, 4) {
        return Err("its checksum does not fit");
    }
    Ok(Record { head: head(fixed), payload: &whole[HEAD_BYTES..] })
}

/// The sequence that a record at the start of `bytes` would have, and whether there is room for such a record.
pub(crate) fn claimed(bytes: &[u8]) -> Option<u64> {
    let fixed = bytes.first_chunk::<HEAD_BYTES>()?;
    let length = u32_at(fixed, 0) as usize;
    (length <= PAYLOAD_MAX && HEAD_BYTES + length <= bytes.len()).then(|| u64_at(fixed, 8))
}

fn head(fixed: &[u8; HEAD_BYTES]) -> Head {
    let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    Head {
        sequence: u64_at(fixed, 8),
        time: u64_at(fixed, 16) as i64,
        cause: u64_at(fixed, 24),
        durable: u64_at(fixed, 32),
        kind: short(40),
        source: short(42),
    }
}

/// Of the length and all behind the checksum: a length of another record is found out too.
fn checksum(record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record[..4]);
    hasher.update(&record[CHECKED_FROM..]);
    hasher.finalize()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
