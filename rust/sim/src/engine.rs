//! The event loop: bars of all instruments in time order through orders, guards, marks and the strategy.
//!
//! A group is all bars with one opening time. Within a group: charges fall due; requests made on earlier closes are
//! carried out at the open, exits of all instruments before entries; orders and guards meet the inside of the bar;
//! everything is marked at the close and the equity recorded; then the strategy sees each instrument's closed bar.

use std::borrow::Cow;

use tradenode_core::bars::Bars;
use tradenode_core::strategy::guard::Guard;

use crate::error::RunError;
use crate::frames::Frame;
use crate::ledger::{Ends, Ledger};
use crate::metrics::Course;
use crate::models::carry::Carry;
use crate::recorder::Recorder;
use crate::sizing::Sizer;
use crate::spec::{FillAt, FillSpec, Record, RunSpec, SlippageSpec, SpecError};
use crate::strategy::{Request, Strategy, View};
use crate::working::{TickBar, Working};

/// One instrument's way through its bars.
pub(crate) struct Lane<'a> {
    /// Bars on which orders fill.
    pub(crate) fills: Bars<'a>,
    /// Bars on which signals are computed.
    signals: Bars<'a>,
    /// The next fill bar.
    pub(crate) next: usize,
    /// The signal bar now forming.
    row: usize,
    funding: Carry<'a>,
    borrow: Carry<'a>,
    /// The opening time of the last bar seen; charges after it are due.
    charged: i64,
    pub(crate) requests: Vec<Request>,
    pub(crate) working: Vec<Working>,
    pub(crate) guard: Option<Guard>,
    /// Whether the volume was not enough for the guard's exit in this bar.
    pub(crate) cut_short: bool,
}

/// A run in progress.
pub struct Engine<'a> {
    pub(crate) ledger: Ledger<'a>,
    pub(crate) lanes: Vec<Lane<'a>>,
    pub(crate) spec: RunSpec,
    pub(crate) fill: FillSpec,
    timeframe: i64,
    /// The length of the bars on which orders fill.
    step: i64,
    due: Vec<usize>,
    /// Whether parts come off at a profit, which a guard does not know of.
    pub(crate) takes_parts: bool,
    /// Whether fills depend on the bar's volume.
    pub(crate) needs_volume: bool,
    /// Those parts and their profits, the nearest first.
    pub(crate) parts: Vec<(usize, f64)>,
    /// Whether funding or interest is ever charged.
    charges: bool,
    /// The strategy's own word on sizes.
    pub(crate) sizer: Option<Box<dyn Sizer + 'a>>,
    /// Whether quiet bars may be passed over: one instrument, no finer bars, nothing that falls due by time or is cut
    /// short by the volume.
    glides: bool,
}

