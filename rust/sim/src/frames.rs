//! The recorded bars of a run: borrowed columns, checked once before the first event.

use thiserror::Error;
use tradenode_core::bars::Bars;
use tradenode_core::units::{Decimal, Grid, UnitError};

/// Bars whose columns match, whose times ascend and whose prices are in order.
#[derive(Debug, Clone, Copy)]
pub struct SoundBars<'a> {
    bars: Bars<'a>,
    /// A step on which all prices are known to lie.
    tick: Option<Decimal>,
}

/// The columns of one instrument.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The bars on which signals are computed.
    pub bars: SoundBars<'a>,
    /// Finer bars that decide what happened inside them.
    pub detail: Option<SoundBars<'a>>,
    /// Recorded funding: times and rates.
    pub funding: Option<(&'a [i64], &'a [f64])>,
}

/// Bars that cannot be traded on.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{column} of bar {row}: {reason}")]
pub struct FrameError {
    /// The column at fault.
    pub column: &'static str,
    /// The row, from 0.
    pub row: usize,
    /// What is wrong.
    pub reason: String,
}

impl<'a> SoundBars<'a> {
    /// Checks bars.
    ///
    /// # Errors
    /// The first fault.
    pub fn new(bars: Bars<'a>) -> Result<Self, FrameError> {
        check_lengths(&bars)?;
        if !bars.ts.is_sorted_by(|a, b| a < b) {
            let row = bars.ts.windows(2).position(|pair| pair[0] >= pair[1]).map_or(0, |before| before + 1);
            return Err(FrameError { column: "ts", row, reason: "times must ascend".to_owned() });
        }
        let fault = |(column, row, reason)| FrameError { column, row, reason };
        check_shape(&bars).map_or(Ok(Self { bars, tick: None }), |found| Err(fault(found)))
    }

    /// The same columns as have passed [`SoundBars::new`] and, if any, [`SoundBars::check_grid`] for a step before: a
    /// holder of columns that nobody writes to spares every run the same checks.
    #[must_use]
    pub const fn known(bars: Bars<'a>, tick: Option<Decimal>) -> Self {
        Self { bars, tick }
    }

    /// The bars.
    #[must_use]
    pub const fn bars(&self) -> Bars<'a> {
        self.bars
    }

    /// Checks that all prices lie on a grid.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check_grid(&self, grid: &Grid) -> Result<(), FrameError> {
        if self.tick == Some(grid.step()) {
            return Ok(());
        }
        let bars = &self.bars;
        for (column, prices) in [("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close)] {
            if let Some((row, error)) = grid.first_off_grid(prices) {
                let reason = match error {
                    UnitError::OffGrid { .. } => format!("{error} (the instrument's tick)"),
                    other => other.to_string(),
                };
                return Err(FrameError { column, row, reason });
            }
        }
        Ok(())
    }
}

impl<'a> Frame<'a> {
    /// The bars on which orders fill.
    #[must_use]
    pub fn fills(&self) -> Bars<'a> {
        self.detail.unwrap_or(self.bars).bars
    }

    /// Checks that all prices lie on the instrument's grid.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check_grid(&self, grid: &Grid) -> Result<(), FrameError> {
        self.bars.check_grid(grid)?;
        self.detail.map_or(Ok(()), |detail| detail.check_grid(grid))
    }
}

fn check_lengths(bars: &Bars<'_>) -> Result<(), FrameError> {
    let rows = bars.ts.len();
    let columns =
        [("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close), ("volume", bars.volume)];
    for (column, values) in columns {
        if values.len() != rows {
            let reason = format!("{} values for {rows} bars", values.len());
            return Err(FrameError { column, row: values.len().min(rows), reason });
        }
    }
    Ok(())
}

/// The first bar whose prices are not positive or not in order, if any.
fn check_shape(bars: &Bars<'_>) -> Option<(&'static str, usize, String)> {
    let mut sound = true;
    for row in 0..bars.ts.len() {
        let (open, high, low, close) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
        let ordered = (low > 0.0) & (low <= open) & (low <= close) & (open <= high) & (close <= high);
        sound &= ordered & (high < f64::INFINITY) & (bars.volume[row] >= 0.0);
    }
    if sound {
        return None;
    }
    for row in 0..bars.ts.len() {
        let (open, high, low, close) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
        if low <= 0.0 {
            return Some(("low", row, format!("{low} is not above zero")));
        }
        if !(low <= open && low <= close && open <= high && close <= high && high < f64::INFINITY) {
            let reason = format!("open {open}, high {high}, low {low}, close {close} are not in order");
            return Some(("high", row, reason));
        }
        let volume = bars.volume[row];
        if volume.is_nan() || volume < 0.0 {
            return Some(("volume", row, format!("{volume} is not a quantity")));
        }
    }
    None
}
