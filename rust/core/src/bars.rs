//! Bars as columns: one slice a field, the same length each.

mod grid;
mod resample;
mod trade_bars;
mod trade_rule;

pub use grid::{MAX_DECIMAL_PLACES, decimal_places};
pub use resample::{Partial, ResampleError, Resampled, bucket_start, resample};
pub use trade_bars::{TradeBar, TradeBars};
pub use trade_rule::{Measure, Rule, RuleError};

use crate::keep::{Blank, kept};

/// Borrowed bar columns. `ts` is each bar's opening time in ns UTC, strictly increasing.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// Opening times, ns UTC.
    pub ts: &'a [i64],
    /// First prices.
    pub open: &'a [f64],
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices.
    pub low: &'a [f64],
    /// Last prices.
    pub close: &'a [f64],
    /// Traded base quantities.
    pub volume: &'a [f64],
}

/// Owned bar columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarColumns {
    /// Opening times, ns UTC.
    pub ts: Vec<i64>,
    /// First prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Traded base quantities.
    pub volume: Vec<f64>,
}

impl BarColumns {
    /// The columns as a borrowed view.
    #[must_use]
    pub fn view(&self) -> Bars<'_> {
        Bars {
            ts: &self.ts,
            open: &self.open,
            high: &self.high,
            low: &self.low,
            close: &self.close,
            volume: &self.volume,
        }
    }
}

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Opening time, ns UTC.
    pub ts: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded base quantity.
    pub volume: f64,
}

kept!(Bar { ts, open, high, low, close, volume });

impl Blank for Bar {
    fn blank() -> Self {
        Self { ts: 0, open: 0.0, high: 0.0, low: 0.0, close: 0.0, volume: 0.0 }
    }
}