impl<'a> Engine<'a> {
    /// Checks a run's description against its bars.
    ///
    /// # Errors
    /// The first thing that does not hold together, named.
    pub fn new(spec: &RunSpec, frames: &[Frame<'a>]) -> Result<Self, RunError> {
        Self::following(spec, frames, None)
    }

    /// The same, with a record that follows the equity's course where one is given, for a lone instrument, in place of
    /// keeping the curve.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn following(spec: &RunSpec, frames: &[Frame<'a>], course: Option<Course<'a>>) -> Result<Self, RunError> {
        if frames.len() != spec.instruments.len() || frames.is_empty() {
            let reason = format!("{} instruments but {} sets of bars", spec.instruments.len(), frames.len());
            return Err(SpecError::Conflict { key: "instruments", reason }.into());
        }
        spec.plan().check()?;
        let step = spec.detail_ns.unwrap_or(spec.timeframe_ns);
        if spec.timeframe_ns <= 0 || step <= 0 || spec.timeframe_ns % step != 0 {
            let reason = format!("{} ns is not a multiple of the detail's {step} ns", spec.timeframe_ns);
            return Err(SpecError::Conflict { key: "timeframe_ns", reason }.into());
        }
        let bars = frames.iter().map(|frame| frame.fills().ts.len()).max().unwrap_or(0);
        let recorder = match course {
            Some(course) => Recorder::following(course),
            None => Recorder::with_capacity(bars, spec.record == Record::Full),
        };
        let mut ledger = Ledger::new(&spec.terms(), recorder)?;
        if let [lone] = frames {
            ledger.recorder.equity_ts = Cow::Borrowed(lone.fills().ts);
        }
        let mut lanes = Vec::with_capacity(frames.len());
        for (frame, instrument) in frames.iter().zip(ledger.instruments()) {
            let symbol = || instrument.spec().symbol.clone();
            frame.check_grid(&instrument.price).map_err(|source| RunError::Frame { symbol: symbol(), source })?;
            lanes.push(Lane::new(spec, frame)?);
        }
        let parts = spec.plan().parts_at_profit();
        let takes_parts = !parts.is_empty();
        let charges = lanes.iter().any(Lane::charges);
        let needs_volume = matches!(spec.costs.slippage, SlippageSpec::Volume { .. });
        let every_bar = charges || takes_parts || needs_volume || ledger.gate.watches_market();
        Ok(Self {
            glides: frames.len() == 1 && frames[0].detail.is_none() && !every_bar,
            ledger,
            spec: spec.with_position_limits(),
            fill: spec.fill,
            timeframe: spec.timeframe_ns,
            step,
            due: Vec::with_capacity(frames.len()),
            takes_parts,
            needs_volume,
            parts,
            charges,
            sizer: None,
            lanes,
        })
    }

    /// The same engine, with a strategy that has its say about the sizes of entries.
    #[must_use]
    pub fn sized_by(self, sizer: Box<dyn Sizer + 'a>) -> Self {
        Self { sizer: Some(sizer), ..self }
    }

