//! Bars from the trades of a tape, part by part.

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::bars::{Measure, Rule, TradeBar, TradeBars};
use tradenode_core::event::{Kind, side_of};

use crate::tape::GivenTape;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TradeBarMaker>()
}

#[pyclass(module = "tradenode._core")]
struct TradeBarMaker {
    bars: TradeBars,
}

#[pymethods]
impl TradeBarMaker {
    #[new]
    fn new(rule: &str, measure: &str, amount: i128, span: u32) -> PyResult<Self> {
        let measure = match measure {
            "tick" => Measure::Tick,
            "volume" => Measure::Volume,
            "notional" => Measure::Notional,
            _ => return Err(PyValueError::new_err(format!("no measure {measure}: tick, volume, notional"))),
        };
        let beyond = |_| PyValueError::new_err(format!("{amount} is too large"));
        let rule = match rule {
            "time" => Rule::Time(i64::try_from(amount).map_err(beyond)?),
            "amount" => Rule::Amount(measure, amount),
            "imbalance" => Rule::Imbalance { measure, trades: u32::try_from(amount).map_err(beyond)?, span },
            "run" => Rule::Run { measure, trades: u32::try_from(amount).map_err(beyond)?, span },
            _ => return Err(PyValueError::new_err(format!("no rule {rule}: time, amount, imbalance, run"))),
        };
        let bars = TradeBars::new(rule).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { bars })
    }

    /// The bars that the trades of the next rows fill.
    fn take<'py>(&mut self, py: Python<'py>, columns: GivenTape<'_>) -> PyResult<Bound<'py, PyDict>> {
        let tape = columns.view()?;
        let bars = &mut self.bars;
        let made: Vec<TradeBar> = py.detach(|| {
            (0..tape.len())
                .filter(|&row| tape.kind[row] == Kind::Trade as u8)
                .filter_map(|row| {
                    bars.trade(tape.ts_event[row], side_of(tape.side[row]), tape.price[row], tape.size[row])
                })
                .collect()
        });
        columns_of(py, &made)
    }

    /// The bar that is not full, if there is one.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns_of(py, self.bars.finish().as_slice())
    }
}

fn columns_of<'py>(py: Python<'py>, bars: &[TradeBar]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let put = |name: &str, of: fn(&TradeBar) -> i64| {
        let column: Bound<'py, PyArray1<i64>> = bars.iter().map(of).collect::<Vec<_>>().into_pyarray(py);
        columns.set_item(name, column)
    };
    put("ts", |bar| bar.ts)?;
    put("last_ts", |bar| bar.last_ts)?;
    put("open", |bar| bar.open)?;
    put("high", |bar| bar.high)?;
    put("low", |bar| bar.low)?;
    put("close", |bar| bar.close)?;
    put("volume", |bar| bar.volume)?;
    put("buy_volume", |bar| bar.buy_volume)?;
    put("trades", |bar| bar.trades as i64)?;
    let notional: Vec<f64> = bars.iter().map(|bar| bar.notional as f64).collect();
    columns.set_item("notional", notional.into_pyarray(py))?;
    Ok(columns)
}
