//! Where a journal lies: a folder, or a disk that only exists in a simulation.

use std::io;

/// A flat folder of files, to be read.
pub trait Source: Send + Sync + 'static {
    /// The names of all files, in no order.
    ///
    /// # Errors
    /// Whatever the storage says; so too below.
    fn names(&self) -> io::Result<Vec<String>>;

    /// The content of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
}

/// One that is written to.
pub trait Storage: Source {
    /// A file that is appended to.
    type File: StorageFile;

    /// Makes an empty file, which must not be there yet.
    ///
    /// # Errors
    /// Whatever the storage says; so too below.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file to append to, cut to its first `length` bytes.
    fn open(&self, name: &str, length: u64) -> io::Result<Self::File>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in place of a file that has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes what was created, renamed and removed outlast the loss of power.
    fn sync_names(&self) -> io::Result<()>;
}

/// A file of a [`Storage`].
pub trait StorageFile: Send + Sync + 'static {
    /// Writes all of `bytes` to the end: from then on they outlast the process.
    ///
    /// # Errors
    /// Whatever the storage says; a part may have been written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written outlast the loss of power.
    ///
    /// # Errors
    /// Whatever the storage says; nothing is known of what was written then, and asking again would tell nothing.
    fn sync(&self) -> io::Result<()>;
}
