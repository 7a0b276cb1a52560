//! The gate and all that it judges by, kept from reports: what a node asks before it sends an order.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::approved::Approved;
use super::gate::RiskGate;
use super::kill::{Command, Exposed, Kill, KillSwitch};
use super::limits::{LimitError, Limits};
use super::refusal::{Check, Refusal};
use super::situation::{Market, OpenOrders, Pending, Situation};
use super::state::TradingState;
use crate::account::{Account, Fill, Position};
use crate::instrument::{Instrument, InstrumentError, InstrumentSpec};
use crate::money::{Atoms, MoneyError, Scale};
use crate::orders::Intent;
use crate::protections::{InputError, ProtectionSpec, Protections, RestoreError, Settings, SpecError};
use crate::slots::Slots;
use crate::units::Decimal;

/// What an account may trade, and within which limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskSpec {
    /// The currency in which the account counts.
    pub currency: String,
    /// The largest leverage that the account is given.
    #[serde(default = "one")]
    pub leverage: Decimal,
    /// What is traded.
    pub instruments: Vec<InstrumentSpec>,
    /// The limits.
    #[serde(default)]
    pub limits: Limits,
    /// What locks entries for a while.
    #[serde(default)]
    pub protections: Vec<ProtectionSpec>,
    /// The balance at the start, at which realised drawdowns begin, account currency.
    #[serde(default)]
    pub balance: f64,
    /// The bars to whose starts the ends of locks are rounded up; 0 rounds nothing.
    #[serde(default)]
    pub bar_ns: i64,
}

fn one() -> Decimal {
    Decimal::ONE
}

impl RiskSpec {
    /// Whether every instrument settles in the account's currency.
    pub(super) fn one_currency(&self) -> Result<(), RiskError> {
        let Some(other) = self.instruments.iter().find(|i| i.settlement != self.currency) else { return Ok(()) };
        let (symbol, settlement) = (other.symbol.clone(), other.settlement.clone());
        Err(RiskError::Currency { symbol, settlement, currency: self.currency.clone() })
    }

    /// What its protections have in common.
    const fn settings(&self) -> Settings {
        Settings { instruments: self.instruments.len(), balance: self.balance, bar_ns: self.bar_ns }
    }
}

