//! What a rule may name: instruments, timeframe, named indicators and named numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Fault;
use super::ast::{Arg, Expr, Node};
use super::call::FUNCTIONS;
use super::form::Operand;
use super::parse::RESERVED;
use crate::timeframe::Timeframe;

/// Everything around the rules of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The interval of the bars, of all instruments alike, ns.
    pub base_ns: i64,
    /// The instrument that the rules trade and that a bare name means.
    pub instrument: String,
    /// Every instrument that can be read, in the order of the evaluator's bars.
    pub instruments: Vec<String>,
    /// The named indicators; one may use another.
    #[serde(default)]
    pub indicators: Vec<NamedIndicator>,
    /// The named numbers.
    #[serde(default)]
    pub numbers: Vec<(String, f64)>,
}

/// An entry of the config's table of indicators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedIndicator {
    /// The name that rules use: lower-case letters, digits and `_`.
    pub name: String,
    /// What it means.
    pub definition: Definition,
}

/// The two ways to define an indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Definition {
    /// Any expression: `"rsi(14)"`, `"ema(20)@1h"`, `"close / sma(50)"`.
    Text(String),
    /// `{ kind = "rsi", period = 14, source = "hl2", timeframe = "1h" }`.
    Table(IndicatorTable),
}

/// An indicator of the catalogue, field by field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorTable {
    /// The indicator's name in the catalogue.
    pub kind: String,
    /// What it is computed of; the close where nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The second series of those that take two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The timeframe of its bars; the rules' own where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Timeframe>,
    /// The instrument of its bars; the rules' own where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// The parameters by name: numbers, or expressions of named numbers.
    #[serde(flatten)]
    pub params: BTreeMap<String, Operand>,
}

impl NamedIndicator {
    /// The rule name that its faults carry.
    pub(super) fn fault_name(&self) -> String {
        format!("indicators.{}", self.name)
    }

    /// The definition as one text.
    pub(super) fn text(&self) -> Result<String, Vec<Fault>> {
        match &self.definition {
            Definition::Text(text) => Ok(text.clone()),
            Definition::Table(table) => table.expr(&self.fault_name()).map(|expr| expr.to_string()),
        }
    }
}

impl IndicatorTable {
    /// The call that the table stands for; `rule` names its faults.
    fn expr(&self, rule: &str) -> Result<Expr, Vec<Fault>> {
        let series = [("source", &self.source), ("other", &self.other)];
        let series = series.into_iter().filter_map(|(name, text)| Some((name, Operand::Text(text.clone()?))));
        let params = self.params.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let (mut args, mut faults) = (Vec::new(), Vec::new());
        for (name, value) in params.chain(series) {
            match value.expr(&format!("{rule}.{name}")) {
                Ok(value) => args.push(Arg { name: Some(name.to_owned()), value }),
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut expr = Expr::new(Node::Call { name: self.kind.clone(), args, output: None });
        if let Some(timeframe) = self.timeframe {
            expr = Expr::new(Node::At { of: Box::new(expr), timeframe });
        }
        if let Some(instrument) = self.instrument.clone() {
            expr = Expr::new(Node::Of { instrument, of: Box::new(expr) });
        }
        Ok(expr)
    }
}

/// The columns of every bar.
pub(super) const COLUMNS: [&str; 8] = ["open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4"];

impl Scope {
    /// The faults of the scope itself: names that cannot be used, an instrument that is not listed.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let indicators = self.indicators.iter().map(|named| ("indicators", named.name.as_str()));
        for (table, name) in indicators.chain(self.numbers.iter().map(|(name, _)| ("params", name.as_str()))) {
            let problem = name_problem(name).or_else(|| seen.contains(&name).then_some("is defined twice"));
            if let Some(problem) = problem {
                let fault = Fault::new(0..name.len(), format!("the name `{name}` {problem}"));
                faults.push(fault.placed(&format!("{table}.{name}"), name));
            }
            seen.push(name);
        }
        for (name, value) in self.numbers.iter().filter(|(_, value)| !value.is_finite()) {
            let fault = Fault::new(0..name.len(), format!("`{name}` must be a finite number, got {value}"));
            faults.push(fault.placed(&format!("params.{name}"), name));
        }
        if self.base_ns <= 0 {
            faults.push(Fault::new(0..0, format!("bars of {} ns: the interval must be positive", self.base_ns)));
        }
        if !self.instruments.contains(&self.instrument) {
            let fault = Fault::new(0..0, format!("instrument `{}` is not among the instruments", self.instrument));
            faults.push(fault.with_near_miss(&self.instrument, self.instruments.iter().map(String::as_str)));
        }
        faults
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// Why nothing can bear that name, if so.
fn name_problem(name: &str) -> Option<&'static str> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !plain || !name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        return Some("must be lower-case letters, digits and `_`, a letter first");
    }
    if RESERVED.contains(&name) {
        return Some("is a word of the language");
    }
    if COLUMNS.contains(&name) {
        return Some("is a column of every bar");
    }
    FUNCTIONS.contains(&name).then_some("is a function of the language")
}
