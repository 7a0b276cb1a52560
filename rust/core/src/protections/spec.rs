//! What a protection is, as a document: a rule, whom it locks, and for how long.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::kind::Kind;
use super::release::Release;
use crate::units::{Decimal, Rate};

/// The most protections of an engine.
pub const PROTECTIONS_MAX: usize = 256;
/// The most trades, losses or rejects that a limit may count.
pub const COUNT_MAX: u32 = 10_000;
/// The most returns of a volatility, baseline included.
pub const SAMPLES_MAX: u32 = 10_000;

/// Over what a protection judges, and what it locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All instruments together.
    Global,
    /// Each instrument by itself.
    Instrument,
}

/// From what a drawdown is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawdownMode {
    /// The account's equity, open profit included: how far it is now below its peak within the lookback.
    #[default]
    Equity,
    /// The starting balance and the profit of closed trades: the largest fall within the lookback, as a part of the peak
    /// before it. Freqtrade's `equity`.
    Realised,
    /// The sum of the profit ratios of closed trades: the largest fall within the lookback. It is no drawdown of an
    /// account. Freqtrade's `ratios`.
    Ratios,
}

/// A calmer time to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// How many returns, just before those that are judged.
    pub samples: u32,
    /// How many times the deviation of these is too much.
    pub multiple: Rate,
}

/// When a protection locks. Counts lock when they are reached, shares and deviations when they are passed.
///
/// A trade counts while its close is younger than the lookback: strictly after `now - lookback_ns`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// After every trade.
    Cooldown {},
    /// So many trades within the lookback ended by a stop or a liquidation, with less than the required profit.
    StopGuard {
        /// How far back trades count.
        lookback_ns: i64,
        /// How many stops lock.
        trade_limit: u32,
        /// Only stops with a lower profit ratio count.
        #[serde(default)]
        required_profit: Rate,
    },
    /// The profit ratios of the trades within the lookback sum to less than required. By side, the trades of both sides
    /// count towards the limit, those of the side make the sum.
    LowProfit {
        /// How far back trades count.
        lookback_ns: i64,
        /// How many trades it takes to judge.
        trade_limit: u32,
        /// The least sum.
        #[serde(default)]
        required_profit: Rate,
    },
    /// A fall from a peak within the lookback.
    MaxDrawdown {
        /// The fall of what.
        #[serde(default)]
        mode: DrawdownMode,
        /// How far back peaks and trades count. That of the equity moves in steps of a
        /// [`PEAK_STEPS`](super::PEAK_STEPS)th of it.
        lookback_ns: i64,
        /// The largest fall, a share; in ratios a sum of shares.
        max_drawdown: Rate,
        /// How many trades it takes to judge; of no concern to the equity.
        #[serde(default = "one")]
        trade_limit: u32,
    },
    /// So many losing trades within the lookback, and no other between them.
    ConsecutiveLosses {
        /// How far back trades count.
        lookback_ns: i64,
        /// How many losses lock.
        trade_limit: u32,
    },
    /// The equity against that at the start of the day, UTC: the last one heard of at midnight or before it.
    DailyLoss {
        /// The largest loss, a share.
        max_loss: Rate,
    },
    /// The standard deviation (of the population) of the last log returns.
    ///
    /// The limit is the greater of the threshold and the baseline's; one of them must be given.
    Volatility {
        /// A price is sampled when the last sample is so old; at 0 every price is.
        sample_ns: i64,
        /// Over how many returns.
        samples: u32,
        /// The largest deviation of a return.
        #[serde(default)]
        threshold: Option<Rate>,
        /// The largest deviation by what was before.
        #[serde(default)]
        baseline: Option<Baseline>,
    },
    /// No price and no quote for so long.
    FeedStale {
        /// The age at which data are stale.
        max_age_ns: i64,
    },
    /// The spread was wide for so long.
    Spread {
        /// Wide is above this many basis points of the mid. A side that is missing makes it 20,000.
        max_bp: Decimal,
        /// For how long it must have been wide; at 0 one quote suffices.
        for_ns: i64,
    },
    /// So many orders within the lookback were refused by the venue.
    RejectStorm {
        /// How far back rejects count.
        lookback_ns: i64,
        /// How many lock.
        reject_limit: u32,
    },
}

