//! What became of orders, counted.

use serde::{Deserialize, Serialize};

use crate::venue::{End, Refused, Report, VENUES_ORDERS, What};

/// Counts of what was sent and what was heard of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Orders sent.
    pub sent: u64,
    /// Orders that the venue took.
    pub accepted: u64,
    /// Orders that it refused, by [`Refused::ALL`].
    pub rejected: [u64; Refused::ALL.len()],
    /// Orders filled whole.
    pub filled: u64,
    /// Orders that ended with less, by [`End::ALL`].
    pub cancelled: [u64; End::ALL.len()],
    /// Orders whose time was over.
    pub expired: u64,
    /// Orders given another size or price.
    pub replaced: u64,
    /// Replaces refused.
    pub replace_rejected: u64,
    /// Cancels that found nothing to cancel.
    pub cancel_rejected: u64,
    /// Fills that gave liquidity.
    pub maker_fills: u64,
    /// Fills that took it.
    pub taker_fills: u64,
}

impl Outcomes {
    /// Counts what a report tells that is new.
    pub(super) const fn count(&mut self, report: &Report) {
        match report.what {
            What::Accepted => self.accepted += 1,
            What::Rejected(why) => self.rejected[why as usize] += 1,
            What::Triggered => {}
            What::Filled(fill) => {
                // One of the venue's own is none that was sent.
                self.filled += (fill.left == 0 && report.order < VENUES_ORDERS) as u64;
                self.maker_fills += fill.maker as u64;
                self.taker_fills += !fill.maker as u64;
            }
            What::Replaced { .. } => self.replaced += 1,
            What::ReplaceRejected(_) => self.replace_rejected += 1,
            What::Cancelled(end) => self.cancelled[end as usize] += 1,
            What::CancelRejected(_) => self.cancel_rejected += 1,
            What::Expired => self.expired += 1,
        }
    }

    /// The counts with their names, zeros too.
    #[must_use]
    pub fn named(&self) -> Vec<(String, u64)> {
        let plain = |name: &str, count| (name.to_owned(), count);
        let rejected = Refused::ALL.iter().zip(self.rejected).map(|(why, n)| (format!("rejected.{}", why.name()), n));
        let cancelled = End::ALL.iter().zip(self.cancelled).map(|(end, n)| (format!("cancelled.{}", end.name()), n));
        [plain("sent", self.sent), plain("accepted", self.accepted), plain("filled", self.filled)]
            .into_iter()
            .chain([plain("expired", self.expired), plain("replaced", self.replaced)])
            .chain([plain("replace_rejected", self.replace_rejected), plain("cancel_rejected", self.cancel_rejected)])
            .chain([plain("maker_fills", self.maker_fills), plain("taker_fills", self.taker_fills)])
            .chain(rejected)
            .chain(cancelled)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_the_place_of_its_number() {
        assert!(Refused::ALL.iter().enumerate().all(|(place, &why)| why as usize == place));
        assert!(End::ALL.iter().enumerate().all(|(place, &end)| end as usize == place));
    }
}
