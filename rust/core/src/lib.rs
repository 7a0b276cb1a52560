//! The sans-I/O core of a trading node: it never reads a clock, draws a random number or touches a socket.
#![forbid(unsafe_code)]

pub mod bars;
pub mod indicators;
pub mod rules;
pub mod timeframe;
