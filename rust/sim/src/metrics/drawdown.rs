//! Drawdowns of the full equity curve.

use serde::Serialize;

use super::range::Range;
use super::sample::DailyCloses;
use super::{Curve, ratio};

/// Depths are ratios to the running peak, which begins at the starting equity; a loss is negative.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawdownMetrics {
    /// The deepest equity over peak, less one, over every bar: 0 when the curve never falls.
    pub max: f64,
    /// The same in money: trough less peak.
    pub max_amount: f64,
    /// When the deepest drawdown's peak stood, ns UTC.
    pub peak_ts: Option<i64>,
    /// When the deepest drawdown was deepest, ns UTC.
    pub trough_ts: Option<i64>,
    /// When the equity came back to that peak, ns UTC; none while it has not.
    pub recovery_ts: Option<i64>,
    /// From that peak to its recovery, or to the end of the run, ns.
    pub length_ns: i64,
    /// The longest time from any peak to its recovery, or to the end of the run, ns.
    pub longest_ns: i64,
    /// Share of bars that close below an earlier peak.
    pub under_water: f64,
    /// Root of the mean squared drawdown of the daily closes (Martin and McCann, 1989), as a ratio.
    pub ulcer_index: f64,
}

/// A look at an equity curve from its beginning to its end.
///
/// Positions count from the start: 0 is the moment before the first bar, k the close of bar k - 1.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    ts: &'a [i64],
    bar_ns: i64,
    /// How many bars have been seen.
    pub(super) seen: usize,
    peak: f64,
    peak_at: usize,
    /// Below this equity lies a deeper drawdown than the worst so far.
    floor: f64,
    worst: f64,
    worst_amount: f64,
    worst_peak: usize,
    /// The position of the deepest equity, or one before it of a stretch that was settled as a whole, and that equity.
    pub(super) trough: usize,
    pub(super) lowest: f64,
    recovery: Option<usize>,
    longest: (usize, usize),
    under_water: usize,
}

impl DrawdownMetrics {
    pub(super) fn of(start_equity: f64, daily: &DailyCloses, walk: &Walk<'_>) -> Self {
        let moment = |position| walk.moment(position);
        let last = walk.seen;
        let fell = walk.worst < 0.0;
        Self {
            max: if last == 0 { f64::NAN } else { walk.worst },
            max_amount: if last == 0 { f64::NAN } else { walk.worst_amount },
            peak_ts: fell.then(|| moment(walk.worst_peak)),
            trough_ts: fell.then(|| moment(walk.trough)),
            recovery_ts: walk.recovery.filter(|_| fell).map(moment),
            length_ns: if fell { moment(walk.recovery.unwrap_or(last)) - moment(walk.worst_peak) } else { 0 },
            longest_ns: if fell { moment(walk.longest.1) - moment(walk.longest.0) } else { 0 },
            under_water: ratio(walk.under_water as f64, last as f64),
            ulcer_index: ulcer_index(start_equity, &daily.equity),
        }
    }
}

/// Bars that one look at their least and greatest equity may settle together.
const BLOCK: usize = 128;

/// Walks over a whole curve; returns the sum of its equities too, which is finite where each of them is.
pub(super) fn walk<'a>(curve: &Curve<'a>) -> (Walk<'a>, f64) {
    let mut walk = Walk::new(curve.start_equity, curve.ts, curve.bar_ns);
    let mut total = 0.0;
    for block in curve.equity.chunks(BLOCK) {
        let Range { least, greatest, sum } = Range::of(block);
        total += sum;
        walk.pass(block, least, greatest, |equity| equity);
    }
    walk.end();
    let from = walk.trough.saturating_sub(1);
    walk.trough += curve.equity[from..].iter().position(|&equity| equity == walk.lowest).unwrap_or(0);
    (walk, total)
}

impl<'a> Walk<'a> {
    /// Nothing seen yet; `ts` and `bar_ns` as [`Curve`] has them.
    pub(super) const fn new(start_equity: f64, ts: &'a [i64], bar_ns: i64) -> Self {
        Self {
            ts,
            bar_ns,
            seen: 0,
            peak: start_equity,
            floor: start_equity,
            peak_at: 0,
            worst: 0.0,
            worst_amount: 0.0,
            worst_peak: 0,
            trough: 0,
            lowest: f64::NAN,
            recovery: None,
            longest: (0, 0),
            under_water: 0,
        }
    }

    /// Passes over bars whose equities, all finite, follow from `values` and have these ends. Most stretches lie wholly
    /// below the peak, or are flat at it, and need no look at every bar; a division happens only where a new worst may
    /// lie. True where the deepest equity so far lies somewhere in the stretch: [`Walk::trough`] is its first bar then.
    #[inline]
    pub(super) fn pass(&mut self, values: &[f64], least: f64, greatest: f64, equity: impl Fn(f64) -> f64) -> bool {
        let (before, bars) = (self.seen, values.len());
        self.seen += bars;
        if greatest < self.peak {
            self.under_water += bars;
            if least < self.floor {
                self.deepen(before + 1, least);
                return true;
            }
        } else if least == self.peak && greatest == self.peak && self.peak_at == before {
            self.peak_at += bars;
        } else {
            for (at, &value) in (before + 1..).zip(values) {
                self.step(at, equity(value));
            }
        }
        false
    }

    /// Passes over bars of one equity.
    pub(super) fn hold(&mut self, bars: usize, equity: f64) {
        if bars > 0 {
            let before = self.seen;
            self.seen += bars;
            self.step(before + 1, equity);
            if self.peak_at == before + 1 {
                self.peak_at += bars - 1;
            } else {
                self.under_water += bars - 1;
            }
        }
    }

    /// The curve ends here.
    pub(super) fn end(&mut self) {
        if self.peak_at < self.seen {
            self.end_episode(self.seen);
        }
    }

    #[inline]
    fn step(&mut self, at: usize, equity: f64) {
        if equity >= self.peak {
            // Between neighbours nothing was under water.
            if at - self.peak_at > 1 {
                self.end_episode(at);
                self.recovery = self.recovery.or(Some(at));
            }
            self.peak = equity;
            self.peak_at = at;
            self.floor = equity * (1.0 + self.worst);
            return;
        }
        self.under_water += 1;
        if equity < self.floor {
            self.deepen(at, equity);
        }
    }

    fn deepen(&mut self, at: usize, equity: f64) {
        self.floor = equity;
        self.worst = equity / self.peak - 1.0;
        self.worst_amount = equity - self.peak;
        self.worst_peak = self.peak_at;
        (self.trough, self.lowest) = (at, equity);
        self.recovery = None;
    }

    fn end_episode(&mut self, end: usize) {
        let held = self.moment(self.longest.1) - self.moment(self.longest.0);
        if self.moment(end) - self.moment(self.peak_at) > held {
            self.longest = (self.peak_at, end);
        }
    }

    fn moment(&self, position: usize) -> i64 {
        position.checked_sub(1).map_or(self.ts[0], |row| self.ts[row] + self.bar_ns)
    }
}

fn ulcer_index(start: f64, closes: &[f64]) -> f64 {
    let mut peak = start;
    let mut squares = 0.0;
    for &close in closes {
        peak = peak.max(close);
        let depth = close / peak - 1.0;
        squares += depth * depth;
    }
    ratio(squares, closes.len() as f64).sqrt()
}
