//! An order of a strategy, as it stands.

use pyo3::prelude::*;
use tradenode_core::orders::life::{Pending, Status};
use tradenode_core::orders::terms::Trigger;
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::units::Grid;
use tradenode_sim::ticks::OwnOrder;
use tradenode_sim::working::Working;

use super::intent::{Intent, word};

/// An order of a strategy.
#[pyclass(module = "tradenode._core", frozen, get_all, eq, from_py_object)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub(super) id: u64,
    pub(super) side: &'static str,
    pub(super) quantity: f64,
    pub(super) filled: f64,
    /// What may still fill.
    pub(super) left: f64,
    /// In quote units; `None` for an order at the market.
    pub(super) limit: Option<f64>,
    /// What sets it off, or by how much it trails.
    pub(super) stop: Option<f64>,
    pub(super) reduce_only: bool,
    pub(super) post_only: bool,
    pub(super) status: &'static str,
    pub(super) pending: Option<&'static str>,
    pub(super) reason: Option<String>,
}

const STATUSES: [&str; 9] =
    ["initialized", "submitted", "unknown", "working", "filled", "cancelled", "rejected", "expired", "refused"];

pub(crate) const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Initialized => "initialized",
        Status::Submitted => "submitted",
        Status::Unknown => "unknown",
        Status::Working => "working",
        Status::Filled => "filled",
        Status::Cancelled => "cancelled",
        Status::Rejected => "rejected",
        Status::Expired => "expired",
    }
}

pub(crate) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

impl Order {
    /// An order that rests in a run over bars.
    pub(super) fn of_bars(order: &Working, price: &Grid, quantity: &Grid) -> Self {
        let intent = order.approved().intent();
        let (limit, stop) = match intent.kind {
            OrderKind::Limit(ticks) => (Some(price.value(ticks)), None),
            OrderKind::Stop(ticks) => (None, Some(price.value(ticks))),
            OrderKind::Market => (None, None),
        };
        Self {
            id: order.tag(),
            side: side_name(intent.side),
            quantity: quantity.value(intent.lots),
            filled: 0.0,
            left: quantity.value(intent.lots),
            limit,
            stop,
            reduce_only: intent.reduce_only,
            post_only: false,
            status: status_name(Status::Working),
            pending: None,
            reason: None,
        }
    }

    /// An order that the gate refused.
    pub(crate) fn refused(intent: &Intent, reason: String) -> Self {
        Self {
            id: intent.id,
            side: if intent.action == "buy" { "buy" } else { "sell" },
            quantity: intent.quantity.unwrap_or(0.0),
            filled: 0.0,
            left: 0.0,
            limit: intent.limit,
            stop: intent.stop.or(intent.take_profit).or(intent.trailing),
            reduce_only: intent.reduce_only,
            post_only: intent.post_only,
            status: STATUSES[STATUSES.len() - 1],
            pending: None,
            reason: Some(reason),
        }
    }

    /// An order of a run over events.
    pub(crate) fn of_events(order: &OwnOrder, price: &Grid, quantity: &Grid, reason: Option<String>) -> Self {
        let limit = match order.intent.kind {
            OrderKind::Limit(ticks) => Some(price.value(ticks)),
            OrderKind::Market | OrderKind::Stop(_) => None,
        };
        let stop = match (order.intent.kind, order.terms.trigger) {
            (OrderKind::Stop(at), _) | (_, Trigger::Stop(at) | Trigger::TakeProfit(at) | Trigger::Trailing(at)) => {
                Some(price.value(at))
            }
            (_, Trigger::None) => None,
        };
        Self {
            id: order.tag,
            side: side_name(order.intent.side),
            quantity: quantity.value(order.intent.lots),
            filled: quantity.value(order.life.filled()),
            left: quantity.value(order.life.left()),
            limit,
            stop,
            reduce_only: order.intent.reduce_only,
            post_only: order.terms.post_only,
            status: status_name(order.life.status()),
            pending: match order.life.pending() {
                Pending::Nothing => None,
                Pending::Cancel => Some("cancel"),
                Pending::Replace => Some("replace"),
            },
            reason,
        }
    }
}

#[pymethods]
impl Order {
    #[new]
    #[pyo3(signature = (side, id, quantity, limit = None, stop = None, *, filled = 0.0, reduce_only = false,
        post_only = false, status = "working", pending = None, reason = None))]
    #[expect(clippy::too_many_arguments, reason = "a unit test sets what its strategy reads, by keyword")]
    fn new(
        side: &str,
        id: u64,
        quantity: f64,
        limit: Option<f64>,
        stop: Option<f64>,
        filled: f64,
        reduce_only: bool,
        post_only: bool,
        status: &str,
        pending: Option<&str>,
        reason: Option<String>,
    ) -> PyResult<Self> {
        let side = word(side, "side", &["buy", "sell"])?;
        let status = word(status, "status", &STATUSES)?;
        let pending = pending.map(|pending| word(pending, "pending", &["cancel", "replace"])).transpose()?;
        let left = quantity - filled;
        Ok(Self { id, side, quantity, filled, left, limit, stop, reduce_only, post_only, status, pending, reason })
    }

    fn __repr__(&self) -> String {
        let price = |name: &str, value: Option<f64>| value.map_or(String::new(), |value| format!(", {name}={value}"));
        let reason = self.reason.as_ref().map_or(String::new(), |reason| format!(", reason={reason:?}"));
        format!(
            "Order({:?}, id={}, quantity={}{}{}, filled={}, status={:?}{reason})",
            self.side,
            self.id,
            self.quantity,
            price("limit", self.limit),
            price("stop", self.stop),
            self.filled,
            self.status,
        )
    }
}
