//! A run whose strategy is compiled in.

use std::borrow::Cow;

use tradenode_core::event::Tape;

use super::engine::TickEngine;
use super::feed::Feed;
use super::maker::Maker;
use super::spec::TickSpec;
use crate::error::RunError;
use crate::models::latency::Latency;
use crate::recorder::Recorder;
use crate::spec::SpecError;

/// Checks the tapes, one an instrument, and runs the description's market maker over them.
///
/// # Errors
/// What the description or a tape has wrong, and what stops the run.
pub fn run<'a>(spec: &TickSpec, tapes: &[Tape<'a>]) -> Result<Recorder<'a>, RunError> {
    let maker = spec.maker.ok_or_else(|| SpecError::Conflict { key: "maker", reason: "nothing decides".to_owned() })?;
    for (tape, instrument) in tapes.iter().zip(&spec.instruments) {
        tape.check().map_err(|source| RunError::Tape { symbol: instrument.symbol.clone(), source })?;
    }
    let sources = spec.books.iter().copied().chain(std::iter::repeat(Default::default()));
    let feeds = tapes.iter().zip(sources).map(|(tape, source)| Feed::new(*tape, source)).collect();
    let latency = Latency::drawn(spec.latency.request, spec.latency.report, spec.latency.seed)?;
    let mut engine = TickEngine::new(spec, feeds, latency, Maker::new(maker))?;
    engine.run()?;
    let (ledger, _, sampled) = engine.finish();
    let mut recorder = ledger.into_recorder();
    recorder.equity_ts = Cow::Owned(sampled);
    Ok(recorder)
}
