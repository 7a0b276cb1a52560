//! The gate over all traders of an account.

use std::cell::RefCell;
use std::rc::Rc;
use std::str::FromStr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tradenode_core::risk::{JointBook, JointError, JointRefusal, JointState, RiskSpec, TradingState};
use tradenode_core::units::Decimal;
use tradenode_sim::ticks::Joint;

use crate::backtest::{ConfigError, RunError};
use crate::desk::side_name;

/// When, whose, which instrument, which side, the check, its limit and the value.
type Refused = (i64, usize, usize, &'static str, &'static str, f64, f64);

#[pyclass(module = "tradenode._core", unsendable)]
pub(crate) struct AccountGate {
    joint: Joint,
}

impl AccountGate {
    pub(super) const fn joint(&self) -> &Joint {
        &self.joint
    }
}

fn stopped(error: impl ToString) -> PyErr {
    RunError::new_err(error.to_string())
}

#[pymethods]
impl AccountGate {
    #[new]
    #[pyo3(signature = (spec, *, isolated = false, hedging = false))]
    fn new(spec: &[u8], isolated: bool, hedging: bool) -> PyResult<Self> {
        let spec: RiskSpec = serde_json::from_slice(spec).map_err(|error| ConfigError::new_err(error.to_string()))?;
        let book = JointBook::new(&spec, isolated, hedging).map_err(|error| ConfigError::new_err(error.to_string()))?;
        Ok(Self { joint: Rc::new(RefCell::new(book)) })
    }

    fn set_beside(&self, amount: &str) -> PyResult<()> {
        let mut joint = self.joint.borrow_mut();
        let wrong = |error: String| PyValueError::new_err(format!("amount {amount}: {error}"));
        let decimal = Decimal::from_str(amount).map_err(|error| wrong(error.to_string()))?;
        let atoms = joint.scale().atoms(decimal).map_err(|error| wrong(error.to_string()))?;
        joint.set_beside(atoms).map_err(stopped)
    }

    fn begin(&self) {
        self.joint.borrow_mut().begin();
    }

    fn trip(&self, now: i64, by: &str, reason: &str) {
        self.joint.borrow_mut().gate.trip(TradingState::Halted, by, reason, now);
    }

    fn resume(&self, now: i64, by: &str, reason: &str) -> PyResult<()> {
        let mut joint = self.joint.borrow_mut();
        joint.gate.resume(by, reason, now).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn news(&self) -> Option<(bool, u64, Vec<Refused>)> {
        let mut joint = self.joint.borrow_mut();
        if !joint.has_news() {
            return None;
        }
        let passed = joint.take_passed();
        let (count, refusals) = joint.take_refusals();
        let told = |JointRefusal { at, desk, instrument, side, refusal }: JointRefusal| {
            (at, desk, instrument, side_name(side), refusal.check.name(), refusal.limit, refusal.value)
        };
        Some((passed, count, refusals.into_iter().map(told).collect()))
    }

    #[getter]
    fn trading(&self) -> &'static str {
        self.joint.borrow().gate.latch().state().name()
    }

    #[getter]
    fn standing(&self) -> Option<(&'static str, f64, f64)> {
        self.joint.borrow().standing().map(|refusal| (refusal.check.name(), refusal.limit, refusal.value))
    }

    #[getter]
    fn equity(&self) -> Option<f64> {
        self.joint.borrow().equity()
    }

    #[getter]
    fn exposure(&self) -> PyResult<(f64, f64)> {
        self.joint.borrow().exposure().map_err(stopped)
    }

    fn open(&self, instrument: usize) -> PyResult<(u32, [i64; 2], [i64; 2])> {
        let joint = self.joint.borrow();
        if instrument >= joint.instruments().len() {
            let count = joint.instruments().len();
            return Err(PyValueError::new_err(format!("instrument {instrument} of {count}")));
        }
        let open = joint.open(instrument);
        Ok((open.count, open.adding, open.reducing))
    }

    fn positions(&self) -> Vec<i64> {
        let joint = self.joint.borrow();
        (0..joint.instruments().len()).map(|place| joint.lots(place)).collect()
    }

    fn state(&self) -> PyResult<Vec<u8>> {
        serde_json::to_vec(&self.joint.borrow().state()).map_err(stopped)
    }

    fn restore(&self, state: &[u8]) -> PyResult<()> {
        let state: JointState = serde_json::from_slice(state)
            .map_err(|error| RunError::new_err(format!("the state of the account: {error}")))?;
        self.joint.borrow_mut().restore(state).map_err(|error: JointError| stopped(error))
    }
}
