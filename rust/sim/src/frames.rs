//! The recorded bars of a run: borrowed columns, checked once before the first event.

use thiserror::Error;
use tradenode_core::bars::Bars;
use tradenode_core::instrument::Instrument;
use tradenode_core::units::UnitError;

/// The columns of one instrument.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The bars on which signals are computed.
    pub bars: Bars<'a>,
    /// Finer bars that decide what happened inside them.
    pub detail: Option<Bars<'a>>,
    /// Recorded funding: times and rates.
    pub funding: Option<(&'a [i64], &'a [f64])>,
}

/// Bars that cannot be traded on.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{symbol}: {column} of bar {row}: {reason}")]
pub struct FrameError {
    /// The instrument.
    pub symbol: String,
    /// The column at fault.
    pub column: &'static str,
    /// The row, from 0.
    pub row: usize,
    /// What is wrong.
    pub reason: String,
}

impl<'a> Frame<'a> {
    /// The bars on which orders fill.
    #[must_use]
    pub fn fills(&self) -> Bars<'a> {
        self.detail.unwrap_or(self.bars)
    }

    /// Checks that columns match, times ascend, and prices are on the instrument's grid.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, instrument: &Instrument) -> Result<(), FrameError> {
        check_bars(&self.bars, instrument)?;
        let Some(detail) = &self.detail else { return Ok(()) };
        check_bars(detail, instrument)
    }
}

fn check_bars(bars: &Bars<'_>, instrument: &Instrument) -> Result<(), FrameError> {
    let fault =
        |column, row, reason: String| FrameError { symbol: instrument.spec().symbol.clone(), column, row, reason };
    let rows = bars.ts.len();
    let columns =
        [("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close), ("volume", bars.volume)];
    for (name, column) in columns {
        if column.len() != rows {
            return Err(fault(name, column.len().min(rows), format!("{} values for {rows} bars", column.len())));
        }
    }
    if !bars.ts.is_sorted_by(|a, b| a < b) {
        let row = bars.ts.windows(2).position(|pair| pair[0] >= pair[1]).map_or(0, |before| before + 1);
        return Err(fault("ts", row, "times must ascend".to_owned()));
    }
    for (name, column) in &columns[..4] {
        if let Some((row, error)) = instrument.price.first_off_grid(column) {
            let reason = match error {
                UnitError::OffGrid { .. } => format!("{error} (the instrument's tick)"),
                other => other.to_string(),
            };
            return Err(fault(name, row, reason));
        }
    }
    check_shape(bars).map_or(Ok(()), |(column, row, reason)| Err(fault(column, row, reason)))
}

/// The first bar whose prices are not positive or not in order, if any.
fn check_shape(bars: &Bars<'_>) -> Option<(&'static str, usize, String)> {
    let mut sound = true;
    for row in 0..bars.ts.len() {
        let (open, high, low, close) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
        let ordered = (low > 0.0) & (low <= open) & (low <= close) & (open <= high) & (close <= high);
        sound &= ordered & (bars.volume[row] >= 0.0);
    }
    if sound {
        return None;
    }
    for row in 0..bars.ts.len() {
        let (open, high, low, close) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
        if low <= 0.0 {
            return Some(("low", row, format!("{low} is not above zero")));
        }
        if !(low <= open && low <= close && open <= high && close <= high) {
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
