//! A run over checked tapes.

use tradenode_core::event::Tape;

use super::engine::{TickEngine, TickRun};
use super::feed::Feed;
use super::maker::Maker;
use super::outcomes::Outcomes;
use super::rules::RuleTrader;
use super::spec::TickSpec;
use super::strategy::TickStrategy;
use crate::error::RunError;
use crate::models::latency::{Latency, RoundTrips};
use crate::recorder::Recorder;
use crate::spec::SpecError;

/// Checks the tapes, one an instrument, and runs a strategy over them. Recorded round trips of orders, where given, take
/// the place of the description's latency.
///
/// # Errors
/// What the description, a tape or the round trips have wrong, and what stops the run.
pub fn run<'a, S: TickStrategy>(
    spec: &TickSpec,
    tapes: &[Tape<'a>],
    trips: Option<RoundTrips<'a>>,
    strategy: S,
) -> Result<TickRun<'a, S>, RunError> {
    for (tape, instrument) in tapes.iter().zip(&spec.instruments) {
        tape.check().map_err(|source| RunError::Tape { symbol: instrument.symbol.clone(), source })?;
    }
    let feeds = tapes
        .iter()
        .enumerate()
        .map(|(instrument, tape)| Feed::new(*tape, spec.source(instrument)).delayed(spec.latency.feed_ns))
        .collect();
    if spec.latency.feed_ns < 0 {
        return Err(SpecError::range("latency.feed_ns", "0 or above", spec.latency.feed_ns as f64).into());
    }
    let latency = match (trips, &spec.latency.recorded) {
        (Some(trips), _) => Latency::recorded(trips)?,
        (None, Some(name)) => {
            let reason = format!("the round trips of {name} do not come with the run");
            return Err(SpecError::Conflict { key: "latency.recorded", reason }.into());
        }
        (None, None) => Latency::drawn(spec.latency.request, spec.latency.report, spec.latency.seed)?,
    };
    let mut engine = TickEngine::new(spec, feeds, latency, strategy)?;
    engine.run()?;
    Ok(engine.finish())
}

/// The same with what the description has decide: its rules, or its market maker.
///
/// # Errors
/// See [`run`]; a description that has neither.
pub fn run_described<'a>(
    spec: &TickSpec,
    tapes: &[Tape<'a>],
    trips: Option<RoundTrips<'a>>,
) -> Result<(Recorder<'a>, Outcomes), RunError> {
    if spec.plan.is_some() {
        let TickRun { recorder, outcomes, .. } = run(spec, tapes, trips, RuleTrader::new(spec, None)?)?;
        return Ok((recorder, outcomes));
    }
    let maker = spec.maker.ok_or_else(|| SpecError::Conflict { key: "maker", reason: "nothing decides".to_owned() })?;
    let TickRun { recorder, outcomes, .. } = run(spec, tapes, trips, Maker::new(maker))?;
    Ok((recorder, outcomes))
}
