//! What a back-test is asked to do: one JSON document that crosses the seam once.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tradenode_core::instrument::{InstrumentError, InstrumentSpec};
use tradenode_core::money::MoneyError;
use tradenode_core::protections::{self, ProtectionSpec};
use tradenode_core::risk::{LimitError, Limits};
use tradenode_core::rules::{NamedIndicator, Source};
use tradenode_core::strategy::{EntrySpec, ExitsSpec, ScaleInSpec, ScaleOutSpec, SizeSpec};
use tradenode_core::units::{Decimal, Rate};

use crate::ledger::Terms;

/// A whole run. Times are ns, ratios decimal text (`"0.001"`), amounts decimal text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The account all instruments share.
    pub account: AccountSpec,
    /// The instruments, in the order of the bar columns that come with the run.
    pub instruments: Vec<InstrumentSpec>,
    /// The bars on which signals are computed.
    pub timeframe_ns: i64,
    /// Finer bars that decide what happened inside a bar, where given.
    #[serde(default)]
    pub detail_ns: Option<i64>,
    /// When and how orders fill.
    #[serde(default)]
    pub fill: FillSpec,
    /// What trading costs besides the instruments' fees.
    #[serde(default)]
    pub costs: CostsSpec,
    /// The risk gate's limits.
    #[serde(default)]
    pub risk: Limits,
    /// What locks entries for a while.
    #[serde(default)]
    pub protections: Vec<ProtectionSpec>,
    /// How large entries are; needed by rules, optional for call-backs.
    #[serde(default)]
    pub size: Option<SizeSpec>,
    /// What takes positions out besides exit rules.
    #[serde(default)]
    pub exits: ExitsSpec,
    /// Adding to positions.
    #[serde(default)]
    pub scale_in: Option<ScaleInSpec>,
    /// Taking parts off positions.
    #[serde(default)]
    pub scale_out: Vec<ScaleOutSpec>,
    /// The signals; absent when call-backs decide.
    #[serde(default)]
    pub rules: Option<RulesSpec>,
    /// How much is recorded.
    #[serde(default)]
    pub record: Record,
}

/// How much of a run is recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Fills, round trips, equity, and besides the gross notional of each bar and the best and worst price of each trip.
    #[default]
    Full,
    /// Fills, round trips and equity; enough to compare runs by, with less memory to write.
    Lean,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// The currency of cash and profit; every instrument settles in it.
    pub currency: String,
    /// The cash at the start.
    pub cash: Decimal,
    /// Notional over equity that the account may reach; an instrument's initial margin may allow less.
    #[serde(default = "one")]
    pub leverage: Decimal,
}

fn one() -> Decimal {
    Decimal::ONE
}

/// When and how orders fill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FillSpec {
    /// The price of a market order.
    pub at: FillAt,
    /// What came first inside a bar.
    pub path: Path,
    /// Whether a limit order or a target fills when its price is touched, by an open too; otherwise the price must be
    /// traded through.
    pub touch_fills: bool,
}

/// The price of a market order made on a bar's close.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillAt {
    /// The open of the next bar.
    #[default]
    NextOpen,
    /// The close of the bar itself.
    Close,
}

/// What came first inside a bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// The adverse extreme: where stop and target lie in one bar, the stop is taken.
    #[default]
    Pessimistic,
    /// The favourable extreme.
    Optimistic,
}

/// What trading costs besides the instruments' fees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostsSpec {
    /// How much worse than the market orders' reference price they fill.
    pub slippage: SlippageSpec,
    /// Funding of perpetuals at a constant rate; a positive rate is paid by longs. Recorded rates come as columns.
    pub funding: Option<CarrySpec>,
    /// Interest on the notional of short positions.
    pub borrow: Option<CarrySpec>,
}

/// How much worse a market or stop order fills.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum SlippageSpec {
    /// Not at all.
    #[default]
    None,
    /// By a part of the price.
    Bps {
        /// Basis points of the price.
        bps: f64,
    },
    /// By a part of an assumed spread.
    Spread {
        /// The whole spread in basis points of the price.
        spread_bps: f64,
        /// The part of it paid: 0.5 is from the middle to the other side.
        fraction: f64,
    },
    /// By `coefficient` × price × sqrt(quantity / bar volume), the square-root law of market impact.
    Volume {
        /// The impact of an order as large as the bar's volume, as a part of the price.
        coefficient: f64,
        /// The largest part of the bar's volume that an order may take; the rest of the order is cancelled. An exit
        /// rule tries again with the rest at the next event, a stop or the longest holding time in the next bar; what
        /// a reversal could not close stays, and its entry is given up.
        max_share: f64,
    },
}

/// A charge on the notional held at regular times (multiples of `every_ns` since 1970 UTC), made at the open of the
/// first bar at or after each, on what was held before that open and at its price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrySpec {
    /// The part of the notional charged each time.
    pub rate: Rate,
    /// The time between charges.
    pub every_ns: i64,
}

/// Signals as rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesSpec {
    /// Named indicators.
    pub indicators: Vec<NamedIndicator>,
    /// Named numbers.
    pub numbers: Vec<(String, f64)>,
    /// Entering long.
    pub enter_long: Option<EntrySpec>,
    /// Entering short.
    pub enter_short: Option<EntrySpec>,
    /// Leaving a long position.
    pub exit_long: Option<Source>,
    /// Leaving a short position.
    pub exit_short: Option<Source>,
}

/// A run that cannot be made as described.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Not the JSON of a [`RunSpec`].
    #[error("the run's description: {0}")]
    Json(String),
    /// A number outside its range.
    #[error("{key} must be {expected}, got {value}")]
    Range {
        /// Where it stands.
        key: &'static str,
        /// The accepted range in words.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
    /// A part that is missing or does not go with another.
    #[error("{key}: {reason}")]
    Conflict {
        /// Where it stands.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Recorded funding rates that do not hold together.
    #[error("funding: {0}")]
    Funding(String),
    /// An instrument.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// Limits.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Protections.
    #[error(transparent)]
    Protection(#[from] protections::SpecError),
    /// The account's money.
    #[error("account: {0}")]
    Money(#[from] MoneyError),
}

impl SpecError {
    pub(crate) const fn range(key: &'static str, expected: &'static str, value: f64) -> Self {
        Self::Range { key, expected, value }
    }
}

impl RunSpec {
    /// Reads the description.
    ///
    /// # Errors
    /// Anything that is not exactly such a description, with its line and column.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SpecError> {
        serde_json::from_slice(bytes).map_err(|error| SpecError::Json(error.to_string()))
    }

    /// What the books of such a run are kept by.
    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms {
            account: &self.account,
            instruments: &self.instruments,
            risk: &self.risk,
            protections: &self.protections,
            bar_ns: self.timeframe_ns,
            slippage: &self.costs.slippage,
            full: self.record == Record::Full,
            isolated: false,
            hedging: false,
        }
    }
}
