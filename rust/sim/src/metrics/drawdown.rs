//! Drawdowns of the full equity curve.

use serde::Serialize;

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
struct Walk {
    worst: f64,
    worst_amount: f64,
    worst_peak: usize,
    trough: usize,
    recovery: Option<usize>,
    longest: (usize, usize),
    under_water: usize,
}

impl DrawdownMetrics {
    pub(super) fn of(curve: &Curve<'_>, daily: &DailyCloses) -> Self {
        let walk = walk(curve);
        let moment = |position: usize| match position {
            0 => curve.ts[0],
            k => curve.ts[k - 1] + curve.bar_ns,
        };
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

/// One pass; a division only where a new worst may lie.
fn walk(curve: &Curve<'_>) -> Walk {
    let mut peak = curve.start_equity;
    let mut peak_at = 0;
    // Below this equity lies a deeper drawdown than the worst so far.
    let mut floor = peak;
    let mut w = Walk {
        worst: 0.0,
        worst_amount: 0.0,
        worst_peak: 0,
        trough: 0,
        recovery: None,
        longest: (0, 0),
        under_water: 0,
    };
    for (position, &equity) in (1..).zip(curve.equity) {
        if equity >= peak {
            // Between neighbours nothing was under water.
            if position - peak_at > 1 {
                end_episode(curve, &mut w.longest, (peak_at, position));
                w.recovery = w.recovery.or(Some(position));
            }
            peak = equity;
            peak_at = position;
            floor = peak * (1.0 + w.worst);
        } else {
            w.under_water += 1;
            if equity < floor {
                floor = equity;
                w.worst = equity / peak - 1.0;
                w.worst_amount = equity - peak;
                w.worst_peak = peak_at;
                w.trough = position;
                w.recovery = None;
            }
        }
    }
    if peak_at < curve.equity.len() {
        end_episode(curve, &mut w.longest, (peak_at, curve.equity.len()));
    }
    w
}

fn end_episode(curve: &Curve<'_>, longest: &mut (usize, usize), episode: (usize, usize)) {
    let moment = |k: usize| if k == 0 { curve.ts[0] } else { curve.ts[k - 1] + curve.bar_ns };
    if moment(episode.1) - moment(episode.0) > moment(longest.1) - moment(longest.0) {
        *longest = episode;
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
