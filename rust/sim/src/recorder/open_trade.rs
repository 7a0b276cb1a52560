//! A position that is open, as the round trip that it becomes.

use serde::{Deserialize, Serialize};
use tradenode_core::exact;
use tradenode_core::money::Atoms;
use tradenode_core::orders::{Reason, Side};

/// A position from its first fill on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenTrade {
    pub(crate) opened: i64,
    pub(crate) direction: i8,
    /// Lots ever added.
    pub(crate) lots: i64,
    pub(crate) largest: i64,
    pub(crate) entry_worth: Atoms,
    pub(super) exit_worth: Atoms,
    pub(super) realised: Atoms,
    pub(super) fees: Atoms,
    pub(crate) funding: Atoms,
    pub(super) slippage: Atoms,
    #[serde(with = "exact")]
    pub(crate) high: f64,
    #[serde(with = "exact")]
    pub(crate) low: f64,
    pub(crate) entries: u32,
    /// Which scale-out levels were taken, one bit each.
    pub(crate) parts_taken: u32,
}

/// One fill as booked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booked {
    pub(crate) ts: i64,
    pub(crate) instrument: usize,
    pub(crate) order: u64,
    pub(crate) side: Side,
    pub(crate) lots: i64,
    pub(crate) ticks: i64,
    pub(crate) fee: Atoms,
    pub(crate) slippage: Atoms,
    pub(crate) maker: bool,
    pub(crate) reason: Reason,
}

impl OpenTrade {
    /// The profit so far, costs included.
    pub(crate) const fn net(&self) -> Atoms {
        self.realised - self.fees + self.funding
    }

    pub(crate) fn new(opened: i64, side: Side, price: f64) -> Self {
        Self {
            opened,
            direction: side.sign() as i8,
            lots: 0,
            largest: 0,
            entry_worth: 0,
            exit_worth: 0,
            realised: 0,
            fees: 0,
            funding: 0,
            slippage: 0,
            high: price,
            low: price,
            entries: 0,
            parts_taken: 0,
        }
    }

    pub(crate) fn costs(&mut self, fee: Atoms, slippage: Atoms) {
        self.fees += fee;
        self.slippage += slippage;
    }

    pub(crate) fn added(&mut self, lots: i64, worth: Atoms, held: i64) {
        self.lots += lots;
        self.entries += 1;
        self.entry_worth += worth;
        self.largest = self.largest.max(held.abs());
    }

    /// Takes over prices that it has seen.
    #[inline]
    pub(crate) fn extend(&mut self, high: f64, low: f64) {
        (self.high, self.low) = (self.high.max(high), self.low.min(low));
    }

    /// The same of bars in which nothing happens.
    #[inline]
    pub(crate) fn pass(&mut self, highs: &[f64], lows: &[f64]) {
        let high = highs.iter().fold(f64::NEG_INFINITY, |most, &high| most.max(high));
        let low = lows.iter().fold(f64::INFINITY, |least, &low| least.min(low));
        self.extend(high, low);
    }

    pub(crate) fn taken_off(&mut self, worth: Atoms, realised: Atoms) {
        self.exit_worth += worth;
        self.realised += realised;
    }
}
