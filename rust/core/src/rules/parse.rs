//! The parser: recursive descent that goes on after a fault, so that one fault never hides the others.
//!
//! ```text
//! or         = and ("or" and)*
//! and        = not ("and" not)*
//! not        = "not" not | comparison
//! comparison = simple ("within" count "bars"?)?
//! simple     = "weekday" "in" days | "time" "in" clock ".." clock
//!            | sum ((">" | ">=" | "<" | "<=" | "==" | "!=") sum
//!                  | "crosses" ("above" | "below")? sum
//!                  | ("rising" | "falling") ("for" count "bars"?)?)?
//! sum        = product (("+" | "-") product)*
//! product    = sign (("*" | "/") sign)*
//! sign       = "-" sign | postfix
//! postfix    = INSTRUMENT "." postfix | primary ("[" count "]" | "@" timeframe)*
//! primary    = number | clock | name ("." output)? | name "(" arguments ")" ("." output)? | "(" or ")"
//! ```

use std::ops::Range;

use super::ast::{Arg, Binary, Count, Expr, Node, Trend, Unary};
use super::token::{Spanned, Token, split};
use super::{Fault, filter, movement};

/// How deep parentheses, signs and `not` may nest.
pub const DEPTH_MAX: usize = 100;
/// How many words and signs a rule may have.
pub const TOKENS_MAX: usize = 1_000;
/// The greatest number of bars in a lag, a `within` or a `for`.
pub const COUNT_MAX: u32 = 100_000;

/// The words with a meaning of their own, which nothing can be named by.
pub const RESERVED: [&str; 15] = [
    "and", "or", "not", "crosses", "above", "below", "within", "rising", "falling", "for", "in", "bars", "bar", "time",
    "weekday",
];

pub(super) const OPERATOR_WORDS: [&str; 8] = ["and", "or", "crosses", "rising", "falling", "within", "in", "not"];

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    /// The rest is given up, and faults that follow from that are none.
    too_deep: bool,
    pub(super) faults: Vec<Fault>,
}

/// Reads a text; the expression has holes where there are faults.
pub(super) fn parse(text: &str) -> (Expr, Vec<Fault>) {
    let (tokens, faults) = split(text);
    let mut parser = Parser { text, tokens, at: 0, depth: 0, too_deep: false, faults };
    if parser.tokens.len() > TOKENS_MAX {
        parser.faults.push(Fault::new(0..text.len(), format!("the rule has more than {TOKENS_MAX} words and signs")));
        return (Expr { node: Node::Hole(Vec::new()), span: 0..text.len() }, parser.faults);
    }
    let expr = parser.whole(&[]);
    parser.faults.sort_by_key(|fault| fault.span.start);
    (expr, parser.faults)
}

impl Expr {
    /// Reads a rule.
    ///
    /// # Errors
    /// Every fault of the text, with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        match parse(text) {
            (expr, faults) if faults.is_empty() => Ok(expr),
            (_, faults) => Err(faults.into_iter().map(|fault| fault.placed("", text)).collect()),
        }
    }
}

fn binary(op: Binary, left: Expr, right: Expr) -> Expr {
    let span = left.span.start..right.span.end;
    Expr { node: Node::Binary { op, left: Box::new(left), right: Box::new(right) }, span }
}

