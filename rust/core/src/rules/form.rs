//! The structured form of a rule: `{indicator1, operator, indicator2, lookback}`, for form-filling front ends.
//!
//! | operator | reads as |
//! |---|---|
//! | `>` `>=` `<` `<=` `==` `!=` | `indicator1 > indicator2` and so on |
//! | `crosses_above` `crosses_below` `crosses` | `indicator1 crosses above indicator2` and so on |
//! | `rising` `falling` | `indicator1 rising for lookback`; there is no `indicator2` |
//!
//! `indicator1` and `indicator2` are numbers or any expression's text (`"rsi(14)"`, `"trend@1h"`, `"close[5]"`).
//! `lookback` says over how many bars, this one included: a comparison or a crossing counts if it held on any of them
//! (`within lookback bars`), a trend must last for that many. It is 1 where none is given: this bar alone.
//! Conditions combine by `{all: [...]}`, `{any: [...]}` and `{not: ...}`, each of texts or structured conditions.

use serde::{Deserialize, Serialize};

use super::Fault;
use super::ast::{Binary, Count, Cross, Expr, Node, Trend, Unary};
use super::parse::{DEPTH_MAX, parse};

/// A rule as its author gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// A text of the rule language.
    Text(String),
    /// Two operands and an operator.
    Condition(Condition),
    /// All of them.
    All(All),
    /// Any of them.
    Any(Any),
    /// The contrary.
    Not(Not),
}

/// Every condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct All {
    /// The conditions, at least one.
    pub all: Vec<Source>,
}

/// At least one condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Any {
    /// The conditions, at least one.
    pub any: Vec<Source>,
}

/// The condition does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Not {
    /// The condition.
    pub not: Box<Source>,
}

/// One comparison, crossing or trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The left side.
    pub indicator1: Operand,
    /// One of the module's table; `_` and blanks are the same.
    pub operator: String,
    /// The right side; none for a trend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator2: Option<Operand>,
    /// Over how many bars, this one included; a number or the name of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookback: Option<Count>,
}

/// A number or an expression's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Operand {
    /// A number.
    Number(f64),
    /// A text of the rule language.
    Text(String),
}

const OPERATORS: [&str; 11] =
    [">", ">=", "<", "<=", "==", "!=", "crosses above", "crosses below", "crosses", "rising", "falling"];

impl Operand {
    /// Reads the operand; `rule` names its faults.
    pub(super) fn expr(&self, rule: &str) -> Result<Expr, Vec<Fault>> {
        match self {
            Self::Number(value) if value.is_finite() => Ok(Expr::number(*value)),
            Self::Number(value) => Err(vec![word_fault(rule, &value.to_string(), "is not a finite number")]),
            Self::Text(text) => read(rule, text),
        }
    }
}

fn word_fault(rule: &str, word: &str, problem: &str) -> Fault {
    Fault::new(0..word.len(), format!("`{word}` {problem}")).placed(rule, word)
}

fn read(rule: &str, text: &str) -> Result<Expr, Vec<Fault>> {
    let (expr, faults) = parse(text);
    if faults.is_empty() { Ok(expr) } else { Err(faults.into_iter().map(|fault| fault.placed(rule, text)).collect()) }
}

/// Both, or the faults of both.
fn both<A, B>(left: Result<A, Vec<Fault>>, right: Result<B, Vec<Fault>>) -> Result<(A, B), Vec<Fault>> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(mut left), Err(right)) => {
            left.extend(right);
            Err(left)
        }
        (Err(faults), _) | (_, Err(faults)) => Err(faults),
    }
}

impl Source {
    /// The expression that it stands for.
    ///
    /// # Errors
    /// Every fault of its texts, operators and counts; `rule` is the name that they carry.
    pub fn expr(&self, rule: &str) -> Result<Expr, Vec<Fault>> {
        self.expr_at(rule, 0)
    }

    fn expr_at(&self, rule: &str, depth: usize) -> Result<Expr, Vec<Fault>> {
        if depth > DEPTH_MAX {
            return Err(vec![word_fault(rule, "", &format!("conditions nest more than {DEPTH_MAX} deep"))]);
        }
        match self {
            Self::Text(text) => read(rule, text),
            Self::Condition(condition) => condition.expr(rule),
            Self::All(all) => joined(Binary::And, &all.all, &format!("{rule}.all"), depth),
            Self::Any(any) => joined(Binary::Or, &any.any, &format!("{rule}.any"), depth),
            Self::Not(not) => {
                let of = Box::new(not.not.expr_at(&format!("{rule}.not"), depth + 1)?);
                Ok(Expr::new(Node::Unary { op: Unary::Not, of }))
            }
        }
    }
}

fn joined(op: Binary, parts: &[Source], rule: &str, depth: usize) -> Result<Expr, Vec<Fault>> {
    let read = parts.iter().enumerate().map(|(at, part)| part.expr_at(&format!("{rule}[{at}]"), depth + 1));
    let join = |left, right| {
        both(left, right)
            .map(|(left, right)| Expr::new(Node::Binary { op, left: Box::new(left), right: Box::new(right) }))
    };
    read.reduce(join).unwrap_or_else(|| Err(vec![word_fault(rule, "[]", "names no condition")]))
}

