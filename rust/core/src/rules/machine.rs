//! Streaming evaluation: the program one bar at a time, in fixed memory and without allocation.

use std::cmp::Reverse;

use thiserror::Error;

use super::bucket::Bucket;
use super::graph::{Field, Frame, Id, Op};
use super::kernel::{State, apply, clock};
use super::program::Program;
use crate::bars::Bar;
use crate::indicators::Indicator;
use crate::keep::{Keep, Store};

/// A bar that a machine cannot take; its state is as before.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MachineError {
    /// No instrument of that number.
    #[error("there is no instrument {instrument}: the rules were compiled for {count}")]
    Instrument {
        /// The number given.
        instrument: usize,
        /// The scope's count.
        count: usize,
    },
    /// The bar comes after one that closes later, or after the rules were evaluated for its close.
    #[error("{instrument}: the bar that closes at {close} ns comes late, {now} ns is past")]
    Late {
        /// The instrument's name.
        instrument: String,
        /// The bar's close, ns UTC.
        close: i64,
        /// The close of the last bar taken, ns UTC.
        now: i64,
    },
    /// The bar lies in two bars of a higher timeframe.
    #[error("{instrument}: the bar that opens at {ts} ns reaches across a bar of {span_ns} ns")]
    Straddle {
        /// The instrument's name.
        instrument: String,
        /// The bar's opening time, ns UTC.
        ts: i64,
        /// The higher timeframe, ns.
        span_ns: i64,
    },
}

/// The rules of a program, live: takes bars as they close and tells which rules fire.
///
/// Bars come in the order of their closes; of bars that close together, that of the rules' own instrument comes last.
pub struct Machine {
    program: Program,
    frames: Vec<FrameState>,
    /// The present value of everything, by its place in the program.
    values: Vec<f64>,
    states: Vec<State>,
    calls: Vec<CallState>,
    outputs: Vec<f64>,
    /// The bars that the present base bar closes.
    closed: Vec<Closed>,
    now: i64,
    evaluated: Option<i64>,
    last_open: Vec<Option<i64>>,
}

struct FrameState {
    frame: Frame,
    /// None for the base timeframe.
    bucket: Option<Bucket>,
    /// What is computed when a bar closes, in order.
    values: Vec<Id>,
}

struct CallState {
    indicator: Box<dyn Indicator>,
    /// The first of its outputs in the program: where it is updated.
    first: Id,
    row: Vec<f64>,
    outputs: Vec<f64>,
}

impl Keep for Machine {
    fn keep(&mut self, store: &mut Store) {
        self.frames.iter_mut().filter_map(|frame| frame.bucket.as_mut()).for_each(|bucket| bucket.keep(store));
        self.values.iter_mut().for_each(|value| value.keep(store));
        self.states.iter_mut().for_each(|state| state.keep(store));
        self.calls.iter_mut().for_each(|call| call.indicator.keep(store));
        self.outputs.iter_mut().for_each(|output| output.keep(store));
        self.now.keep(store);
        self.evaluated.keep(store);
        self.last_open.iter_mut().for_each(|open| open.keep(store));
    }
}

struct Closed {
    end: i64,
    frame: usize,
    bar: Bar,
}

