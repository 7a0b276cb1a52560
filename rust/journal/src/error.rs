//! What goes wrong with a journal.

use std::io;

use thiserror::Error;

/// A fault of the storage, or of what was found in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The storage refused.
    #[error("journal: cannot {what} {name}: {source}")]
    Storage {
        /// What was attempted.
        what: &'static str,
        /// The file.
        name: String,
        /// The reason.
        source: io::Error,
    },
    /// Something that was durable is not as it was written.
    #[error("journal: {segment} is damaged at byte {offset}, where record {sequence} begins: {why}")]
    Damaged {
        /// The segment's file.
        segment: String,
        /// Where in it.
        offset: u64,
        /// The record that should be there.
        sequence: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// A segment is not there.
    #[error("journal: record {expected} is not there, the next segment is {found}: one is missing or was pruned")]
    Missing {
        /// The record that should come next.
        expected: u64,
        /// The segment that is there.
        found: String,
    },
    /// A journal is damaged or incomplete, and so is a snapshot that may have done without the part.
    #[error("{fault} (snapshot {name}, which may do without, is damaged: {why})")]
    Snapshot {
        /// What is wrong with the journal.
        fault: Box<JournalError>,
        /// The snapshot's file.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The journal is of another version of the node.
    #[error("journal: {file} has format {found}, this node reads {known}")]
    Format {
        /// The segment or snapshot.
        file: String,
        /// The format it has.
        found: u32,
        /// The format that is known.
        known: u32,
    },
    /// Another process writes this journal.
    #[error("journal: {0} is written by another process")]
    Locked(String),
    /// A payload that does not fit.
    #[error("journal: a {what} of {bytes} bytes is longer than {most}")]
    TooLong {
        /// What it was for.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// The journal has failed before and takes nothing more.
    #[error("journal: stopped by an earlier error: {0}")]
    Stopped(String),
}

/// Names what was attempted where a storage refuses.
pub(crate) fn refused<'a>(what: &'static str, name: &'a str) -> impl FnOnce(io::Error) -> JournalError + 'a {
    move |source| JournalError::Storage { what, name: name.to_owned(), source }
}
