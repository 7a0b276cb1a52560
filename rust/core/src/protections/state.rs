//! What of the protections survives a restart.

use serde::{Deserialize, Serialize};

use super::error::RestoreError;
use super::locks::{Kept, Locks};
use super::spec::{ProtectionSpec, Settings};
use super::watch::Watch;
use super::{Lock, Protections};

/// Everything that the answers of an engine depend on; as JSON, it can be read as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    settings: Settings,
    specs: Vec<ProtectionSpec>,
    watches: Vec<Watch>,
    locks: Kept,
    now: Option<i64>,
    closed: i64,
}

impl Protections {
    /// The state as of now, with the events that nobody has taken.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            settings: self.settings,
            specs: self.protections.iter().map(|own| own.spec.clone()).collect(),
            watches: self.protections.iter().map(|own| own.watch.clone()).collect(),
            locks: self.locks.kept.clone(),
            now: self.now,
            closed: self.closed,
        }
    }

    /// The protections that go on where those of the state stopped.
    ///
    /// # Errors
    /// A state of other protections or settings, or one that is broken.
    pub fn restore(specs: &[ProtectionSpec], settings: Settings, state: State) -> Result<Self, RestoreError> {
        let mut new = Self::new(specs, settings)?;
        settings.is_of(&state.settings)?;
        let differs = |number: &usize| specs.get(*number) != state.specs.get(*number);
        if let Some(number) = (0..specs.len().max(state.specs.len())).find(differs) {
            return Err(RestoreError::Protections { number });
        }
        if state.watches.len() != specs.len() {
            return Err(RestoreError::Broken("the protections".to_owned()));
        }
        for (number, (own, kept)) in new.protections.iter_mut().zip(state.watches).enumerate() {
            if !own.watch.fits(&kept) {
                return Err(RestoreError::Broken(format!("protection {number}")));
            }
            own.watch = kept;
        }
        for (place, lock) in state.locks.standing.iter().enumerate() {
            if !new.may_have(lock) || !state.locks.follows(place) {
                return Err(RestoreError::Broken(format!("lock {}", lock.number)));
            }
        }
        new.locks = Locks::new(state.locks, settings.instruments);
        (new.now, new.closed) = (state.now, state.closed);
        // The first input finds out what is due.
        new.due = i64::MIN;
        Ok(new)
    }

    /// The same of the state of these protections.
    ///
    /// # Errors
    /// As [`Protections::restore`].
    pub fn restored(&self, state: State) -> Result<Self, RestoreError> {
        let specs: Vec<_> = self.protections.iter().map(|own| own.spec.clone()).collect();
        Self::restore(&specs, self.settings, state)
    }

    /// Goes on where others stop, for protections that were just made: each goes on that is written as one of those was,
    /// with its locks; the others begin anew.
    ///
    /// # Errors
    /// Other settings, or a lock that stands without its protection; nothing is taken over then.
    pub fn take_over(&mut self, before: &Self) -> Result<(), RestoreError> {
        self.settings.is_of(&before.settings)?;
        let mut heirs = vec![None; before.protections.len()];
        for (number, own) in self.protections.iter().enumerate() {
            let same = |(place, heir): &(usize, &mut Option<usize>)| {
                heir.is_none() && before.protections[*place].spec == own.spec
            };
            if let Some((_, heir)) = heirs.iter_mut().enumerate().find(same) {
                *heir = Some(number);
            }
        }
        let mut kept = before.locks.kept.clone();
        for lock in &mut kept.standing {
            lock.protection = heirs[lock.protection].ok_or(RestoreError::Locked { number: lock.protection })?;
        }
        for (own, was) in heirs.iter().zip(&before.protections).filter_map(|(heir, was)| Some(((*heir)?, was))) {
            self.protections[own].watch = was.watch.clone();
        }
        if let Some(now) = before.now {
            let new = (0..self.protections.len()).filter(|number| !heirs.contains(&Some(*number)));
            new.for_each(|number| self.protections[number].start(now));
        }
        self.locks = Locks::new(kept, self.settings.instruments);
        (self.now, self.closed, self.due) = (before.now, before.closed, i64::MIN);
        Ok(())
    }

    /// The time of the last input; none before the first.
    #[must_use]
    pub const fn now(&self) -> Option<i64> {
        self.now
    }

    fn may_have(&self, lock: &Lock) -> bool {
        let Some(own) = self.protections.get(lock.protection) else { return false };
        own.may_lock(lock.place) && own.spec.rule.kind() == lock.kind && self.covers(lock)
    }

    fn covers(&self, lock: &Lock) -> bool {
        lock.place.instrument.is_none_or(|own| own < self.settings.instruments)
    }
}

impl Settings {
    fn is_of(&self, state: &Self) -> Result<(), RestoreError> {
        let same = |key, was: String, is: String| {
            if was == is { Ok(()) } else { Err(RestoreError::Setting { key, was, is }) }
        };
        same("instruments", state.instruments.to_string(), self.instruments.to_string())?;
        same("balance", state.balance.to_string(), self.balance.to_string())?;
        same("bar_ns", state.bar_ns.to_string(), self.bar_ns.to_string())
    }
}
