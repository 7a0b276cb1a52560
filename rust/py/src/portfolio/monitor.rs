//! Positions, profit and risk of several strategies of one account.

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tradenode_core::instrument::Instrument;
use tradenode_core::money::Atoms;
use tradenode_core::orders::Side;
use tradenode_core::portfolio::attribution::{By, Cell};
use tradenode_core::portfolio::holdings::AssetExposure;
use tradenode_core::portfolio::monitor::{Monitor, StrategyFill, Whose};
use tradenode_core::portfolio::profit::Profit;
use tradenode_core::portfolio::spec::{MonitorError, MonitorSpec};
use tradenode_core::portfolio::value_at_risk::ValueAtRisk;
use tradenode_core::risk::{OpenOrders, Pending};

use crate::backtest::ConfigError;
use crate::desk::{lots, ticks, wrong};

/// An open order: instrument, side, quantity left, price (None for a market order), whether it may only reduce.
type Waiting = (usize, String, f64, Option<f64>, bool);

#[pyclass(module = "tradenode._core")]
pub(crate) struct PortfolioMonitor {
    monitor: Monitor,
}

#[pymethods]
impl PortfolioMonitor {
    #[new]
    fn new(spec: &[u8]) -> PyResult<Self> {
        let spec: MonitorSpec =
            serde_json::from_slice(spec).map_err(|error| ConfigError::new_err(error.to_string()))?;
        let monitor = Monitor::new(&spec).map_err(|error| ConfigError::new_err(error.to_string()))?;
        Ok(Self { monitor })
    }

    #[pyo3(signature = (strategy, instrument, side, quantity, price, at, fee = 0.0))]
    #[expect(clippy::too_many_arguments, reason = "a fill's fields, by keyword")]
    fn on_fill(
        &mut self,
        strategy: usize,
        instrument: usize,
        side: &str,
        quantity: f64,
        price: f64,
        at: i64,
        fee: f64,
    ) -> PyResult<()> {
        let (lots, ticks) = self.on_grid(instrument, quantity, price)?;
        let (side, fee) = (side_of(side)?, self.atoms(fee, "fee")?);
        let fill = StrategyFill { strategy, instrument, side, lots, ticks, fee };
        self.monitor.on_fill(at, &fill).map_err(raise)
    }

    #[pyo3(signature = (instrument, amount, at, strategy = None))]
    fn on_payment(&mut self, instrument: usize, amount: f64, at: i64, strategy: Whose) -> PyResult<()> {
        let amount = self.atoms(amount, "amount")?;
        self.monitor.on_payment(at, strategy, instrument, amount).map_err(raise)
    }

    fn on_transfer(&mut self, amount: f64) -> PyResult<()> {
        let amount = self.atoms(amount, "amount")?;
        self.monitor.on_transfer(amount).map_err(raise)
    }

    fn on_mark(&mut self, instrument: usize, price: f64, at: i64) -> PyResult<()> {
        let traded = self.instrument(instrument)?;
        // A mark lies between ticks.
        let nearest = (price * traded.price.inverse()).round();
        if !(nearest >= 1.0 && nearest < i64::MAX as f64) {
            let (symbol, tick) = (&traded.spec().symbol, traded.price.step());
            return wrong(format!("mark of {symbol} must be at least a tick, {tick}, got {price}"));
        }
        self.monitor.on_mark(at, instrument, nearest as i64).map_err(raise)
    }

    fn sample(&mut self, at: i64) -> PyResult<bool> {
        self.monitor.sample(at).map_err(raise)
    }

    #[getter]
    fn equity(&self) -> PyResult<f64> {
        self.monitor.equity().map(|atoms| self.money(atoms)).map_err(raise)
    }

    #[pyo3(signature = (strategy = None))]
    fn profit(&self, strategy: Whose) -> PyResult<f64> {
        self.monitor.profit(strategy).map(|atoms| self.money(atoms)).map_err(raise)
    }

    #[getter]
    fn strategies(&self) -> Vec<String> {
        self.monitor.strategies().to_vec()
    }

    #[getter]
    fn instruments(&self) -> Vec<String> {
        self.monitor.instruments().iter().map(|instrument| instrument.spec().symbol.clone()).collect()
    }

    #[getter]
    fn atoms_per_unit(&self) -> Atoms {
        self.monitor.scale().one()
    }

