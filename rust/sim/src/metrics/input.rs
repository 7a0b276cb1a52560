//! What the metrics are computed from: the equity curve, the closed trades, and the checks on both.

use thiserror::Error;

use super::range::Range;

/// The equity curve of a run, one entry a bar, and the totals that go with it. Money is in the account's currency.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// Opening time of the bar at whose close each equity was taken, ns UTC, strictly increasing.
    pub ts: &'a [i64],
    /// From a bar's opening time to the moment of its equity, ns; 0 where `ts` already is that moment.
    pub bar_ns: i64,
    /// Account equity, profit of open positions included; as long as `ts`.
    pub equity: &'a [f64],
    /// Gross notional over equity; as long as `ts`, or empty where it was not recorded. Non-finite entries (equity at
    /// zero) are left out of the means.
    pub exposure: &'a [f64],
    /// Equity before the first bar; above zero.
    pub start_equity: f64,
    /// Totals over the whole run, positions that are still open included.
    pub totals: Totals,
    /// First and last price of each instrument in the run, for the comparison with buying and holding.
    pub market: &'a [(f64, f64)],
}

/// Sums over every fill of a run, in the account's currency.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// Traded notional, buys and sells.
    pub traded: f64,
    /// Fees paid; negative where rebates exceed them.
    pub fees: f64,
    /// Cost of slippage against the reference price.
    pub slippage: f64,
    /// Funding and borrow received; negative when paid.
    pub funding: f64,
}

/// Closed round trips, one entry each in every column, in the order in which they closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct TradeColumns<'a> {
    /// Index into the names of instruments.
    pub instrument: &'a [u32],
    /// 1 long, -1 short.
    pub side: &'a [i8],
    /// Time of the first fill, ns UTC.
    pub entry_ts: &'a [i64],
    /// Time of the fill that closed the position, ns UTC.
    pub exit_ts: &'a [i64],
    /// Everything that was added, base units or contracts.
    pub quantity: &'a [f64],
    /// Average entry price.
    pub entry_price: &'a [f64],
    /// Average exit price.
    pub exit_price: &'a [f64],
    /// Profit by prices alone.
    pub gross_pnl: &'a [f64],
    /// Fees paid.
    pub fees: &'a [f64],
    /// Cost of slippage, already inside the prices.
    pub slippage: &'a [f64],
    /// Funding and borrow received; negative when paid.
    pub funding: &'a [f64],
    /// Profit after fees and funding.
    pub net_pnl: &'a [f64],
    /// `net_pnl` over the entry notional.
    pub return_ratio: &'a [f64],
    /// Index into the names of exit reasons.
    pub exit_reason: &'a [u8],
    /// Best open return while held, as a ratio of the entry price, at least 0.
    pub max_favourable: &'a [f64],
    /// Worst open return while held, as a ratio of the entry price, at most 0.
    pub max_adverse: &'a [f64],
}

impl TradeColumns<'_> {
    /// How many trades there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.net_pnl.len()
    }

    /// Whether there is no trade at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.net_pnl.is_empty()
    }

    fn lengths(&self) -> [(&'static str, usize); 16] {
        [
            ("instrument", self.instrument.len()),
            ("side", self.side.len()),
            ("entry_ts", self.entry_ts.len()),
            ("exit_ts", self.exit_ts.len()),
            ("quantity", self.quantity.len()),
            ("entry_price", self.entry_price.len()),
            ("exit_price", self.exit_price.len()),
            ("gross_pnl", self.gross_pnl.len()),
            ("fees", self.fees.len()),
            ("slippage", self.slippage.len()),
            ("funding", self.funding.len()),
            ("net_pnl", self.net_pnl.len()),
            ("return_ratio", self.return_ratio.len()),
            ("exit_reason", self.exit_reason.len()),
            ("max_favourable", self.max_favourable.len()),
            ("max_adverse", self.max_adverse.len()),
        ]
    }
}

/// The names behind the indices of [`TradeColumns`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// By [`TradeColumns::instrument`].
    pub instruments: &'a [&'a str],
    /// By [`TradeColumns::exit_reason`].
    pub exit_reasons: &'a [&'a str],
}

/// Columns that no run can have produced.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Two columns that belong together differ in length.
    #[error("{column} has {got} entries where {expected} are expected")]
    Length {
        /// The odd column.
        column: &'static str,
        /// Its length.
        got: usize,
        /// The length of the others.
        expected: usize,
    },
    /// The starting equity cannot carry a return.
    #[error("start_equity must be finite and above 0, got {0}")]
    StartEquity(f64),
    /// A value is NaN or infinite.
    #[error("{column}[{row}] is not finite: {value}")]
    NotFinite {
        /// The column's name.
        column: &'static str,
        /// Its first offending row.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// Times run backwards or repeat.
    #[error("ts[{row}] = {value} does not come after {previous}")]
    Disorder {
        /// The first offending row.
        row: usize,
        /// What stands there.
        value: i64,
        /// What stands before it.
        previous: i64,
    },
    /// A time lies before 1970, or so late that a bar added to it would overflow.
    #[error("{column} is out of range: {value} ns")]
    Time {
        /// The column's name.
        column: &'static str,
        /// What stands there.
        value: i64,
    },
    /// A trade ends before it begins.
    #[error("exit_ts[{row}] = {exit} lies before entry_ts[{row}] = {entry}")]
    Holding {
        /// The first offending row.
        row: usize,
        /// When it begins.
        entry: i64,
        /// When it ends.
        exit: i64,
    },
    /// An index has no name.
    #[error("{column}[{row}] is {value}, but only {names} names are given")]
    Index {
        /// The column's name.
        column: &'static str,
        /// Its first offending row.
        row: usize,
        /// The index.
        value: usize,
        /// How many names there are.
        names: usize,
    },
    /// A side is neither long nor short.
    #[error("side[{row}] must be 1 or -1, got {value}")]
    Side {
        /// The first offending row.
        row: usize,
        /// What stands there.
        value: i8,
    },
    /// An option has no meaning.
    #[error("{option} must be {expected}, got {value}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is accepted, in words.
        expected: &'static str,
        /// What was given.
        value: f64,
    },
}

