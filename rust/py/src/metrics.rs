//! The metrics of a run, from numpy columns to JSON.

use numpy::{Element, PyReadonlyArray1};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::Deserialize;
use tradenode_sim::metrics::{Curve, MetricOptions, Names, Totals, TradeColumns, metrics as compute};

use crate::csv::contiguous;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(metrics, module)?)
}

/// What is not a column, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    pub(crate) start_equity: f64,
    pub(crate) bar_ns: i64,
    #[serde(default)]
    traded: f64,
    #[serde(default)]
    fees: f64,
    #[serde(default)]
    slippage: f64,
    #[serde(default)]
    funding: f64,
    #[serde(default)]
    market: Vec<(f64, f64)>,
    #[serde(default)]
    instruments: Vec<String>,
    #[serde(default)]
    exit_reasons: Vec<String>,
    #[serde(default)]
    pub(crate) options: MetricOptions,
}

impl Facts {
    pub(crate) fn instruments(&self) -> Vec<&str> {
        self.instruments.iter().map(String::as_str).collect()
    }

    pub(crate) fn exit_reasons(&self) -> Vec<&str> {
        self.exit_reasons.iter().map(String::as_str).collect()
    }
}

#[pyfunction]
fn metrics<'py>(
    py: Python<'py>,
    ts: PyReadonlyArray1<'py, i64>,
    equity: PyReadonlyArray1<'py, f64>,
    exposure: PyReadonlyArray1<'py, f64>,
    trades: &Bound<'py, PyDict>,
    facts: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let facts: Facts = serde_json::from_slice(facts).map_err(|e| PyValueError::new_err(format!("facts: {e}")))?;
    let (ts, equity, exposure) = (contiguous(&ts)?, contiguous(&equity)?, contiguous(&exposure)?);
    let owned = Trades::take(trades)?;
    let trades = owned.view()?;
    let (instruments, exit_reasons) = (facts.instruments(), facts.exit_reasons());
    let json = py.detach(|| {
        let totals =
            Totals { traded: facts.traded, fees: facts.fees, slippage: facts.slippage, funding: facts.funding };
        let (bar_ns, start_equity, market) = (facts.bar_ns, facts.start_equity, facts.market.as_slice());
        let curve = Curve { ts, bar_ns, equity, exposure, start_equity, totals, market };
        let names = Names { instruments: &instruments, exit_reasons: &exit_reasons };
        let figures = compute(&curve, &trades, names, &facts.options).map_err(|e| e.to_string())?;
        serde_json::to_vec(&figures).map_err(|e| e.to_string())
    });
    Ok(PyBytes::new(py, &json.map_err(PyValueError::new_err)?))
}

/// The columns of a dictionary, borrowed from numpy for as long as this lives.
struct Trades<'py> {
    instrument: PyReadonlyArray1<'py, u32>,
    side: PyReadonlyArray1<'py, i8>,
    exit_reason: PyReadonlyArray1<'py, u8>,
    times: [PyReadonlyArray1<'py, i64>; 2],
    floats: [PyReadonlyArray1<'py, f64>; 11],
}

impl<'py> Trades<'py> {
    fn take(columns: &Bound<'py, PyDict>) -> PyResult<Self> {
        Ok(Self {
            instrument: column(columns, "instrument")?,
            side: column(columns, "side")?,
            exit_reason: column(columns, "exit_reason")?,
            times: [column(columns, "entry_ts")?, column(columns, "exit_ts")?],
            floats: [
                column(columns, "quantity")?,
                column(columns, "entry_price")?,
                column(columns, "exit_price")?,
                column(columns, "gross_pnl")?,
                column(columns, "fees")?,
                column(columns, "slippage")?,
                column(columns, "funding")?,
                column(columns, "net_pnl")?,
                column(columns, "return_ratio")?,
                column(columns, "max_favourable")?,
                column(columns, "max_adverse")?,
            ],
        })
    }

    fn view(&self) -> PyResult<TradeColumns<'_>> {
        let [quantity, entry_price, exit_price, gross_pnl, fees, slippage, funding, net_pnl, rest @ ..] = &self.floats;
        let [return_ratio, max_favourable, max_adverse] = rest;
        Ok(TradeColumns {
            instrument: contiguous(&self.instrument)?,
            side: contiguous(&self.side)?,
            entry_ts: contiguous(&self.times[0])?,
            exit_ts: contiguous(&self.times[1])?,
            quantity: contiguous(quantity)?,
            entry_price: contiguous(entry_price)?,
            exit_price: contiguous(exit_price)?,
            gross_pnl: contiguous(gross_pnl)?,
            fees: contiguous(fees)?,
            slippage: contiguous(slippage)?,
            funding: contiguous(funding)?,
            net_pnl: contiguous(net_pnl)?,
            return_ratio: contiguous(return_ratio)?,
            exit_reason: contiguous(&self.exit_reason)?,
            max_favourable: contiguous(max_favourable)?,
            max_adverse: contiguous(max_adverse)?,
        })
    }
}

fn column<'py, T: Element>(columns: &Bound<'py, PyDict>, name: &str) -> PyResult<PyReadonlyArray1<'py, T>> {
    let given = columns.get_item(name)?.ok_or_else(|| PyValueError::new_err(format!("trades: no column {name}")))?;
    given.extract().map_err(|_| {
        let wanted = T::get_dtype(columns.py());
        let got = given.getattr("dtype").map_or_else(|_| given.get_type().to_string(), |dtype| dtype.to_string());
        PyTypeError::new_err(format!("trades: column {name} must be a one-dimensional {wanted} array, got {got}"))
    })
}
