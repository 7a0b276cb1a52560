//! The printer: the text of an expression with the fewest parentheses that `parse` reads back as the same tree.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Binary, Count, Cross, DAY_NAMES, Days, Expr, Node, Trend, Unary};
use super::token::is_plain_instrument;

// How tightly a form binds, loosest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const POSTFIX: u8 = 8;

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_node(&self.node, out)
    }
}

const fn binding(node: &Node) -> u8 {
    match node {
        Node::Unary { op: Unary::Not, .. } => NOT,
        Node::Unary { op: Unary::Neg, .. } => SIGN,
        Node::Binary { op, .. } => binary_binding(*op),
        Node::Cross { .. } | Node::Within { .. } | Node::Trend { .. } | Node::Session { .. } | Node::Weekday(_) => {
            COMPARISON
        }
        _ => POSTFIX,
    }
}

const fn binary_binding(op: Binary) -> u8 {
    match op {
        Binary::Or => OR,
        Binary::And => AND,
        Binary::Add | Binary::Sub => SUM,
        Binary::Mul | Binary::Div => PRODUCT,
        _ => COMPARISON,
    }
}

/// Writes `expr`, in parentheses where it binds more loosely than `least` or where `closed`.
fn write_at(expr: &Expr, least: u8, closed: bool, out: &mut Formatter<'_>) -> fmt::Result {
    if closed || binding(&expr.node) < least {
        out.write_char('(')?;
        write_node(&expr.node, out)?;
        return out.write_char(')');
    }
    write_node(&expr.node, out)
}

/// Whether a lag or a trend written after `expr` would go inside it.
const fn is_elsewhere(expr: &Expr) -> bool {
    matches!(expr.node, Node::At { .. } | Node::Of { .. })
}

fn write_node(node: &Node, out: &mut Formatter<'_>) -> fmt::Result {
    match node {
        Node::Number(value) => write!(out, "{value}"),
        Node::Clock(seconds) => write_clock(*seconds, out),
        Node::Name { name, output } => {
            out.write_str(name)?;
            write_output(output.as_deref(), out)
        }
        Node::Call { .. } => write_call(node, out),
        Node::Unary { op: Unary::Neg, of } => {
            out.write_char('-')?;
            write_at(of, SIGN, false, out)
        }
        Node::Unary { op: Unary::Not, of } => {
            out.write_str("not ")?;
            write_at(of, NOT, false, out)
        }
        Node::Binary { op, left, right } => write_binary(*op, left, right, out),
        Node::Cross { way, left, right } => write_cross(*way, left, right, out),
        Node::Within { of, bars } => {
            write_at(of, COMPARISON, matches!(of.node, Node::Within { .. }), out)?;
            write!(out, " within {bars} {}", plural(bars))
        }
        Node::Trend { way, of, bars } => {
            write_at(of, SUM, is_elsewhere(of), out)?;
            let word = if *way == Trend::Rising { "rising" } else { "falling" };
            write!(out, " {word} for {bars}")
        }
        Node::Lag { of, bars } => {
            write_at(of, POSTFIX, is_elsewhere(of), out)?;
            write!(out, "[{bars}]")
        }
        Node::At { of, timeframe } => {
            write_at(of, POSTFIX, matches!(of.node, Node::Of { .. }), out)?;
            write!(out, "@{timeframe}")
        }
        Node::Of { instrument, of } => {
            write_instrument(instrument, out)?;
            write_at(of, POSTFIX, is_plain_instrument(instrument) && !starts_with_name(of), out)
        }
        Node::Session { from, to } => {
            out.write_str("time in ")?;
            write_clock(*from, out)?;
            out.write_str("..")?;
            write_clock(*to, out)
        }
        Node::Weekday(days) => write_days(*days, out),
        Node::Hole(_) => out.write_char('?'),
    }
}

fn write_binary(op: Binary, left: &Expr, right: &Expr, out: &mut Formatter<'_>) -> fmt::Result {
    let level = binary_binding(op);
    // Comparisons do not chain, so both sides bind tighter; elsewhere only the right one does.
    write_at(left, level + u8::from(op.is_comparison()), false, out)?;
    write!(out, " {} ", op.sign())?;
    write_at(right, level + 1, false, out)
}

fn write_cross(way: Cross, left: &Expr, right: &Expr, out: &mut Formatter<'_>) -> fmt::Result {
    write_at(left, SUM, false, out)?;
    out.write_str(match way {
        Cross::Above => " crosses above ",
        Cross::Below => " crosses below ",
        Cross::Either => " crosses ",
    })?;
    write_at(right, SUM, false, out)
}

fn write_call(node: &Node, out: &mut Formatter<'_>) -> fmt::Result {
    let Node::Call { name, args, output } = node else { return Ok(()) };
    write!(out, "{name}(")?;
    for (position, arg) in args.iter().enumerate() {
        if position > 0 {
            out.write_str(", ")?;
        }
        if let Some(name) = &arg.name {
            write!(out, "{name} = ")?;
        }
        write_node(&arg.value.node, out)?;
    }
    out.write_char(')')?;
    write_output(output.as_deref(), out)
}

fn write_output(output: Option<&str>, out: &mut Formatter<'_>) -> fmt::Result {
    output.map_or(Ok(()), |output| write!(out, ".{output}"))
}

fn write_instrument(name: &str, out: &mut Formatter<'_>) -> fmt::Result {
    match (is_plain_instrument(name), name.contains('\'')) {
        (true, _) => write!(out, "{name}."),
        (false, false) => write!(out, "'{name}'."),
        (false, true) => write!(out, "\"{name}\"."),
    }
}

/// Whether the text of a postfix form starts with a name, so that an instrument's dot may stand before it.
fn starts_with_name(expr: &Expr) -> bool {
    match &expr.node {
        Node::Name { .. } | Node::Call { .. } => true,
        Node::Of { instrument, .. } => !is_plain_instrument(instrument) || !instrument.starts_with(char::is_numeric),
        Node::Lag { of, .. } => is_elsewhere(of) || starts_with_name(of) || binding(&of.node) < POSTFIX,
        Node::At { of, .. } => {
            matches!(of.node, Node::Of { .. }) || starts_with_name(of) || binding(&of.node) < POSTFIX
        }
        _ => false,
    }
}

fn write_clock(seconds: u32, out: &mut Formatter<'_>) -> fmt::Result {
    write!(out, "{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
    if seconds.is_multiple_of(60) { Ok(()) } else { write!(out, ":{:02}", seconds % 60) }
}

/// One day as it is, three or more in a row as a range, others as a list.
fn write_days(days: Days, out: &mut Formatter<'_>) -> fmt::Result {
    let named: Vec<&str> = days.iter().map(|day| DAY_NAMES[day]).collect();
    let (first, last) = (days.iter().next().unwrap_or(0), days.iter().last().unwrap_or(0));
    out.write_str("weekday in ")?;
    match named.len() {
        1 => out.write_str(named[0]),
        3.. if Days::range(first, last) == days => write!(out, "{}..{}", named[0], DAY_NAMES[last]),
        _ => write!(out, "({})", named.join(", ")),
    }
}

fn plural(bars: &Count) -> &'static str {
    if *bars == Count::Fixed(1) { "bar" } else { "bars" }
}

impl Display for Count {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(bars) => write!(out, "{bars}"),
            Self::Named(name) => out.write_str(name),
        }
    }
}
