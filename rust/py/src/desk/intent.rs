//! What a strategy asked for, as its unit test compares it.

use std::fmt::Write as _;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::ask::wrong;

/// Something a strategy asked for.
#[pyclass(module = "tradenode._core", frozen, get_all, eq, skip_from_py_object)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intent {
    pub(super) action: &'static str,
    pub(super) id: u64,
    pub(super) quantity: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) stop: Option<f64>,
    pub(super) take_profit: Option<f64>,
    pub(super) trailing: Option<f64>,
    pub(super) trigger: &'static str,
    pub(super) post_only: bool,
    pub(super) reduce_only: bool,
    pub(super) time_in_force: &'static str,
    pub(super) until: Option<i64>,
    pub(super) display: Option<f64>,
    pub(super) group: Option<u64>,
    pub(super) after: Option<u64>,
}

/// One of the known words, so that an intent keeps no text of its own.
pub(crate) fn word(given: &str, what: &str, known: &[&'static str]) -> PyResult<&'static str> {
    match known.iter().find(|name| **name == given) {
        Some(name) => Ok(name),
        None => wrong(format!("{what} must be one of {}, got {given:?}", known.join(", "))),
    }
}

const TRIGGERS: [&str; 3] = ["last", "mark", "touch"];
const TIMES_IN_FORCE: [&str; 3] = ["gtc", "ioc", "fok"];

impl Intent {
    /// An action without any terms.
    pub(super) const fn plain(action: &'static str, id: u64) -> Self {
        Self {
            action,
            id,
            quantity: None,
            limit: None,
            stop: None,
            take_profit: None,
            trailing: None,
            trigger: TRIGGERS[0],
            post_only: false,
            reduce_only: false,
            time_in_force: TIMES_IN_FORCE[0],
            until: None,
            display: None,
            group: None,
            after: None,
        }
    }
}

impl Intent {
    /// Whether it asks for the order of that number.
    pub(crate) fn is_order(&self, id: u64) -> bool {
        self.id == id && matches!(self.action, "buy" | "sell")
    }

    /// An action with terms by their names, as Python's keywords.
    pub(super) fn with_terms(action: &'static str, terms: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut intent = Self::plain(action, 0);
        for (name, value) in terms.into_iter().flatten() {
            intent.set(name.cast::<PyString>()?.to_str()?, &value)?;
        }
        Ok(intent)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "limit" => self.limit = value.extract()?,
            "stop" => self.stop = value.extract()?,
            "take_profit" => self.take_profit = value.extract()?,
            "trailing" => self.trailing = value.extract()?,
            "display" => self.display = value.extract()?,
            "until" => self.until = value.extract()?,
            "group" => self.group = value.extract()?,
            "after" => self.after = value.extract()?,
            "post_only" => self.post_only = value.extract()?,
            "reduce_only" => self.reduce_only = value.extract()?,
            "trigger" => self.trigger = word(value.extract()?, name, &TRIGGERS)?,
            "time_in_force" => self.time_in_force = word(value.extract()?, name, &TIMES_IN_FORCE)?,
            _ => {
                let known = "limit, stop, take_profit, trailing, trigger, post_only, reduce_only, time_in_force, until, \
                    display, group, after";
                return Err(PyTypeError::new_err(format!("an order has no term {name:?}; it has {known}")));
            }
        }
        Ok(())
    }
}

#[pymethods]
impl Intent {
    #[new]
    #[pyo3(signature = (action, id = 0, quantity = None, **terms))]
    fn new(action: &str, id: u64, quantity: Option<f64>, terms: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let actions = ["buy", "sell", "replace", "close", "cancel", "cancel_all", "kill", "batch"];
        let action = word(action, "action", &actions)?;
        Ok(Self { id, quantity, ..Self::with_terms(action, terms)? })
    }

    fn __repr__(&self) -> String {
        let mut text = format!("Intent({:?}, id={}", self.action, self.id);
        let numbers = [
            ("quantity", self.quantity),
            ("limit", self.limit),
            ("stop", self.stop),
            ("take_profit", self.take_profit),
            ("trailing", self.trailing),
            ("display", self.display),
        ];
        // Writing into text cannot fail.
        for (name, value) in numbers {
            let _ = value.map(|value| write!(text, ", {name}={value}"));
        }
        let _ = self.until.map(|until| write!(text, ", until={until}"));
        for (name, value) in [("group", self.group), ("after", self.after)] {
            let _ = value.map(|value| write!(text, ", {name}={value}"));
        }
        for (name, value, usual) in
            [("trigger", self.trigger, TRIGGERS[0]), ("time_in_force", self.time_in_force, TIMES_IN_FORCE[0])]
        {
            let _ = if value == usual { Ok(()) } else { write!(text, ", {name}={value:?}") };
        }
        for (name, value) in [("post_only", self.post_only), ("reduce_only", self.reduce_only)] {
            text.push_str(&if value { format!(", {name}=True") } else { String::new() });
        }
        text.push(')');
        text
    }
}
