//! A run whose signals are rules: compiled and evaluated over columns before the first event.

use std::cell::Cell;

use tradenode_core::bars::Bars;
use tradenode_core::rules::{Column, Fault, Kind, Program, Rule, Scope, Source, compile};
use tradenode_core::strategy::{Distance, EntryOrder, EntrySpec, SizeMethod, SizeSpec};

use crate::engine::Engine;
use crate::error::RunError;
use crate::frames::Frame;
use crate::long_flat::LongFlat;
use crate::plan::Plan;
use crate::recorder::Recorder;
use crate::signals::{Numbers, SignalColumns, Signals, bit};
use crate::sizing::Sizer;
use crate::spec::{RulesSpec, RunSpec, SpecError};
use crate::strategy::{Request, Strategy, View, retire};

/// What a rule's value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Fires(u16),
    PriceLong,
    PriceShort,
    StopLoss,
    TakeProfit,
    Trailing,
    Measure,
    MeasureAdded,
}

/// Runs the description's rules over bars.
///
/// # Errors
/// What is wrong with the description, its rules or the bars.
pub fn run<'a>(spec: &RunSpec, frames: &[Frame<'a>]) -> Result<Recorder<'a>, RunError> {
    // The bars are checked before rules are computed on them.
    let engine = Engine::new(spec, frames)?;
    let columns = evaluate(spec, frames)?;
    if LongFlat::fits(spec, frames) {
        let mut run = LongFlat::new(spec, engine.into_ledger(), frames, columns);
        run.advance(usize::MAX)?;
        return Ok(run.into_recorder());
    }
    Ok(engine.run(&mut Signals::new(spec.plan(), columns))?.into_recorder())
}

/// The same where a strategy has its say about the sizes, until it is `retired`: then everything is cancelled and closed.
///
/// # Errors
/// As [`run`], and whatever `sizer` stops the run with.
pub fn run_sized<'a>(
    spec: &RunSpec,
    frames: &[Frame<'a>],
    sizer: Box<dyn Sizer + 'a>,
    retired: &Cell<bool>,
) -> Result<Recorder<'a>, RunError> {
    let engine = Engine::new(spec, frames)?.sized_by(sizer);
    let signals = Signals::new(spec.plan(), evaluate(spec, frames)?);
    Ok(engine.run(&mut Retiring { signals, retired })?.into_recorder())
}

/// Rules that are followed until the strategy they belong to is retired.
struct Retiring<'r> {
    signals: Signals,
    retired: &'r Cell<bool>,
}

impl Strategy for Retiring<'_> {
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        if self.retired.get() {
            retire(view, requests);
            return Ok(());
        }
        self.signals.on_bar(view, requests)
    }

    fn quiet_until(&self, instrument: usize, row: usize, held: i64) -> usize {
        if self.retired.get() { row } else { self.signals.quiet_until(instrument, row, held) }
    }
}

/// The scope of the rules of one instrument.
pub(crate) fn scope(plan: Plan<'_>, rules: &RulesSpec, instrument: usize) -> Scope {
    let instruments: Vec<String> = plan.instruments.iter().map(|instrument| instrument.symbol.clone()).collect();
    Scope {
        base_ns: plan.timeframe_ns,
        instrument: instruments[instrument].clone(),
        instruments,
        indicators: rules.indicators.clone(),
        numbers: rules.numbers.clone(),
    }
}

