//! What a desk asked for, carried out by the desk of a run over events.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tradenode_core::orders::{OrderKind, Side};
use tradenode_sim::error::RunError;
use tradenode_sim::ticks::{self, Ticket};

use crate::desk::{Ask, Wanted};

/// So many of the orders sent last are known by the strategy's own numbers, ended or not; older ones while they live.
const RECENT: usize = 1024;

/// The orders of one instrument by the strategy's own numbers.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sent {
    /// The strategy's number and the engine's, oldest first; at most [`RECENT`].
    recent: VecDeque<(u64, u64)>,
}

impl Sent {
    /// Whether it holds no more than it would have kept: for one that was read.
    pub(super) fn is_sound(&self) -> bool {
        self.recent.len() <= RECENT
    }

    fn keep(&mut self, tag: u64, id: u64) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((tag, id));
    }

    /// The engine's number of an order.
    fn find(&self, tag: u64, desk: &ticks::Desk<'_>, instrument: usize) -> Option<u64> {
        let recent = self.recent.iter().rev().find(|(known, _)| *known == tag).map(|(_, id)| *id);
        recent.or_else(|| {
            let mut open = desk.open_orders(instrument).iter().copied();
            open.find(|&id| desk.order(id).is_some_and(|order| order.tag == tag))
        })
    }
}

/// Why an order that was asked for was not sent.
pub(super) enum Unsent {
    /// The gate refused it.
    Gate,
    /// The order it was to follow is not known.
    Parent,
}

/// Carries one thing out; an order that was not sent comes back with the reason.
pub(super) fn carry_out(
    ask: Ask,
    sent: &mut Sent,
    desk: &mut ticks::Desk<'_>,
    instrument: usize,
) -> Result<Option<(u64, Unsent)>, RunError> {
    match ask {
        Ask::Order(wanted) => return submit(&wanted, sent, desk, instrument),
        Ask::Cancel(tag) => {
            if let Some(id) = sent.find(tag, desk, instrument) {
                desk.cancel(id);
            }
        }
        Ask::Replace { tag, lots, ticks } => {
            if let Some(id) = sent.find(tag, desk, instrument) {
                replace(id, lots, ticks, desk)?;
            }
        }
        Ask::CancelAll => desk.cancel_all(instrument),
        Ask::Kill(kill) => desk.kill(kill, "strategy", "asked for in a call-back")?,
        // Whoever carries out the whole call has seen to it.
        Ask::Batch => {}
        Ask::Close => {
            let held = desk.position(instrument);
            if held != 0 {
                let (side, lots) = (Side::adding(held).opposite(), held.abs());
                let kind = OrderKind::Market;
                let terms = Default::default();
                desk.submit(&Ticket { instrument, side, lots, kind, reduce_only: true, terms, tag: 0 })?;
            }
        }
    }
    Ok(None)
}

fn submit(
    wanted: &Wanted,
    sent: &mut Sent,
    desk: &mut ticks::Desk<'_>,
    instrument: usize,
) -> Result<Option<(u64, Unsent)>, RunError> {
    let Wanted { tag, side, lots, kind, reduce_only, mut terms, after, .. } = *wanted;
    if after != 0 {
        match sent.find(after, desk, instrument) {
            Some(parent) => terms.links.parent = parent,
            None => return Ok(Some((tag, Unsent::Parent))),
        }
    }
    // A desk of events refuses an order without a quantity.
    let ticket = Ticket { instrument, side, lots: lots.unwrap_or(0), kind, reduce_only, terms, tag };
    match desk.submit(&ticket)? {
        Some(id) => {
            sent.keep(tag, id);
            Ok(None)
        }
        None => Ok(Some((tag, Unsent::Gate))),
    }
}

fn replace(id: u64, lots: Option<i64>, ticks: Option<i64>, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
    let Some(order) = desk.order(id) else { return Ok(()) };
    let kind = match (order.intent.kind, ticks) {
        (OrderKind::Limit(_), Some(ticks)) => OrderKind::Limit(ticks),
        (OrderKind::Stop(_), Some(ticks)) => OrderKind::Stop(ticks),
        (kind, _) => kind,
    };
    let lots = lots.unwrap_or(order.intent.lots);
    desk.replace(id, lots, kind).map(drop)
}
