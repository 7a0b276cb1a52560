//! Requests and reports as tuples: what goes to a venue and comes back, in ticks and lots.

use std::str::FromStr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Atoms, Scale};
use tradenode_core::orders::terms::{Links, Terms, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::units::Decimal;
use tradenode_sim::ticks::{News, Payment};
use tradenode_sim::venue::{End, Execution, Refused, Report, What};

use crate::desk::{side_name, word};

type GivenTerms = (String, i64, bool, i64, String, i64, String, u64, u64);
type GivenOrder = (u64, usize, String, i64, String, i64, bool, String, Option<GivenTerms>);
type GivenFill = (u64, String, i64, i64, bool, bool, i64, String, i64, i64);

/// What is asked of a venue from outside: not approved here, but by whoever asks.
pub(super) enum Asked {
    Submit(u64, Intent, Terms),
    Cancel(usize, u64),
    Replace(u64, Intent),
}

fn value_error(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

fn side(text: &str) -> PyResult<Side> {
    Ok(if word(text, "side", &["buy", "sell"])? == "buy" { Side::Buy } else { Side::Sell })
}

/// The place of an instrument that there is.
pub(super) fn known(instrument: usize, instruments: &[Instrument]) -> PyResult<usize> {
    if instrument < instruments.len() {
        return Ok(instrument);
    }
    Err(value_error(format!("instrument {instrument} of {}", instruments.len())))
}

impl Asked {
    pub(super) fn read(request: &Bound<'_, PyTuple>, instruments: &[Instrument]) -> PyResult<Self> {
        let what: String = request.get_item(0)?.extract()?;
        match word(&what, "request", &["submit", "cancel", "replace"])? {
            "submit" => {
                let (order, intent, terms) = read_order(request.get_item(1)?.extract()?, instruments)?;
                Ok(Self::Submit(order, intent, terms))
            }
            "replace" => {
                let (order, intent, _) = read_order(request.get_item(1)?.extract()?, instruments)?;
                Ok(Self::Replace(order, intent))
            }
            _ => {
                Ok(Self::Cancel(known(request.get_item(1)?.extract()?, instruments)?, request.get_item(2)?.extract()?))
            }
        }
    }
}

fn read_order(given: GivenOrder, instruments: &[Instrument]) -> PyResult<(u64, Intent, Terms)> {
    let (order, instrument, side_word, lots, kind, ticks, reduce_only, reason, terms) = given;
    let kind = match word(&kind, "kind", &["market", "limit", "stop"])? {
        "limit" => OrderKind::Limit(ticks),
        "stop" => OrderKind::Stop(ticks),
        _ => OrderKind::Market,
    };
    if lots <= 0 {
        return Err(value_error(format!("order {order}: lots must be above zero, got {lots}")));
    }
    let reason = Reason::ALL.iter().find(|each| each.name() == reason);
    let reason = *reason.ok_or_else(|| value_error(format!("order {order}: unknown reason")))?;
    let instrument = known(instrument, instruments)?;
    let intent = Intent { instrument, side: side(&side_word)?, lots, kind, reduce_only, reason };
    Ok((order, intent, terms.map(read_terms).transpose()?.unwrap_or_default()))
}

fn read_terms(given: GivenTerms) -> PyResult<Terms> {
    let (in_force, until, post_only, display, trigger, ticks, price, group, parent) = given;
    let time_in_force = match word(&in_force, "time_in_force", &["gtc", "ioc", "fok", "gtt"])? {
        "ioc" => TimeInForce::ImmediateOrCancel,
        "fok" => TimeInForce::FillOrKill,
        "gtt" => TimeInForce::GoodTillTime(until),
        _ => TimeInForce::GoodTillCancel,
    };
    let trigger = match word(&trigger, "trigger", &["none", "stop", "take_profit", "trailing"])? {
        "stop" => Trigger::Stop(ticks),
        "take_profit" => Trigger::TakeProfit(ticks),
        "trailing" => Trigger::Trailing(ticks),
        _ => Trigger::None,
    };
    let trigger_price = match word(&price, "trigger_price", &["last", "mark", "touch"])? {
        "mark" => TriggerPrice::Mark,
        "touch" => TriggerPrice::Touch,
        _ => TriggerPrice::Last,
    };
    Ok(Terms { time_in_force, post_only, display, trigger, trigger_price, links: Links { group, parent } })
}

/// A report as a tuple.
pub(super) fn news_tuple<'py>(py: Python<'py>, news: &News, scale: Scale) -> PyResult<Bound<'py, PyTuple>> {
    let (report, fee) = match news {
        News::Order(report, fee) => (report, *fee),
        News::Funding(Payment { at, place, received }) => {
            return (*at, 0, *place, "funding", scale.text(*received)).into_pyobject(py);
        }
    };
    let nothing = || Ok(py.None().into_bound(py));
    let reason = |name: &'static str| Ok(PyString::intern(py, name).into_any());
    let (what, detail): (_, PyResult<Bound<'py, PyAny>>) = match report.what {
        What::Accepted => ("accepted", nothing()),
        What::Triggered => ("triggered", nothing()),
        What::Expired => ("expired", nothing()),
        What::Rejected(why) => ("rejected", reason(why.name())),
        What::ReplaceRejected(why) => ("replace_rejected", reason(why.name())),
        What::CancelRejected(why) => ("cancel_rejected", reason(why.name())),
        What::Cancelled(end) => ("cancelled", reason(end.name())),
        What::Replaced { lots, ticks } => ("replaced", (lots, ticks).into_pyobject(py).map(Bound::into_any)),
        What::Filled(fill) => ("filled", fill_tuple(py, &fill, scale.text(fee)).map(Bound::into_any)),
    };
    (report.at, report.instrument, report.order, what, detail?).into_pyobject(py)
}

