//! What a protection has seen and may still need.

use serde::{Deserialize, Serialize};

use super::equity::{Day, Peaks};
use super::falls::{Falls, Measure};
use super::feed::Lasting;
use super::lock::Place;
use super::returns::Returns;
use super::spec::{DrawdownMode, ProtectionSpec, Rule, Scope};
use super::trades::{Profits, Recent};
use crate::orders::Side;

/// By rule; a list has an item for each group that is judged by itself, or for each instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Watch {
    /// Cooldown.
    Nothing,
    /// Stops, losses or rejects, by group.
    Recent(Vec<Recent>),
    /// Trades by place, both sides together.
    Profits(Vec<Profits>),
    /// Trades by group.
    Falls(Vec<Falls>),
    /// Equity.
    Peaks(Peaks),
    /// Equity.
    Day(Day),
    /// Prices by instrument.
    Returns(Vec<Returns>),
    /// Silence or spreads by instrument.
    Lasting(Vec<Lasting>),
}

impl Watch {
    /// Nothing seen yet.
    pub(super) fn new(spec: &ProtectionSpec, instruments: usize, balance: f64) -> Self {
        let places = if spec.scope == Scope::Global { 1 } else { instruments };
        let groups = if spec.per_side { 2 * places } else { places };
        match spec.rule {
            Rule::Cooldown {} => Self::Nothing,
            Rule::StopGuard { .. } | Rule::ConsecutiveLosses { .. } | Rule::RejectStorm { .. } => {
                Self::Recent(vec![Recent::default(); groups])
            }
            Rule::LowProfit { .. } => Self::Profits(vec![Profits::default(); places]),
            Rule::MaxDrawdown { mode: DrawdownMode::Equity, .. } => Self::Peaks(Peaks::default()),
            Rule::MaxDrawdown { mode: DrawdownMode::Realised, .. } => {
                Self::Falls(vec![Falls::new(Measure::Share, balance); groups])
            }
            Rule::MaxDrawdown { mode: DrawdownMode::Ratios, .. } => {
                Self::Falls(vec![Falls::new(Measure::Difference, 0.0); groups])
            }
            Rule::DailyLoss { .. } => Self::Day(Day::default()),
            Rule::Volatility { samples, baseline, .. } => {
                let before = baseline.map_or(0, |baseline| baseline.samples);
                Self::Returns(vec![Returns::new(samples as usize, before as usize); instruments])
            }
            Rule::FeedStale { .. } | Rule::Spread { .. } => Self::Lasting(vec![Lasting::default(); instruments]),
        }
    }

    /// Whether a state read from a file can be that of such a protection: `self` is new, `other` is the file's.
    pub(super) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) | (Self::Peaks(_), Self::Peaks(_)) | (Self::Day(_), Self::Day(_)) => true,
            (Self::Recent(new), Self::Recent(kept)) => new.len() == kept.len(),
            (Self::Profits(new), Self::Profits(kept)) => new.len() == kept.len(),
            (Self::Lasting(new), Self::Lasting(kept)) => new.len() == kept.len(),
            (Self::Falls(new), Self::Falls(kept)) => {
                new.len() == kept.len() && new.iter().zip(kept).all(|(new, kept)| new.is_like(kept))
            }
            (Self::Returns(new), Self::Returns(kept)) => {
                new.len() == kept.len() && new.iter().zip(kept).all(|(new, kept)| new.is_like(kept))
            }
            _ => false,
        }
    }

    /// Forgets what has led to a lock on `place`, of group `group`: only what comes after `at` counts.
    pub(super) fn forget(&mut self, place: Place, group: usize, at: i64) {
        let here = place.instrument.unwrap_or(0);
        match self {
            Self::Nothing => {}
            Self::Recent(groups) => groups[group].clear(),
            Self::Profits(places) => places[here].clear(place.side),
            Self::Falls(groups) => groups[group].clear(),
            Self::Peaks(peaks) => *peaks = Peaks::default(),
            Self::Day(day) => *day = Day::default(),
            Self::Returns(each) => of_place(each, place).iter_mut().for_each(Returns::clear),
            Self::Lasting(each) => {
                for lasting in of_place(each, place) {
                    lasting.locks = false;
                    lasting.since = lasting.since.map(|_| at);
                }
            }
        }
    }
}

/// Of a list by instrument those that a place is about.
pub(super) fn of_place<T>(each: &mut [T], place: Place) -> &mut [T] {
    match place.instrument {
        Some(own) => &mut each[own..=own],
        None => each,
    }
}

/// The place that a protection locks for something that happened in an instrument, on a side.
pub(super) fn place_of(spec: &ProtectionSpec, instrument: Option<usize>, side: Option<Side>) -> Place {
    let instrument = instrument.filter(|_| spec.scope == Scope::Instrument);
    Place { instrument, side: side.filter(|_| spec.per_side) }
}
