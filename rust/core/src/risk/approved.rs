//! An order that has passed the gate.

use crate::orders::Intent;

/// An order that has passed the gate. Nothing else can make one, and a venue takes nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    id: u64,
    intent: Intent,
}

/// The gate's word that an intent may become an order of so many lots. Nothing else can make one, and it makes one order:
/// see [`RiskGate::approve`](super::RiskGate::approve).
#[derive(Debug)]
pub struct Permit<'i> {
    pub(super) intent: &'i Intent,
    pub(super) lots: i64,
}

impl Approved {
    pub(super) const fn new(id: u64, intent: Intent) -> Self {
        Self { id, intent }
    }

    /// The order's number in this run, from 1.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What was approved; `lots` may be fewer than asked for when the intent only shrinks a position.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }
}
