//! A folder of the file system, owned by one process at a time.

use std::fs::{File, OpenOptions, create_dir_all, read, read_dir, remove_file, rename};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::{JournalError, refused};
use crate::storage::{Source, Storage, StorageFile};

const LOCK: &str = "lock";

/// A folder to be read, whoever writes a journal to it meanwhile.
#[derive(Debug)]
pub struct FolderView(PathBuf);

impl FolderView {
    /// Looks at a folder that is there.
    ///
    /// # Errors
    /// A folder that is not.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        read_dir(path).map_err(refused("list", &path.display().to_string()))?;
        Ok(Self(path.to_owned()))
    }
}

impl Source for FolderView {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in read_dir(&self.0)? {
            // A name that is no text is none of ours.
            names.extend(entry?.file_name().into_string().ok().filter(|name| name != LOCK));
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        read(self.0.join(name))
    }
}

/// A folder that no other process may write a journal to while this one has it.
#[derive(Debug)]
pub struct Folder {
    view: FolderView,
    /// Held open: the lock goes with it, whatever ends the process.
    _lock: File,
}

impl Folder {
    /// Opens the folder, made where there is none, and locks it.
    ///
    /// # Errors
    /// A folder that cannot be made or that another process has.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        create_dir_all(path).map_err(refused("make the folder", &name))?;
        let lock =
            OpenOptions::new().create(true).append(true).open(path.join(LOCK)).map_err(refused("lock", &name))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { view: FolderView(path.to_owned()), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(JournalError::Locked(name)),
            Err(error) => Err(refused("lock", &name)(error.into())),
        }
    }

    fn path(&self) -> &Path {
        &self.view.0
    }
}

impl Source for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        self.view.names()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.view.read(name)
    }
}

impl Storage for Folder {
    type File = File;

    fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().append(true).create_new(true).open(self.path().join(name))
    }

    fn open(&self, name: &str, length: u64) -> io::Result<File> {
        let file = OpenOptions::new().append(true).open(self.path().join(name))?;
        file.set_len(length)?;
        Ok(file)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        remove_file(self.path().join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        rename(self.path().join(from), self.path().join(to))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(self.path())?.sync_all()
    }
}

impl StorageFile for File {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