    /// The books.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger<'a> {
        &self.ledger
    }

    /// The books, for good.
    #[must_use]
    pub fn into_ledger(self) -> Ledger<'a> {
        self.ledger
    }

    /// Runs to the end of the bars and returns everything recorded.
    ///
    /// # Errors
    /// What stopped the run: money that cannot be counted, a strategy's error.
    pub fn run<S: Strategy>(mut self, strategy: &mut S) -> Result<Ledger<'a>, RunError> {
        self.advance(strategy, usize::MAX)?;
        Ok(self.ledger)
    }

    /// Runs on before the bar of that row, or to the end where bars are not passed over.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub(crate) fn advance<S: Strategy>(&mut self, strategy: &mut S, before: usize) -> Result<(), RunError> {
        loop {
            if self.glides {
                self.glide(strategy, before)?;
                if self.lanes[0].next >= before {
                    return Ok(());
                }
            }
            let Some(now) = self.next_group() else { return Ok(()) };
            self.group(now, strategy)?;
        }
    }

    /// Passes over the bars of a lone instrument in which nothing can happen, with what [`Engine::group`] would do to
    /// them: carry out requests at the open, mark, sample, take over the extremes. The bar at whose close the strategy
    /// may ask for something is such a bar too, unless its close is where the order fills. Stops before a row.
    #[inline]
    fn glide<S: Strategy>(&mut self, strategy: &mut S, before: usize) -> Result<(), RunError> {
        let Some(mut open) = self.lanes[0].fills.open.get(self.lanes[0].next).copied() else { return Ok(()) };
        loop {
            let lane = &mut self.lanes[0];
            let (first, rows) = (lane.next, lane.fills.ts.len().min(before));
            if first >= rows {
                return Ok(());
            }
            if !lane.requests.is_empty() {
                let now = lane.fills.ts[first];
                self.ledger.trades_at(0, open);
                self.carry_out(&[0], now)?;
            }
            let lane = &mut self.lanes[0];
            if !lane.working.is_empty() {
                return Ok(());
            }
            let quiet = strategy.quiet_until(0, first, self.ledger.position(0).lots.signum());
            // Where requests will be carried out: asked for now, it is at hand when the bars before it are done.
            open = lane.fills.open.get(quiet + 1).copied().unwrap_or_default();
            let stirs = usize::from(self.fill.at == FillAt::NextOpen);
            let span = first..rows.min(quiet + stirs);
            let closes = &lane.fills.close[span.clone()];
            let ends = Ends { opens: &lane.fills.ts[first..], step: self.step };
            let passed = match &mut lane.guard {
                None => {
                    self.ledger.sample_flat(ends, closes)?;
                    closes.len()
                }
                Some(guard) => {
                    let (ts, highs, lows) =
                        (&lane.fills.ts[span.clone()], &lane.fills.high[span.clone()], &lane.fills.low[span]);
                    let passed = self.ledger.pass_all(guard, &self.spec.exits, ts, highs, lows);
                    self.ledger.sample_held(ends, &lane.fills.close[first..], passed)?;
                    passed
                }
            };
            let row = first + passed;
            (lane.next, lane.row) = (row, row);
            if row <= quiet {
                return Ok(());
            }
            let now = lane.fills.ts[quiet] + self.step;
            let (bars, working) = (&lane.signals, lane.working.as_slice());
            let view = View { now, instrument: 0, row: quiet, bars, ledger: &self.ledger, working };
            strategy.on_bar(&view, &mut lane.requests)?;
        }
    }

    /// Gathers the instruments whose next bar opens first.
    #[inline]
    fn next_group(&mut self) -> Option<i64> {
        self.due.clear();
        let mut earliest = i64::MAX;
        for (index, lane) in self.lanes.iter().enumerate() {
            let Some(&ts) = lane.fills.ts.get(lane.next) else { continue };
            if ts < earliest {
                earliest = ts;
                self.due.clear();
            }
            if ts == earliest {
                self.due.push(index);
            }
        }
        (!self.due.is_empty()).then_some(earliest)
    }

    #[inline]
    fn group<S: Strategy>(&mut self, now: i64, strategy: &mut S) -> Result<(), RunError> {
        let due = std::mem::take(&mut self.due);
        if self.lanes.len() > 1 {
            for &index in &due {
                // The others' liquidation looks at this profit.
                let lane = &self.lanes[index];
                self.ledger.mark(index, lane.fills.open[lane.next]);
            }
        }
        let asked = due.iter().any(|&index| !self.lanes[index].requests.is_empty());
        if asked || self.charges {
            for &index in &due {
                self.open(index, now)?;
            }
            self.carry_out(&due, now)?;
        }
        for &index in &due {
            self.inside(index, now)?;
        }
        let end = now + self.step;
        for &index in &due {
            let lane = &self.lanes[index];
            self.ledger.mark(index, lane.fills.close[lane.next]);
            if self.ledger.gate.watches_market() {
                self.ledger.gate.on_price(index, end, lane.fills.close[lane.next])?;
            }
        }
        if self.fill.at == FillAt::Close {
            // Fills at the close belong to this bar's equity.
            self.signal(&due, end, strategy)?;
            self.carry_out(&due, end)?;
            self.sample(now)?;
        } else {
            self.sample(now)?;
            self.signal(&due, end, strategy)?;
        }
        for &index in &due {
            self.lanes[index].next += 1;
        }
        self.due = due;
        Ok(())
    }

    #[inline]
    fn sample(&mut self, now: i64) -> Result<(), RunError> {
        if self.ledger.sample(now + self.step)? {
            // Stopped: what still waits at the venue would be new risk.
            for lane in &mut self.lanes {
                lane.working.retain(|order| order.approved.intent().reduce_only);
            }
        }
        if self.lanes.len() > 1 {
            self.ledger.recorder.equity_ts.to_mut().push(now);
        }
        Ok(())
    }

    /// A bar opens: charges fall due, and its open is the price of what was asked for.
    #[inline]
    fn open(&mut self, index: usize, now: i64) -> Result<(), RunError> {
        if self.charges {
            self.charge(index, now)?;
        }
        let lane = &self.lanes[index];
        self.ledger.trades_at(index, lane.fills.open[lane.next]);
        Ok(())
    }

    /// Funding and interest since the last bar, on what was held since then, at this bar's open.
    #[inline]
    fn charge(&mut self, index: usize, now: i64) -> Result<(), RunError> {
        let lane = &mut self.lanes[index];
        let from = std::mem::replace(&mut lane.charged, now);
        let (funding, borrow) = (lane.funding.due(from, now), lane.borrow.due(from, now));
        if funding.is_none() && borrow.is_none() {
            return Ok(());
        }
        let open = lane.fills.open[lane.next];
        if let Some(rate) = funding {
            self.ledger.charge(index, rate, open, false, now)?;
        }
        if let Some(rate) = borrow.filter(|_| self.ledger.position(index).lots < 0) {
            self.ledger.charge(index, rate, open, true, now)?;
        }
        Ok(())
    }

    /// Shows the strategy every signal bar that has closed.
    #[inline]
    fn signal<S: Strategy>(&mut self, due: &[usize], end: i64, strategy: &mut S) -> Result<(), RunError> {
        for &index in due {
            let lane = &mut self.lanes[index];
            while let Some(&opened) = lane.signals.ts.get(lane.row) {
                let closed = opened + self.timeframe;
                let over = end >= closed || lane.fills.ts.get(lane.next + 1).is_none_or(|&next| next >= closed);
                if !over {
                    break;
                }
                let row = lane.row;
                lane.row += 1;
                let (bars, working) = (&lane.signals, lane.working.as_slice());
                let view = View { now: end, instrument: index, row, bars, ledger: &self.ledger, working };
                strategy.on_bar(&view, &mut lane.requests)?;
            }
        }
        Ok(())
    }
}

