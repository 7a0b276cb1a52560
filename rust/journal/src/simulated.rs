//! A disk that only exists in a simulation: it fails when it is told to, and forgets what was not synced when the power goes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::storage::{Source, Storage, StorageFile};

/// What is written together or not at all when the power goes, bytes.
const SECTOR: usize = 512;

/// The disk; clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

/// A fault that comes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Which call to the disk fails, counted from the next one as 0.
    pub after: u64,
    /// With what.
    pub error: io::ErrorKind,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, Content>,
    /// What names there are, and which of them outlast the loss of power.
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    next: u64,
    calls: u64,
    fault: Option<(u64, io::ErrorKind)>,
    forgets: bool,
}

#[derive(Debug, Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    durable: Vec<u8>,
}

/// A file of a [`Disk`].
#[derive(Debug)]
pub struct DiskFile {
    disk: Disk,
    file: u64,
}

impl Disk {
    /// How many calls there have been.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Plans a fault in place of one that was planned before.
    pub fn plan(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault.map(|fault| (state.calls + fault.after, fault.error));
    }

    /// From now on a sync only says that it was done: the disk that a journal must not be trusted on.
    pub fn forget_syncs(&self) {
        self.state().forgets = true;
    }

    /// The power goes. Of what was not synced each sector is there or is not, and each name that was made, renamed or
    /// removed is as it was or as it became, by `seed`.
    pub fn cut_power(&self, seed: u64) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut state = self.state();
        let names: BTreeSet<String> = state.names.keys().chain(state.durable_names.keys()).cloned().collect();
        let mut kept = BTreeMap::new();
        for name in names {
            let (new, old) = (state.names.get(&name), state.durable_names.get(&name));
            let left = if new != old && random.next_u64() & 1 == 0 { new } else { old };
            kept.extend(left.map(|&file| (name, file)));
        }
        for content in state.files.values_mut() {
            content.lose(&mut random);
        }
        let alive: BTreeSet<u64> = kept.values().copied().collect();
        state.files.retain(|file, _| alive.contains(file));
        (state.names, state.durable_names, state.fault) = (kept.clone(), kept, None);
    }

    /// Turns one bit of a file over, counted from its first; false where it is not there.
    pub fn flip(&self, name: &str, bit: u64) -> bool {
        let mut state = self.state();
        let file = state.names.get(name).copied();
        let Some(content) = file.and_then(|file| state.files.get_mut(&file)) else { return false };
        let Some(byte) = content.bytes.get_mut((bit / 8) as usize) else { return false };
        *byte ^= 1 << (bit % 8);
        content.durable.clone_from(&content.bytes);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, which fails if that was planned.
    fn called(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        match state.fault.filter(|&(at, _)| at == call) {
            Some((_, error)) => Err(io::Error::new(error, "planned by the simulation")),
            None => Ok(state),
        }
    }

    fn found(state: &State, name: &str) -> io::Result<u64> {
        state.names.get(name).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Content {
    fn lose(&mut self, random: &mut Xoshiro256PlusPlus) {
        let (old, new) = (self.durable.len(), self.bytes.len());
        // A file that was cut and not synced since may have its old end again.
        let length = old.min(new) + (random.next_u64() as usize) % (old.max(new) - old.min(new) + 1);
        let mut left = vec![0; length];
        for (number, sector) in left.chunks_mut(SECTOR).enumerate() {
            let source = if random.next_u64() & 1 == 0 { &self.bytes } else { &self.durable };
            let start = number * SECTOR;
            let end = source.len().min(start + sector.len());
            if start < end {
                sector[..end - start].copy_from_slice(&source[start..end]);
            }
        }
        let same = old.min(new);
        left[..same].copy_from_slice(&self.durable[..same]);
        (self.bytes, self.durable) = (left.clone(), left);
    }
}

impl Source for Disk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.called()?.names.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.called()?;
        let file = Self::found(&state, name)?;
        Ok(state.files[&file].bytes.clone())
    }
}

impl Storage for Disk {
    type File = DiskFile;

    fn create(&self, name: &str) -> io::Result<DiskFile> {
        let mut state = self.called()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.next;
        state.next += 1;
        state.files.insert(file, Content::default());
        state.names.insert(name.to_owned(), file);
        Ok(DiskFile { disk: self.clone(), file })
    }

    fn open(&self, name: &str, length: u64) -> io::Result<DiskFile> {
        let mut state = self.called()?;
        let file = Self::found(&state, name)?;
        let content = state.files.entry(file).or_default();
        content.bytes.resize(length as usize, 0);
        Ok(DiskFile { disk: self.clone(), file })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.called()?;
        Self::found(&state, name)?;
        state.names.remove(name);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.called()?;
        let file = Self::found(&state, from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.called()?;
        if !state.forgets {
            state.durable_names = state.names.clone();
        }
        Ok(())
    }
}

impl StorageFile for DiskFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        match self.disk.called() {
            Ok(mut state) => {
                state.files.entry(self.file).or_default().bytes.extend_from_slice(bytes);
                Ok(())
            }
            Err(error) => {
                // A write that fails may have written a part.
                let mut state = self.disk.state();
                state.files.entry(self.file).or_default().bytes.extend_from_slice(&bytes[..bytes.len() / 2]);
                Err(error)
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.called()?;
        if !state.forgets {
            let content = state.files.entry(self.file).or_default();
            content.durable = content.bytes.clone();
        }
        Ok(())
    }
}
