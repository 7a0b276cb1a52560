//! A run over checked tapes.

use tradenode_core::event::Tape;

use super::engine::{TickEngine, TickRun};
use super::feed::Feed;
use super::maker::Maker;
use super::spec::TickSpec;
use super::strategy::TickStrategy;
use crate::error::RunError;
use crate::models::latency::Latency;
use crate::spec::SpecError;

/// Checks the tapes, one an instrument, and runs a strategy over them.
///
/// # Errors
/// What the description or a tape has wrong, and what stops the run.
pub fn run<'a, S: TickStrategy>(spec: &TickSpec, tapes: &[Tape<'a>], strategy: S) -> Result<TickRun<'a, S>, RunError> {
    for (tape, instrument) in tapes.iter().zip(&spec.instruments) {
        tape.check().map_err(|source| RunError::Tape { symbol: instrument.symbol.clone(), source })?;
    }
    let sources = spec.books.iter().copied().chain(std::iter::repeat(Default::default()));
    let feeds = tapes.iter().zip(sources).map(|(tape, source)| Feed::new(*tape, source)).collect();
    let latency = Latency::drawn(spec.latency.request, spec.latency.report, spec.latency.seed)?;
    let mut engine = TickEngine::new(spec, feeds, latency, strategy)?;
    engine.run()?;
    Ok(engine.finish())
}

/// The same with the description's market maker.
///
/// # Errors
/// See [`run`]; a description without one.
pub fn run_maker<'a>(spec: &TickSpec, tapes: &[Tape<'a>]) -> Result<TickRun<'a, Maker>, RunError> {
    let maker = spec.maker.ok_or_else(|| SpecError::Conflict { key: "maker", reason: "nothing decides".to_owned() })?;
    run(spec, tapes, Maker::new(maker))
}
