//! The simulated venue and the engine that drives the core over recorded data.
#![forbid(unsafe_code)]

pub mod csv;
pub mod engine;
pub mod error;
pub mod frames;
pub mod ledger;
pub mod metrics;
pub mod models;
pub mod recorder;
pub mod rules;
pub mod signals;
pub mod spec;
pub mod strategy;
mod walk;
pub mod working;