impl<'a> Lane<'a> {
    fn new(spec: &RunSpec, frame: &Frame<'a>) -> Result<Self, SpecError> {
        let funding = match frame.funding {
            Some((ts, rates)) => Carry::recorded(ts, rates)?,
            None => Carry::constant("costs.funding.every_ns", spec.costs.funding)?,
        };
        let fills = frame.fills();
        Ok(Self {
            fills,
            signals: frame.bars.bars(),
            next: 0,
            row: 0,
            funding,
            borrow: Carry::constant("costs.borrow.every_ns", spec.costs.borrow)?,
            charged: fills.ts.first().map_or(0, |first| first - 1),
            requests: Vec::new(),
            working: Vec::new(),
            guard: None,
            cut_short: false,
        })
    }

    fn charges(&self) -> bool {
        !matches!((&self.funding, &self.borrow), (Carry::None, Carry::None))
    }

    /// The current bar's volume in base units.
    #[inline]
    pub(crate) fn volume(&self) -> f64 {
        self.fills.volume[self.next]
    }

    /// The current bar in ticks.
    pub(crate) fn ticks(&self, grid: &tradenode_core::units::Grid) -> Result<TickBar, RunError> {
        let row = self.next;
        Ok(TickBar {
            open: grid.steps(self.fills.open[row])?,
            high: grid.steps(self.fills.high[row])?,
            low: grid.steps(self.fills.low[row])?,
            close: grid.steps(self.fills.close[row])?,
        })
    }
}

/// Runs a strategy over bars.
///
/// # Errors
/// What is wrong with the description or the bars, or what stopped the run.
pub fn run<'a, S: Strategy>(spec: &RunSpec, frames: &[Frame<'a>], strategy: &mut S) -> Result<Recorder<'a>, RunError> {
    Ok(Engine::new(spec, frames)?.run(strategy)?.into_recorder())
}