pub(crate) fn evaluate(spec: &RunSpec, frames: &[Frame<'_>]) -> Result<Vec<SignalColumns>, RunError> {
    let wanted = Wanted::of(spec.plan())?;
    let bars: Vec<Bars<'_>> = frames.iter().map(|frame| frame.bars.bars()).collect();
    let mut all = Vec::with_capacity(frames.len());
    for index in 0..bars.len() {
        let program = wanted.compile(spec.plan(), index)?;
        all.extend(wanted.evaluate(&program, index, &bars)?);
    }
    Ok(all)
}

/// Faults as text, one a line.
pub(crate) fn text(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn gather(uses: &[Use], columns: impl Iterator<Item = Column>, rows: usize) -> SignalColumns {
    let mut signals = SignalColumns { rows, ..SignalColumns::default() };
    for (to, column) in uses.iter().zip(columns) {
        match (to, column) {
            (Use::Fires(bit), Column::Bool(fires)) => signals.fires.push((*bit, fires)),
            (Use::PriceLong, Column::Number(column)) => signals.price_long = column,
            (Use::PriceShort, Column::Number(column)) => signals.price_short = column,
            (Use::StopLoss, Column::Number(column)) => signals.stop_loss = column,
            (Use::TakeProfit, Column::Number(column)) => signals.take_profit = column,
            (Use::Trailing, Column::Number(column)) => signals.trailing = column,
            (Use::Measure, Column::Number(column)) => signals.measure = column,
            (Use::MeasureAdded, Column::Number(column)) => signals.measure_added = column,
            (to, _) => unreachable!("a rule has the kind it was compiled for: {to:?}"),
        }
    }
    signals
}

/// The bits of the rules that fire, and what the numbers are, out of the values of one bar in the order of `uses`.
pub(crate) fn said(uses: &[Use], values: &[f64]) -> (u16, Numbers) {
    let (mut fired, mut numbers) = (0, Numbers::NONE);
    for (to, &value) in uses.iter().zip(values) {
        match to {
            Use::Fires(bit) => fired |= if value == 1.0 { *bit } else { 0 },
            Use::PriceLong => numbers.price_long = value,
            Use::PriceShort => numbers.price_short = value,
            Use::StopLoss => numbers.distances.stop_loss = value,
            Use::TakeProfit => numbers.distances.take_profit = value,
            Use::Trailing => numbers.distances.trailing = value,
            Use::Measure => numbers.measure = value,
            Use::MeasureAdded => numbers.measure_added = value,
        }
    }
    (fired, numbers)
}

/// Every rule of a run, by the name it has in a config, with the use of its column.
pub(crate) struct Wanted<'a> {
    /// The description's rules.
    pub(crate) given: &'a RulesSpec,
    uses: Vec<Use>,
    pub(crate) rules: Vec<Rule>,
}

impl Wanted<'_> {
    /// What the rules say of an instrument's bars, for each scope that `program` was compiled under.
    pub(crate) fn evaluate(
        &self,
        program: &Program,
        instrument: usize,
        bars: &[Bars<'_>],
    ) -> Result<Vec<SignalColumns>, RunError> {
        let columns = program.evaluate(bars).map_err(|error| RunError::Rules(error.to_string()))?;
        let (rows, scopes) = (bars[instrument].ts.len(), columns.len() / self.rules.len());
        let mut columns = columns.into_iter();
        Ok((0..scopes).map(|_| gather(&self.uses, columns.by_ref(), rows)).collect())
    }

    /// The rules of one instrument as a program.
    pub(crate) fn compile(&self, plan: Plan<'_>, instrument: usize) -> Result<Program, RunError> {
        compile(&self.rules, &scope(plan, self.given, instrument)).map_err(|faults| RunError::Rules(text(&faults)))
    }

    /// What the uses of the rules are, for whoever evaluates them bar by bar.
    pub(crate) fn into_uses(self) -> Vec<Use> {
        self.uses
    }

    fn add(&mut self, name: &str, source: &Source, to: Use) {
        let kind = if matches!(to, Use::Fires(_)) { Kind::Bool } else { Kind::Number };
        self.uses.push(to);
        self.rules.push(Rule { name: name.to_owned(), source: source.clone(), kind });
    }

    fn entry(
        &mut self,
        name: &'static str,
        entry: Option<&EntrySpec>,
        fires: u16,
        price: Use,
    ) -> Result<(), SpecError> {
        let Some(entry) = entry else { return Ok(()) };
        self.add(&format!("{name}.when"), &entry.when, Use::Fires(fires));
        match (&entry.price, entry.order) {
            (None, EntryOrder::Limit | EntryOrder::Stop) => {
                return Err(SpecError::Conflict {
                    key: name,
                    reason: "a limit or stop entry needs a price".to_owned(),
                });
            }
            (Some(_), EntryOrder::Market) => {
                let reason = "a market entry has no price; order = \"limit\" or \"stop\" has".to_owned();
                return Err(SpecError::Conflict { key: name, reason });
            }
            (Some(source), _) => self.add(&format!("{name}.price"), source, price),
            (None, _) => {}
        }
        Ok(())
    }

    fn size(&mut self, table: &str, size: Option<&SizeSpec>, to: Use) {
        let Some(method) = size.map(|size| &size.method) else { return };
        let key = if matches!(method, SizeMethod::VolatilityTarget { .. }) { "bar_volatility" } else { "distance" };
        if let Some(source) = method.rule() {
            self.add(&format!("{table}.{key}"), source, to);
        }
    }

    fn distance(&mut self, name: &str, distance: Option<&Distance>, to: Use) {
        if let Some(Distance::Rule(source)) = distance {
            self.add(name, source, to);
        }
    }
}

impl<'a> Wanted<'a> {
    /// The rules of a description, at least one.
    pub(crate) fn of(plan: Plan<'a>) -> Result<Self, SpecError> {
        let key = "rules";
        let Some(rules) = plan.rules else {
            return Err(SpecError::Conflict { key, reason: "neither rules nor call-backs are given".to_owned() });
        };
        let mut wanted = Self { given: rules, uses: Vec::new(), rules: Vec::new() };
        wanted.entry("entry.long", rules.enter_long.as_ref(), bit::ENTER_LONG, Use::PriceLong)?;
        wanted.entry("entry.short", rules.enter_short.as_ref(), bit::ENTER_SHORT, Use::PriceShort)?;
        for (name, source, fires) in [
            ("exit.long.when", &rules.exit_long, bit::EXIT_LONG),
            ("exit.short.when", &rules.exit_short, bit::EXIT_SHORT),
        ] {
            if let Some(source) = source {
                wanted.add(name, source, Use::Fires(fires));
            }
        }
        wanted.distance("exits.stop_loss", plan.exits.stop_loss.as_ref(), Use::StopLoss);
        wanted.distance("exits.take_profit", plan.exits.take_profit.as_ref(), Use::TakeProfit);
        wanted.distance("exits.trailing", plan.exits.trailing.as_ref().map(|t| &t.distance), Use::Trailing);
        wanted.size("size", plan.size, Use::Measure);
        if let Some(scale) = plan.scale_in {
            wanted.size("scale_in.size", scale.size.as_ref(), Use::MeasureAdded);
            if let Some(source) = &scale.when {
                wanted.add("scale_in.when", source, Use::Fires(bit::SCALE_IN));
            }
        }
        for (part, scale) in plan.scale_out.iter().enumerate() {
            if let Some(source) = &scale.when {
                wanted.add(&format!("scale_out[{part}].when"), source, Use::Fires(bit::SCALE_OUT << part));
            }
        }
        if rules.enter_long.is_none() && rules.enter_short.is_none() {
            let reason = "no side has an entry rule".to_owned();
            return Err(SpecError::Conflict { key: "rules", reason });
        }
        if plan.size.is_none() {
            return Err(SpecError::Conflict { key: "size", reason: "rules need a size".to_owned() });
        }
        Ok(wanted)
    }
}
