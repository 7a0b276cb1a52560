//! The bars of every frame of a program, and which bar of one frame another one knows.

use thiserror::Error;

use super::graph::{Frame, Graph, Op};
use super::program::Program;
use crate::bars::{BarColumns, Bars, Partial, ResampleError, resample};

/// Bars that a program cannot be evaluated over.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// Not one set of bars for each instrument of the scope.
    #[error("the rules were compiled for {expected} instruments, got the bars of {found}")]
    Instruments {
        /// The scope's count.
        expected: usize,
        /// The count given.
        found: usize,
    },
    /// A column is not as long as the opening times.
    #[error("{instrument}: a column has {length} rows where the times have {rows}")]
    Length {
        /// The instrument's name.
        instrument: String,
        /// The column's length.
        length: usize,
        /// The length of `ts`.
        rows: usize,
    },
    /// More rows than can be counted in 32 bits.
    #[error("{instrument}: {rows} bars are more than {}", u32::MAX - 1)]
    Rows {
        /// The instrument's name.
        instrument: String,
        /// The count.
        rows: usize,
    },
    /// A bar does not open after the one before it.
    #[error("{instrument}: bar {row} does not open after the bar before it")]
    Disorder {
        /// The instrument's name.
        instrument: String,
        /// The row, from 0.
        row: usize,
    },
    /// The bars cannot be made into those of a higher timeframe.
    #[error("{instrument}: {error}")]
    Resample {
        /// The instrument's name.
        instrument: String,
        /// Why.
        error: ResampleError,
    },
}

/// No bar is known yet.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// The bars of the frames that are not given but made.
pub(super) fn made(program: &Program, given: &[Bars<'_>]) -> Result<Vec<Option<BarColumns>>, EvaluateError> {
    let make = |frame: &Frame| {
        if program.is_base(*frame) {
            return Ok(None);
        }
        let bars = resample(&given[frame.instrument], program.base_ns, frame.span_ns, Partial::Drop);
        let instrument = || program.instruments[frame.instrument].clone();
        bars.map(|made| Some(made.bars)).map_err(|error| EvaluateError::Resample { instrument: instrument(), error })
    };
    program.graph.frames.iter().map(make).collect()
}

/// Refuses bars whose columns or order would mislead.
pub(super) fn check(program: &Program, given: &[Bars<'_>]) -> Result<(), EvaluateError> {
    if given.len() != program.instruments.len() {
        return Err(EvaluateError::Instruments { expected: program.instruments.len(), found: given.len() });
    }
    let uses_several = program.graph.frames.len() > 1;
    for (bars, instrument) in given.iter().zip(&program.instruments) {
        let (rows, instrument) = (bars.ts.len(), || instrument.clone());
        let lengths = [bars.open, bars.high, bars.low, bars.close, bars.volume].map(<[f64]>::len);
        if let Some(length) = lengths.into_iter().find(|&length| length != rows) {
            return Err(EvaluateError::Length { instrument: instrument(), length, rows });
        }
        if rows >= UNKNOWN as usize {
            return Err(EvaluateError::Rows { instrument: instrument(), rows });
        }
        // One frame alone never looks at the order.
        let disorder = uses_several.then(|| bars.ts.windows(2).position(|pair| pair[1] <= pair[0])).flatten();
        if let Some(row) = disorder {
            return Err(EvaluateError::Disorder { instrument: instrument(), row: row + 1 });
        }
    }
    Ok(())
}

/// For each pair of frames of which one reads the other: the row of the other that each row knows.
pub(super) struct Maps(Vec<(usize, usize, Vec<u32>)>);

impl Maps {
    pub(super) fn new(graph: &Graph, views: &[Bars<'_>], given: &[Bars<'_>], base_ns: i64) -> Self {
        let mut maps: Vec<(usize, usize, Vec<u32>)> = Vec::new();
        for value in graph.values.iter().filter(|value| value.op == Op::Align) {
            let (to, from) = (value.frame, graph.values[value.args[0]].frame);
            if maps.iter().any(|map| (map.0, map.1) == (to, from)) {
                continue;
            }
            let (reader, source) = (graph.frames[to], graph.frames[from]);
            let (times, readers) = (ends(views[from].ts, source.span_ns), ends(views[to].ts, reader.span_ns));
            let map = if reader.instrument == source.instrument {
                // What ends by this bar's end has closed, whichever bar told so.
                last_by(times, readers)
            } else {
                let base_ends = |frame: Frame| ends(given[frame.instrument].ts, base_ns);
                last_by(told(times, base_ends(source)), told(readers, base_ends(reader)))
            };
            maps.push((to, from, map));
        }
        Self(maps)
    }

    pub(super) fn get(&self, to: usize, from: usize) -> &[u32] {
        self.0.iter().find(|map| (map.0, map.1) == (to, from)).map_or(&[], |map| &map.2)
    }
}

fn ends(ts: &[i64], span_ns: i64) -> impl Iterator<Item = i64> + '_ {
    ts.iter().map(move |ts| ts.saturating_add(span_ns))
}

/// When each bar is known to have closed: at the close of the first base bar that reaches its end.
fn told(ends: impl Iterator<Item = i64>, base_ends: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    let mut base_ends = base_ends.peekable();
    ends.map(move |end| {
        while base_ends.next_if(|&close| close < end).is_some() {}
        base_ends.peek().copied().unwrap_or(end)
    })
}

/// For each time of `readers` the last place in `times` that is not later; both ascend.
fn last_by(times: impl Iterator<Item = i64>, readers: impl Iterator<Item = i64>) -> Vec<u32> {
    let (mut times, mut count) = (times.peekable(), 0_u32);
    let place = |reader: i64| {
        while times.next_if(|&time| time <= reader).is_some() {
            count += 1;
        }
        count.checked_sub(1).unwrap_or(UNKNOWN)
    };
    readers.map(place).collect()
}
