//! One gate over the desks of one account: each keeps books of its own, and what it judges by is their sum.
//!
//! A desk tells what it holds and what of its orders may still fill, after everything that changes it: from when an order
//! was approved it counts as filled. So nothing here has to be kept over a restart but the gate: desks that were put back
//! tell the rest again. A position that desks hold against one another is none of the account's.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::book::{RiskError, RiskSpec};
use super::gate::RiskGate;
use super::refusal::Refusal;
use super::restart::RiskState;
use super::situation::{Market, OpenOrders, Pending, Situation};
use crate::account::{Account, Stake};
use crate::instrument::{Instrument, InstrumentSpec};
use crate::money::{Atoms, MoneyError, Scale};
use crate::orders::{Intent, Side};
use crate::protections::InputError;

/// So many refusals are kept until somebody asks for them; what comes then is counted alone.
const REFUSALS_MOST: usize = 256;

/// What a gate over desks cannot be made of, or a desk that it cannot take.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum JointError {
    /// Instruments, limits or protections that make no sense, or a state of others.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// Money that cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A desk of an instrument that the account does not have, or has otherwise.
    #[error("the account has no {symbol} as the strategy trades it")]
    Instrument {
        /// The instrument.
        symbol: String,
    },
    /// A desk that keeps positions otherwise.
    #[error("all strategies of an account have one mode of positions and of margins")]
    Mode,
    /// A state of another account.
    #[error("broken state of the account's {0}")]
    Broken(&'static str),
}

/// What one desk says of one of its instruments.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The desk, as [`JointBook::join`] has numbered it.
    pub desk: usize,
    /// The instrument's place at the desk.
    pub instrument: usize,
    /// The desk's account.
    pub account: &'a Account,
    /// What its open orders of the instrument may still do.
    pub open: &'a OpenOrders,
}

/// An order that the account's gate refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointRefusal {
    /// When, ns UTC.
    pub at: i64,
    /// Whose.
    pub desk: usize,
    /// The instrument, as the account counts them.
    pub instrument: usize,
    /// Which way.
    pub side: Side,
    /// Why.
    pub refusal: Refusal,
}

/// What survives a restart besides the desks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointState {
    gate: RiskState,
    beside: Atoms,
    marks: Vec<i64>,
    now: i64,
}

/// What a desk has said last.
#[derive(Debug, Clone)]
struct Desk {
    /// Of each of its instruments its place in the account.
    places: Vec<usize>,
    /// The account's atoms in one of the desk's.
    finer: Atoms,
    balance: Atoms,
    stakes: Vec<Stake>,
    open: Vec<OpenOrders>,
}

/// The gate over several desks.
#[derive(Debug, Clone)]
pub struct JointBook {
    instruments: Vec<Instrument>,
    listed: usize,
    isolated: bool,
    scale: Scale,
    /// The gate.
    pub gate: RiskGate,
    account: Account,
    /// Cash that no desk counts; below zero where desks count more than there is.
    beside: Atoms,
    marks: Vec<i64>,
    markets: Vec<Market>,
    open: Vec<OpenOrders>,
    /// By place, at the marks; none where something is held without a price.
    profits: Vec<Option<Atoms>>,
    desks: Vec<Desk>,
    now: i64,
    passed: bool,
    refusals: Vec<JointRefusal>,
    refused: u64,
}

