//! The simulated venue and the engine that drives the core over recorded data.
#![forbid(unsafe_code)]

pub mod bar_tape;
pub mod csv;
pub mod engine;
pub mod error;
pub mod frames;
mod inside;
pub mod ledger;
mod long_flat;
pub mod metrics;
pub mod models;
pub mod plan;
mod random;
pub mod recorder;
mod requests;
pub mod rules;
pub mod sets;
pub mod signals;
pub mod sizing;
pub mod spec;
pub mod strategy;
pub mod sweep;
pub mod synth;
pub mod ticks;
pub mod venue;
pub mod working;
