//! The books of a run: account, risk gate, open trades and everything recorded.
//!
//! Money is exact; the equity curve is in doubles, as reports are.

mod booking;
mod state;

pub(crate) use state::LedgerState;
use tradenode_core::account::{Account, Position};
use tradenode_core::instrument::{Instrument, InstrumentSpec};
use tradenode_core::money::{Atoms, Scale};
use tradenode_core::orders::Intent;
use tradenode_core::protections::{ProtectionSpec, Protections, Settings};
use tradenode_core::risk::{Approved, Limits, Market, OpenOrders, Pending, Permit, RiskGate, Situation};
use tradenode_core::strategy::ExitsSpec;
use tradenode_core::strategy::guard::Guard;
use tradenode_core::strategy::sizing::TradeRecord;
use tradenode_core::units::Grid;

use crate::error::RunError;
use crate::metrics::Line;
use crate::recorder::{OpenTrade, Recorder};
use crate::spec::{AccountSpec, SlippageSpec, SpecError};

/// Where and how an approved order meets the market.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    /// The market's price in ticks.
    pub(crate) ticks: i64,
    /// Whether the order was resting and adds liquidity.
    pub(crate) maker: bool,
    /// The bar's volume in lots.
    pub(crate) volume: f64,
    /// The time of the fill.
    pub(crate) now: i64,
}

/// How many lots of an order closed and opened; none where the volume was not enough for one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filled {
    pub(crate) closed: i64,
    pub(crate) opened: i64,
}

/// The part of an instrument's open profit that the curve needs: its worth is `slope` × price (or / price).
#[derive(Debug, Clone, Copy, Default)]
struct Curve {
    slope: f64,
    cost: f64,
    /// Open profit at the last mark.
    profit: f64,
    /// Notional at the last mark.
    notional: f64,
    /// Whether no price above zero can use up the equity: a lone long position that the balance pays for in full.
    paid: bool,
}

/// When some bars end, ns UTC: they open at these times and last as long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'b> {
    pub(crate) opens: &'b [i64],
    pub(crate) step: i64,
}

impl Ends<'_> {
    fn of(self, row: usize) -> i64 {
        self.opens[row] + self.step
    }
}

/// The parts of a run's description that its books are kept by.
#[derive(Debug)]
pub(crate) struct Terms<'s> {
    pub(crate) account: &'s AccountSpec,
    pub(crate) instruments: &'s [InstrumentSpec],
    pub(crate) risk: &'s Limits,
    pub(crate) protections: &'s [ProtectionSpec],
    /// The bars to whose starts the ends of locks are rounded up; 0 rounds nothing.
    pub(crate) bar_ns: i64,
    pub(crate) slippage: &'s SlippageSpec,
    /// Whether gross notional and extremes are recorded.
    pub(crate) full: bool,
    /// Whether a part of the balance is set apart for each position.
    pub(crate) isolated: bool,
    /// Whether each instrument has a long and a short leg.
    pub(crate) hedging: bool,
}

