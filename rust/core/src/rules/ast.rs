//! The abstract syntax tree of a rule.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::timeframe::Timeframe;

/// An expression and where it was written. Equality looks at the meaning alone, not at the place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expr {
    /// What it says.
    pub node: Node,
    /// Its byte range in the text; empty for an expression that no text wrote.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    /// A finite number, not negative (a sign is [`Unary::Neg`]).
    Number(f64),
    /// A time of day, seconds since midnight UTC.
    Clock(u32),
    /// A column, a named indicator or a named number; `output` picks one output of an indicator.
    Name {
        /// The name.
        name: String,
        /// One of the indicator's outputs; the first where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
    },
    /// A function or an indicator with its arguments.
    Call {
        /// The name of the function, or of the catalogue's indicator.
        name: String,
        /// The arguments, those by position first.
        args: Vec<Arg>,
        /// One of the indicator's outputs; the first where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
    },
    /// An operator before its operand.
    Unary {
        /// The operator.
        op: Unary,
        /// The operand.
        of: Box<Expr>,
    },
    /// An operator between its operands.
    Binary {
        /// The operator.
        op: Binary,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `left crosses above right`: it does now, and did not one bar ago.
    Cross {
        /// Which way.
        way: Cross,
        /// What moves.
        left: Box<Expr>,
        /// What is crossed.
        right: Box<Expr>,
    },
    /// `of within 3 bars`: a condition held on any of so many last bars, this one included.
    Within {
        /// The condition.
        of: Box<Expr>,
        /// How many bars.
        bars: Count,
    },
    /// `of rising for 3`: so many strict moves in a row.
    Trend {
        /// Which way.
        way: Trend,
        /// What moves.
        of: Box<Expr>,
        /// How many moves.
        bars: Count,
    },
    /// `of[3]`: the value so many bars ago.
    Lag {
        /// The value.
        of: Box<Expr>,
        /// How many bars ago.
        bars: Count,
    },
    /// `of@4h`: as it stood when the last bar of that timeframe closed.
    At {
        /// The value, computed on the bars of the timeframe.
        of: Box<Expr>,
        /// The timeframe, a multiple of the one that it is seen from.
        timeframe: Timeframe,
    },
    /// `BTC-USD.of`: the value of another instrument, at its last bar closed by now.
    Of {
        /// The instrument's name.
        instrument: String,
        /// The value, computed on that instrument's bars.
        of: Box<Expr>,
    },
    /// `time in 09:30..16:00`: the close's time of day is `from` or later and before `to`, round midnight if `to` is less.
    Session {
        /// Seconds since midnight UTC.
        from: u32,
        /// Seconds since midnight UTC.
        to: u32,
    },
    /// `weekday in mon..fri`: the close's day of the week.
    Weekday(Days),
    /// What stands where a text could not be read, with what could be read of it; there is none in a text without faults.
    Hole(Vec<Expr>),
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// The parameter's name; by position where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The value.
    pub value: Expr,
}

/// A number of bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Count {
    /// As written.
    Fixed(u32),
    /// The value of a named number.
    Named(String),
}

/// The operators before an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unary {
    /// `-x`
    Neg,
    /// `not x`
    Not,
}

/// The operators between operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binary {
    /// `or`
    Or,
    /// `and`
    And,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

impl Binary {
    /// Every operator.
    pub const ALL: [Self; 12] = [
        Self::Or,
        Self::And,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Eq,
        Self::Ne,
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
    ];

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }

    /// The operator of that sign.
    #[must_use]
    pub fn of_sign(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.sign() == sign)
    }

    pub(super) const fn is_comparison(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le | Self::Eq | Self::Ne)
    }
}

/// The ways to cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cross {
    /// From at or below to above.
    Above,
    /// From at or above to below.
    Below,
    /// Either.
    Either,
}

/// The ways to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Each value above the one before.
    Rising,
    /// Each value below the one before.
    Falling,
}

/// A set of days of the week: bit 0 is Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Vec<String>", try_from = "Vec<String>")]
pub struct Days(pub(super) u8);

/// The names of the days, Monday first.
pub const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// From one day to another, both included, 0 being Monday; round the week's end if `last` is less.
    #[must_use]
    pub fn range(first: usize, last: usize) -> Self {
        let length = (last + 7 - first) % 7 + 1;
        Self((0..length).fold(0, |set, step| set | 1 << ((first + step) % 7)))
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The days, 0 being Monday.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..7).filter(move |day| self.0 >> day & 1 == 1)
    }
}

impl From<Days> for Vec<String> {
    fn from(days: Days) -> Self {
        days.iter().map(|day| DAY_NAMES[day].to_owned()).collect()
    }
}

impl TryFrom<Vec<String>> for Days {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        let day = |name: &String| {
            DAY_NAMES
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| format!("{name:?} is not a day (mon to sun)"))
        };
        let days = names.iter().map(day).collect::<Result<Vec<_>, _>>()?;
        match days.is_empty() {
            true => Err("a weekday filter names at least one day".to_owned()),
            false => Ok(days.into_iter().fold(Self(0), |set, day| set.union(Self::range(day, day)))),
        }
    }
}

impl Expr {
    /// An expression that no text wrote.
    #[must_use]
    pub const fn new(node: Node) -> Self {
        Self { node, span: 0..0 }
    }

    /// A number; a negative one becomes the negation of its magnitude, as the parser reads it.
    #[must_use]
    pub fn number(value: f64) -> Self {
        if value.is_sign_negative() {
            let of = Box::new(Self::new(Node::Number(-value)));
            return Self::new(Node::Unary { op: Unary::Neg, of });
        }
        Self::new(Node::Number(value))
    }

    /// The value `bars` ago. A value of another timeframe or instrument counts the bars of that one.
    #[must_use]
    pub fn lagged(self, bars: Count) -> Self {
        self.inside(|of| Node::Lag { of, bars })
    }

    /// `bars` strict moves in a row. A value of another timeframe or instrument counts the bars of that one.
    #[must_use]
    pub fn trending(self, way: Trend, bars: Count) -> Self {
        self.inside(|of| Node::Trend { way, of, bars })
    }

    /// Wraps what lies within every `@timeframe` and `INSTRUMENT.`.
    fn inside(self, wrap: impl FnOnce(Box<Self>) -> Node) -> Self {
        let span = self.span.clone();
        let node = match self.node {
            Node::At { of, timeframe } => Node::At { of: Box::new(of.inside(wrap)), timeframe },
            Node::Of { instrument, of } => Node::Of { instrument, of: Box::new(of.inside(wrap)) },
            node => wrap(Box::new(Self { node, span: span.clone() })),
        };
        Self { node, span }
    }
}
