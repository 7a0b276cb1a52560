//! The kill switch: from a word to the commands that carry it out, and again until nothing is left to do.
//!
//! It sends nothing itself. Whoever holds it asks for a [`KillSwitch::step`] when it was pulled, after every report and when
//! it is [due](KillSwitch::due), and carries out what it is told. A cancel or a close that nothing came of is told again.

use serde::{Deserialize, Serialize};

use super::situation::Market;
use crate::orders::{Intent, OrderKind, Reason, Side};

/// After this time a cancel that nothing came of is told again, and a position is closed though its orders are not gone.
pub const CANCEL_AGAIN_NS: i64 = 1_000_000_000;
/// So long a close at the touch may take before one at the market follows.
pub const LIMIT_NS: i64 = 3_000_000_000;
/// After this time a close at the market that nothing came of is told again.
pub const MARKET_AGAIN_NS: i64 = 5_000_000_000;

/// What is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kill {
    /// Every order goes; trading goes on.
    CancelAll,
    /// No new risk: orders that may add go, those that only reduce stay.
    Halt,
    /// Every order goes, every position is closed: at the touch first, then at the market.
    Flatten,
}

impl Kill {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CancelAll => "cancel_all",
            Self::Halt => "halt",
            Self::Flatten => "flatten",
        }
    }
}

/// What the switch must know of an account.
pub trait Exposed {
    /// The open orders: number, instrument, whether they may only reduce; ascending by number.
    fn open_orders(&self) -> impl Iterator<Item = (u64, usize, bool)>;
    /// Lots held of an instrument, below zero short.
    fn lots(&self, instrument: usize) -> i64;
    /// An instrument's market.
    fn market(&self, instrument: usize) -> Market;
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Cancel an order; no pace holds it back.
    Cancel(u64),
    /// Send an order that only reduces, and tell the switch its number.
    Close(Intent),
}

/// How far the close of a position has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// Its orders go first.
    #[default]
    Clearing,
    /// An order at the touch is out.
    Limit,
    /// One at the market is.
    Market,
}

/// The close of one instrument's position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    phase: Phase,
    since: i64,
    /// The order that closes it, once it is known.
    order: Option<u64>,
}

/// The switch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KillSwitch {
    pulled: Option<Kill>,
    /// Orders whose cancel was told, and when last; ascending by number. At most the open orders.
    told: Vec<(u64, i64)>,
    closing: Vec<Closing>,
    due: i64,
}

impl KillSwitch {
    /// A switch that nobody has pulled.
    #[must_use]
    pub fn new(instruments: usize) -> Self {
        Self { pulled: None, told: Vec::new(), closing: vec![Closing::default(); instruments], due: i64::MAX }
    }

    /// Whether it can be a switch of so many instruments: for one that was read.
    #[must_use]
    pub fn is_sound(&self, instruments: usize) -> bool {
        let ascending = self.told.windows(2).all(|pair| pair[0].0 < pair[1].0);
        self.closing.len() == instruments && ascending && (self.pulled.is_some() || self.due == i64::MAX)
    }

    /// What is being done.
    #[must_use]
    pub const fn pulled(&self) -> Option<Kill> {
        self.pulled
    }

    /// When the switch has to be asked again, though nothing was heard; `i64::MAX` for never.
    #[must_use]
    pub const fn due(&self) -> i64 {
        self.due
    }

    /// Pulls the switch; what is further than what is being done already takes its place.
    pub fn pull(&mut self, kill: Kill, at: i64) {
        if self.pulled.is_none_or(|pulled| pulled < kill) {
            self.pulled = Some(kill);
            self.closing.fill(Closing { since: at, ..Closing::default() });
            self.due = at;
        }
    }

    /// Lets go of the switch: what was told is not taken back, and nothing follows.
    pub fn release(&mut self) {
        *self = Self::new(self.closing.len());
    }

