//! The simulated venue and the engine that drives the core over recorded data.
#![forbid(unsafe_code)]

pub mod csv;
pub mod metrics;
pub mod spec;