impl Condition {
    fn expr(&self, rule: &str) -> Result<Expr, Vec<Fault>> {
        let operator = self.operator.trim().replace('_', " ");
        let left = self.indicator1.expr(&format!("{rule}.indicator1"));
        if operator == "rising" || operator == "falling" {
            return self.trend(&operator, left, rule);
        }
        let right = match &self.indicator2 {
            Some(operand) => operand.expr(&format!("{rule}.indicator2")),
            None => Err(vec![word_fault(rule, &self.operator, "needs an indicator2")]),
        };
        let known =
            if OPERATORS.contains(&operator.as_str()) { Ok(()) } else { Err(vec![self.unknown_operator(rule)]) };
        let ((left, right), (lookback, ())) = both(both(left, right), both(self.lookback(rule), known))?;
        let (left, right) = (Box::new(left), Box::new(right));
        let node = match (Binary::of_sign(&operator), operator.as_str()) {
            (Some(op), _) => Node::Binary { op, left, right },
            (_, "crosses above") => Node::Cross { way: Cross::Above, left, right },
            (_, "crosses below") => Node::Cross { way: Cross::Below, left, right },
            _ => Node::Cross { way: Cross::Either, left, right },
        };
        if lookback == Count::Fixed(1) {
            return Ok(Expr::new(node));
        }
        Ok(Expr::new(Node::Within { of: Box::new(Expr::new(node)), bars: lookback }))
    }

    fn trend(&self, operator: &str, left: Result<Expr, Vec<Fault>>, rule: &str) -> Result<Expr, Vec<Fault>> {
        let none = match &self.indicator2 {
            None => Ok(()),
            Some(_) => Err(vec![word_fault(rule, &self.operator, "takes no indicator2")]),
        };
        let ((of, bars), ()) = both(both(left, self.lookback(rule)), none)?;
        Ok(of.trending(if operator == "rising" { Trend::Rising } else { Trend::Falling }, bars))
    }

    fn unknown_operator(&self, rule: &str) -> Fault {
        let fault = word_fault(&format!("{rule}.operator"), &self.operator, "is not an operator");
        match fault.clone().with_near_miss(&self.operator.replace('_', " "), OPERATORS.into_iter()) {
            Fault { hint: Some(hint), .. } => fault.with_hint(hint),
            _ => fault.with_hint(format!("one of {}", OPERATORS.join(", "))),
        }
    }

    fn lookback(&self, rule: &str) -> Result<Count, Vec<Fault>> {
        match self.lookback.clone().unwrap_or(Count::Fixed(1)) {
            Count::Fixed(0) => Err(vec![word_fault(&format!("{rule}.lookback"), "0", "must be 1 or more bars")]),
            Count::Fixed(bars) if bars > super::COUNT_MAX => {
                Err(vec![word_fault(&format!("{rule}.lookback"), &bars.to_string(), "is too many bars")])
            }
            Count::Named(text) => match read(&format!("{rule}.lookback"), &text)?.node {
                Node::Name { name, output: None } => Ok(Count::Named(name)),
                _ => Err(vec![word_fault(&format!("{rule}.lookback"), &text, "is not the name of a number")]),
            },
            count => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(json: &str) -> Source {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_form_is_the_tree_of_its_text() {
        let cases = [
            (r#""close > ema(12)""#, "close > ema(12)"),
            (r#"{"indicator1": "close", "operator": ">=", "indicator2": 30}"#, "close >= 30"),
            (r#"{"indicator1": -1.5, "operator": "!=", "indicator2": "m.signal", "lookback": 1}"#, "-1.5 != m.signal"),
            (
                r#"{"indicator1": "rsi(14)@1h", "operator": "crosses_above", "indicator2": "30", "lookback": 3}"#,
                "rsi(14)@1h crosses above 30 within 3 bars",
            ),
            (
                r#"{"indicator1": "a", "operator": "crosses", "indicator2": "b", "lookback": "n"}"#,
                "a crosses b within n",
            ),
            (r#"{"indicator1": "close@4h", "operator": "rising", "lookback": 3}"#, "close@4h rising for 3"),
            (
                r#"{"all": ["a > 1 or b", {"any": ["c", {"not": "d > 1"}]}, "e"]}"#,
                "(a > 1 or b) and (c or not d > 1) and e",
            ),
        ];
        for (json, text) in cases {
            assert_eq!(source(json).expr("enter").unwrap(), Expr::parse(text).unwrap(), "{json}");
        }
    }

    #[test]
    fn every_fault_of_a_form_names_its_field() {
        let json = r#"{"any": [{"indicator1": "close >", "operator": "croses above", "indicator2": "1 +", "lookback": 0},
            {"indicator1": 1, "operator": ">"}, {"indicator1": "a", "operator": "falling", "indicator2": 2}]}"#;
        let faults = source(json).expr("enter").unwrap_err();
        let rules: Vec<_> = faults.iter().map(|fault| fault.rule.as_str()).collect();
        let first = "enter.any[0]";
        let expected = [
            format!("{first}.indicator1"),
            format!("{first}.indicator2"),
            format!("{first}.lookback"),
            format!("{first}.operator"),
            "enter.any[1]".to_owned(),
            "enter.any[2]".to_owned(),
        ];
        assert_eq!(rules, expected, "{faults:?}");
        assert_eq!(faults[3].hint.as_deref(), Some("did you mean `crosses above`?"));
        assert!(source(r#"{"all": []}"#).expr("x").is_err());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let json = r#"{"indicator1": 1, "operator": ">", "indicator2": 2, "lookbak": 3}"#;
        assert!(serde_json::from_str::<Source>(json).is_err());
    }
}
