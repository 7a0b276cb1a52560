//! The operators over blocks of rows: batch and streaming evaluation both run these, so that they agree to the bit.
//!
//! Truth is 1, falsehood 0, and NaN is undefined. Whatever reads a NaN is NaN.

use super::graph::Op;
use super::rows::Rows;
use crate::keep::{Keep, Store};
use crate::timeframe::DAY_NS;

const NAN: f64 = f64::NAN;
const SECOND_NS: i64 = 1_000_000_000;

/// What an operator remembers from one block to the next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    None,
    /// The last values, the oldest at `next`.
    Lag {
        ring: Vec<f64>,
        next: usize,
    },
    /// How many rows lie since the last undefined one, how long the present run is, and the last value.
    Run {
        defined: u64,
        run: u64,
        last: f64,
    },
}

impl Keep for State {
    fn keep(&mut self, store: &mut Store) {
        match self {
            Self::None => {}
            Self::Lag { ring, next } => {
                ring.keep(store);
                next.keep(store);
            }
            Self::Run { defined, run, last } => {
                defined.keep(store);
                run.keep(store);
                last.keep(store);
            }
        }
    }
}

impl State {
    /// The memory that `op` starts with: nothing before the first row is defined.
    pub(super) fn of(op: Op) -> Self {
        match op {
            Op::Lag(bars) => Self::Lag { ring: vec![NAN; bars as usize], next: 0 },
            Op::Rising(_) | Op::Falling(_) => Self::Run { defined: 0, run: 0, last: NAN },
            // `run` counts the rows since the condition held; there was no such row yet.
            Op::Within(_) => Self::Run { defined: 0, run: u64::MAX, last: NAN },
            _ => Self::None,
        }
    }
}

/// Computes a block: `left` and `right` are the arguments, of `out`'s length (`right` is `left` where there is one).
///
/// Not for operators without arguments, indicators and alignment.
pub(super) fn apply(op: Op, state: &mut State, left: &[f64], right: &[f64], out: &mut [f64]) {
    match op {
        Op::Neg => unary(left, out, |x| -x),
        Op::Not => unary(left, out, |x| 1.0 - x),
        Op::Abs => unary(left, out, f64::abs),
        Op::Log => unary(left, out, f64::ln),
        Op::Sqrt => unary(left, out, f64::sqrt),
        Op::Add => binary(left, right, out, |x, y| x + y),
        Op::Sub => binary(left, right, out, |x, y| x - y),
        Op::Mul | Op::And => binary(left, right, out, |x, y| x * y),
        Op::Div => binary(left, right, out, |x, y| x / y),
        Op::Or => binary(left, right, out, |x, y| x + y - x * y),
        Op::Min => strict(left, right, out, |x, y| if y < x { y } else { x }),
        Op::Max => strict(left, right, out, |x, y| if y > x { y } else { x }),
        Op::Gt => compare(left, right, out, |x, y| x > y),
        Op::Ge => compare(left, right, out, |x, y| x >= y),
        Op::Lt => compare(left, right, out, |x, y| x < y),
        Op::Le => compare(left, right, out, |x, y| x <= y),
        Op::Eq => compare(left, right, out, |x, y| x == y),
        Op::Ne => compare(left, right, out, |x, y| x != y),
        Op::Lag(_) => lag(state, left, out),
        Op::Within(bars) => within(state, u64::from(bars), left, out),
        Op::Rising(bars) => trend(state, u64::from(bars), left, out, |last, x| x > last),
        Op::Falling(bars) => trend(state, u64::from(bars), left, out, |last, x| x < last),
        Op::Constant(_) | Op::Column(_) | Op::Indicator(..) | Op::Align => {}
        Op::Opened | Op::TimeOfDay | Op::Session(..) | Op::Weekday(_) => {}
    }
}

