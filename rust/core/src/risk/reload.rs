//! New limits for a gate that has seen something.

use super::book::RiskError;
use super::gate::RiskGate;
use super::restart::other;

impl RiskGate {
    /// Goes on where the gate before it stops, which had other limits, for one that was just made: halts, losses, paces,
    /// approved orders and locks stay.
    ///
    /// A limit on losses that was passed stays so until its day is over or somebody resumes trading, also where it is
    /// another one now, or none. A limit that was not there before remembers nothing.
    ///
    /// # Errors
    /// A lock stands whose protection is not there any more, or is another one; nothing is taken over then.
    pub fn take_over(&mut self, before: &Self) -> Result<(), RiskError> {
        match (&mut self.guarded, &before.guarded) {
            (Some(own), Some(before)) => own.take_over(before)?,
            (None, Some(before)) if !before.protections.locks().is_empty() => {
                return Err(other("protections", "some with a lock that stands", "none"));
            }
            _ => {}
        }
        for (own, before) in [
            (&mut self.second, &before.second),
            (&mut self.minute, &before.minute),
            (&mut self.cancels, &before.cancels),
        ] {
            if let (Some(own), Some(before)) = (own, before) {
                own.take_over(before);
            }
        }
        if let (Some(own), Some(before)) = (&mut self.correlation, &before.correlation)
            && let Some(restored) = own.restored(&before.state())
        {
            *own = restored;
        }
        if self.limits.duplicate_ns.is_some() {
            self.approved.clone_from(&before.approved);
        }
        (self.losses, self.latch, self.orders) = (before.losses.clone(), before.latch.clone(), before.orders);
        Ok(())
    }
}

#[cfg(test)]
#[path = "reload_test.rs"]
mod tests;
