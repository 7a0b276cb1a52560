//! The figures of a run, from its equity curve and its trades.
//!
//! Every figure is of the equity curve with open profit included, or of closed round trips where it says so. What is
//! undefined (a ratio over zero, a deviation of one value) is NaN here and null in JSON; nothing is ever infinite or a
//! sentinel. Ratios are plain numbers: 0.01 is one percent. Losses and drawdowns are negative.

use serde::Serialize;

mod course;
mod drawdown;
mod ends;
mod exposure;
mod group;
mod input;
mod months;
mod options;
mod range;
mod returns;
mod sample;
#[cfg(test)]
mod tests;
mod trades;

pub use course::{Course, Line};
pub use drawdown::DrawdownMetrics;
pub use ends::BlockEnds;
pub use exposure::ExposureMetrics;
pub(crate) use group::RoundTrip;
pub use group::{TradeGroup, TradeGroups};
pub use input::{Curve, MetricsError, Names, Totals, TradeColumns};
pub use months::Month;
pub use options::{MIN_DAILY_RETURNS, MetricOptions, Sampling};
pub use returns::{DayReturn, MIN_ANNUALISED_DAYS, ReturnMetrics};
pub use sample::DayEnds;
pub use trades::TradeMetrics;
use trades::Trips;

/// All the figures of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// When and how long.
    pub span: Span,
    /// Return and risk of the equity curve.
    pub returns: ReturnMetrics,
    /// Its drawdowns.
    pub drawdown: DrawdownMetrics,
    /// How much was at work.
    pub exposure: ExposureMetrics,
    /// The closed round trips.
    pub trades: TradeMetrics,
    /// The round trips by instrument, side and exit reason.
    pub groups: TradeGroups,
    /// The run by calendar month.
    pub months: Vec<Month>,
    /// Buying every instrument at its first price with an equal share of the capital and holding it: the mean of
    /// last / first - 1.
    pub market_change: f64,
}

/// The time that a run covers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// Opening time of the first bar, ns UTC.
    pub start_ts: Option<i64>,
    /// Moment of the last equity, ns UTC.
    pub end_ts: Option<i64>,
    /// Days between them.
    pub days: f64,
    /// Entries of the equity curve.
    pub bars: usize,
}

/// Computes every figure of a run: one pass over the long columns, sorting only the daily series.
///
/// # Errors
/// Columns of different lengths, times out of order or range, values that are not finite, indices without a name,
/// options without a meaning: each names the column, the row and the value.
pub fn metrics(
    curve: &Curve<'_>,
    trades: &TradeColumns<'_>,
    names: Names<'_>,
    options: &MetricOptions,
) -> Result<Metrics, MetricsError> {
    options.check()?;
    input::check(curve, trades, names)?;
    let (walk, equity_sum) = drawdown::walk(curve);
    input::finite("equity", curve.equity, equity_sum)?;
    let daily = sample::DailyCloses::of(curve);
    let end = curve.equity.last().copied().unwrap_or(f64::NAN);
    let tallies = group::Tallies::of(trades, names);
    let Summary { returns, drawdown, trades: traded } =
        summarise(curve, end, &walk, &daily, Trips::of(trades), &tallies.all(), options);
    let last = curve.ts.last().map(|ts| ts + curve.bar_ns);
    let changes: f64 = curve.market.iter().map(|&(first, last)| ratio(last, first) - 1.0).sum();
    Ok(Metrics {
        span: Span {
            start_ts: curve.ts.first().copied(),
            end_ts: last,
            days: returns::days(curve),
            bars: curve.ts.len(),
        },
        returns,
        exposure: ExposureMetrics::of(curve, equity_sum),
        trades: traded,
        groups: tallies.groups(names),
        months: months::months(curve.start_equity, &daily, trades),
        market_change: ratio(changes, curve.market.len() as f64),
        drawdown,
    })
}

/// The figures of a run that needs neither the curve nor the exposure; for runs of which there are many.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Return and risk of the equity curve.
    pub returns: ReturnMetrics,
    /// Its drawdowns.
    pub drawdown: DrawdownMetrics,
    /// The closed round trips.
    pub trades: TradeMetrics,
}

impl From<Metrics> for Summary {
    fn from(metrics: Metrics) -> Self {
        Self { returns: metrics.returns, drawdown: metrics.drawdown, trades: metrics.trades }
    }
}

fn summarise(
    curve: &Curve<'_>,
    end: f64,
    walk: &drawdown::Walk<'_>,
    daily: &sample::DailyCloses,
    trips: Trips<'_>,
    tally: &group::Tally,
    options: &MetricOptions,
) -> Summary {
    let drawdown = DrawdownMetrics::of(curve.start_equity, daily, walk);
    Summary {
        returns: ReturnMetrics::of(curve, end, daily, drawdown.max, options),
        trades: TradeMetrics::of(trips, tally, &curve.totals),
        drawdown,
    }
}

/// `over / under`, NaN where that is not a finite number.
fn ratio(over: f64, under: f64) -> f64 {
    let value = over / under;
    if value.is_finite() { value } else { f64::NAN }
}
