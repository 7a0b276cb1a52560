//! The parser's share for filters of time: `weekday in mon..fri`, `time in 09:30..16:00`.

use super::Fault;
use super::ast::{DAY_NAMES, Days, Expr, Node, Unary};
use super::parse::{Parser, RESERVED};
use super::token::Token;

/// `weekday [not] in mon..fri`, `weekday in (mon, wed..fri)`, `weekday in sat`, `weekday == sat`.
pub(super) fn weekday(parser: &mut Parser<'_>) -> Expr {
    let start = parser.span().start;
    parser.take_word("weekday");
    let negated = parser.take_word("not") || parser.take_sign("!=");
    if !(parser.take_word("in") || parser.take_sign("==") || negated) {
        parser.expected("`in` after `weekday`");
    }
    let days = if parser.take_sign("(") { list(parser) } else { range(parser) };
    let node = days.map_or(Node::Hole(Vec::new()), Node::Weekday);
    finish(Expr { node, span: start..parser.end() }, negated)
}

/// `left [not] in 09:30..16:00`, where `left` must be `time`.
pub(super) fn time(parser: &mut Parser<'_>, left: Expr) -> Expr {
    let negated = parser.take_word("not");
    let word = parser.span();
    parser.take_word("in");
    if !matches!(&left.node, Node::Name { name, output: None } if name == "time") {
        let fault = Fault::new(word, "`in` follows `time` or `weekday`");
        parser.faults.push(fault.with_hint("write `x > a and x < b`"));
    }
    let from = clock(parser);
    if !parser.take_sign("..") {
        parser.expected("`..`");
    }
    let start = parser.span().start;
    let to = clock(parser);
    if from.is_some() && from == to {
        parser.faults.push(Fault::new(start..parser.end(), "the range is empty: it ends where it starts"));
    }
    let node = match (from, to) {
        (Some(from), Some(to)) => Node::Session { from, to },
        _ => Node::Hole(Vec::new()),
    };
    finish(Expr { node, span: left.span.start..parser.end() }, negated)
}

fn finish(expr: Expr, negated: bool) -> Expr {
    let span = expr.span.clone();
    if negated { Expr { node: Node::Unary { op: Unary::Not, of: Box::new(expr) }, span } } else { expr }
}

fn clock(parser: &mut Parser<'_>) -> Option<u32> {
    let Token::Clock(seconds) = *parser.token() else {
        parser.expected("a time of day such as 09:30");
        return None;
    };
    parser.advance();
    Some(seconds)
}

/// The days of a list after its `(`, up to its `)`.
fn list(parser: &mut Parser<'_>) -> Option<Days> {
    let mut all = range(parser)?;
    while parser.take_sign(",") {
        all = all.union(range(parser)?);
    }
    if !parser.take_sign(")") {
        parser.expected("`,` or `)`");
        return None;
    }
    Some(all)
}

/// `mon`, or `mon..fri`.
fn range(parser: &mut Parser<'_>) -> Option<Days> {
    let first = day(parser)?;
    let last = if parser.take_sign("..") { day(parser)? } else { first };
    Some(Days::range(first, last))
}

/// A word that is no day is a fault, and is read as one.
fn day(parser: &mut Parser<'_>) -> Option<usize> {
    let Token::Word(word) = parser.token().clone() else {
        parser.expected("a day (mon to sun)");
        return None;
    };
    let known = DAY_NAMES.iter().position(|name| *name == word);
    if known.is_none() {
        parser.expected("a day (mon to sun)");
        if RESERVED.contains(&word.as_str()) {
            return None;
        }
    }
    parser.advance();
    known.or(Some(0))
}