    #[pyo3(signature = (instrument, strategy = None))]
    fn position(&self, instrument: usize, strategy: Whose) -> PyResult<f64> {
        let lots = self.monitor.position(strategy, instrument).map_err(raise)?;
        Ok(self.monitor.instruments()[instrument].quantity.value(lots))
    }

    #[pyo3(signature = (strategy = None))]
    fn exposure<'py>(&self, py: Python<'py>, strategy: Whose) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let exposures = self.monitor.exposures(strategy).map_err(raise)?;
        self.table(py, exposures.iter().map(|exposure| [exposure.long, exposure.short]))
    }

    #[pyo3(signature = (strategy = None))]
    fn assets(&self, strategy: Whose) -> PyResult<Vec<(String, f64, f64, f64)>> {
        let assets = self.monitor.assets(strategy).map_err(raise)?;
        let row = |AssetExposure { asset, exposure, concentration }: &AssetExposure| {
            (asset.clone(), self.money(exposure.long), self.money(exposure.short), *concentration)
        };
        Ok(assets.iter().map(row).collect())
    }

    #[pyo3(signature = (strategy = None))]
    fn margin<'py>(&self, py: Python<'py>, strategy: Whose) -> PyResult<Bound<'py, PyDict>> {
        let margin = self.monitor.margin(strategy).map_err(raise)?;
        let figures = PyDict::new(py);
        for (name, atoms) in [
            ("equity", margin.equity),
            ("gross", margin.gross),
            ("initial", margin.initial),
            ("maintenance", margin.maintenance),
            ("free", margin.free()),
        ] {
            figures.set_item(name, self.money(atoms))?;
        }
        figures.set_item("leverage", margin.leverage())?;
        Ok(figures)
    }

    fn worst_case<'py>(&self, py: Python<'py>, orders: Vec<Waiting>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let mut open = vec![OpenOrders::default(); self.monitor.instruments().len()];
        for (place, (instrument, side, quantity, price, reduce_only)) in orders.iter().enumerate() {
            let named = |error: PyErr| PyValueError::new_err(format!("orders[{place}]: {}", error.value(py)));
            let traded = self.instrument(*instrument).map_err(named)?;
            let price = price.unwrap_or(traded.price.value(self.monitor.price(*instrument)));
            let (lots, ticks) = self.on_grid(*instrument, *quantity, price).map_err(named)?;
            let side = side_of(side).map_err(named)?;
            let worth = traded.notional(lots, ticks).map_err(|error| raise(error.into()))?;
            open[*instrument].add(&Pending { side, reduce_only: *reduce_only, lots, worth, price: Some(ticks) });
        }
        let reaches = self.monitor.reaches(&open).map_err(raise)?;
        self.table(py, reaches.iter().map(|reach| [reach.high, reach.low, reach.gross]))
    }

    fn correlations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let count = self.monitor.instruments().len();
        let correlation = self.monitor.correlation();
        let values: Vec<f64> = (0..count * count).map(|place| correlation.of(place / count, place % count)).collect();
        values.into_pyarray(py).reshape([count, count])
    }

    fn volatilities<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let correlation = self.monitor.correlation();
        let of = |instrument| correlation.volatility(instrument);
        (0..self.monitor.instruments().len()).map(of).collect::<Vec<_>>().into_pyarray(py)
    }

    #[pyo3(signature = (horizon, confidence, strategy = None))]
    fn value_at_risk<'py>(
        &self,
        py: Python<'py>,
        horizon: usize,
        confidence: f64,
        strategy: Whose,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let risk = py.detach(|| self.monitor.value_at_risk(strategy, horizon, confidence)).map_err(raise)?;
        risk.map(|risk| losses(py, risk)).transpose()
    }

    fn value_at_risk_of<'py>(
        &self,
        py: Python<'py>,
        exposures: Vec<f64>,
        horizon: usize,
        confidence: f64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let risk = py.detach(|| self.monitor.value_at_risk_of(&exposures, horizon, confidence)).map_err(raise)?;
        risk.map(|risk| losses(py, risk)).transpose()
    }

    #[pyo3(signature = (*by))]
    fn attribution<'py>(&self, py: Python<'py>, by: Vec<String>) -> PyResult<Bound<'py, PyDict>> {
        let rows = self.rows(&by)?;
        let columns = PyDict::new(py);
        for name in &by {
            let of = |(cell, _): &(Cell, Profit)| key(cell, name).unwrap_or_default();
            columns.set_item(name, rows.iter().map(of).collect::<Vec<_>>().into_pyarray(py))?;
        }
        for (part, name) in PARTS.iter().enumerate() {
            let of = |(_, profit): &(Cell, Profit)| self.money(parts(profit)[part]);
            columns.set_item(name, rows.iter().map(of).collect::<Vec<_>>().into_pyarray(py))?;
        }
        Ok(columns)
    }

    #[pyo3(signature = (*by))]
    fn attribution_atoms(&self, by: Vec<String>) -> PyResult<Vec<(Vec<i64>, [Atoms; 4])>> {
        let row =
            |(cell, profit): &(Cell, Profit)| (by.iter().filter_map(|name| key(cell, name)).collect(), parts(profit));
        Ok(self.rows(&by)?.iter().map(row).collect())
    }
}