/// What a risk book cannot be made of, or cannot take.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RiskError {
    /// An instrument that does not hold together.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A limit that makes no sense.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A protection that makes no sense.
    #[error(transparent)]
    Protection(#[from] SpecError),
    /// The state of other protections, or one that is broken.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A state of another limit that remembers something.
    #[error("the state is of {limit} {was}, not {is}")]
    OtherLimit {
        /// Which.
        limit: &'static str,
        /// In the state.
        was: String,
        /// Now.
        is: String,
    },
    /// A state that no gate can be in.
    #[error("broken state of {0}")]
    Broken(&'static str),
    /// What protections refuse to take note of.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Money that cannot be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An instrument that does not settle in the account's currency.
    #[error("{symbol} settles in {settlement}, the account counts in {currency}: its margin cannot be judged")]
    Currency {
        /// The instrument.
        symbol: String,
        /// In what it settles.
        settlement: String,
        /// The account's.
        currency: String,
    },
    /// A report of an order that is not open.
    #[error("order {0} is not open")]
    Order(u64),
    /// More lots filled than were left.
    #[error("order {order}: {lots} lots filled, {left} were left")]
    Overfill {
        /// The order.
        order: u64,
        /// What was filled.
        lots: i64,
        /// What was left.
        left: i64,
    },
    /// Positions of another number of instruments.
    #[error("{given} positions for {traded} instruments")]
    Positions {
        /// What was given.
        given: usize,
        /// What is traded.
        traded: usize,
    },
}

/// An approved order until it has ended.
#[derive(Debug, Clone, Copy)]
struct Open {
    intent: Intent,
    left: i64,
    /// The price of the market in ticks when it was approved.
    mark: i64,
    pending: Pending,
}

/// The gate and all that it judges by. One position an instrument, margins in common.
#[derive(Debug, Clone)]
pub struct RiskBook {
    instruments: Vec<Instrument>,
    scale: Scale,
    /// The gate.
    pub gate: RiskGate,
    account: Option<Account>,
    marks: Vec<i64>,
    markets: Vec<Market>,
    open: Vec<OpenOrders>,
    orders: Slots<Open>,
    kill: KillSwitch,
}

impl RiskBook {
    /// A book without an account: nothing passes before [`RiskBook::set_account`].
    ///
    /// # Errors
    /// What the description has wrong.
    pub fn new(spec: &RiskSpec) -> Result<Self, RiskError> {
        let scale = Scale::covering(spec.instruments.iter().filter(|i| !i.inverse).map(InstrumentSpec::digits))?;
        let instruments = spec.instruments.iter().map(|i| i.bind(scale)).collect::<Result<Vec<_>, _>>()?;
        spec.one_currency()?;
        let count = instruments.len();
        let gate = RiskGate::new(&spec.limits, &instruments, scale, spec.leverage)?;
        Ok(Self {
            gate: match spec.protections.as_slice() {
                [] => gate,
                specs => gate.with_protections(Protections::new(specs, spec.settings())?),
            },
            account: None,
            marks: vec![0; count],
            markets: vec![Market::default(); count],
            open: vec![OpenOrders::default(); count],
            orders: Slots::default(),
            kill: KillSwitch::new(count),
            instruments,
            scale,
        })
    }

    /// What is traded.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// How money is counted.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The account, once it is known.
    #[must_use]
    pub const fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// What the open orders of an instrument may still do.
    #[must_use]
    pub fn open(&self, instrument: usize) -> &OpenOrders {
        &self.open[instrument]
    }

    /// The intent of an open order and how many of its lots are left.
    #[must_use]
    pub fn order(&self, order: u64) -> Option<(&Intent, i64)> {
        self.find(order).ok().map(|open| (&open.intent, open.left))
    }

    /// The numbers of all open orders, ascending.
    #[must_use]
    pub fn open_orders(&self) -> Vec<u64> {
        self.orders.iter().map(|(number, _)| number).collect()
    }

    /// Takes over the account as the venue has it: the balance in atoms, of each instrument lots and their entry price in
    /// ticks.
    ///
    /// # Errors
    /// Positions of another number of instruments, money that cannot be counted.
    pub fn set_account(&mut self, balance: Atoms, positions: &[(i64, i64)]) -> Result<(), RiskError> {
        if positions.len() != self.instruments.len() {
            return Err(RiskError::Positions { given: positions.len(), traded: self.instruments.len() });
        }
        let worth = |(instrument, &(lots, ticks)): (&Instrument, &(i64, i64))| {
            let cost = if lots == 0 { 0 } else { instrument.worth(lots, ticks.max(1))? };
            Ok(Position { lots, cost })
        };
        let positions = self.instruments.iter().zip(positions).map(worth).collect::<Result<Vec<_>, MoneyError>>()?;
        self.account = Some(Account::with_positions(balance, positions));
        Ok(())
    }

    /// Forgets the account, as after a gap that has to be reconciled: nothing passes until it is known again.
    pub fn forget_account(&mut self) {
        self.account = None;
    }

    /// An instrument's market as it was received; its middle is the price by which it is judged.
    ///
    /// # Errors
    /// What protections refuse to take note of.
    pub fn on_market(&mut self, instrument: usize, market: Market) -> Result<(), RiskError> {
        if let Some(twice) = market.twice_mid().filter(|_| !market.broken) {
            self.marks[instrument] = twice / 2;
        }
        self.markets[instrument] = market;
        if self.gate.watches_market() {
            let value = |ticks| self.instruments[instrument].price.value(ticks);
            let (bid, ask) = market.touch.map_or((f64::NAN, f64::NAN), |(bid, ask)| (value(bid), value(ask)));
            self.gate.on_quote(instrument, market.at, bid, ask)?;
            if let Some(twice) = market.twice_mid().filter(|&twice| twice > 0) {
                self.gate.on_price(instrument, market.at, value(twice) / 2.0)?;
            }
        }
        Ok(())
    }

    /// The last price of an instrument, ticks, where no market is known that has a middle.
    pub fn on_last(&mut self, instrument: usize, ticks: i64, at: i64) {
        if self.markets[instrument].touch.is_none() {
            self.marks[instrument] = ticks;
        }
        let market = &mut self.markets[instrument];
        market.at = market.at.max(at);
    }

    /// Asks the gate. An approved order counts as open from now on; if it takes the place of another, that one goes.
    ///
    /// # Errors
    /// Money that cannot be counted; an order to be replaced that is not open.
    pub fn check(
        &mut self,
        intent: &Intent,
        now: i64,
        replaces: Option<u64>,
    ) -> Result<Result<Approved, Refusal>, RiskError> {
        let replaced = replaces.map(|order| self.find(order)).transpose()?;
        let situation = Situation {
            now,
            account: self.account.as_ref(),
            instruments: &self.instruments,
            marks: &self.marks,
            open: &self.open,
            markets: &self.markets,
            at_once: false,
            replaced: replaced.filter(|open| open.intent.instrument == intent.instrument).map(|open| open.pending),
        };
        let approved = match self.gate.check(intent, &situation)? {
            Ok(approved) => approved,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let intent = *approved.intent();
        let mark = self.marks[intent.instrument].max(1);
        let pending = Pending::new(&intent, intent.lots, &self.instruments[intent.instrument], mark)?;
        if let Some(order) = replaces {
            self.on_end(order)?;
        }
        self.open[intent.instrument].add(&pending);
        self.orders.insert(approved.id(), Open { intent, left: intent.lots, mark, pending });
        Ok(Ok(approved))
    }

    /// Lets a strategy's cancel pass, or says why not. Those of a kill switch are not asked about.
    pub fn check_cancel(&mut self, order: u64, now: i64) -> Result<(), Refusal> {
        if self.orders.find(order).is_none() {
            return Err(Refusal { check: Check::UnknownOrder, limit: f64::NAN, value: order as f64 });
        }
        self.gate.check_cancel(now)
    }

    /// A fill of an open order at a price in ticks with its fee.
    ///
    /// # Errors
    /// An order that is not open, more than was left of it, money that cannot be counted; nothing is booked then.
    pub fn on_fill(&mut self, order: u64, lots: i64, ticks: i64, fee: Atoms) -> Result<(), RiskError> {
        let open = *self.find(order)?;
        if lots <= 0 || lots > open.left {
            return Err(RiskError::Overfill { order, lots, left: open.left });
        }
        let Intent { instrument, side, .. } = open.intent;
        let traded = &self.instruments[instrument];
        let worth = traded.worth(side.sign() * lots, ticks)?;
        if let Some(account) = &mut self.account {
            account.fill(instrument, traded, &Fill { side, lots, ticks, worth, fee })?;
        }
        self.recount(order, open, open.left - lots)
    }

    /// An order has ended: filled, cancelled, refused, expired.
    ///
    /// # Errors
    /// An order that is not open.
    pub fn on_end(&mut self, order: u64) -> Result<(), RiskError> {
        let open = *self.find(order)?;
        self.recount(order, open, 0)
    }

    /// Pulls the kill switch. Unless it only cancels, trading stays halted until a person [resumes](RiskGate::resume) it.
    pub fn kill(&mut self, kill: Kill, by: &str, reason: &str, at: i64) {
        if kill != Kill::CancelAll {
            self.gate.trip(TradingState::Halted, by, reason, at);
        }
        self.kill.pull(kill, at);
    }

    /// The switch.
    #[must_use]
    pub const fn kill_switch(&self) -> &KillSwitch {
        &self.kill
    }

    /// What the kill switch wants done now: the orders to cancel and those to send, which count as open from now on. To be
    /// asked when it was pulled, after every report, and when it is due.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn kill_step(&mut self, at: i64) -> Result<(Vec<u64>, Vec<Approved>), RiskError> {
        let mut switch = std::mem::take(&mut self.kill);
        let commands = switch.step(at, self);
        let (mut cancels, mut orders) = (Vec::new(), Vec::new());
        for command in commands {
            match command {
                Command::Cancel(order) => cancels.push(order),
                // What is refused is asked for again.
                Command::Close(intent) => {
                    if let Ok(approved) = self.check(&intent, at, None)? {
                        switch.sent(intent.instrument, approved.id());
                        orders.push(approved);
                    }
                }
            }
        }
        self.kill = switch;
        Ok((cancels, orders))
    }

    /// The equity in currency units, where account and prices are known.
    #[must_use]
    pub fn equity(&self) -> Option<f64> {
        let account = self.account.as_ref()?;
        let blind = |place: &usize| account.position(*place).lots != 0 && self.marks[*place] <= 0;
        if (0..self.instruments.len()).any(|place| blind(&place)) {
            return None;
        }
        account.equity(&self.instruments, &self.marks).ok().map(|equity| self.scale.to_f64(equity))
    }

    /// Takes note of the equity, for the limits on losses, and of prices, for what moves together; true when a limit has just
    /// been passed.
    ///
    /// # Errors
    /// An equity that is no number.
    pub fn mark(&mut self, at: i64) -> Result<bool, RiskError> {
        let (marks, instruments) = (&self.marks, &self.instruments);
        self.gate.observe(at, |place| instruments[place].price.value(marks[place]));
        match self.equity() {
            Some(equity) => Ok(self.gate.mark(at, equity)?),
            None => Ok(false),
        }
    }

    fn find(&self, order: u64) -> Result<&Open, RiskError> {
        self.orders.find(order).map(|slot| &self.orders[slot]).ok_or(RiskError::Order(order))
    }

    fn recount(&mut self, order: u64, open: Open, left: i64) -> Result<(), RiskError> {
        let Intent { instrument, side, .. } = open.intent;
        let was_best = self.open[instrument].remove(&open.pending);
        let Some(slot) = self.orders.find(order) else { return Err(RiskError::Order(order)) };
        if left == 0 {
            self.orders.end(order);
            self.orders.release(slot);
        } else {
            let pending = Pending::new(&open.intent, left, &self.instruments[instrument], open.mark)?;
            self.open[instrument].add(&pending);
            self.orders[slot] = Open { left, pending, ..open };
        }
        if was_best {
            let same = self
                .orders
                .iter()
                .map(|(_, open)| open)
                .filter(|o| o.intent.instrument == instrument && o.intent.side == side);
            self.open[instrument].set_best(side, same.filter_map(|o| o.pending.price));
        }
        Ok(())
    }
}

impl Exposed for RiskBook {
    fn open_orders(&self) -> impl Iterator<Item = (u64, usize, bool)> {
        self.orders.iter().map(|(number, open)| (number, open.intent.instrument, open.intent.reduce_only))
    }

    fn lots(&self, instrument: usize) -> i64 {
        self.account.as_ref().map_or(0, |account| account.position(instrument).lots)
    }

    fn market(&self, instrument: usize) -> Market {
        self.markets[instrument]
    }
}