/// Adds the rows on which a comparison holds; it does not where either side is NaN.
pub(super) fn append_where(op: Op, left: &[f64], right: &[f64], rows: &mut Rows) {
    match op {
        Op::Gt => rows.append_where(left, right, |x, y| x > y),
        Op::Ge => rows.append_where(left, right, |x, y| x >= y),
        Op::Lt => rows.append_where(left, right, |x, y| x < y),
        Op::Le => rows.append_where(left, right, |x, y| x <= y),
        Op::Eq => rows.append_where(left, right, |x, y| x == y),
        _ => rows.append_where(left, right, |x, y| (x < y) | (x > y)),
    }
}

/// Computes a block of an operator that reads the time alone: `ts` are the openings of bars of `span_ns`.
pub(super) fn clock(op: Op, ts: &[i64], span_ns: i64, out: &mut [f64]) {
    let since_midnight = |close: i64| close.rem_euclid(DAY_NS);
    // 1970-01-01 was a Thursday, day 3 of a week that starts on Monday.
    let weekday = |close: i64| (close.div_euclid(DAY_NS) + 3).rem_euclid(7);
    match op {
        Op::TimeOfDay => at_close(ts, span_ns, out, |close| (since_midnight(close) / SECOND_NS) as f64),
        Op::Session(from, to) => {
            let (from, to) = (i64::from(from) * SECOND_NS, i64::from(to) * SECOND_NS);
            if from <= to {
                at_close(ts, span_ns, out, |close| truth((from..to).contains(&since_midnight(close))));
            } else {
                at_close(ts, span_ns, out, |close| truth(!(to..from).contains(&since_midnight(close))));
            }
        }
        Op::Weekday(days) => at_close(ts, span_ns, out, |close| truth(days >> weekday(close) & 1 == 1)),
        _ => at_close(ts, 0, out, |open| open as f64 / SECOND_NS as f64),
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn at_close(ts: &[i64], span_ns: i64, out: &mut [f64], compute: impl Fn(i64) -> f64) {
    for (out, &ts) in out.iter_mut().zip(ts) {
        *out = compute(ts.saturating_add(span_ns));
    }
}

fn unary(left: &[f64], out: &mut [f64], compute: impl Fn(f64) -> f64) {
    for (out, &x) in out.iter_mut().zip(left) {
        *out = compute(x);
    }
}

fn binary(left: &[f64], right: &[f64], out: &mut [f64], compute: impl Fn(f64, f64) -> f64) {
    for ((out, &x), &y) in out.iter_mut().zip(left).zip(right) {
        *out = compute(x, y);
    }
}

/// For what would lose a NaN by itself.
fn strict(left: &[f64], right: &[f64], out: &mut [f64], compute: impl Fn(f64, f64) -> f64) {
    binary(left, right, out, |x, y| if x.is_nan() | y.is_nan() { NAN } else { compute(x, y) });
}

fn compare(left: &[f64], right: &[f64], out: &mut [f64], holds: impl Fn(f64, f64) -> bool) {
    strict(left, right, out, |x, y| if holds(x, y) { 1.0 } else { 0.0 });
}

fn lag(state: &mut State, x: &[f64], out: &mut [f64]) {
    let State::Lag { ring, next } = state else { return };
    let (bars, rows) = (ring.len(), x.len());
    if bars > rows {
        for (out, &x) in out.iter_mut().zip(x) {
            (*out, ring[*next]) = (ring[*next], x);
            *next = if *next + 1 == bars { 0 } else { *next + 1 };
        }
        return;
    }
    ring.rotate_left(*next);
    *next = 0;
    out[..bars].copy_from_slice(ring);
    out[bars..rows].copy_from_slice(&x[..rows - bars]);
    ring.copy_from_slice(&x[rows - bars..]);
}

/// Whether `x` was true on any of the last `bars` rows; undefined if it was undefined on any.
fn within(state: &mut State, bars: u64, x: &[f64], out: &mut [f64]) {
    let State::Run { defined, run: since, .. } = state else { return };
    for (out, &x) in out.iter_mut().zip(x) {
        *since = if x == 1.0 { 0 } else { since.saturating_add(1) };
        *defined = if x.is_nan() { 0 } else { *defined + 1 };
        *out = if *defined < bars { NAN } else { f64::from(u8::from(*since < bars)) };
    }
}

/// Whether the last `bars` steps all moved one way; undefined if any of their values is.
fn trend(state: &mut State, bars: u64, x: &[f64], out: &mut [f64], moved: impl Fn(f64, f64) -> bool) {
    let State::Run { defined, run, last } = state else { return };
    for (out, &x) in out.iter_mut().zip(x) {
        // Products, since a branch on what prices do is a guess.
        *run = (*run + 1) * u64::from(moved(*last, x));
        *defined = (*defined + 1) * u64::from(!x.is_nan());
        *last = x;
        *out = if *defined <= bars { NAN } else { f64::from(u8::from(*run >= bars)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `op` over `x` in blocks of `length`.
    fn run(op: Op, x: &[f64], length: usize) -> Vec<f64> {
        let (mut state, mut out) = (State::of(op), vec![0.0; x.len()]);
        for (x, out) in x.chunks(length).zip(out.chunks_mut(length)) {
            apply(op, &mut state, x, x, out);
        }
        out
    }

    fn same(left: &[f64], right: &[f64]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(l, r)| l == r || (l.is_nan() && r.is_nan()))
    }

    #[test]
    fn a_lag_reaches_across_blocks() {
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        for bars in [0, 1, 3, 7, 8, 30, 40, 50] {
            let expected: Vec<f64> = (0..40).map(|row| if row < bars { NAN } else { f64::from(row - bars) }).collect();
            for length in [1, 3, 7, 8, 40] {
                assert!(same(&run(Op::Lag(bars as u32), &x, length), &expected), "lag {bars}, blocks of {length}");
            }
        }
    }

    #[test]
    fn within_and_trends_need_every_row_that_they_read() {
        let held = [0.0, 1.0, 0.0, 0.0, 0.0, NAN, 1.0, 0.0, 0.0];
        let expected = [NAN, NAN, 1.0, 1.0, 0.0, NAN, NAN, NAN, 1.0];
        assert!(same(&run(Op::Within(3), &held, 2), &expected));
        let x = [1.0, 2.0, 3.0, 4.0, 4.0, 5.0, NAN, 7.0, 8.0, 9.0, 8.0];
        let expected = [NAN, NAN, 1.0, 1.0, 0.0, 0.0, NAN, NAN, NAN, 1.0, 0.0];
        assert!(same(&run(Op::Rising(2), &x, 4), &expected));
        let fallen: Vec<f64> = x.iter().map(|x| -x).collect();
        assert!(same(&run(Op::Falling(2), &fallen, 4), &expected));
    }

    #[test]
    fn whatever_reads_nan_is_nan() {
        use Op as O;
        let all =
            [O::Add, O::Sub, O::Mul, O::Div, O::Min, O::Max, O::Gt, O::Ge, O::Lt, O::Le, O::Eq, O::Ne, O::And, O::Or];
        for op in all {
            for (left, right) in [(NAN, 0.0), (0.0, NAN), (NAN, 1.0), (1.0, NAN), (NAN, NAN)] {
                let mut out = [0.0];
                apply(op, &mut State::None, &[left], &[right], &mut out);
                assert!(out[0].is_nan(), "{op:?} of {left} and {right}");
            }
        }
    }

    #[test]
    fn the_clock_reads_the_close() {
        let minute = 60 * SECOND_NS;
        // Thursday 1970-01-01 23:59 closes on Friday at 00:00.
        let ts = [23 * 60 * minute + 59 * minute];
        let read = |op: Op| {
            let mut out = [0.0];
            clock(op, &ts, minute, &mut out);
            out[0]
        };
        assert_eq!((read(Op::TimeOfDay), read(Op::Opened)), (0.0, 86_340.0));
        assert_eq!((read(Op::Weekday(1 << 4)), read(Op::Weekday(1 << 3))), (1.0, 0.0));
        assert_eq!((read(Op::Session(79_200, 3600)), read(Op::Session(3600, 79_200))), (1.0, 0.0));
        assert_eq!((read(Op::Session(0, 60)), read(Op::Session(86_340, 86_399))), (1.0, 0.0));
    }
}