const fn one() -> u32 {
    1
}

/// One protection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionSpec {
    /// When it locks.
    pub rule: Rule,
    /// Over what it judges, and what it locks.
    pub scope: Scope,
    /// Whether the trades of each side are judged, and that side locked, by themselves.
    #[serde(default)]
    pub per_side: bool,
    /// How long it locks.
    pub release: Release,
}

/// What the protections of an account have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many instruments there are.
    pub instruments: usize,
    /// The balance at the start, in the account's currency; realised drawdowns begin there.
    pub balance: f64,
    /// The bars to whose starts the ends of trades' locks are rounded up, counted from 1970; 0 rounds nothing.
    pub bar_ns: i64,
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), SpecError> {
        let fault = |key, expected, value| Err(SpecError::Setting { key, expected, value });
        match self {
            Self { bar_ns, .. } if *bar_ns < 0 => fault("bar_ns", "0 or above", bar_ns.to_string()),
            Self { balance, .. } if !balance.is_finite() => fault("balance", "finite", balance.to_string()),
            _ => Ok(()),
        }
    }
}

/// A protection that makes no sense.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// One of its values does not.
    #[error("protection {number} ({kind}): {key} must be {expected}, got {value}")]
    Value {
        /// Its number, from 0.
        number: usize,
        /// Its kind.
        kind: &'static str,
        /// The key.
        key: &'static str,
        /// What is accepted, in words.
        expected: &'static str,
        /// What was given.
        value: String,
    },
    /// What they have in common does not.
    #[error("protections: {key} must be {expected}, got {value}")]
    Setting {
        /// The key.
        key: &'static str,
        /// What is accepted, in words.
        expected: &'static str,
        /// What was given.
        value: String,
    },
    /// There are too many.
    #[error("{count} protections are more than {PROTECTIONS_MAX}")]
    Count {
        /// How many there are.
        count: usize,
    },
}

type Fault = (&'static str, &'static str, String);

impl Rule {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Cooldown {} => Kind::Cooldown,
            Self::StopGuard { .. } => Kind::StopGuard,
            Self::LowProfit { .. } => Kind::LowProfit,
            Self::MaxDrawdown { .. } => Kind::MaxDrawdown,
            Self::ConsecutiveLosses { .. } => Kind::ConsecutiveLosses,
            Self::DailyLoss { .. } => Kind::DailyLoss,
            Self::Volatility { .. } => Kind::Volatility,
            Self::FeedStale { .. } => Kind::FeedStale,
            Self::Spread { .. } => Kind::Spread,
            Self::RejectStorm { .. } => Kind::RejectStorm,
        }
    }

    /// Whether it follows the whole account.
    pub(super) const fn is_of_equity(&self) -> bool {
        matches!(self, Self::DailyLoss { .. } | Self::MaxDrawdown { mode: DrawdownMode::Equity, .. })
    }

    /// Whether it judges closed trades.
    pub(super) const fn is_of_trades(&self) -> bool {
        match self {
            Self::Cooldown {} | Self::StopGuard { .. } | Self::LowProfit { .. } | Self::ConsecutiveLosses { .. } => {
                true
            }
            Self::MaxDrawdown { mode, .. } => !matches!(mode, DrawdownMode::Equity),
            _ => false,
        }
    }

    /// Whether its locks stand as long as their cause, and only then run out.
    pub(super) const fn is_condition(&self) -> bool {
        matches!(self, Self::FeedStale { .. } | Self::Spread { .. })
    }

    fn check(&self) -> Result<(), Fault> {
        match *self {
            Self::Cooldown {} => Ok(()),
            Self::StopGuard { lookback_ns, trade_limit, .. } | Self::LowProfit { lookback_ns, trade_limit, .. } => {
                count("trade_limit", trade_limit).and_then(|()| positive("lookback_ns", lookback_ns))
            }
            Self::ConsecutiveLosses { lookback_ns, trade_limit } => {
                count("trade_limit", trade_limit).and_then(|()| positive("lookback_ns", lookback_ns))
            }
            Self::RejectStorm { lookback_ns, reject_limit } => {
                count("reject_limit", reject_limit).and_then(|()| positive("lookback_ns", lookback_ns))
            }
            Self::MaxDrawdown { mode, lookback_ns, max_drawdown, trade_limit } => {
                positive("lookback_ns", lookback_ns)?;
                count("trade_limit", trade_limit)?;
                if mode == DrawdownMode::Ratios {
                    not_negative("max_drawdown", max_drawdown.0, &max_drawdown.to_f64())
                } else {
                    share("max_drawdown", max_drawdown)
                }
            }
            Self::DailyLoss { max_loss } => share("max_loss", max_loss),
            Self::Volatility { sample_ns, samples, threshold, baseline } => {
                not_negative("sample_ns", sample_ns, &sample_ns)?;
                check_volatility(samples, threshold, baseline)
            }
            Self::FeedStale { max_age_ns } => positive("max_age_ns", max_age_ns),
            Self::Spread { max_bp, for_ns } => not_negative("for_ns", for_ns, &for_ns)
                .and_then(|()| not_negative("max_bp", max_bp.mantissa(), &max_bp)),
        }
    }
}

