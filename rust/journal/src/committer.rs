//! Group commit: one sync for everything that was written before it began.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::storage::StorageFile;

/// A thread that syncs the segment that is written to, as often as somebody wants more to be durable.
#[derive(Debug)]
pub(crate) struct Committer<F: StorageFile> {
    shared: Arc<Shared<F>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<F> {
    state: Mutex<State<F>>,
    wanted: Condvar,
    done: Condvar,
    durable: AtomicU64,
    /// Whether the state says why a sync failed: asked with every record, so without its lock.
    has_failed: AtomicBool,
}

#[derive(Debug)]
struct State<F> {
    file: Arc<F>,
    wanted: u64,
    failed: Option<String>,
    stop: bool,
}

impl<F: StorageFile> Committer<F> {
    /// Starts; `told` is called after each sync, whether it went well or not.
    pub(crate) fn start(file: Arc<F>, durable: u64, told: impl Fn() + Send + 'static) -> Self {
        let state = State { file, wanted: durable, failed: None, stop: false };
        let (wanted, done) = (Condvar::new(), Condvar::new());
        let (durable, has_failed) = (AtomicU64::new(durable), AtomicBool::new(false));
        let shared = Arc::new(Shared { state: Mutex::new(state), wanted, done, durable, has_failed });
        let own = Arc::clone(&shared);
        Self { shared, thread: Some(thread::spawn(move || own.run(told))) }
    }

    /// The last record that is durable.
    pub(crate) fn durable(&self) -> u64 {
        self.shared.durable.load(Ordering::Acquire)
    }

    /// Why a sync failed; nothing is synced after that.
    pub(crate) fn failed(&self) -> Option<String> {
        self.shared.has_failed.load(Ordering::Acquire).then(|| self.shared.lock().failed.clone()).flatten()
    }

    /// Wants everything up to a record, which has been written, to be durable.
    pub(crate) fn want(&self, sequence: u64) {
        let mut state = self.shared.lock();
        if sequence > state.wanted {
            state.wanted = sequence;
            // The thread wants the lock as soon as it wakes.
            drop(state);
            self.shared.wanted.notify_one();
        }
    }

    /// Blocks until a record that is wanted is durable, or a sync has failed.
    pub(crate) fn wait(&self, sequence: u64) {
        let mut state = self.shared.lock();
        while self.durable() < sequence && state.failed.is_none() {
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Syncs in the caller's thread, unless the other one is at it: then wants as much. To wake a thread can take as long as
    /// a sync. `told` is not called.
    pub(crate) fn sync_here(&self, sequence: u64) {
        let mut state = self.shared.lock();
        if state.wanted > self.durable() {
            drop(state);
            self.want(sequence);
        } else if sequence > state.wanted && state.failed.is_none() {
            // Under the lock: of two syncs at once the storage may tell only one of its error.
            state.wanted = sequence;
            let synced = state.file.sync();
            self.shared.synced(&mut state, sequence, synced);
        }
    }

    /// Goes over to the next segment; all before it was synced by the caller.
    pub(crate) fn follow(&self, file: Arc<F>, durable: u64) {
        self.shared.lock().file = file;
        self.shared.durable.fetch_max(durable, Ordering::Release);
    }
}

impl<F: StorageFile> Drop for Committer<F> {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.wanted.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told by its hook; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl<F: StorageFile> Shared<F> {
    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, told: impl Fn()) {
        let mut state = self.lock();
        loop {
            while state.wanted <= self.durable.load(Ordering::Acquire) && !state.stop {
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.stop || state.failed.is_some() {
                return;
            }
            let (file, target) = (Arc::clone(&state.file), state.wanted);
            drop(state);
            let synced = file.sync();
            state = self.lock();
            self.synced(&mut state, target, synced);
            self.done.notify_all();
            told();
        }
    }

    /// Takes note of how a sync of everything up to a record went.
    fn synced(&self, state: &mut State<F>, sequence: u64, synced: io::Result<()>) {
        match synced {
            Ok(()) => drop(self.durable.fetch_max(sequence, Ordering::Release)),
            Err(error) => {
                state.failed = Some(format!("cannot sync: {error}"));
                self.has_failed.store(true, Ordering::Release);
            }
        }
    }
}
