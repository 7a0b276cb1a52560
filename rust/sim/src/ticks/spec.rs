//! What a run over events is asked to do: one JSON document that crosses the seam once.

use serde::{Deserialize, Serialize};
use tradenode_core::instrument::InstrumentSpec;
use tradenode_core::protections::ProtectionSpec;
use tradenode_core::risk::Limits;

use super::maker::MakerSpec;
use super::terms::{LiquidationSpec, MarginMode, PositionMode};
use crate::ledger::Terms;
use crate::models::fees::FeesSpec;
use crate::models::latency::LegSpec;
use crate::plan::PlanSpec;
use crate::spec::{AccountSpec, SlippageSpec, SpecError};
use crate::venue::{BookSource, VenueSpec};

/// A run over events. Amounts are decimal text, times ns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TickSpec {
    /// The account all instruments share.
    pub account: AccountSpec,
    /// The instruments, in the order of the tapes that come with the run.
    pub instruments: Vec<InstrumentSpec>,
    /// How the venue matches.
    #[serde(default)]
    pub venue: VenueSpec,
    /// The risk gate's limits.
    #[serde(default)]
    pub risk: Limits,
    /// What locks entries for a while.
    #[serde(default)]
    pub protections: Vec<ProtectionSpec>,
    /// How often the equity is recorded.
    #[serde(default = "one_second")]
    pub sample_ns: i64,
    /// How long requests and reports take.
    #[serde(default)]
    pub latency: LatencySpec,
    /// What each instrument's book is made of; depth where nothing is said.
    #[serde(default)]
    pub books: Vec<BookSource>,
    /// Fees by what was traded; the instruments' own where nothing is said.
    #[serde(default)]
    pub fees: Option<FeesSpec>,
    /// What backs a position.
    #[serde(default)]
    pub margin: MarginMode,
    /// What an instrument's fills add up to.
    #[serde(default)]
    pub positions: PositionMode,
    /// What happens to a position that is not backed any more.
    #[serde(default)]
    pub liquidation: LiquidationSpec,
    /// The market maker that decides.
    #[serde(default)]
    pub maker: Option<MakerSpec>,
    /// The strategy of rules that decides.
    #[serde(default)]
    pub plan: Option<PlanSpec>,
}

/// How long requests and reports take, and the seed of what is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencySpec {
    /// To the venue.
    pub request: LegSpec,
    /// Back.
    pub report: LegSpec,
    /// For drawn latencies.
    #[serde(default)]
    pub seed: u64,
    /// The name of the recorded round trips that come with the run in place of those two.
    #[serde(default)]
    pub recorded: Option<String>,
    /// What market data takes beyond what the tape says.
    #[serde(default)]
    pub feed_ns: i64,
}

impl Default for LatencySpec {
    /// Nothing takes any time.
    fn default() -> Self {
        let at_once = LegSpec::Constant { ns: 0 };
        Self { request: at_once, report: at_once, seed: 0, recorded: None, feed_ns: 0 }
    }
}

const fn one_second() -> i64 {
    1_000_000_000
}

impl TickSpec {
    /// Reads a description.
    ///
    /// # Errors
    /// What is not the JSON of one.
    pub fn from_json(json: &[u8]) -> Result<Self, SpecError> {
        serde_json::from_slice(json).map_err(|error| SpecError::Json(error.to_string()))
    }

    /// What an instrument's book is made of.
    #[must_use]
    pub fn source(&self, instrument: usize) -> BookSource {
        self.books.get(instrument).copied().unwrap_or_default()
    }

    /// What each instrument's book is made of.
    #[must_use]
    pub fn sources(&self) -> Vec<BookSource> {
        (0..self.instruments.len()).map(|instrument| self.source(instrument)).collect()
    }

    /// What the books of such a run are kept by: the venue's prices are what was paid, so that nothing slips besides.
    pub(super) fn terms<'s>(&'s self, instruments: &'s [InstrumentSpec]) -> Terms<'s> {
        Terms {
            account: &self.account,
            instruments,
            risk: &self.risk,
            protections: &self.protections,
            bar_ns: 0,
            slippage: &SlippageSpec::None,
            full: true,
            isolated: self.margin == MarginMode::Isolated,
            hedging: self.positions == PositionMode::Hedging,
        }
    }

    /// The instruments, where there are tiers with the fees of the first: by those the gate reckons what an order costs.
    pub(super) fn listed(&self) -> Vec<InstrumentSpec> {
        let mut listed = self.instruments.clone();
        if let Some(first) = self.fees.as_ref().and_then(|fees| fees.tiers.first()) {
            for instrument in &mut listed {
                (instrument.maker_fee, instrument.taker_fee) = (first.maker, first.taker);
            }
        }
        listed
    }
}