impl Parser<'_> {
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.at].token
    }

    /// The token after this one.
    pub(super) fn next_token(&self) -> Option<&Token> {
        self.tokens.get(self.at + 1).map(|next| &next.token)
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.tokens[self.at].span.clone()
    }

    /// The end of the last token read.
    pub(super) fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].span.end)
    }

    /// Past this token, which is not the end.
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(found) if found == word)
    }

    /// Whether the token after this one is that word.
    fn is_next_word(&self, word: &str) -> bool {
        matches!(self.next_token(), Some(Token::Word(found)) if found == word)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(found) if *found == sign)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    /// The token as the reader sees it.
    pub(super) fn shown(&self) -> String {
        if *self.token() == Token::End {
            "the end of the rule".to_owned()
        } else {
            format!("`{}`", &self.text[self.span()])
        }
    }

    /// A fault at this token, unless there is one already.
    pub(super) fn expected(&mut self, what: &str) {
        let fault = Fault::new(self.span(), format!("expected {what}, found {}", self.shown()));
        self.push(fault);
    }

    pub(super) fn push(&mut self, fault: Fault) {
        if !self.too_deep && !self.faults.iter().any(|known| known.span == fault.span) {
            self.faults.push(fault);
        }
    }

    /// A fault at a token that nothing can take: an operator is missing or misspelt.
    fn unexpected(&mut self) {
        let mut fault = Fault::new(self.span(), format!("expected an operator, found {}", self.shown()));
        match self.token().clone() {
            Token::Word(word) => fault = fault.with_near_miss(&word, OPERATOR_WORDS.into_iter()),
            Token::Sign("=") => fault = fault.with_hint("`==` compares"),
            Token::Sign(")" | "]") => fault.message = format!("{} closes nothing", self.shown()),
            _ => {}
        }
        self.push(fault);
    }

    /// One level deeper; at the deepest the rest of the text is given up.
    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if self.depth == DEPTH_MAX {
            self.push(Fault::new(self.span(), format!("nested more than {DEPTH_MAX} deep")));
            let span = self.span();
            (self.too_deep, self.at) = (true, self.tokens.len() - 1);
            return Expr { node: Node::Hole(Vec::new()), span };
        }
        self.depth += 1;
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    fn or(&mut self) -> Expr {
        let mut left = self.and();
        while self.take_word("or") {
            let right = self.and();
            left = binary(Binary::Or, left, right);
        }
        left
    }

    fn and(&mut self) -> Expr {
        let mut left = self.not();
        while self.take_word("and") {
            let right = self.not();
            left = binary(Binary::And, left, right);
        }
        left
    }

    fn not(&mut self) -> Expr {
        let start = self.span().start;
        if !self.take_word("not") {
            return self.comparison();
        }
        let of = self.nested(Self::not);
        Expr { span: start..of.span.end, node: Node::Unary { op: Unary::Not, of: Box::new(of) } }
    }

    fn comparison(&mut self) -> Expr {
        let mut found = if self.is_word("weekday") {
            filter::weekday(self)
        } else {
            let left = self.sum();
            self.compared(left)
        };
        while self.comparison_follows() {
            let fault = Fault::new(self.span(), "comparisons do not chain");
            self.push(fault.with_hint("write `a < b and b < c`"));
            let hole = Expr { node: Node::Hole(Vec::new()), span: self.span() };
            let rest = self.compared(hole);
            found = binary(Binary::And, found, rest);
        }
        if !self.take_word("within") {
            return found;
        }
        let bars = self.bars();
        let span = found.span.start..self.end();
        Expr { node: Node::Within { of: Box::new(found), bars }, span }
    }

    fn comparison_sign(&self) -> Option<Binary> {
        match self.token() {
            Token::Sign("=") => Some(Binary::Eq),
            Token::Sign(sign) => Binary::of_sign(sign).filter(|op| op.is_comparison()),
            _ => None,
        }
    }

    fn comparison_follows(&self) -> bool {
        let words = ["crosses", "rising", "falling", "in"];
        self.comparison_sign().is_some() || words.iter().any(|word| self.is_word(word))
    }

    /// What follows the left side of a comparison, if anything does.
    fn compared(&mut self, left: Expr) -> Expr {
        if let Some(op) = self.comparison_sign() {
            if *self.token() == Token::Sign("=") {
                self.unexpected();
            }
            self.at += 1;
            let right = self.sum();
            return binary(op, left, right);
        }
        if self.take_word("crosses") {
            return movement::cross(self, left);
        }
        if self.is_word("in") || (self.is_word("not") && self.is_next_word("in")) {
            return filter::time(self, left);
        }
        match (self.take_word("rising"), self.take_word("falling")) {
            (true, _) => movement::trend(self, left, Trend::Rising),
            (_, true) => movement::trend(self, left, Trend::Falling),
            _ => left,
        }
    }

    /// Whether `of` is a value of another timeframe or instrument that no parenthesis closes off.
    pub(super) fn is_bare(&self, of: &Expr) -> bool {
        let written = &self.text[of.span.clone()];
        match of.node {
            Node::At { .. } => !written.ends_with(')'),
            Node::Of { .. } => !written.starts_with('('),
            _ => false,
        }
    }

    /// A number of bars, 1 or more, and the word `bars` if it stands there.
    pub(super) fn bars(&mut self) -> Count {
        let span = self.span();
        let count = self.count();
        if count == Count::Fixed(0) {
            self.push(Fault::new(span, "at least 1 bar"));
        }
        let _ = self.take_word("bars") || self.take_word("bar");
        count
    }

    /// A whole number that is not negative, or the name of one.
    fn count(&mut self) -> Count {
        let start = self.span().start;
        let negative = self.take_sign("-");
        let count = match self.token().clone() {
            Token::Number(value) if value.fract() == 0.0 && value <= f64::from(COUNT_MAX) => Count::Fixed(value as u32),
            Token::Number(_) => {
                let message = format!("{} is not a whole number of bars from 0 to {COUNT_MAX}", self.shown());
                self.push(Fault::new(self.span(), message));
                Count::Fixed(1)
            }
            Token::Word(word) if !RESERVED.contains(&word.as_str()) => Count::Named(word),
            _ => {
                self.expected("a number of bars");
                return Count::Fixed(1);
            }
        };
        self.at += 1;
        if negative {
            let fault =
                Fault::new(start..self.end(), "a number of bars is never negative: look-ahead cannot be written");
            self.push(fault.with_hint("`close[1]` is the bar before this one"));
        }
        count
    }

    pub(super) fn sum(&mut self) -> Expr {
        let mut left = self.product();
        loop {
            let op = match self.token() {
                Token::Sign("+") => Binary::Add,
                Token::Sign("-") => Binary::Sub,
                _ => return left,
            };
            self.at += 1;
            let right = self.product();
            left = binary(op, left, right);
        }
    }

    fn product(&mut self) -> Expr {
        let mut left = self.sign();
        loop {
            let op = match self.token() {
                Token::Sign("*") => Binary::Mul,
                Token::Sign("/") => Binary::Div,
                _ => return left,
            };
            self.at += 1;
            let right = self.sign();
            left = binary(op, left, right);
        }
    }

    fn sign(&mut self) -> Expr {
        let start = self.span().start;
        if !self.take_sign("-") {
            return self.postfix();
        }
        let of = self.nested(Self::sign);
        Expr { span: start..of.span.end, node: Node::Unary { op: Unary::Neg, of: Box::new(of) } }
    }

    fn postfix(&mut self) -> Expr {
        let start = self.span().start;
        if let Token::Instrument(instrument) = self.token().clone() {
            self.at += 1;
            let of = Box::new(self.nested(Self::postfix));
            return Expr { span: start..of.span.end, node: Node::Of { instrument, of } };
        }
        let mut expr = self.primary();
        loop {
            if let Token::At(timeframe) = *self.token() {
                self.at += 1;
                expr = Expr { node: Node::At { of: Box::new(expr), timeframe }, span: start..self.end() };
            } else if self.take_sign("[") {
                let bars = self.count();
                if !self.take_sign("]") {
                    self.expected("`]`");
                }
                let bare = self.is_bare(&expr);
                let lagged = if bare { expr.lagged(bars) } else { Expr::new(Node::Lag { of: Box::new(expr), bars }) };
                expr = Expr { span: start..self.end(), ..lagged };
            } else {
                return expr;
            }
        }
    }

    fn primary(&mut self) -> Expr {
        let span = self.span();
        let node = match self.token().clone() {
            Token::Number(value) => Node::Number(value),
            Token::Clock(seconds) => Node::Clock(seconds),
            Token::Word(word) if word == "time" || !RESERVED.contains(&word.as_str()) => return self.named(word),
            Token::Sign("(") => return self.parenthesis(),
            // The token is left to whatever can take it further out.
            _ => {
                self.expected("a value");
                return Expr { node: Node::Hole(Vec::new()), span };
            }
        };
        self.at += 1;
        Expr { node, span }
    }

    fn parenthesis(&mut self) -> Expr {
        let open = self.span();
        self.at += 1;
        let inner = self.nested(|parser| parser.whole(&[")"]));
        self.close(open.clone());
        Expr { node: inner.node, span: open.start..self.end() }
    }

    /// Everything up to one of the signs of `stop`: what follows a complete expression is a fault, and is read as well.
    fn whole(&mut self, stop: &[&str]) -> Expr {
        let mut expr = self.or();
        while !matches!(self.token(), Token::End) && !stop.iter().any(|sign| self.is_sign(sign)) {
            self.unexpected();
            self.at += 1;
            // After a misspelt `crosses`.
            let _ = self.take_word("above") || self.take_word("below");
            let span = expr.span.start..self.end();
            let mut parts = vec![expr];
            if *self.token() != Token::End && !stop.iter().any(|sign| self.is_sign(sign)) {
                parts.push(self.or());
            }
            expr = Expr { node: Node::Hole(parts), span };
        }
        expr
    }

    fn close(&mut self, open: Range<usize>) {
        if !self.take_sign(")") {
            self.push(Fault::new(open, "`(` is never closed"));
        }
    }

    fn named(&mut self, name: String) -> Expr {
        let span = self.span();
        self.at += 1;
        let open = self.span();
        let args = self.take_sign("(").then(|| self.arguments(open));
        let mut output = None;
        if self.take_sign(".") {
            match self.token().clone() {
                Token::Word(word) => {
                    self.at += 1;
                    output = Some(word);
                }
                _ => self.expected("the name of an output"),
            }
        }
        let node = match args {
            Some(args) => Node::Call { name, args, output },
            None => Node::Name { name, output },
        };
        Expr { node, span: span.start..self.end() }
    }

    fn arguments(&mut self, open: Range<usize>) -> Vec<Arg> {
        let mut args: Vec<Arg> = Vec::new();
        while !self.is_sign(")") && (args.is_empty() || self.take_sign(",")) {
            let start = self.span();
            let name = self.parameter();
            if name.is_none() && args.last().is_some_and(|arg| arg.name.is_some()) {
                self.push(Fault::new(start, "an argument by position stands before those by name"));
            }
            let value = self.nested(|parser| parser.whole(&[")", ","]));
            args.push(Arg { name, value });
        }
        self.close(open);
        args
    }

    /// `name =` before an argument.
    fn parameter(&mut self) -> Option<String> {
        let Token::Word(name) = self.token().clone() else { return None };
        if self.tokens[self.at + 1].token != Token::Sign("=") {
            return None;
        }
        self.at += 2;
        Some(name)
    }
}

#[cfg(test)]
mod tests;
