//! The rule language.

mod ast;
mod fault;
mod filter;
#[cfg(test)]
mod generate;
mod parse;
mod print;
mod token;

pub use ast::{Arg, Binary, Count, Cross, DAY_NAMES, Days, Expr, Node, Trend, Unary};
pub use fault::Fault;
pub use parse::{COUNT_MAX, DEPTH_MAX, RESERVED, TOKENS_MAX};
pub use token::TEXT_MAX;
