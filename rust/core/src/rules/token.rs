//! The words and signs of a rule's text.

use std::ops::Range;

use super::Fault;
use crate::timeframe::Timeframe;

/// The longest text of one rule, bytes.
pub const TEXT_MAX: usize = 16_384;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A time of day, seconds since midnight.
    Clock(u32),
    Word(String),
    /// An instrument's name; the dot after it belongs to it.
    Instrument(String),
    /// `@` and the timeframe after it.
    At(Timeframe),
    Sign(&'static str),
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) span: Range<usize>,
}

/// Signs, a longer one before its own beginning.
const SIGNS: [&str; 18] =
    [">=", "<=", "==", "!=", "..", ">", "<", "=", "+", "-", "*", "/", "(", ")", "[", "]", ",", "."];

/// Signs of other languages and what this one writes.
const FOREIGN: [(&str, &str); 9] = [
    ("&&", "and"),
    ("||", "or"),
    ("<>", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("&", "and"),
    ("|", "or"),
    ("!", "not"),
    ("~", "not"),
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Spanned>,
    faults: Vec<Fault>,
}

/// Splits a text; what cannot be read is a fault and is left out. The last token is [`Token::End`].
pub(super) fn split(text: &str) -> (Vec<Spanned>, Vec<Fault>) {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), faults: Vec::new() };
    if text.len() > TEXT_MAX {
        lexer.faults.push(Fault::new(0..text.len(), format!("the rule is longer than {TEXT_MAX} bytes")));
        lexer.at = text.len();
    }
    while lexer.at < text.len() {
        lexer.next();
    }
    lexer.push(Token::End, text.len());
    (lexer.tokens, lexer.faults)
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, token: Token, end: usize) {
        self.tokens.push(Spanned { token, span: self.at..end });
        self.at = end;
    }

    fn fault(&mut self, end: usize, message: impl Into<String>) {
        self.faults.push(Fault::new(self.at..end, message));
        self.at = end;
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if let Some(length) = instrument(rest) {
            let name = rest[..length - 1].to_owned();
            self.push(Token::Instrument(name), self.at + length);
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            self.number();
        } else if first.is_alphabetic() || first == '_' {
            let word = leading(rest, |c| c.is_alphanumeric() || c == '_').to_owned();
            let end = self.at + word.len();
            self.push(Token::Word(word), end);
        } else if first == '@' {
            self.timeframe();
        } else if first == '\'' || first == '"' {
            self.quoted(first);
        } else {
            self.sign(first);
        }
    }

    fn sign(&mut self, first: char) {
        let rest = self.rest();
        let native = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        let foreign = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign));
        // The longer of the two is what was meant.
        let foreign = foreign.filter(|(sign, _)| native.is_none_or(|native| native.len() < sign.len()));
        if let Some((sign, word)) = foreign {
            let end = self.at + sign.len();
            let fault = Fault::new(self.at..end, format!("`{sign}` is not of this language"));
            self.faults.push(fault.with_hint(format!("write `{word}`")));
            let token = match SIGNS.iter().find(|sign| *sign == word) {
                Some(sign) => Token::Sign(sign),
                None => Token::Word((*word).to_owned()),
            };
            self.push(token, end);
        } else if let Some(sign) = native {
            let end = self.at + sign.len();
            self.push(Token::Sign(sign), end);
        } else {
            self.fault(self.at + first.len_utf8(), format!("`{first}` is not of this language"));
        }
    }

    /// `12`, `1_000.5`, `1e-3`, `5%`, or a time of day `09:30[:15]`.
    fn number(&mut self) {
        let rest = self.rest();
        let clock = leading(rest, |c| c.is_ascii_digit() || c == ':');
        if clock.contains(':') {
            return self.clock(clock.to_owned());
        }
        let digits = |from: usize| leading(&rest[from..], |c| c.is_ascii_digit() || c == '_').len();
        let mut length = digits(0);
        let after = |from: usize| rest[from..].chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if rest[length..].starts_with('.') && after(length) {
            length += 1 + digits(length + 1);
        }
        if rest[length..].starts_with(['e', 'E']) {
            let signed = usize::from(rest[length + 1..].starts_with(['+', '-']));
            if rest[length + 1 + signed..].starts_with(|c: char| c.is_ascii_digit()) {
                length += 1 + signed + digits(length + 1 + signed);
            }
        }
        let value = rest[..length].replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite());
        let tail = leading(&rest[length..], |c| c.is_alphanumeric() || c == '_').len();
        let percent = rest[length..].starts_with('%');
        let end = self.at + length + tail + usize::from(percent);
        match value {
            Some(value) if tail == 0 => self.push(Token::Number(if percent { value / 100.0 } else { value }), end),
            _ => {
                let message = format!("`{}` is not a number", &self.text[self.at..end]);
                self.faults.push(Fault::new(self.at..end, message));
                self.push(Token::Number(1.0), end);
            }
        }
    }

    fn clock(&mut self, word: String) {
        let parts: Vec<Option<u32>> =
            word.split(':').map(|part| part.parse().ok().filter(|_| part.len() <= 2)).collect();
        let end = self.at + word.len();
        let (seconds, valid) = match parts[..] {
            [Some(h), Some(m)] => (h * 3600 + m * 60, h < 24 && m < 60),
            [Some(h), Some(m), Some(s)] => (h * 3600 + m * 60 + s, h < 24 && m < 60 && s < 60),
            _ => (0, false),
        };
        if !valid {
            let fault = Fault::new(self.at..end, format!("`{word}` is not a time of day"));
            self.faults.push(fault.with_hint("hours and minutes of UTC, 00:00 to 23:59"));
        }
        self.push(Token::Clock(if valid { seconds } else { 0 }), end);
    }

    fn timeframe(&mut self) {
        let spaces = leading(&self.rest()[1..], char::is_whitespace).len();
        let word = leading(&self.rest()[1 + spaces..], |c| c.is_alphanumeric() || c == '_');
        let (parsed, end) = (word.parse::<Timeframe>(), self.at + 1 + spaces + word.len());
        match parsed {
            Ok(timeframe) => self.push(Token::At(timeframe), end),
            Err(error) => self.fault(end, error.to_string()),
        }
    }

    fn quoted(&mut self, quote: char) {
        let inside = leading(&self.rest()[1..], |c| c != quote).to_owned();
        let after = self.at + 1 + inside.len();
        if after == self.text.len() {
            self.fault(after, "the quote is never closed");
        } else if !self.text[after + 1..].starts_with('.') || inside.is_empty() {
            let fault = Fault::new(self.at..after + 1, "quotes name an instrument, and a dot and a value follow");
            self.faults.push(fault.with_hint("for instance 'BTC/USDT:USDT'.close"));
            self.push(Token::Number(1.0), after + 1);
        } else {
            self.push(Token::Instrument(inside), after + 2);
        }
    }
}