    /// Takes note of the number of the order that closes an instrument's position.
    pub fn sent(&mut self, instrument: usize, order: u64) {
        self.closing[instrument].order = Some(order);
    }

    /// What is to be done now. When nothing is left to do the switch is released.
    pub fn step(&mut self, at: i64, account: &impl Exposed) -> Vec<Command> {
        let Some(kill) = self.pulled else { return Vec::new() };
        self.due = i64::MAX;
        let mut commands = Vec::new();
        let left = self.cancel(kill, at, account, &mut commands);
        let mut done = left == 0;
        if kill == Kill::Flatten {
            for instrument in 0..self.closing.len() {
                done &= account.lots(instrument) == 0;
                self.close(instrument, at, account, &mut commands);
            }
        }
        if done {
            self.release();
        }
        commands
    }

    /// Cancels what has to go; how many such orders are open still.
    fn cancel(&mut self, kill: Kill, at: i64, account: &impl Exposed, commands: &mut Vec<Command>) -> usize {
        let mut open = Vec::new();
        for (order, instrument, reduce_only) in account.open_orders() {
            let Closing { phase, order: closes, .. } = self.closing[instrument];
            // The order at the touch is let be until its time is up, the one at the market for good.
            let kept = (kill == Kill::Halt && reduce_only) || (closes == Some(order) && phase != Phase::Clearing);
            if kept {
                continue;
            }
            let before = self.told.binary_search_by_key(&order, |&(told, _)| told).map(|found| self.told[found].1);
            let told = match before {
                Ok(told) if at - told < CANCEL_AGAIN_NS => told,
                _ => {
                    commands.push(Command::Cancel(order));
                    at
                }
            };
            self.due = self.due.min(told + CANCEL_AGAIN_NS);
            open.push((order, told));
        }
        self.told = open;
        self.told.len()
    }

    /// Takes the close of a position on.
    fn close(&mut self, instrument: usize, at: i64, account: &impl Exposed, commands: &mut Vec<Command>) {
        let lots = account.lots(instrument);
        if lots == 0 {
            self.closing[instrument] = Closing { since: at, ..Closing::default() };
            return;
        }
        let Closing { phase, since, order } = self.closing[instrument];
        let open = |number: u64| account.open_orders().any(|(other, ..)| other == number);
        let waits = match phase {
            Phase::Clearing if account.open_orders().any(|(_, other, _)| other == instrument) => CANCEL_AGAIN_NS,
            Phase::Clearing => 0,
            // What was refused or has ended with less is not waited for.
            _ if order.is_some_and(|order| !open(order)) => 0,
            Phase::Limit => LIMIT_NS,
            Phase::Market => MARKET_AGAIN_NS,
        };
        if at - since < waits {
            self.due = self.due.min(since + waits);
            return;
        }
        if let Some(order) = order.filter(|&order| open(order)) {
            // At the touch it was not filled in time.
            commands.push(Command::Cancel(order));
            if let Err(place) = self.told.binary_search_by_key(&order, |&(told, _)| told) {
                self.told.insert(place, (order, at));
            }
        }
        let side = Side::adding(lots).opposite();
        let market = account.market(instrument);
        let touch = market.touch.filter(|_| phase == Phase::Clearing && !market.broken);
        let (kind, phase, again) = match touch {
            Some((bid, ask)) => {
                let price = if side == Side::Buy { ask } else { bid };
                (OrderKind::Limit(price), Phase::Limit, LIMIT_NS)
            }
            None => (OrderKind::Market, Phase::Market, MARKET_AGAIN_NS),
        };
        let reason = Reason::KillSwitch;
        commands.push(Command::Close(Intent { instrument, side, lots: lots.abs(), kind, reduce_only: true, reason }));
        self.closing[instrument] = Closing { phase, since: at, order: None };
        self.due = self.due.min(at + again);
    }
}

#[cfg(test)]
#[path = "kill_test.rs"]
mod tests;
