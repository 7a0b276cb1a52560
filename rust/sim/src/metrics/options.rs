//! The choices behind the figures: sampling, annualisation, the rates that returns are held against.

use serde::{Deserialize, Serialize};

use super::MetricsError;

/// At least so many UTC days make [`Sampling::Auto`] use daily returns; a shorter run uses the returns of its bars.
pub const MIN_DAILY_RETURNS: usize = 10;

/// Which closes the returns are taken between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Daily where the run touches at least [`MIN_DAILY_RETURNS`] days, otherwise bars.
    #[default]
    Auto,
    /// The last equity of each UTC day; a day without a bar carries the one before it, a return of zero.
    Daily,
    /// Every bar.
    Bar,
}

impl Sampling {
    /// What it comes to in a run that touches so many days.
    #[must_use]
    pub const fn over(self, days: usize) -> Self {
        match self {
            Self::Auto if days >= MIN_DAILY_RETURNS => Self::Daily,
            Self::Auto => Self::Bar,
            chosen => chosen,
        }
    }
}

/// Options of the metrics; the defaults are those of a market that trades every day.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricOptions {
    /// Which returns the ratios are computed from.
    pub sampling: Sampling,
    /// Days of trading in a year: the annualisation of daily returns. Bar returns use this many days of bars.
    pub days_per_year: f64,
    /// Yearly rate that the Sharpe ratio deducts, taken to a period geometrically: (1 + rate)^(1/periods) - 1.
    pub risk_free: f64,
    /// Yearly return that Sortino and Omega measure against, taken to a period in the same way.
    pub target: f64,
    /// Share of the worst returns behind value at risk and its conditional form.
    pub tail: f64,
}

impl Default for MetricOptions {
    fn default() -> Self {
        Self { sampling: Sampling::Auto, days_per_year: 365.0, risk_free: 0.0, target: 0.0, tail: 0.05 }
    }
}

impl MetricOptions {
    pub(super) fn check(&self) -> Result<(), MetricsError> {
        let rate = |value: f64| value.is_finite() && value > -1.0;
        for (option, expected, value, holds) in [
            ("days_per_year", "in 1..=366", self.days_per_year, (1.0..=366.0).contains(&self.days_per_year)),
            ("risk_free", "a finite yearly rate above -1", self.risk_free, rate(self.risk_free)),
            ("target", "a finite yearly rate above -1", self.target, rate(self.target)),
            ("tail", "above 0 and below 1", self.tail, self.tail > 0.0 && self.tail < 1.0),
        ] {
            if !holds {
                return Err(MetricsError::Option { option, expected, value });
            }
        }
        Ok(())
    }
}