impl JointBook {
    /// A book without desks. In hedging mode each instrument has a long and a short leg.
    ///
    /// # Errors
    /// What the description has wrong.
    pub fn new(spec: &RiskSpec, isolated: bool, hedging: bool) -> Result<Self, JointError> {
        let scale = Scale::covering(spec.instruments.iter().filter(|i| !i.inverse).map(InstrumentSpec::digits))?;
        let bound = spec.instruments.iter().map(|i| i.bind(scale)).collect::<Result<Vec<_>, _>>();
        let mut instruments = bound.map_err(RiskError::from)?;
        spec.one_currency()?;
        let listed = instruments.len();
        if hedging {
            instruments.extend_from_within(..);
        }
        let places = instruments.len();
        let gate = RiskGate::new(&spec.limits, &instruments, scale, spec.leverage).map_err(RiskError::from)?;
        let gate = if hedging { gate.with_legs(listed) } else { gate };
        Ok(Self {
            gate: if isolated { gate.with_isolated_margins() } else { gate },
            account: Account::new(0, places),
            beside: 0,
            marks: vec![0; places],
            markets: vec![Market::default(); listed],
            open: vec![OpenOrders::default(); listed],
            profits: vec![Some(0); places],
            desks: Vec::new(),
            now: i64::MIN,
            passed: false,
            refusals: Vec::new(),
            refused: 0,
            instruments,
            listed,
            isolated,
            scale,
        })
    }

