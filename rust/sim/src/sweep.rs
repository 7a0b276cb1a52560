//! Many runs of one description that differ in their named numbers, on several threads.
//!
//! Sets of numbers that stand side by side are compiled into one program, so that an indicator which several of them need
//! is computed once. Each set is then run by [`Engine`], or by [`LongFlat`] where that is enough, exactly as it would be
//! alone: neither the number of threads nor who stands beside whom changes a bit of the result.

use core::time::Duration;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;

use thiserror::Error;
use tradenode_core::bars::Bars;
use tradenode_core::rules::{Program, Scope, UnsoundScope, compile_each};

use crate::engine::Engine;
use crate::error::RunError;
use crate::frames::{Frame, SoundBars};
use crate::ledger::Ledger;
use crate::long_flat::LongFlat;
use crate::metrics::{BlockEnds, Course, Curve, DayEnds, MetricOptions, Names, Sampling, Summary, metrics};
use crate::recorder::Recorder;
use crate::rules::{Wanted, scope, text};
use crate::sets::Sets;
use crate::signals::{SignalColumns, Signals};
use crate::spec::{Record, RunSpec, SpecError};

/// The most sets that are compiled into one program.
const TOGETHER_MAX: usize = 64;
/// About so many bytes of evaluated rules one thread holds, one set always among them.
const EVALUATED_MAX: usize = 16 << 20;
/// So many programs a thread gets in the mean, if there are sets enough, so that all end at about the same time.
const PROGRAMS_A_THREAD: usize = 8;
/// The sets of a program are run side by side, so many bars at a time: what one has read of them is near for the next.
const STRIDE: usize = 2_048;
/// The most threads.
pub const THREADS_MAX: usize = 256;
/// How often the caller is asked whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a run's figures need besides the run: see [`Curve`].
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Equity before the first bar.
    pub start_equity: f64,
    /// From a bar's opening time to the moment of its equity, ns.
    pub bar_ns: i64,
    /// The names behind the indices of trades.
    pub names: Names<'a>,
    /// Choices behind the figures.
    pub options: &'a MetricOptions,
}

/// What is kept of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its figures, without those of exposure that need the gross notional of each bar.
    pub summary: Summary,
    /// How many fills there were.
    pub fills: usize,
    /// How many orders the risk gate refused.
    pub refused: u64,
}

/// Why there is no result.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The description or the sets.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The bars, or the description together with them.
    #[error(transparent)]
    Run(RunError),
    /// A set that cannot be run, the first in the order in which they are.
    #[error("with {numbers}: {error}")]
    Set {
        /// The set's numbers, as text.
        numbers: String,
        /// Why.
        error: Box<RunError>,
    },
    /// The caller wanted no more.
    #[error("interrupted")]
    Interrupted,
}

/// Everything that the threads share.
struct Job<'a> {
    spec: RunSpec,
    wanted: Wanted<'a>,
    frames: Vec<Frame<'a>>,
    bars: Vec<Bars<'a>>,
    scopes: Vec<Scope>,
    sets: Sets<'a>,
    facts: Facts<'a>,
    /// Where the days of a lone instrument end, if its returns are taken daily: then no curve need be kept.
    days: Option<DayEnds>,
    /// Of its closes.
    ends: BlockEnds,
    /// Whether the runs are such as need no engine.
    is_long_flat: bool,
    /// The sets in the order in which they are run.
    order: Vec<usize>,
    together: usize,
    next: AtomicUsize,
    done: AtomicUsize,
    stopped: AtomicBool,
    /// Of the sets known to fail the first in that order, its place there, and why.
    failure: Mutex<Option<(usize, RunError)>>,
    first_failure: AtomicUsize,
}

/// Runs every set; the outcomes come in the order of the sets. `look` is told now and then how many sets are done, and
/// says whether to go on.
///
/// # Errors
/// A set that cannot be run, the same whatever the number of threads; what is wrong with the description or the
/// bars; that `look` wanted no more.
pub fn sweep(
    spec: &RunSpec,
    frames: &[Frame<'_>],
    sets: Sets<'_>,
    facts: Facts<'_>,
    threads: usize,
    mut look: impl FnMut(usize) -> bool,
) -> Result<Vec<Outcome>, SweepError> {
    sets.check(spec)?;
    // Whatever is wrong with every set is told once, without naming one.
    Engine::new(spec, frames).map_err(SweepError::Run)?;
    let threads = threads.clamp(1, THREADS_MAX.min(sets.count().max(1)));
    let job = Job::new(spec, frames, sets, facts, threads)?;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; sets.count()];
    thread::scope(|scope| {
        let (alive, over) = channel::<()>();
        let spawn = |alive: Sender<()>| scope.spawn(|| job.work(alive));
        let workers: Vec<_> = (0..threads).map(|_| spawn(alive.clone())).collect();
        drop(alive);
        while let Err(RecvTimeoutError::Timeout) = over.recv_timeout(LOOK_EVERY) {
            if !look(job.done.load(Ordering::Relaxed)) {
                job.stopped.store(true, Ordering::Relaxed);
            }
        }
        for worker in workers {
            let found = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (set, outcome) in found {
                outcomes[set] = Some(outcome);
            }
        }
    });
    job.finish(outcomes)
}

