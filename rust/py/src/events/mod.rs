//! Runs over events: tapes and a strategy in, columns out.

mod callback;
mod carry;
mod decider;
mod kept;
mod market;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_sim::error::RunError as Stop;
use tradenode_sim::models::latency::RoundTrips;
use tradenode_sim::ticks::{self, Outcomes, TickSpec};

pub(crate) use self::decider::{Decider, DeciderState, refused};
use crate::backtest::{answer, raise};
use crate::csv::contiguous;
use crate::policy::Policy;
use crate::tape::GivenTape;

/// Times, ns UTC.
type Times<'py> = PyReadonlyArray1<'py, i64>;

#[pyfunction]
#[pyo3(signature = (spec, tapes, strategy = None, on_error = "halt", trips = None))]
fn run_events<'py>(
    py: Python<'py>,
    spec: &[u8],
    tapes: Vec<GivenTape<'py>>,
    strategy: Option<&Bound<'py, PyAny>>,
    on_error: &str,
    trips: Option<(Times<'py>, Times<'py>, Times<'py>)>,
) -> PyResult<Bound<'py, PyDict>> {
    let spec = TickSpec::from_json(spec).map_err(|error| raise(error.into()))?;
    let views = tapes.iter().map(GivenTape::view).collect::<PyResult<Vec<_>>>()?;
    let trips = match &trips {
        Some((requested, taken, reported)) => Some(RoundTrips {
            requested: contiguous(requested)?,
            taken: contiguous(taken)?,
            reported: contiguous(reported)?,
        }),
        None => None,
    };
    let Some(strategy) = strategy else {
        let (recorder, outcomes) =
            py.detach(|| ticks::run_described(&spec, &views, trips)).map_err(|error: Stop| raise(error))?;
        let result = answer(py, recorder, &[])?;
        result.set_item("logs", Vec::<String>::new())?;
        return with_outcomes(result, &outcomes);
    };
    let decider = Decider::new(&spec, Some(strategy), Policy::read(on_error)?)?;
    let done = ticks::run(&spec, &views, trips, decider).map_err(raise)?;
    let result = answer(py, done.recorder, &[])?;
    result.set_item("logs", done.strategy.logs(py))?;
    with_outcomes(result, &done.outcomes)
}

fn with_outcomes<'py>(result: Bound<'py, PyDict>, outcomes: &Outcomes) -> PyResult<Bound<'py, PyDict>> {
    let orders = PyDict::new(result.py());
    for (name, count) in outcomes.named() {
        orders.set_item(name, count)?;
    }
    result.set_item("orders", orders)?;
    Ok(result)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<market::Trade>()?;
    module.add_class::<market::Fill>()?;
    module.add_class::<market::Funding>()?;
    module.add_function(wrap_pyfunction!(run_events, module)?)
}