    /// What is traded.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments[..self.listed]
    }

    /// How money is counted.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// Lots held of an instrument by all desks, both legs together: below zero short.
    #[must_use]
    pub fn lots(&self, instrument: usize) -> i64 {
        (instrument..self.marks.len()).step_by(self.listed).map(|place| self.account.position(place).lots).sum()
    }

    /// What the open orders of an instrument may still do, of all desks.
    #[must_use]
    pub fn open(&self, instrument: usize) -> &OpenOrders {
        &self.open[instrument]
    }

    /// Takes a desk with nothing in it; its number. `instruments` are those of its account, by place.
    ///
    /// # Errors
    /// Instruments that the account does not have so.
    pub fn join(&mut self, instruments: &[Instrument], scale: Scale, isolated: bool) -> Result<usize, JointError> {
        let legs = self.instruments.len() / self.listed.max(1);
        let own = instruments.len() / legs;
        let repeats = (0..own).all(|place| {
            (place..instruments.len())
                .step_by(own.max(1))
                .all(|leg| instruments[leg].spec() == instruments[place].spec())
        });
        if isolated != self.isolated || own * legs != instruments.len() || !repeats {
            return Err(JointError::Mode);
        }
        let place = |wanted: &Instrument| {
            let found = self.instruments().iter().position(|each| is_same(each.spec(), wanted.spec()));
            found.ok_or_else(|| JointError::Instrument { symbol: wanted.spec().symbol.clone() })
        };
        let places = instruments[..own].iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let places = (0..instruments.len()).map(|each| places[each % own] + each / own * self.listed).collect();
        let finer = 10_i128.pow(self.scale.digits().saturating_sub(scale.digits()));
        let (stakes, open) = (vec![Stake::default(); instruments.len()], vec![OpenOrders::default(); own]);
        self.desks.push(Desk { places, finer, balance: 0, stakes, open });
        Ok(self.desks.len() - 1)
    }

    /// Cash of the account that no desk counts, in atoms; below zero where they count more than there is.
    ///
    /// # Errors
    /// More than can be counted.
    pub fn set_beside(&mut self, atoms: Atoms) -> Result<(), MoneyError> {
        self.account.pay(atoms - self.beside)?;
        self.beside = atoms;
        Ok(())
    }

    /// Peaks and days of the limits on losses begin with the equity as it is.
    pub fn begin(&mut self) {
        if let Some(equity) = self.equity() {
            self.gate.begin_with(equity);
        }
    }

    /// Takes over what has changed at a desk.
    ///
    /// # Errors
    /// More than can be counted.
    pub fn follow(&mut self, part: &Part<'_>) -> Result<(), JointError> {
        let desk = &mut self.desks[part.desk];
        let balance = desk.finer.checked_mul(part.account.balance()).ok_or(MoneyError::Overflow)?;
        self.account.pay(balance - desk.balance)?;
        desk.balance = balance;
        let own = desk.open.len();
        let there = desk.places[part.instrument];
        for leg in (part.instrument..desk.places.len()).step_by(own) {
            let stake = finer(&part.account.stake(leg), desk.finer)?;
            self.account.follow(desk.places[leg], &desk.stakes[leg], &stake)?;
            desk.stakes[leg] = stake;
        }
        let mut open = *part.open;
        for worth in &mut open.worth {
            *worth = worth.checked_mul(desk.finer).ok_or(MoneyError::Overflow)?;
        }
        let was = std::mem::replace(&mut desk.open[part.instrument], open);
        self.reopen(there, &was, &open);
        Ok(self.value(there)?)
    }

    /// Counts a desk's open orders of an instrument anew.
    fn reopen(&mut self, place: usize, was: &OpenOrders, is: &OpenOrders) {
        if was == is {
            return;
        }
        let all = &mut self.open[place];
        all.count = all.count + is.count - was.count;
        for side in 0..2 {
            all.adding[side] += is.adding[side] - was.adding[side];
            all.worth[side] += is.worth[side] - was.worth[side];
            all.reducing[side] += is.reducing[side] - was.reducing[side];
        }
        let parts = self.desks.iter().flat_map(|desk| desk.places.iter().zip(&desk.open));
        let here: Vec<[Option<i64>; 2]> =
            parts.filter(|&(&there, _)| there == place).map(|(_, open)| open.best).collect();
        for side in [Side::Buy, Side::Sell] {
            self.open[place].best[side as usize] = None;
            self.open[place].set_best(side, here.iter().filter_map(|best| best[side as usize]));
        }
    }

    /// Takes over the price and the market of an instrument as a desk sees them; a price of 0 is none.
    ///
    /// # Errors
    /// An equity that cannot be counted.
    pub fn see(
        &mut self,
        desk: usize,
        instrument: usize,
        ticks: i64,
        market: Market,
        now: i64,
    ) -> Result<(), JointError> {
        let place = self.desks[desk].places[instrument];
        self.markets[place] = market;
        if ticks <= 0 || ticks == self.marks[place] {
            self.now = self.now.max(now);
            return Ok(());
        }
        self.value_at(place, ticks)?;
        self.look(now)
    }

    fn value_at(&mut self, place: usize, ticks: i64) -> Result<(), MoneyError> {
        for leg in (place..self.marks.len()).step_by(self.listed) {
            self.marks[leg] = ticks;
        }
        self.value(place)
    }

    fn value(&mut self, place: usize) -> Result<(), MoneyError> {
        for leg in (place..self.marks.len()).step_by(self.listed) {
            let position = self.account.position(leg);
            let blind = position.lots != 0 && self.marks[leg] <= 0;
            let profit = || position.unrealised(&self.instruments[leg], self.marks[leg]);
            self.profits[leg] = if blind { None } else { Some(profit()?) };
        }
        Ok(())
    }

    /// The equity in currency units, where everything that is held has a price.
    #[must_use]
    pub fn equity(&self) -> Option<f64> {
        let open = self.profits.iter().try_fold(self.account.balance(), |sum, profit| sum.checked_add((*profit)?));
        open.map(|equity| self.scale.to_f64(equity))
    }

    /// Holds what has been lost against the limits, where there are some: once all desks have told what there is.
    ///
    /// # Errors
    /// An equity that cannot be counted.
    pub fn look(&mut self, now: i64) -> Result<(), JointError> {
        self.now = self.now.max(now);
        let (marks, instruments) = (&self.marks, &self.instruments);
        self.gate.observe(self.now, |place| instruments[place].price.value(marks[place]));
        if self.gate.watches_equity()
            && let Some(equity) = self.equity()
        {
            self.passed |= self.gate.mark(self.now, equity).map_err(RiskError::from)?;
        }
        Ok(())
    }

    /// Asks the gate for an order that a desk's own has approved; one that passes is told by [`JointBook::follow`].
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn check(
        &mut self,
        desk: usize,
        intent: &Intent,
        replaced: Option<Pending>,
        now: i64,
    ) -> Result<Result<(), Refusal>, MoneyError> {
        self.now = self.now.max(now);
        let Desk { places, finer, .. } = &self.desks[desk];
        let intent = Intent { instrument: places[intent.instrument], ..*intent };
        let replaced = replaced.map(|pending| {
            let worth = pending.worth.checked_mul(*finer).ok_or(MoneyError::Overflow)?;
            Ok(Pending { worth, ..pending })
        });
        let situation = Situation {
            now: self.now,
            account: Some(&self.account),
            instruments: &self.instruments,
            marks: &self.marks,
            open: &self.open,
            markets: &self.markets,
            at_once: false,
            replaced: replaced.transpose()?,
        };
        let Err(refusal) = self.gate.check(&intent, &situation)? else { return Ok(Ok(())) };
        self.refused += 1;
        if self.refusals.len() < REFUSALS_MOST {
            let Intent { instrument, side, .. } = intent;
            self.refusals.push(JointRefusal { at: self.now, desk, instrument, side, refusal });
        }
        Ok(Err(refusal))
    }

    /// Whether a limit on losses was passed since this was asked last.
    pub const fn take_passed(&mut self) -> bool {
        std::mem::replace(&mut self.passed, false)
    }

    /// How many orders were refused, and the first of those since this was asked last.
    pub fn take_refusals(&mut self) -> (u64, Vec<JointRefusal>) {
        (std::mem::take(&mut self.refused), std::mem::take(&mut self.refusals))
    }

    /// Whether there is something to take.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        self.passed || self.refused > 0
    }

    /// What has been lost that stands against new risk.
    #[must_use]
    pub fn standing(&self) -> Option<Refusal> {
        self.gate.losses().judge(self.now, &self.gate.limits).err()
    }

    /// What is held, each position at its mark: all of it, and longs less shorts; currency units.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn exposure(&self) -> Result<(f64, f64), MoneyError> {
        let (mut gross, mut net) = (0, 0);
        for (place, instrument) in self.instruments.iter().enumerate() {
            let lots = self.account.position(place).lots;
            let notional = if lots == 0 { 0 } else { instrument.notional(lots, self.marks[place].max(1))? };
            gross += notional;
            net += Atoms::from(lots.signum()) * notional;
        }
        Ok((self.scale.to_f64(gross), self.scale.to_f64(net)))
    }

    /// The state as of now, between two turns of its desks.
    #[must_use]
    pub fn state(&self) -> JointState {
        JointState { gate: self.gate.state(), beside: self.beside, marks: self.marks.clone(), now: self.now }
    }

    /// Goes on where the book of a state stopped; its desks tell their parts before or after.
    ///
    /// # Errors
    /// A state of other instruments or limits, or one that is broken; nothing is taken over then.
    pub fn restore(&mut self, state: JointState) -> Result<(), JointError> {
        if state.marks.len() != self.marks.len() {
            return Err(JointError::Broken("prices"));
        }
        self.gate.restore(state.gate)?;
        self.set_beside(state.beside)?;
        (self.marks, self.now) = (state.marks, state.now);
        (0..self.listed).try_for_each(|place| self.value(place))?;
        self.passed = false;
        Ok(())
    }
}

/// Whether two descriptions count lots, prices and money alike.
fn is_same(one: &InstrumentSpec, other: &InstrumentSpec) -> bool {
    let grid = |spec: &InstrumentSpec| (spec.tick, spec.lot, spec.multiplier, spec.inverse);
    one.symbol == other.symbol && one.settlement == other.settlement && grid(one) == grid(other)
}

fn finer(stake: &Stake, by: Atoms) -> Result<Stake, MoneyError> {
    let more = |atoms: Atoms| atoms.checked_mul(by).ok_or(MoneyError::Overflow);
    let mut stake = *stake;
    (stake.position.cost, stake.margin) = (more(stake.position.cost)?, more(stake.margin)?);
    Ok(stake)
}

impl From<InputError> for JointError {
    fn from(error: InputError) -> Self {
        Self::Risk(error.into())
    }
}