fn check_volatility(samples: u32, threshold: Option<Rate>, baseline: Option<Baseline>) -> Result<(), Fault> {
    if !(2..=SAMPLES_MAX).contains(&samples) {
        return Err(("samples", "from 2 to 10000", samples.to_string()));
    }
    if threshold.is_none() && baseline.is_none() {
        return Err(("threshold", "given where there is no baseline", "nothing".to_owned()));
    }
    if let Some(threshold) = threshold {
        not_negative("threshold", threshold.0, &threshold.to_f64())?;
    }
    let Some(baseline) = baseline else { return Ok(()) };
    if baseline.samples < 2 || baseline.samples > SAMPLES_MAX - samples {
        return Err(("baseline.samples", "at least 2, and with samples at most 10000", baseline.samples.to_string()));
    }
    if baseline.multiple <= Rate::ZERO {
        return Err(("baseline.multiple", "above 0", baseline.multiple.to_f64().to_string()));
    }
    Ok(())
}

fn positive(key: &'static str, value: i64) -> Result<(), Fault> {
    if value > 0 { Ok(()) } else { Err((key, "above 0", value.to_string())) }
}

fn not_negative(key: &'static str, sign: i64, value: &dyn ToString) -> Result<(), Fault> {
    if sign >= 0 { Ok(()) } else { Err((key, "0 or above", value.to_string())) }
}

fn count(key: &'static str, value: u32) -> Result<(), Fault> {
    if (1..=COUNT_MAX).contains(&value) { Ok(()) } else { Err((key, "from 1 to 10000", value.to_string())) }
}

fn share(key: &'static str, value: Rate) -> Result<(), Fault> {
    let fits = Rate::ZERO <= value && value < Rate::ONE;
    if fits { Ok(()) } else { Err((key, "at least 0 and below 1", value.to_f64().to_string())) }
}

impl ProtectionSpec {
    /// Checks one protection, the `number`th.
    ///
    /// # Errors
    /// The first key whose value makes no sense.
    pub fn check(&self, number: usize) -> Result<(), SpecError> {
        self.fault().map_err(|(key, expected, value)| SpecError::Value {
            number,
            kind: self.rule.kind().name(),
            key,
            expected,
            value,
        })
    }

    fn fault(&self) -> Result<(), Fault> {
        self.rule.check()?;
        if self.rule.is_of_equity() && self.scope != Scope::Global {
            return Err(("scope", "global: there is one equity", "instrument".to_owned()));
        }
        if self.per_side && !self.rule.is_of_trades() {
            return Err(("per_side", "false: only trades have a side", "true".to_owned()));
        }
        match self.release {
            Release::LockNs(ns) if self.rule.is_condition() => not_negative("release.lock_ns", ns, &ns),
            Release::LockNs(ns) => positive("release.lock_ns", ns),
            Release::UnlockAt(_) => Ok(()),
        }
    }
}
