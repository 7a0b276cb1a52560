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

/// Positions count from the start: 0 is the moment before the first bar, k the close of bar k - 1.
pub(super) struct Walk {
    /// Sum of all equities: finite where each of them is.
    pub(super) sum: f64,
    peak: f64,
    peak_at: usize,
    /// Below this equity lies a deeper drawdown than the worst so far.
    floor: f64,
    worst: f64,
    worst_amount: f64,
    worst_peak: usize,
    /// The position of the deepest equity, or one before it in its block, and that equity.
    trough: usize,
    lowest: f64,
    recovery: Option<usize>,
    longest: (usize, usize),
    under_water: usize,
}

impl DrawdownMetrics {
    pub(super) fn of(curve: &Curve<'_>, daily: &DailyCloses, walk: &Walk) -> Self {
        let moment = |position| moment(curve, position);
        let last = curve.equity.len();
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
            ulcer_index: ulcer_index(curve.start_equity, &daily.equity),
        }
    }
}

/// Bars that one look at their least and greatest equity may settle together.
const BLOCK: usize = 128;

/// One pass. Most blocks lie wholly below the peak, or are flat at it, and need no look at every bar; a division happens
/// only where a new worst may lie.
pub(super) fn walk(curve: &Curve<'_>) -> Walk {
    let mut w = Walk {
        sum: 0.0,
        peak: curve.start_equity,
        floor: curve.start_equity,
        peak_at: 0,
        worst: 0.0,
        worst_amount: 0.0,
        worst_peak: 0,
        trough: 0,
        lowest: f64::NAN,
        recovery: None,
        longest: (0, 0),
        under_water: 0,
    };
    let mut position = 0;
    for block in curve.equity.chunks(BLOCK) {
        let Range { least, greatest, sum } = Range::of(block);
        w.sum += sum;
        if greatest < w.peak {
            w.under_water += block.len();
            if least < w.floor {
                w.deepen(position + 1, least);
            }
        } else if least == w.peak && greatest == w.peak && w.peak_at == position {
            w.peak_at += block.len();
        } else {
            for (at, &equity) in (position + 1..).zip(block) {
                w.step(curve, at, equity);
            }
        }
        position += block.len();
    }
    if w.peak_at < position {
        w.end_episode(curve, position);
    }
    // A block tells that it holds the trough, not where: it is the first of its equals.
    let from = w.trough.saturating_sub(1);
    w.trough += curve.equity[from..].iter().position(|&equity| equity == w.lowest).unwrap_or(0);
    w
}

impl Walk {
    #[inline]
    fn step(&mut self, curve: &Curve<'_>, at: usize, equity: f64) {
        if equity >= self.peak {
            // Between neighbours nothing was under water.
            if at - self.peak_at > 1 {
                self.end_episode(curve, at);
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

    fn end_episode(&mut self, curve: &Curve<'_>, end: usize) {
        let held = moment(curve, self.longest.1) - moment(curve, self.longest.0);
        if moment(curve, end) - moment(curve, self.peak_at) > held {
            self.longest = (self.peak_at, end);
        }
    }
}

fn moment(curve: &Curve<'_>, position: usize) -> i64 {
    position.checked_sub(1).map_or(curve.ts[0], |row| curve.ts[row] + curve.bar_ns)
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
