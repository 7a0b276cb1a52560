//! The rule language.

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
#[cfg(test)]
mod naive;
#[cfg(test)]
mod parity;
mod parse;
mod print;
mod program;
mod scope;
mod token;

pub use ast::{Arg, Binary, Count, Cross, DAY_NAMES, Days, Expr, Node, Trend, Unary};
pub use batch::Column;
pub use fault::Fault;
pub use form::{All, Any, Condition, Not, Operand, Source};
pub use frames::EvaluateError;
pub use machine::{Machine, MachineError};
pub use parse::{COUNT_MAX, DEPTH_MAX, RESERVED, TOKENS_MAX};
pub use program::{Kind, Program, Rule, check, compile};
pub use scope::{Definition, IndicatorTable, NamedIndicator, Scope};
pub use token::TEXT_MAX;