fn fill_tuple<'py>(py: Python<'py>, fill: &Execution, fee: String) -> PyResult<Bound<'py, PyTuple>> {
    let Execution { number, lots, ticks, maker, reduce_only, left, behind, waited_ns, .. } = *fill;
    (number, side_name(fill.side), lots, ticks, maker, reduce_only, left, fee, behind, waited_ns).into_pyobject(py)
}

/// A report that came in; the instruments are those of the account.
pub(super) fn read_news(report: &Bound<'_, PyTuple>, instruments: &[Instrument], scale: Scale) -> PyResult<News> {
    let (at, instrument, order, what, detail): (i64, usize, u64, String, Bound<'_, PyAny>) = report.extract()?;
    let amount = |text: &str| -> PyResult<Atoms> {
        let amount = Decimal::from_str(text).map_err(|error| value_error(format!("amount {text}: {error}")))?;
        scale.atoms(amount).map_err(|error| value_error(format!("amount {text}: {error}")))
    };
    if what == "funding" {
        let received = amount(&detail.extract::<String>()?)?;
        return Ok(News::Funding(Payment { at, place: order as usize, received }));
    }
    let instrument = known(instrument, instruments)?;
    let refused = || -> PyResult<Refused> {
        let name: String = detail.extract()?;
        let found = Refused::ALL.into_iter().find(|each| each.name() == name);
        found.ok_or_else(|| value_error(format!("order {order}: unknown reason {name:?}")))
    };
    let end = || -> PyResult<End> {
        let name: String = detail.extract()?;
        let found = End::ALL.into_iter().find(|each| each.name() == name);
        found.ok_or_else(|| value_error(format!("order {order}: unknown reason {name:?}")))
    };
    let mut fee = 0;
    let what = match what.as_str() {
        "accepted" => What::Accepted,
        "triggered" => What::Triggered,
        "expired" => What::Expired,
        "rejected" => What::Rejected(refused()?),
        "replace_rejected" => What::ReplaceRejected(refused()?),
        "cancel_rejected" => What::CancelRejected(refused()?),
        "cancelled" => What::Cancelled(end()?),
        "replaced" => {
            let (lots, ticks) = detail.extract()?;
            What::Replaced { lots, ticks }
        }
        "filled" => {
            let (number, side_word, lots, ticks, maker, reduce_only, left, text, behind, waited_ns) =
                detail.extract::<GivenFill>()?;
            fee = amount(&text)?;
            let side = side(&side_word)?;
            What::Filled(Execution { number, side, lots, ticks, maker, reduce_only, left, behind, waited_ns })
        }
        other => return Err(value_error(format!("order {order}: unknown report {other:?}"))),
    };
    Ok(News::Order(Report { at, instrument, order, what }, fee))
}