/// The beginning of `text` whose letters all satisfy `keep`.
fn leading(text: &str, keep: impl Fn(char) -> bool) -> &str {
    text.find(|c| !keep(c)).map_or(text, |end| &text[..end])
}

/// The length of an unquoted instrument at the start of `text`, its dot included.
///
/// Upper-case letters and digits joined by `-`, `/`, `:` or `_`, the first part not a number, and a dot before a name
/// or a parenthesis: so `close-open` and `2-BTC.close` stay subtractions.
fn instrument(text: &str) -> Option<usize> {
    let part = |from: usize| leading(&text[from..], |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if !part(0).contains(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let mut length = part(0).len();
    while text[length..].starts_with(['-', '/', ':', '_']) && !part(length + 1).is_empty() {
        length += 1 + part(length + 1).len();
    }
    let named = |rest: &str| rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '(' | '\'' | '"'));
    text[length..].strip_prefix('.').filter(|rest| named(rest)).map(|_| length + 1)
}

/// Whether [`instrument`] would read back this name as one word.
pub(super) fn is_plain_instrument(name: &str) -> bool {
    instrument(&format!("{name}.x")) == Some(name.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let (tokens, faults) = split(text);
        assert_eq!(faults, [], "{text}");
        tokens.into_iter().map(|spanned| spanned.token).collect()
    }

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }

    #[test]
    fn a_hyphen_is_a_minus_unless_it_joins_an_instrument() {
        assert_eq!(tokens("close-open"), [word("close"), Token::Sign("-"), word("open"), Token::End]);
        let btc = || Token::Instrument("BTC-USD".to_owned());
        assert_eq!(tokens("close-BTC-USD.close"), [word("close"), Token::Sign("-"), btc(), word("close"), Token::End]);
        let minus =
            [Token::Number(2.0), Token::Sign("-"), Token::Instrument("BTC".to_owned()), word("close"), Token::End];
        assert_eq!(tokens("2-BTC.close"), minus);
        let quoted = Token::Instrument("BTC/USDT:USDT".to_owned());
        assert_eq!(tokens("'BTC/USDT:USDT'.close"), [quoted.clone(), word("close"), Token::End]);
        assert_eq!(tokens("BTC/USDT:USDT.close"), [quoted, word("close"), Token::End]);
        assert_eq!(tokens("1INCH-USD.close")[0], Token::Instrument("1INCH-USD".to_owned()));
    }

    #[test]
    fn numbers_percents_clocks_and_timeframes() {
        let numbers =
            [Token::Number(1000.5), Token::Number(0.05), Token::Number(0.001), Token::Number(0.5), Token::End];
        assert_eq!(tokens("1_000.5 5% 1e-3 .5"), numbers);
        let range = [Token::Clock(34_200), Token::Sign(".."), Token::Clock(57_615), Token::End];
        assert_eq!(tokens("09:30..16:00:15"), range);
        assert_eq!(tokens("x@4h"), [word("x"), Token::At("4h".parse().unwrap()), Token::End]);
    }

    #[test]
    fn every_fault_is_found() {
        let (_, faults) = split("clóse # 5x @9q && 25:00 'abc");
        let found: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(faults.len(), 6, "{found:?}");
        assert_eq!(faults[0].span, 7..8);
        assert!(found[1].contains("`5x`") && found[2].contains("\"9q\"") && found[4].contains("25:00"), "{found:?}");
        assert_eq!(faults[3].hint.as_deref(), Some("write `and`"));
        let long = " ".repeat(TEXT_MAX + 1);
        assert_eq!(split(&long).1.len(), 1);
    }
}
