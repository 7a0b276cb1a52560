//! The parser's share for what moves: `a crosses above b`, `a rising for 3`.

use super::Fault;
use super::ast::{Count, Cross, Expr, Node, Trend};
use super::parse::{OPERATOR_WORDS, Parser};
use super::token::Token;

/// `left crosses [above|below] right`, past the word `crosses`.
pub(super) fn cross(parser: &mut Parser<'_>, left: Expr) -> Expr {
    let way = match (parser.take_word("above"), parser.take_word("below")) {
        (true, _) => Cross::Above,
        (_, true) => Cross::Below,
        _ => Cross::Either,
    };
    if way == Cross::Either {
        misspelt_way(parser);
    }
    let right = parser.sum();
    let span = left.span.start..parser.end();
    Expr { node: Node::Cross { way, left: Box::new(left), right: Box::new(right) }, span }
}

/// A word with another operand right after it was meant as the way of crossing: no operator stands between them.
fn misspelt_way(parser: &mut Parser<'_>) {
    let Token::Word(word) = parser.token().clone() else { return };
    let operand = match parser.next_token() {
        Some(Token::Word(next)) => !OPERATOR_WORDS.contains(&next.as_str()),
        Some(Token::Number(_) | Token::Instrument(_)) => true,
        _ => false,
    };
    if operand {
        let fault = Fault::new(parser.span(), format!("expected `above` or `below`, found {}", parser.shown()));
        parser.push(fault.with_near_miss(&word, ["above", "below"].into_iter()));
        parser.advance();
    }
}

/// `of rising|falling [for bars]`, past the word of the way.
pub(super) fn trend(parser: &mut Parser<'_>, of: Expr, way: Trend) -> Expr {
    let bars = if parser.take_word("for") { parser.bars() } else { Count::Fixed(1) };
    let span = of.span.start..parser.end();
    if parser.is_bare(&of) {
        return Expr { span, ..of.trending(way, bars) };
    }
    Expr { node: Node::Trend { way, of: Box::new(of), bars }, span }
}