impl Machine {
    /// A machine that has seen nothing.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let graph = &program.graph;
        let frame_state = |(place, &frame): (usize, &Frame)| FrameState {
            frame,
            bucket: (!program.is_base(frame)).then(|| Bucket::new(frame.span_ns)),
            values: (0..graph.values.len())
                .filter(|&id| graph.values[id].frame == place && graph.as_constant(id).is_none())
                .collect(),
        };
        let first =
            |call: usize| graph.values.iter().position(|value| matches!(value.op, Op::Indicator(c, _) if c == call));
        let calls = graph.calls.iter().enumerate().filter_map(|(place, call)| {
            // The parameters passed `build` when the call was lowered, and pruning kept an output of every call.
            let (indicator, first) = (call.spec.build(&call.params).ok()?, first(place)?);
            let (row, outputs) = (vec![f64::NAN; call.inputs.len()], vec![f64::NAN; call.spec.outputs.len()]);
            Some(CallState { indicator, first, row, outputs })
        });
        Self {
            frames: graph.frames.iter().enumerate().map(frame_state).collect(),
            values: (0..graph.values.len()).map(|id| graph.as_constant(id).unwrap_or(f64::NAN)).collect(),
            states: graph.values.iter().map(|value| State::of(value.op)).collect(),
            calls: calls.collect(),
            outputs: vec![f64::NAN; program.roots.len()],
            closed: Vec::with_capacity(2 * graph.frames.len()),
            now: i64::MIN,
            evaluated: None,
            last_open: vec![None; program.instruments.len()],
            program: program.clone(),
        }
    }

    /// A machine of the same program that has seen nothing.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::new(&self.program)
    }

    /// Takes a closed base bar of the instrument at that place in the scope; true when it is the rules' own instrument,
    /// so that [`Machine::outputs`] are new.
    ///
    /// # Errors
    /// A bar out of order, or one that does not fit the timeframes; it is not taken.
    pub fn on_bar(&mut self, instrument: usize, bar: &Bar) -> Result<bool, MachineError> {
        let own = self.frames[0].frame.instrument;
        let close = bar.ts.saturating_add(self.program.base_ns);
        self.check(instrument, bar, close)?;
        (self.now, self.last_open[instrument]) = (close, Some(bar.ts));
        self.close(instrument, bar, close);
        for place in 0..self.closed.len() {
            let Closed { frame, bar, .. } = self.closed[place];
            self.step(frame, &bar);
        }
        if instrument != own {
            return Ok(false);
        }
        self.evaluated = Some(close);
        for (output, root) in self.outputs.iter_mut().zip(&self.program.roots) {
            *output = self.values[root.0];
        }
        Ok(true)
    }

    /// Each rule's value at the last bar of its instrument: a number, or 1 and 0 for a condition; NaN where undefined.
    #[must_use]
    pub fn outputs(&self) -> &[f64] {
        &self.outputs
    }

    /// Whether that rule, a condition, fires at the last bar.
    #[must_use]
    pub fn fires(&self, rule: usize) -> bool {
        self.outputs.get(rule) == Some(&1.0)
    }

    fn check(&self, instrument: usize, bar: &Bar, close: i64) -> Result<(), MachineError> {
        let count = self.last_open.len();
        let last = self.last_open.get(instrument).ok_or(MachineError::Instrument { instrument, count })?;
        let name = || self.program.instruments[instrument].clone();
        let is_evaluated = self.evaluated.is_some_and(|evaluated| close <= evaluated);
        if close < self.now || is_evaluated || last.is_some_and(|last| bar.ts <= last) {
            return Err(MachineError::Late { instrument: name(), close, now: self.now });
        }
        for state in self.frames.iter().filter(|state| state.frame.instrument == instrument) {
            if state.bucket.as_ref().is_some_and(|bucket| !bucket.fits(bar.ts, close)) {
                return Err(MachineError::Straddle { instrument: name(), ts: bar.ts, span_ns: state.frame.span_ns });
            }
        }
        Ok(())
    }

    /// Finds the bars that close now, in the order of their ends, a higher one before a lower one that reads it.
    fn close(&mut self, instrument: usize, bar: &Bar, close: i64) {
        let closed = &mut self.closed;
        closed.clear();
        for (place, state) in self.frames.iter_mut().enumerate() {
            let Frame { span_ns, instrument: of } = state.frame;
            match &mut state.bucket {
                _ if of != instrument => {}
                None => closed.push(Closed { end: close, frame: place, bar: *bar }),
                Some(bucket) => bucket.take(bar, close, |bar| {
                    closed.push(Closed { end: bar.ts.saturating_add(span_ns), frame: place, bar });
                }),
            }
        }
        let frames = &self.frames;
        closed.sort_unstable_by_key(|closed| (closed.end, Reverse(frames[closed.frame].frame.span_ns)));
    }

    /// Computes everything that a closed bar of a frame changes.
    fn step(&mut self, frame: usize, bar: &Bar) {
        let graph = &self.program.graph;
        let FrameState { frame: Frame { span_ns, .. }, values: order, .. } = &self.frames[frame];
        for &id in order {
            let value = graph.values[id];
            let [left, right] = value.args.map(|arg| self.values[arg]);
            let mut out = [f64::NAN];
            match value.op {
                Op::Column(field) => out = [field_of(bar, field)],
                Op::Align => out = [left],
                Op::Indicator(call, output) => {
                    let state = &mut self.calls[call];
                    if state.first == id {
                        for (input, &from) in state.row.iter_mut().zip(&graph.calls[call].inputs) {
                            *input = self.values[from];
                        }
                        state.indicator.update(&state.row, &mut state.outputs);
                    }
                    out = [state.outputs[output]];
                }
                op if op.arity() == 0 => clock(op, &[bar.ts], *span_ns, &mut out),
                op => apply(op, &mut self.states[id], &[left], &[right], &mut out),
            }
            self.values[id] = out[0];
        }
    }
}

const fn field_of(bar: &Bar, field: Field) -> f64 {
    match field {
        Field::Open => bar.open,
        Field::High => bar.high,
        Field::Low => bar.low,
        Field::Close => bar.close,
        Field::Volume => bar.volume,
    }
}