/// The books. Where legs are kept, all that is kept by position has the long legs of all instruments first, then the short
/// ones: each is a position of its own.
#[derive(Debug)]
pub struct Ledger<'a> {
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) scale: Scale,
    pub(crate) account: Account,
    pub(crate) gate: RiskGate,
    /// What open orders may still do, by instrument, and its market; no markets where there are bars alone.
    pub(crate) open: Vec<OpenOrders>,
    pub(crate) markets: Vec<Market>,
    pub(crate) recorder: Recorder<'a>,
    pub(crate) trades: Vec<Option<OpenTrade>>,
    pub(crate) record: TradeRecord,
    slippage: SlippageSpec,
    /// How many instruments there are.
    listed: usize,
    isolated: bool,
    /// Whether gross notional and extremes are recorded.
    full: bool,
    /// The last price of each instrument, in quote units; 0 before the first.
    pub(crate) last: Vec<f64>,
    /// The last prices in ticks, and whether some of them have changed since they were converted.
    marks: Vec<i64>,
    stale: bool,
    curves: Vec<Curve>,
    balance: f64,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(terms: &Terms<'_>, recorder: Recorder<'a>) -> Result<Self, SpecError> {
        let scale = Scale::covering(terms.instruments.iter().filter(|i| !i.inverse).map(|i| i.digits()))?;
        let mut instruments = terms.instruments.iter().map(|i| i.bind(scale)).collect::<Result<Vec<_>, _>>()?;
        for instrument in terms.instruments {
            if instrument.settlement != terms.account.currency {
                let (symbol, settles) = (&instrument.symbol, &instrument.settlement);
                let reason = format!("{symbol} settles in {settles}, the account holds {}", terms.account.currency);
                return Err(SpecError::Conflict { key: "account.currency", reason });
            }
        }
        terms.slippage.check()?;
        let cash = scale.atoms(terms.account.cash)?;
        if cash <= 0 {
            return Err(SpecError::range("account.cash", "above 0", terms.account.cash.to_f64()));
        }
        let listed = instruments.len();
        if terms.hedging {
            instruments.extend_from_within(..);
        }
        let count = instruments.len();
        let mut gate = RiskGate::new(terms.risk, &instruments, scale, terms.account.leverage)?;
        if terms.hedging {
            gate = gate.with_legs(listed);
        }
        if terms.isolated {
            gate = gate.with_isolated_margins();
        }
        if !terms.protections.is_empty() {
            let settings = Settings { instruments: listed, balance: scale.to_f64(cash), bar_ns: terms.bar_ns };
            gate = gate.with_protections(Protections::new(terms.protections, settings)?);
        }
        gate.begin_with(scale.to_f64(cash));
        Ok(Self {
            gate,
            open: vec![OpenOrders::default(); listed],
            markets: Vec::new(),
            instruments,
            scale,
            account: Account::new(cash, count),
            recorder,
            trades: vec![None; count],
            record: TradeRecord::default(),
            slippage: terms.slippage.clone(),
            listed,
            isolated: terms.isolated,
            full: terms.full,
            last: vec![0.0; count],
            marks: vec![0; count],
            stale: false,
            curves: vec![Curve::default(); count],
            balance: scale.to_f64(cash),
        })
    }

    /// Whether a part of the balance is set apart for each position.
    pub(crate) const fn is_isolated(&self) -> bool {
        self.isolated
    }

    /// The same in words.
    pub(crate) const fn margins(&self) -> &'static str {
        if self.isolated { "isolated" } else { "in common" }
    }

    /// The position of an instrument.
    #[must_use]
    #[inline]
    pub fn position(&self, instrument: usize) -> Position {
        self.account.position(instrument)
    }

    /// Lots held of an instrument, of both legs where it has two: above zero long.
    #[must_use]
    #[inline]
    pub fn net(&self, instrument: usize) -> i64 {
        let (long, short) = self.legs(instrument);
        long + short
    }

    /// Lots held of an instrument long, from zero on, and short, up to zero.
    #[must_use]
    #[inline]
    pub fn legs(&self, instrument: usize) -> (i64, i64) {
        let lots = self.account.position(instrument).lots;
        if self.instruments.len() == self.listed {
            return (lots.max(0), lots.min(0));
        }
        (lots, self.account.position(instrument + self.listed).lots)
    }

    /// How often the open position of an instrument was added to, its first entry included; 0 when flat.
    #[must_use]
    pub fn entries(&self, instrument: usize) -> u32 {
        self.trades[instrument].as_ref().map_or(0, |trade| trade.entries)
    }

    /// The instruments, in the run's order.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments[..self.listed]
    }

    /// The balance in currency units.
    #[must_use]
    pub const fn balance(&self) -> f64 {
        self.balance
    }

    /// Balance and open profit at the last marks, in currency units.
    #[must_use]
    #[inline]
    pub fn equity(&self) -> f64 {
        self.balance + self.curves.iter().map(|curve| curve.profit).sum::<f64>()
    }

    /// Everything recorded.
    #[must_use]
    pub fn into_recorder(self) -> Recorder<'a> {
        self.recorder
    }

    /// What has been recorded so far.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder<'a> {
        &self.recorder
    }

    /// Equity in atoms, every instrument at its last price.
    pub(crate) fn equity_atoms(&mut self) -> Result<Atoms, RunError> {
        self.refresh_marks()?;
        Ok(self.account.equity(&self.instruments, &self.marks)?)
    }

    /// The last price of an instrument in ticks, as of the last [`Ledger::refresh_marks`].
    #[inline]
    pub(crate) fn ticks(&self, index: usize) -> i64 {
        self.marks[index]
    }

    /// Converts the last prices to ticks, if they have changed: mids, which may lie between two, to the nearest.
    #[inline]
    pub(crate) fn refresh_marks(&mut self) -> Result<(), RunError> {
        if self.stale {
            let of = if self.markets.is_empty() { Grid::steps } else { Grid::nearest };
            for ((mark, instrument), &last) in self.marks.iter_mut().zip(&self.instruments).zip(&self.last) {
                *mark = of(&instrument.price, last)?;
            }
            self.stale = false;
        }
        Ok(())
    }

    /// Asks the gate; a refusal is recorded. If it approves, the order `replaced` goes.
    pub(crate) fn approve(
        &mut self,
        intent: &Intent,
        now: i64,
        replaced: Option<Pending>,
    ) -> Result<Option<Approved>, RunError> {
        let permit = self.permit(intent, now, replaced, false)?;
        Ok(permit.map(|permit| self.gate.approve(permit, now)))
    }

    /// Asks the gate for an order that meets the market at once and fills it; `None` when it was refused.
    pub(crate) fn trade(&mut self, intent: &Intent, quote: &Quote) -> Result<Option<Filled>, RunError> {
        let Some(permit) = self.permit(intent, quote.now, None, true)? else { return Ok(None) };
        let approved = self.gate.approve(permit, quote.now);
        self.execute(&approved, quote).map(Some)
    }

    /// Asks the gate; a refusal is recorded. Where it permits, the order `replaced` goes.
    pub(crate) fn permit<'i>(
        &mut self,
        intent: &'i Intent,
        now: i64,
        replaced: Option<Pending>,
        at_once: bool,
    ) -> Result<Option<Permit<'i>>, RunError> {
        self.refresh_marks()?;
        let situation = Situation {
            now,
            account: Some(&self.account),
            instruments: &self.instruments,
            marks: &self.marks,
            open: &self.open,
            markets: &self.markets,
            at_once,
            replaced,
        };
        match self.gate.permit(intent, &situation) {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(refusal)) => {
                self.recorder.refuse(now, intent.instrument, intent.reason, refusal);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes over a position after a fill into the curve.
    fn redraw(&mut self, index: usize) {
        let position = self.account.position(index);
        let instrument = &self.instruments[index];
        self.balance = self.scale.to_f64(self.account.balance());
        let (slope, cost) = (instrument.worth_f64(position.lots, 1.0), self.scale.to_f64(position.cost));
        let paid = self.curves.len() == 1 && !instrument.spec().inverse && slope >= 0.0 && self.balance >= cost;
        self.curves[index] = Curve { slope, cost, paid, ..Curve::default() };
        self.revalue(index, self.last[index]);
    }

    /// Whether a bar between these prices reaches no level of the guard; if so, both take over its extremes.
    #[inline]
    pub(crate) fn passes(
        &mut self,
        index: usize,
        guard: &mut Guard,
        exits: &ExitsSpec,
        now: i64,
        high: f64,
        low: f64,
    ) -> bool {
        let adverse = if guard.is_long() { low } else { high };
        if !(guard.is_calm(high, low) && self.covered(index, adverse) && !guard.expired(exits, now)) {
            return false;
        }
        guard.on_bar(exits, &self.instruments[index].price, high, low);
        self.extend(index, high, low);
        true
    }

    /// Whether no bar can matter to a position: nothing to reach, nothing to record.
    #[inline]
    pub(crate) fn skips(&self, index: usize, guard: &Guard, exits: &ExitsSpec) -> bool {
        !self.full && self.curves[index].paid && guard.is_idle(exits)
    }

    /// How many of a lone instrument's bars, one after the other, reach nothing; trade and guard take over their
    /// extremes.
    #[inline]
    pub(crate) fn pass_all(
        &mut self,
        guard: &mut Guard,
        exits: &ExitsSpec,
        ts: &[i64],
        highs: &[f64],
        lows: &[f64],
    ) -> usize {
        if self.skips(0, guard, exits) {
            return ts.len();
        }
        if self.curves[0].paid && guard.is_idle(exits) {
            if let Some(trade) = &mut self.trades[0] {
                trade.pass(highs, lows);
            }
            return ts.len();
        }
        for (row, ((&now, &high), &low)) in ts.iter().zip(highs).zip(lows).enumerate() {
            if !self.passes(0, guard, exits, now, high, low) {
                return row;
            }
        }
        ts.len()
    }

    /// Takes over prices that an open position has seen.
    #[inline]
    pub(crate) fn extend(&mut self, index: usize, high: f64, low: f64) {
        if let Some(trade) = &mut self.trades[index] {
            trade.extend(high, low);
        }
    }

    /// Takes note of an instrument's last price.
    #[inline]
    pub(crate) fn mark(&mut self, index: usize, price: f64) {
        self.trades_at(index, price);
        self.revalue(index, price);
    }

    /// The same without the open profit, which nobody looks at before the next mark.
    #[inline]
    pub(crate) fn trades_at(&mut self, index: usize, price: f64) {
        (self.last[index], self.stale) = (price, true);
    }

    #[inline]
    fn revalue(&mut self, index: usize, price: f64) {
        let curve = &mut self.curves[index];
        if curve.slope != 0.0 {
            let worth = if self.instruments[index].spec().inverse { curve.slope / price } else { curve.slope * price };
            curve.profit = worth - curve.cost;
            curve.notional = worth.abs();
        }
    }

    /// Records the equity at the end of bars in which nothing is held and nothing happens.
    #[inline]
    pub(crate) fn sample_flat(&mut self, ends: Ends<'_>, closes: &[f64]) -> Result<(), RunError> {
        let Some(&last) = closes.last() else { return Ok(()) };
        self.trades_at(0, last);
        if self.gate.watches_equity() {
            // What stands still is known from its ends, days that begin in between included.
            for row in [0, closes.len() - 1] {
                self.gate.mark(ends.of(row), self.balance)?;
            }
        }
        self.recorder.mark_flat(closes.len(), self.balance, self.full);
        Ok(())
    }

    /// Records the equity of a lone position at the closes of the first `bars` of some bars, in which nothing happens.
    #[inline]
    pub(crate) fn sample_held(&mut self, ends: Ends<'_>, closes: &[f64], bars: usize) -> Result<(), RunError> {
        let Some(last) = bars.checked_sub(1) else { return Ok(()) };
        let Curve { slope, cost, .. } = self.curves[0];
        let line = Line { balance: self.balance, slope, cost, inverse: self.instruments[0].spec().inverse };
        self.recorder.mark_held(closes, bars, line, self.full);
        if self.gate.watches_equity() {
            for (row, &close) in closes[..bars].iter().enumerate() {
                self.gate.mark(ends.of(row), line.at(close))?;
            }
        }
        self.mark(0, closes[last]);
        Ok(())
    }

    /// Records the equity at a bar's end and tells the gate; returns whether a limit on losses has just been passed.
    #[inline]
    pub(crate) fn sample(&mut self, end: i64) -> Result<bool, RunError> {
        let add = |(profit, gross), curve: &Curve| (profit + curve.profit, gross + curve.notional);
        let (profit, gross) = self.curves.iter().fold((0.0, 0.0), add);
        let equity = self.balance + profit;
        self.recorder.mark(equity, self.full.then_some(gross));
        self.gate.observe(end, |place| self.last[place]);
        let passed = self.gate.mark(end, equity)?;
        if self.gate.watches_market() {
            self.recorder.lock(self.gate.lock_events());
        }
        Ok(passed)
    }

    /// Whether the equity covers all maintenance margins when this instrument trades at `price`.
    #[inline]
    pub(crate) fn covered(&self, index: usize, price: f64) -> bool {
        let curve = self.curves[index];
        if curve.paid {
            return true;
        }
        let instrument = &self.instruments[index];
        let worth = if instrument.spec().inverse { curve.slope / price } else { curve.slope * price };
        let equity = self.equity() - curve.profit + worth - curve.cost;
        equity >= self.maintenance(index) + instrument.spec().maintenance_margin.to_f64() * worth.abs()
    }

    /// The maintenance margins of all instruments but one, at their last prices.
    #[inline]
    fn maintenance(&self, but: usize) -> f64 {
        let mut sum = 0.0;
        for (index, (curve, instrument)) in self.curves.iter().zip(&self.instruments).enumerate() {
            if index != but {
                sum += curve.notional * instrument.spec().maintenance_margin.to_f64();
            }
        }
        sum
    }

    /// The price at which the equity just covers all maintenance margins, the other instruments at their last prices;
    /// not above zero, or not finite, where there is none.
    pub(crate) fn bankruptcy_price(&self, index: usize) -> f64 {
        let curve = self.curves[index];
        let spec = self.instruments[index].spec();
        let rest = self.equity() - curve.profit - curve.cost - self.maintenance(index);
        let maintenance = spec.maintenance_margin.to_f64() * curve.slope.abs();
        if spec.inverse { (maintenance - curve.slope) / rest } else { -rest / (curve.slope - maintenance) }
    }
}
