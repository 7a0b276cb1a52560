//! What a strategy sees of a closed bar, and what it may ask for.

use serde::{Deserialize, Serialize};
use tradenode_core::bars::Bars;
use tradenode_core::exact;
use tradenode_core::orders::{OrderKind, Reason, Side};
use tradenode_core::risk::{Check, Kill, Refusal};
use tradenode_core::strategy::guard::Distances;
use tradenode_core::strategy::{EntryOrder, ExitsSpec};
use tradenode_core::units::{Grid, Rounding, UnitError};

use crate::error::RunError;
use crate::ledger::Ledger;
use crate::working::Working;

/// A closed bar and the state of the account at its close.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The bar's end, ns UTC.
    pub now: i64,
    /// The instrument's index.
    pub instrument: usize,
    /// The closed bar's row in [`View::bars`]; later rows are the future.
    pub row: usize,
    /// The instrument's bars.
    pub bars: &'a Bars<'a>,
    /// The books.
    pub ledger: &'a Ledger<'a>,
    /// The instrument's resting orders.
    pub working: &'a [Working],
}

/// An entry that is sized and approved when it is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Long or short.
    pub side: Side,
    /// How.
    pub order: EntryOrder,
    /// The price of a limit or stop order, in quote units.
    #[serde(with = "exact")]
    pub price: f64,
    /// How long a limit or stop order rests, ns.
    pub valid_ns: i64,
    /// For the guard.
    pub distances: Distances,
    /// What the rule of its size came to ([`SizeMethod::rule`]); NaN without one.
    ///
    /// [`SizeMethod::rule`]: tradenode_core::strategy::SizeMethod::rule
    #[serde(with = "exact")]
    pub measure: f64,
    /// Whether it adds to a position rather than opening one.
    pub adds: bool,
    /// The number the strategy knows a resting entry by; 0 for a rule's, which a new signal replaces.
    pub tag: u64,
}

impl Entry {
    /// Why its order is made.
    pub(crate) const fn reason(&self) -> Reason {
        if self.adds { Reason::ScaleIn } else { Reason::Entry }
    }

    /// What of it is undefined and must not be: the price of a limit or stop order, a distance that the exits take from a
    /// rule. Call-backs give no distances: what the exits take from rules does not apply to their positions.
    pub(crate) fn undefined(&self, exits: &ExitsSpec) -> Option<Refusal> {
        let unpriced = (self.order != EntryOrder::Market && !self.price.is_finite()).then_some(self.price);
        let unguarded = || if self.tag == 0 { exits.undefined(self.distances) } else { None };
        let value = unpriced.or_else(unguarded)?;
        Some(Refusal { check: Check::Undefined, limit: 0.0, value })
    }

    /// Its order's kind. A price between two ticks goes to the one that is worse to reach.
    pub(crate) fn kind(&self, grid: &Grid) -> Result<OrderKind, UnitError> {
        let limit = match self.order {
            EntryOrder::Market => return Ok(OrderKind::Market),
            EntryOrder::Limit => true,
            EntryOrder::Stop => false,
        };
        let down = (self.side == Side::Buy) == limit;
        let price = grid.steps_towards(self.price, if down { Rounding::Down } else { Rounding::Up })?;
        Ok(if limit { OrderKind::Limit(price) } else { OrderKind::Stop(price) })
    }
}

/// What a strategy asks for on a bar's close; carried out at the next event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Request {
    /// Opens or adds, by the run's size.
    Enter(Entry),
    /// Closes the whole position.
    Leave(Reason),
    /// Takes off a part of the position: the index of the scale-out.
    TakeOff(usize),
    /// An order as a call-back gives it.
    Place {
        /// Which way.
        side: Side,
        /// Lots, above zero.
        lots: i64,
        /// How.
        kind: OrderKind,
        /// Whether it may only shrink the position.
        reduce_only: bool,
        /// The number the strategy knows it by, above zero.
        tag: u64,
    },
    /// Cancels the resting order of that number.
    Cancel(u64),
    /// Cancels every resting order of the instrument.
    CancelAll,
    /// Pulls the kill switch, for all instruments, before anything else is carried out. Bars have no touch to close at: a
    /// position is closed at the market, at the next price of its instrument.
    Kill(Kill),
}

/// What is asked for on each close of a strategy that is heard no more: the end of its orders and of its position.
pub fn retire(view: &View<'_>, requests: &mut Vec<Request>) {
    if !view.working.is_empty() {
        requests.push(Request::CancelAll);
    }
    if view.ledger.position(view.instrument).lots != 0 {
        requests.push(Request::Leave(Reason::Strategy));
    }
}

/// What decides: rules over columns, or call-backs.
pub trait Strategy {
    /// A bar has closed: pushes what is wanted at the next event.
    ///
    /// # Errors
    /// Anything that must stop the run.
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError>;

    /// The first row from `row` on whose [`Strategy::on_bar`] may ask for something while the position's sign is
    /// `held`; the engine may leave out the calls before it.
    fn quiet_until(&self, instrument: usize, row: usize, held: i64) -> usize {
        let _ = (instrument, held);
        row
    }
}
