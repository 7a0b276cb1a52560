//! From what a run recorded to its metrics, as JSON.

use tradenode_core::orders::Reason;

use crate::frames::Frame;
use crate::metrics::{Curve, MetricsError, Names, metrics};
use crate::recorder::Recorder;
use crate::spec::RunSpec;

/// The JSON of [`crate::metrics::Metrics`].
///
/// # Errors
/// Columns that do not fit together; options without a meaning.
pub fn summary(spec: &RunSpec, frames: &[Frame<'_>], recorder: &Recorder) -> Result<Vec<u8>, MetricsError> {
    let market: Vec<(f64, f64)> =
        frames.iter().filter_map(|frame| Some((*frame.bars.open.first()?, *frame.bars.close.last()?))).collect();
    let instruments: Vec<&str> = spec.instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
    let exit_reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let curve = Curve {
        ts: &recorder.equity_ts,
        bar_ns: spec.detail_ns.unwrap_or(spec.timeframe_ns),
        equity: &recorder.equity,
        exposure: &recorder.exposure,
        start_equity: spec.account.cash.to_f64(),
        totals: recorder.totals,
        market: &market,
    };
    let names = Names { instruments: &instruments, exit_reasons: &exit_reasons };
    let figures = metrics(&curve, &recorder.trades.view(), names, &spec.metrics)?;
    Ok(serde_json::to_vec(&figures).expect("metrics are plain numbers and names"))
}
