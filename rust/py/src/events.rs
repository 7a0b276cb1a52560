//! One run over events: tapes in, columns out.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_sim::error::RunError as Stop;
use tradenode_sim::ticks::{self, TickSpec};

use crate::backtest::{answer, raise};
use crate::tape::GivenTape;

#[pyfunction]
fn run_events<'py>(py: Python<'py>, spec: &[u8], tapes: Vec<GivenTape<'py>>) -> PyResult<Bound<'py, PyDict>> {
    let spec = TickSpec::from_json(spec).map_err(|error| raise(error.into()))?;
    let views = tapes.iter().map(GivenTape::view).collect::<PyResult<Vec<_>>>()?;
    let done = py.detach(|| ticks::run_maker(&spec, &views)).map_err(|error: Stop| raise(error))?;
    let result = answer(py, done.recorder, &[])?;
    result.set_item("orders", done.outcomes.named().into_iter().collect::<std::collections::BTreeMap<_, _>>())?;
    Ok(result)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_events, module)?)
}
