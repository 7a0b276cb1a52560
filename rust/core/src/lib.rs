//! The sans-I/O core of a trading node: it never reads a clock, draws a random number or touches a socket.
#![forbid(unsafe_code)]

pub mod account;
pub mod bars;
pub mod book;
pub mod event;
pub mod exact;
pub mod indicators;
pub mod instrument;
pub mod keep;
pub mod money;
pub mod orders;
pub mod portfolio;
pub mod protections;
pub mod risk;
pub mod rules;
pub mod slots;
pub mod strategy;
pub mod timeframe;
pub mod units;