/// The largest amount taken from Python, in atoms: so many of them fit 128 bits that sums of them do.
const ATOMS_MAX: f64 = 1e30;

/// What a profit is made of, as columns are called.
const PARTS: [&str; 4] = ["realised", "unrealised", "fees", "funding"];

fn losses(py: Python<'_>, risk: ValueAtRisk) -> PyResult<Bound<'_, PyDict>> {
    let figures = PyDict::new(py);
    figures.set_item("historical", risk.historical.value_at_risk)?;
    figures.set_item("historical_shortfall", risk.historical.shortfall)?;
    figures.set_item("parametric", risk.parametric.value_at_risk)?;
    figures.set_item("parametric_shortfall", risk.parametric.shortfall)?;
    figures.set_item("components", risk.components.into_pyarray(py))?;
    Ok(figures)
}

fn parts(profit: &Profit) -> [Atoms; 4] {
    [profit.realised, profit.unrealised, profit.fees, profit.funding]
}

fn key(cell: &Cell, name: &str) -> Option<i64> {
    match name {
        "day" => cell.day,
        "strategy" => cell.strategy.map(|place| place as i64),
        _ => cell.instrument.map(|place| place as i64),
    }
}

impl PortfolioMonitor {
    fn rows(&self, by: &[String]) -> PyResult<Vec<(Cell, Profit)>> {
        let known = |name: &String| ["day", "strategy", "instrument"].contains(&name.as_str());
        if let Some(name) = by.iter().find(|name| !known(name)) {
            return wrong(format!("profit is told apart by day, strategy and instrument, not by {name}"));
        }
        let asked = |name: &str| by.iter().any(|given| given == name);
        let by = By { day: asked("day"), strategy: asked("strategy"), instrument: asked("instrument") };
        self.monitor.attribution(by).map_err(raise)
    }

    fn instrument(&self, instrument: usize) -> PyResult<&Instrument> {
        self.monitor.instrument(instrument).map_err(raise)
    }

    fn on_grid(&self, instrument: usize, quantity: f64, price: f64) -> PyResult<(i64, i64)> {
        let traded = self.instrument(instrument)?;
        let symbol = &traded.spec().symbol;
        let lots = lots(&traded.quantity, quantity, &format!("quantity of {symbol}"))?;
        Ok((lots, ticks(&traded.price, price, &format!("price of {symbol}"))?))
    }

    fn atoms(&self, amount: f64, what: &str) -> PyResult<Atoms> {
        if !amount.is_finite() {
            return wrong(format!("{what} must be a number, got {amount}"));
        }
        let atoms = (amount * self.monitor.scale().one() as f64).round();
        if atoms.abs() > ATOMS_MAX {
            return wrong(format!("{what} is too large to count, got {amount}"));
        }
        Ok(atoms as Atoms)
    }

    fn money(&self, atoms: Atoms) -> f64 {
        self.monitor.scale().to_f64(atoms)
    }

    /// Amounts as rows of a table in currency units.
    fn table<'py, const N: usize>(
        &self,
        py: Python<'py>,
        rows: impl ExactSizeIterator<Item = [Atoms; N]>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let count = rows.len();
        let values: Vec<f64> = rows.flatten().map(|atoms| self.money(atoms)).collect();
        values.into_pyarray(py).reshape([count, N])
    }
}

fn side_of(side: &str) -> PyResult<Side> {
    match side {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => wrong(format!("side must be buy or sell, got {other}")),
    }
}

fn raise(error: MonitorError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
