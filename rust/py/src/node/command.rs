//! Requests of a desk as the commands of its node: structs of `tradenode.messages.orders`, with the node's own numbers.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use tradenode_core::orders::terms::{Links, Terms, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_sim::venue::Request;

use crate::desk::side_name;

/// How the numbers of a desk become those of its node: times `factor`, plus `offset`; 0, which is no order, stays 0.
#[derive(Debug, Clone, Copy, FromPyObject)]
pub(super) struct Numbers(u64, u64);

impl Numbers {
    pub(super) const AS_THEY_ARE: Self = Self(1, 0);

    const fn of(self, number: u64) -> u64 {
        if number == 0 { 0 } else { number * self.0 + self.1 }
    }
}

/// What makes commands.
pub(super) struct Commands {
    numbers: Numbers,
    /// Of each instrument of the desk its place in the node's list.
    places: Vec<usize>,
    /// Words of orders, as Python has them: "buy" and "sell", and of each reason its name.
    sides: [Py<PyString>; 2],
    reasons: Vec<Py<PyString>>,
    order: Py<PyAny>,
    terms: Py<PyAny>,
    submit: Py<PyAny>,
    cancel: Py<PyAny>,
    replace: Py<PyAny>,
}

impl Commands {
    pub(super) fn new(py: Python<'_>, numbers: Numbers, places: Vec<usize>) -> PyResult<Self> {
        let messages = py.import("tradenode.messages.orders")?;
        let word = |text: &str| PyString::intern(py, text).unbind();
        let class = |name: &str| messages.getattr(name).map(Bound::unbind);
        Ok(Self {
            numbers,
            places,
            sides: [Side::Buy, Side::Sell].map(|side| word(side_name(side))),
            reasons: Reason::ALL.iter().map(|reason| word(reason.name())).collect(),
            order: class("Order")?,
            terms: messages.getattr("Terms")?.getattr("of")?.unbind(),
            submit: class("Submit")?,
            cancel: class("Cancel")?,
            replace: class("Replace")?,
        })
    }

    /// The command of a request; none for a cancel of everything, which a desk sends one by one.
    pub(super) fn of<'py>(&self, py: Python<'py>, request: &Request) -> PyResult<Option<Bound<'py, PyAny>>> {
        match request {
            Request::Submit(approved, terms) => {
                let order = self.order(py, approved.id(), approved.intent(), terms)?;
                self.submit.bind(py).call1((order,)).map(Some)
            }
            Request::Cancel { instrument, order } => {
                self.cancel.bind(py).call1((self.places[*instrument], self.numbers.of(*order))).map(Some)
            }
            Request::Replace { order, by } => {
                let order = self.order(py, *order, by.intent(), &Terms::default())?;
                self.replace.bind(py).call1((order,)).map(Some)
            }
            Request::CancelAll { .. } => Ok(None),
        }
    }

    fn order<'py>(&self, py: Python<'py>, order: u64, intent: &Intent, terms: &Terms) -> PyResult<Bound<'py, PyAny>> {
        let kind = match intent.kind {
            OrderKind::Market => intern!(py, "market"),
            OrderKind::Limit(_) => intern!(py, "limit"),
            OrderKind::Stop(_) => intern!(py, "stop"),
        };
        let terms = if *terms == Terms::default() { None } else { Some(self.terms(py, terms)?) };
        self.order.bind(py).call1((
            self.numbers.of(order),
            self.places[intent.instrument],
            self.sides[intent.side as usize].bind(py),
            intent.lots,
            kind,
            intent.kind.price().unwrap_or(0),
            intent.reduce_only,
            self.reasons[intent.reason as usize].bind(py),
            terms,
        ))
    }

    fn terms<'py>(&self, py: Python<'py>, terms: &Terms) -> PyResult<Bound<'py, PyAny>> {
        let Links { group, parent } = terms.links;
        let links = Links { group: self.numbers.of(group), parent: self.numbers.of(parent) };
        self.terms.bind(py).call1((terms_tuple(py, &Terms { links, ..*terms })?,))
    }
}

fn terms_tuple<'py>(py: Python<'py>, terms: &Terms) -> PyResult<Bound<'py, PyTuple>> {
    let (in_force, until) = match terms.time_in_force {
        TimeInForce::GoodTillCancel => ("gtc", 0),
        TimeInForce::ImmediateOrCancel => ("ioc", 0),
        TimeInForce::FillOrKill => ("fok", 0),
        TimeInForce::GoodTillTime(until) => ("gtt", until),
    };
    let (trigger, ticks) = match terms.trigger {
        Trigger::None => ("none", 0),
        Trigger::Stop(ticks) => ("stop", ticks),
        Trigger::TakeProfit(ticks) => ("take_profit", ticks),
        Trigger::Trailing(ticks) => ("trailing", ticks),
    };
    let price = match terms.trigger_price {
        TriggerPrice::Last => "last",
        TriggerPrice::Mark => "mark",
        TriggerPrice::Touch => "touch",
    };
    let Links { group, parent } = terms.links;
    (in_force, until, terms.post_only, terms.display, trigger, ticks, price, group, parent).into_pyobject(py)
}
