//! Return and risk figures of the equity curve.

use serde::Serialize;

use super::sample::{DAY_NS, DailyCloses, Returns, simple_returns};
use super::{Curve, MetricOptions, Sampling, ratio};

/// A year by the calendar, for growth by elapsed time.
const DAYS_OF_CALENDAR_YEAR: f64 = 365.25;
/// A shorter run has no annualised return: a lucky hour would read as millions of percent.
pub const MIN_ANNUALISED_DAYS: f64 = 7.0;
/// A deviation of returns at or below this is the rounding of equities in 64-bit floats, not risk.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The return of one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DayReturn {
    /// Midnight that begins the day, ns UTC.
    pub ts: i64,
    /// Close over the close of the day before, less one.
    pub value: f64,
}

/// Returns are simple ratios (0.01 is one percent); yearly figures are annualised with `periods_per_year`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReturnMetrics {
    /// Equity before the first bar.
    pub start_equity: f64,
    /// Equity at the last bar's close, open profit included.
    pub end_equity: f64,
    /// End less start.
    pub net_profit: f64,
    /// End over start, less one.
    pub total: f64,
    /// Compound growth by elapsed time: (end / start)^(365.25 / days) - 1; undefined under [`MIN_ANNUALISED_DAYS`].
    pub annualised: f64,
    /// Sample deviation (n - 1) of the returns, times the root of the periods in a year.
    pub volatility: f64,
    /// Root of the mean squared shortfall below the target over all n returns, annualised like the volatility.
    pub downside_deviation: f64,
    /// Mean return in excess of the risk-free rate over the sample deviation (n - 1), annualised.
    pub sharpe: f64,
    /// Mean return in excess of the target over the downside deviation, annualised.
    pub sortino: f64,
    /// Annualised return over the depth of the maximum drawdown of the full curve.
    pub calmar: f64,
    /// Sum of returns above the target over the sum of shortfalls below it.
    pub omega: f64,
    /// The historical quantile of the returns at the tail, linear between observations; a loss is negative.
    pub value_at_risk: f64,
    /// Mean of the worst floor((n - 1) tail) + 1 returns.
    pub conditional_value_at_risk: f64,
    /// Which returns these figures are of: daily or bar.
    pub sampling: Sampling,
    /// How many returns there are. The series ends where the equity falls to zero or below.
    pub periods: usize,
    /// Periods in a year, for annualising.
    pub periods_per_year: f64,
    /// The best UTC day, the first of equals.
    pub best_day: Option<DayReturn>,
    /// The worst UTC day, the first of equals.
    pub worst_day: Option<DayReturn>,
    /// Share of UTC days with a return above zero among those with a return other than zero.
    pub winning_days: f64,
}

impl ReturnMetrics {
    /// `end` is the last equity; of the curve's equities only the returns between bars are made.
    pub(super) fn of(
        curve: &Curve<'_>,
        end: f64,
        daily: &DailyCloses,
        worst_drawdown: f64,
        options: &MetricOptions,
    ) -> Self {
        let start = curve.start_equity;
        let mut returns = Returns::of(curve, daily, options);
        let scale = returns.periods_per_year.sqrt();
        let per_period = |yearly: f64| (1.0 + yearly).powf(1.0 / returns.periods_per_year) - 1.0;
        let (risk_free, target) = (per_period(options.risk_free), per_period(options.target));
        let values = returns.values.as_mut_slice();
        let (mean, deviation) = (mean(values), sample_deviation(values));
        let downside = downside_deviation(values, target);
        let annualised = annualised(end / start, days(curve));
        let days = simple_returns(start, &daily.equity);
        let winning = days.iter().filter(|r| **r > 0.0).count();
        let moving = days.iter().filter(|r| **r != 0.0).count();
        Self {
            start_equity: start,
            end_equity: end,
            net_profit: end - start,
            total: end / start - 1.0,
            annualised,
            volatility: finite(deviation * scale),
            downside_deviation: finite(downside * scale),
            sharpe: finite(ratio(mean - risk_free, beyond_rounding(deviation)) * scale),
            sortino: finite(ratio(mean - target, beyond_rounding(downside)) * scale),
            calmar: ratio(annualised, -worst_drawdown),
            omega: omega(values, target),
            value_at_risk: value_at_risk(values, options.tail),
            conditional_value_at_risk: conditional_value_at_risk(values, options.tail),
            sampling: returns.sampling,
            periods: returns.values.len(),
            periods_per_year: finite(returns.periods_per_year),
            best_day: extreme_day(daily.first_day, &days, |a, b| a > b),
            worst_day: extreme_day(daily.first_day, &days, |a, b| a < b),
            winning_days: ratio(winning as f64, moving as f64),
        }
    }
}

/// Elapsed days from the first bar's opening to the last equity.
pub(super) fn days(curve: &Curve<'_>) -> f64 {
    match (curve.ts.first(), curve.ts.last()) {
        (Some(&first), Some(&last)) => (last as f64 - first as f64 + curve.bar_ns as f64) / DAY_NS as f64,
        _ => 0.0,
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

fn beyond_rounding(deviation: f64) -> f64 {
    if deviation > ROUNDING { deviation } else { f64::NAN }
}

/// Growth a year of a curve that grew by `growth` (1 is unchanged) in `days`; -1 where nothing is left.
fn annualised(growth: f64, days: f64) -> f64 {
    if days < MIN_ANNUALISED_DAYS {
        return f64::NAN;
    }
    // A negative growth has no real power: powf answers NaN, which is what an overdrawn account deserves.
    finite(growth.powf(DAYS_OF_CALENDAR_YEAR / days) - 1.0)
}

fn mean(values: &[f64]) -> f64 {
    ratio(values.iter().sum(), values.len() as f64)
}

/// Square root of the sum of squared deviations over n - 1; undefined under two values.
pub(super) fn sample_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

fn downside_deviation(values: &[f64], target: f64) -> f64 {
    let squares: f64 = values.iter().map(|v| (v - target).min(0.0)).map(|d| d * d).sum();
    ratio(squares, values.len() as f64).sqrt()
}

fn omega(values: &[f64], target: f64) -> f64 {
    let above: f64 = values.iter().map(|v| (v - target).max(0.0)).sum();
    let below: f64 = values.iter().map(|v| (target - v).max(0.0)).sum();
    ratio(above, below)
}

/// Index of the last value inside the tail and the share of the way to the next.
fn tail_position(count: usize, tail: f64) -> (usize, f64) {
    let position = (count - 1) as f64 * tail;
    (position.floor() as usize, position.fract())
}

fn value_at_risk(values: &mut [f64], tail: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let (index, share) = tail_position(values.len(), tail);
    let (_, &mut low, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    if share > 0.0 { low + (high - low) * share } else { low }
}

fn conditional_value_at_risk(values: &mut [f64], tail: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let (index, _) = tail_position(values.len(), tail);
    values.select_nth_unstable_by(index, f64::total_cmp);
    mean(&values[..=index])
}

fn extreme_day(first_day: i64, returns: &[f64], better: fn(f64, f64) -> bool) -> Option<DayReturn> {
    let mut best: Option<(usize, f64)> = None;
    for (row, &value) in returns.iter().enumerate() {
        if best.is_none_or(|(_, held)| better(value, held)) {
            best = Some((row, value));
        }
    }
    best.map(|(row, value)| DayReturn { ts: (first_day + row as i64) * DAY_NS, value })
}