/// A set's run in progress.
enum Run<'a> {
    LongFlat(Box<LongFlat<'a>>),
    Any(Box<Engine<'a>>, Signals),
}

impl<'a> Run<'a> {
    fn advance(&mut self, before: usize) -> Result<(), RunError> {
        match self {
            Self::LongFlat(run) => run.advance(before),
            Self::Any(engine, signals) => engine.advance(signals, before),
        }
    }

    fn into_recorder(self) -> Recorder<'a> {
        match self {
            Self::LongFlat(run) => run.into_recorder(),
            Self::Any(engine, _) => engine.into_ledger().into_recorder(),
        }
    }
}

impl<'a> Job<'a> {
    fn new(
        spec: &'a RunSpec,
        frames: &[Frame<'a>],
        sets: Sets<'a>,
        facts: Facts<'a>,
        threads: usize,
    ) -> Result<Self, SweepError> {
        let wanted = Wanted::of(spec.plan())?;
        let ticks = spec.instruments.iter().map(|instrument| Some(instrument.tick));
        // The engine made of them has found every price on the grid.
        let known = |bars: &SoundBars<'a>, tick| SoundBars::known(bars.bars(), tick);
        let frames = frames.iter().zip(ticks).map(|(frame, tick)| Frame {
            bars: known(&frame.bars, tick),
            detail: frame.detail.as_ref().map(|detail| known(detail, tick)),
            funding: frame.funding,
        });
        let frames: Vec<_> = frames.collect();
        let mut job = Self {
            spec: RunSpec { record: Record::Lean, ..spec.clone() },
            bars: frames.iter().map(|frame| frame.bars.bars()).collect(),
            scopes: (0..frames.len()).map(|instrument| scope(spec.plan(), wanted.given, instrument)).collect(),
            days: Self::days(&frames, facts),
            ends: BlockEnds::of(frames[0].fills().close),
            is_long_flat: LongFlat::fits(spec, &frames),
            wanted,
            frames,
            order: sets.by_likeness(),
            sets,
            facts,
            together: sets.count().div_ceil(threads * PROGRAMS_A_THREAD).clamp(1, TOGETHER_MAX),
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
            first_failure: AtomicUsize::new(usize::MAX),
        };
        while job.together > 1 && job.footprint() > EVALUATED_MAX {
            job.together /= 2;
        }
        Ok(job)
    }

    fn days(frames: &[Frame<'_>], facts: Facts<'_>) -> Option<DayEnds> {
        let [lone] = frames else { return None };
        let days = DayEnds::of(lone.fills().ts, facts.bar_ns);
        (facts.options.sampling.over(days.count()) == Sampling::Daily).then_some(days)
    }

    /// About how many bytes the rules of the first sets take, as many as are now compiled together.
    fn footprint(&self) -> usize {
        let sets = &self.order[..self.together.min(self.order.len())];
        // Faults are told when it is those sets' turn.
        self.compile(sets).map_or(0, |programs| {
            let of = |(program, bars): (&Program, &Bars<'_>)| program.footprint(bars.ts.len());
            programs.iter().zip(&self.bars).map(of).sum()
        })
    }

    /// One program an instrument, of the rules of some sets.
    fn compile(&self, sets: &[usize]) -> Result<Vec<Program>, UnsoundScope> {
        let mut programs = Vec::with_capacity(self.scopes.len());
        for scope in &self.scopes {
            let scopes: Vec<Scope> = sets.iter().map(|set| self.scope(scope, *set)).collect();
            programs.push(compile_each(&self.wanted.rules, &scopes)?);
        }
        Ok(programs)
    }

    /// The scope with a set's numbers.
    fn scope(&self, scope: &Scope, set: usize) -> Scope {
        let mut scope = scope.clone();
        for (name, value) in self.sets.names.iter().zip(self.sets.row(set)) {
            for number in scope.numbers.iter_mut().filter(|(known, _)| known == name) {
                number.1 = *value;
            }
        }
        scope
    }

    /// One thread: takes sets that stand together until none are left. `_alive` is dropped at the end, which tells the
    /// caller.
    fn work(&self, _alive: Sender<()>) -> Vec<(usize, Outcome)> {
        let mut found = Vec::new();
        loop {
            let first = self.next.fetch_add(self.together, Ordering::Relaxed);
            let places = first..self.order.len().min(first.saturating_add(self.together));
            if places.is_empty() || self.is_over(first) {
                return found;
            }
            if let Err((place, error)) = self.run(places, &mut found) {
                self.fail(place, error);
            }
        }
    }

    /// Whether nobody needs the result of the set at a place any more.
    fn is_over(&self, place: usize) -> bool {
        self.stopped.load(Ordering::Relaxed) || place > self.first_failure.load(Ordering::Relaxed)
    }

    fn fail(&self, place: usize, error: RunError) {
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| place < *first) {
            *failure = Some((place, error));
            self.first_failure.store(place, Ordering::Relaxed);
        }
    }

    /// Runs the sets at some places of the order, or those before the first that fails.
    fn run(&self, places: Range<usize>, found: &mut Vec<(usize, Outcome)>) -> Result<(), (usize, RunError)> {
        let first = places.start;
        let programs = match self.compile(&self.order[places.clone()]) {
            Ok(programs) => programs,
            Err(unsound) => {
                let place = first + unsound.scope;
                if place > first {
                    self.run(first..place, found)?;
                }
                return Err((place, RunError::Rules(text(&unsound.faults))));
            }
        };
        let mut columns: Vec<_> = places.clone().map(|_| Vec::with_capacity(programs.len())).collect();
        for (instrument, program) in programs.iter().enumerate() {
            let evaluated = self.wanted.evaluate(program, instrument, &self.bars).map_err(|error| (first, error))?;
            for (set, evaluated) in columns.iter_mut().zip(evaluated) {
                set.push(evaluated);
            }
        }
        // Whole curves are kept one at a time.
        let most = if self.days.is_some() { TOGETHER_MAX } else { 1 };
        let mut columns = places.zip(columns);
        loop {
            let beside: Vec<_> = columns.by_ref().take(most).collect();
            let Some(&(place, _)) = beside.first() else { return Ok(()) };
            if self.is_over(place) {
                return Ok(());
            }
            self.run_beside(beside, found)?;
        }
    }

    /// Runs some sets, whose rules have been evaluated, side by side.
    fn run_beside(
        &self,
        sets: Vec<(usize, Vec<SignalColumns>)>,
        found: &mut Vec<(usize, Outcome)>,
    ) -> Result<(), (usize, RunError)> {
        let mut runs = Vec::with_capacity(sets.len());
        for (place, columns) in sets {
            runs.push((place, self.start(columns).map_err(|error| (place, error))?));
        }
        let rows = self.frames[0].fills().ts.len();
        let mut failure: Option<(usize, RunError)> = None;
        for before in (0..rows).step_by(STRIDE).map(|row| row + STRIDE).chain([usize::MAX]) {
            // After a failure only those before it still matter.
            let mut alive = runs.len();
            for (sound, (place, run)) in runs.iter_mut().enumerate() {
                if let Err(error) = run.advance(before) {
                    (failure, alive) = (Some((*place, error)), sound);
                    break;
                }
            }
            runs.truncate(alive);
        }
        for (place, run) in runs {
            let outcome = self.outcome(run.into_recorder()).map_err(|error| (place, error))?;
            found.push((self.order[place], outcome));
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        failure.map_or(Ok(()), Err)
    }

    /// The run of a set whose rules have been evaluated.
    fn start(&self, columns: Vec<SignalColumns>) -> Result<Run<'_>, RunError> {
        let course = self.course();
        if let Some(course) = course.clone().filter(|_| self.is_long_flat) {
            let ledger = Ledger::new(&self.spec.terms(), Recorder::following(course))?;
            return Ok(Run::LongFlat(Box::new(LongFlat::new(&self.spec, ledger, &self.frames, columns))));
        }
        let engine = Engine::following(&self.spec, &self.frames, course)?;
        Ok(Run::Any(Box::new(engine), Signals::new(self.spec.plan(), columns)))
    }

    fn course(&self) -> Option<Course<'_>> {
        let days = self.days.as_ref()?;
        let Bars { ts, close, .. } = self.frames[0].fills();
        Some(Course::new(self.facts.start_equity, ts, self.facts.bar_ns, close, &self.ends, days))
    }

    /// What is kept of a run that is over.
    fn outcome(&self, mut recorder: Recorder<'_>) -> Result<Outcome, RunError> {
        let Facts { start_equity, bar_ns, names, options } = self.facts;
        let totals = recorder.totals;
        let summary = if let Some(course) = recorder.course.take() {
            course.summary(totals, options)?
        } else {
            let (ts, equity) = (recorder.equity_ts.as_ref(), recorder.equity.as_slice());
            let curve = Curve { ts, bar_ns, equity, exposure: &[], start_equity, totals, market: &[] };
            metrics(&curve, &recorder.trades.view(), names, options)?.into()
        };
        Ok(Outcome { summary, fills: recorder.filled, refused: recorder.refused_count })
    }

    fn finish(self, outcomes: Vec<Option<Outcome>>) -> Result<Vec<Outcome>, SweepError> {
        if self.stopped.into_inner() {
            return Err(SweepError::Interrupted);
        }
        if let Some((place, error)) = self.failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            return Err(SweepError::Set { numbers: self.sets.told(self.order[place]), error: Box::new(error) });
        }
        // Without a failure every set was run.
        Ok(outcomes.into_iter().flatten().collect())
    }
}
