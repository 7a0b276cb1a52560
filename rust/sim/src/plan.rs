//! What a strategy of rules wants, wherever it runs.
//!
//! Its rules, how large, when out: over bars a part of the run's description, over events a table of its own.

use serde::{Deserialize, Serialize};
use tradenode_core::instrument::InstrumentSpec;
use tradenode_core::strategy::{ExitsSpec, ScaleInSpec, ScaleOutSpec, SizeSpec};

use crate::spec::{RulesSpec, RunSpec, SpecError};

/// The most scale-outs of a run.
pub const SCALE_OUTS_MAX: usize = 8;

/// The year by which volatilities are annualised, ns: 365 days, as in the metrics.
const YEAR_NS: f64 = 365.0 * 24.0 * 3_600.0 * 1e9;

/// What a strategy of rules wants of a run over events; the same keys as of one over bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSpec {
    /// The bars on which signals are computed, made of the trades that are received.
    pub timeframe_ns: i64,
    /// The signals.
    pub rules: RulesSpec,
    /// How large entries are.
    pub size: SizeSpec,
    /// What takes positions out besides exit rules.
    #[serde(default)]
    pub exits: ExitsSpec,
    /// Adding to positions.
    #[serde(default)]
    pub scale_in: Option<ScaleInSpec>,
    /// Taking parts off positions.
    #[serde(default)]
    pub scale_out: Vec<ScaleOutSpec>,
}

/// The same, borrowed from whichever description has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'s> {
    pub(crate) instruments: &'s [InstrumentSpec],
    pub(crate) timeframe_ns: i64,
    /// None where call-backs decide.
    pub(crate) rules: Option<&'s RulesSpec>,
    pub(crate) size: Option<&'s SizeSpec>,
    pub(crate) exits: &'s ExitsSpec,
    pub(crate) scale_in: Option<&'s ScaleInSpec>,
    pub(crate) scale_out: &'s [ScaleOutSpec],
}

impl PlanSpec {
    pub(crate) const fn plan<'s>(&'s self, instruments: &'s [InstrumentSpec]) -> Plan<'s> {
        Plan {
            instruments,
            timeframe_ns: self.timeframe_ns,
            rules: Some(&self.rules),
            size: Some(&self.size),
            exits: &self.exits,
            scale_in: self.scale_in.as_ref(),
            scale_out: self.scale_out.as_slice(),
        }
    }

    /// The same, in which additions with a size of their own have a largest position too.
    pub(crate) fn with_position_limits(&self) -> Self {
        let mut spec = self.clone();
        limit(&mut spec.scale_in, Some(&self.size));
        spec
    }
}

impl RunSpec {
    pub(crate) const fn plan(&self) -> Plan<'_> {
        Plan {
            instruments: self.instruments.as_slice(),
            timeframe_ns: self.timeframe_ns,
            rules: self.rules.as_ref(),
            size: self.size.as_ref(),
            exits: &self.exits,
            scale_in: self.scale_in.as_ref(),
            scale_out: self.scale_out.as_slice(),
        }
    }

    /// The same run, in which additions with a size of their own have a largest position too.
    pub(crate) fn with_position_limits(&self) -> Self {
        let mut spec = self.clone();
        limit(&mut spec.scale_in, self.size.as_ref());
        spec
    }
}

/// The largest position of an entry holds for additions too, unless their own size has one.
fn limit(scale_in: &mut Option<ScaleInSpec>, size: Option<&SizeSpec>) {
    let entry = size.and_then(|size| size.max_position_percent);
    if let Some(size) = scale_in.as_mut().and_then(|scale| scale.size.as_mut()) {
        size.max_position_percent = size.max_position_percent.or(entry);
    }
}

impl<'s> Plan<'s> {
    /// Refuses more parts than there are bits for.
    pub(crate) const fn check(&self) -> Result<(), SpecError> {
        if self.scale_out.len() > SCALE_OUTS_MAX {
            return Err(SpecError::range("scale_out", "at most 8 parts", self.scale_out.len() as f64));
        }
        Ok(())
    }

    /// The size of an entry, or of an addition.
    pub(crate) fn size_of(&self, adds: bool) -> Option<&'s SizeSpec> {
        let own = if adds { self.scale_in.and_then(|scale| scale.size.as_ref()) } else { None };
        own.or(self.size)
    }

    /// Parts that come off at a profit, with it, the nearest first.
    pub(crate) fn parts_at_profit(&self) -> Vec<(usize, f64)> {
        let profits = self.scale_out.iter().enumerate();
        let mut parts: Vec<_> = profits.filter_map(|(index, part)| Some((index, part.at_profit?.to_f64()))).collect();
        parts.sort_by(|one, other| one.1.total_cmp(&other.1));
        parts
    }

    pub(crate) const fn bars_a_year(&self) -> f64 {
        YEAR_NS / self.timeframe_ns as f64
    }
}