/// Times beyond this (about year 2261) could overflow when a bar is added.
const TIME_MAX: i64 = 9_200_000_000_000_000_000;

pub(super) fn check(curve: &Curve<'_>, trades: &TradeColumns<'_>, names: Names<'_>) -> Result<(), MetricsError> {
    check_curve(curve)?;
    check_trades(trades, names)
}

fn check_curve(curve: &Curve<'_>) -> Result<(), MetricsError> {
    let expected = curve.ts.len();
    same_length("equity", curve.equity.len(), expected)?;
    if !curve.exposure.is_empty() {
        same_length("exposure", curve.exposure.len(), expected)?;
    }
    check_account(curve)?;
    if let (Some(&first), Some(&last)) = (curve.ts.first(), curve.ts.last()) {
        // With the order that is checked below, the ends bound every time between them.
        in_range("ts", first)?;
        in_range("ts", last)?;
        if !(0..=TIME_MAX - last).contains(&curve.bar_ns) {
            return Err(MetricsError::Time { column: "bar_ns", value: curve.bar_ns });
        }
    }
    // The sign bit of `signs` tells a time below zero or a step that does not go forward: no branch, so that the
    // compiler checks several rows at once. With no time below zero no difference wraps.
    let steps = curve.ts.iter().zip(curve.ts.iter().skip(1));
    if steps.fold(0, |signs, (a, b)| signs | b | b.wrapping_sub(*a).wrapping_sub(1)) >= 0 {
        return Ok(());
    }
    let row = 1 + curve.ts.windows(2).position(|w| w[0] >= w[1]).unwrap_or(0);
    Err(MetricsError::Disorder { row, value: curve.ts[row], previous: curve.ts[row - 1] })
}

pub(super) fn check_account(curve: &Curve<'_>) -> Result<(), MetricsError> {
    if !(curve.start_equity.is_finite() && curve.start_equity > 0.0) {
        return Err(MetricsError::StartEquity(curve.start_equity));
    }
    let Totals { traded, fees, slippage, funding } = curve.totals;
    for (column, value) in [("traded", traded), ("fees", fees), ("slippage", slippage), ("funding", funding)] {
        finite(column, &[value], value)?;
    }
    Ok(())
}

fn check_trades(trades: &TradeColumns<'_>, names: Names<'_>) -> Result<(), MetricsError> {
    let expected = trades.len();
    for (column, got) in trades.lengths() {
        same_length(column, got, expected)?;
    }
    for (column, values) in [
        ("gross_pnl", trades.gross_pnl),
        ("fees", trades.fees),
        ("slippage", trades.slippage),
        ("funding", trades.funding),
        ("net_pnl", trades.net_pnl),
        ("return_ratio", trades.return_ratio),
    ] {
        finite(column, values, Range::of(values).sum)?;
    }
    for (row, (&entry, &exit)) in trades.entry_ts.iter().zip(trades.exit_ts).enumerate() {
        in_range("entry_ts", entry)?;
        in_range("exit_ts", exit)?;
        if exit < entry {
            return Err(MetricsError::Holding { row, entry, exit });
        }
    }
    if let Some(row) = trades.side.iter().position(|&s| s != 1 && s != -1) {
        return Err(MetricsError::Side { row, value: trades.side[row] });
    }
    let known = names.instruments.len();
    if let Some(row) = trades.instrument.iter().position(|&i| i as usize >= known) {
        let value = trades.instrument[row] as usize;
        return Err(MetricsError::Index { column: "instrument", row, value, names: known });
    }
    let known = names.exit_reasons.len();
    if let Some(row) = trades.exit_reason.iter().position(|&i| usize::from(i) >= known) {
        let value = usize::from(trades.exit_reason[row]);
        return Err(MetricsError::Index { column: "exit_reason", row, value, names: known });
    }
    Ok(())
}

fn same_length(column: &'static str, got: usize, expected: usize) -> Result<(), MetricsError> {
    if got == expected { Ok(()) } else { Err(MetricsError::Length { column, got, expected }) }
}

fn in_range(column: &'static str, value: i64) -> Result<(), MetricsError> {
    if (0..=TIME_MAX).contains(&value) { Ok(()) } else { Err(MetricsError::Time { column, value }) }
}

/// `sum` is that of the values: finite where each of them is.
pub(super) fn finite(column: &'static str, values: &[f64], sum: f64) -> Result<(), MetricsError> {
    if sum.is_finite() {
        return Ok(());
    }
    match values.iter().position(|x| !x.is_finite()) {
        Some(row) => Err(MetricsError::NotFinite { column, row, value: values[row] }),
        None => Ok(()),
    }
}
