//! How the files of a journal are named: by a record's number, and by what they are.

use crate::error::{JournalError, refused};
use crate::storage::Source;

/// Segments, named by their first record.
pub(crate) const SEGMENT: &str = ".journal";
/// Snapshots, named by the last record that they contain.
pub(crate) const SNAPSHOT: &str = ".snapshot";

/// The name of a file of a kind.
pub(crate) fn name_of(number: u64, kind: &str) -> String {
    format!("{number:020}{kind}")
}

/// The files of a kind with their numbers, in order.
pub(crate) fn listed<S: Source>(storage: &S, kind: &str) -> Result<Vec<(u64, String)>, JournalError> {
    let names = storage.names().map_err(refused("list", "the journal"))?;
    let mut found: Vec<_> = names.into_iter().filter_map(|name| Some((number_of(&name, kind)?, name))).collect();
    found.sort_unstable();
    Ok(found)
}

/// The number in a name; none where it is not a name of this kind.
fn number_of(name: &str, kind: &str) -> Option<u64> {
    let digits = name.strip_suffix(kind)?;
    if digits.len() == 20 { digits.parse().ok() } else { None }
}
