//! Many runs on several threads: sets of numbers in, one column a figure out.

use numpy::{IntoPyArray, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_sim::error::RunError as Stop;
use tradenode_sim::metrics::Names;
use tradenode_sim::sets::Sets;
use tradenode_sim::spec::RunSpec;
use tradenode_sim::sweep::{Facts, Outcome, SweepError, sweep};

use crate::backtest::{Borrowed, ConfigError, Given, RunError, borrow, raise};
use crate::metrics::Facts as GivenFacts;

/// A figure's name, as the metrics have it, and where it stands.
type Figure = (&'static str, fn(&Outcome) -> f64);

macro_rules! figures {
    ($($table:ident.$name:ident),+ $(,)?) => {
        [$((concat!(stringify!($table), ".", stringify!($name)), |outcome: &Outcome| outcome.summary.$table.$name as f64)),+]
    };
}

#[allow(clippy::unnecessary_cast, reason = "some figures are counts")]
const FIGURES: [Figure; 26] = figures![
    returns.end_equity,
    returns.net_profit,
    returns.total,
    returns.annualised,
    returns.volatility,
    returns.sharpe,
    returns.sortino,
    returns.calmar,
    returns.omega,
    returns.value_at_risk,
    returns.conditional_value_at_risk,
    drawdown.max,
    drawdown.ulcer_index,
    trades.count,
    trades.win_rate,
    trades.profit_factor,
    trades.expectancy,
    trades.sqn,
    trades.payoff_ratio,
    trades.average_return,
    trades.best_return,
    trades.worst_return,
    trades.win_streak,
    trades.loss_streak,
    trades.fees,
    trades.slippage,
];

#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "each is what it is: the description, the bars, the sets")]
fn run_sweep<'py>(
    py: Python<'py>,
    spec: &[u8],
    frames: Vec<Given<'py>>,
    facts: &[u8],
    names: Vec<String>,
    values: PyReadonlyArray2<'py, f64>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let spec = RunSpec::from_json(spec).map_err(|error| raise(error.into()))?;
    let facts: GivenFacts = serde_json::from_slice(facts).map_err(|e| PyValueError::new_err(format!("facts: {e}")))?;
    let borrowed = borrow(&spec, frames);
    let frames = borrowed.iter().map(Borrowed::frame).collect::<PyResult<Vec<_>>>()?;
    let values = values.as_slice().map_err(|_| PyValueError::new_err("values must be contiguous, set by set"))?;
    let sets = Sets { names: &names, values };
    let (instruments, exit_reasons) = (facts.instruments(), facts.exit_reasons());
    let named = Names { instruments: &instruments, exit_reasons: &exit_reasons };
    let facts = Facts { start_equity: facts.start_equity, bar_ns: facts.bar_ns, names: named, options: &facts.options };
    let mut raised = None;
    let look = |done: usize| {
        let told = Python::attach(|py| {
            py.check_signals()?;
            progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (done,)).map(drop))
        });
        told.map_err(|error| raised = Some(error)).is_ok()
    };
    let outcomes = py.detach(|| sweep(&spec, &frames, sets, facts, threads, look));
    if let Some(error) = raised {
        return Err(error);
    }
    answer(py, &outcomes.map_err(refused)?)
}

fn refused(error: SweepError) -> PyErr {
    match error {
        SweepError::Run(error) => raise(error),
        SweepError::Set { numbers, error } if matches!(*error, Stop::Rules(_)) => {
            ConfigError::new_err(format!("with {numbers}: {error}"))
        }
        SweepError::Spec(error) => ConfigError::new_err(error.to_string()),
        other => RunError::new_err(other.to_string()),
    }
}

fn answer<'py>(py: Python<'py>, outcomes: &[Outcome]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    for (name, figure) in FIGURES {
        columns.set_item(name, outcomes.iter().map(figure).collect::<Vec<_>>().into_pyarray(py))?;
    }
    let fills = outcomes.iter().map(|outcome| outcome.fills as f64).collect::<Vec<_>>();
    columns.set_item("fills", fills.into_pyarray(py))?;
    let refused = outcomes.iter().map(|outcome| outcome.refused as f64).collect::<Vec<_>>();
    columns.set_item("refused", refused.into_pyarray(py))?;
    Ok(columns)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_sweep, module)?)
}
