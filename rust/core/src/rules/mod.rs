//! The rule language: text to tree, tree to text, and a compiled program over columns or bar by bar.
//!
//! ```text
//! strength crosses above 30 within 3 bars and close > trend@1h and weekday in mon..fri
//! ```
//!
//! # What can be written
//! | form | meaning |
//! |---|---|
//! | `30` `1_000.5` `1e-3` `5%` `09:30` | numbers (`5%` is 0.05) and times of day |
//! | `open high low close volume hl2 hlc3 ohlc4` | the bar |
//! | `time` `weekday` | of the bar's close, UTC: the moment of the decision |
//! | `strength` `m.signal` `threshold` | a named indicator, one of its outputs (the first by default), a named number |
//! | `ema(12)` `sma(20, source = volume)` `macd(12, 26, 9).signal` | an indicator of the catalogue; `source` is any number |
//! | `+ - * /` `abs log sqrt min max` | arithmetic |
//! | `> >= < <= == !=` `and or not` | conditions; comparisons do not chain |
//! | `a crosses above b` `a crosses below b` `a crosses b` | `a[1] <= b[1] and a > b`, its mirror image, either |
//! | `x rising for 3` `x falling for 3` | three strict moves in a row; one where no number is given |
//! | `condition within 3 bars` | it held on any of the last three bars, this one included |
//! | `time in 09:30..16:00` `weekday in mon..fri` `weekday in (mon, wed)` | from the first time on and before the last |
//! | `x[3]` | the value three bars ago; a lag is never negative: look-ahead cannot be written |
//! | `x@4h` | as computed on the bars of a higher timeframe, the last one closed by this bar's close |
//! | `BTC-USD.x` `'BTC/USDT:USDT'.x@1h` | as computed on another instrument's bars, the last one closed by this bar's close |
//!
//! Names are lower-case; an unquoted instrument is upper-case with a dot after it, so that `close-open` is a subtraction.
//! Periods, lags and counts take named numbers too: `ema(fast)`, `close[n]`. A lag or a trend written on a value of
//! another timeframe or instrument counts the bars of that one: `close@4h[1]` is `close[1]@4h`; `(close@4h)[1]` counts
//! the rule's own bars.
//!
//! # What is undefined
//! A value is undefined (NaN) before it can be computed, and where its computation has no result. Whatever reads an
//! undefined value is undefined, `and`, `or` and `not` included, and a condition that is undefined does not fire: so
//! nothing fires until everything that the rule reads is defined.
//!
//! # How it is evaluated
//! Lowering merges what several rules need into one graph, every value once. [`Program::evaluate`] runs it over blocks of
//! rows and [`Machine`] over single bars; both run the same operators and [`crate::indicators::Indicator::update`], so
//! that a back-test and a live node agree to the last bit.

mod ast;
mod batch;
mod bucket;
mod call;
mod fault;
mod filter;
mod form;
mod frames;
#[cfg(test)]
mod generate;
mod graph;
mod kernel;
mod lower;
mod machine;
mod movement;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod parity;
mod parse;
mod print;
mod program;
mod rows;
mod scope;
#[cfg(test)]
mod tests;
mod token;

pub use ast::{Arg, Binary, Count, Cross, DAY_NAMES, Days, Expr, Node, Trend, Unary};
pub use batch::Column;
pub use fault::Fault;
pub use form::{All, Any, Condition, Not, Operand, Source};
pub use frames::EvaluateError;
pub use machine::{Machine, MachineError};
pub use parse::{COUNT_MAX, DEPTH_MAX, RESERVED, TOKENS_MAX};
pub use program::{Kind, Program, Rule, UnsoundScope, check, compile, compile_each};
pub use rows::Rows;
pub use scope::{Definition, IndicatorTable, NamedIndicator, Scope};
pub use token::TEXT_MAX;
