//! Synthetic order flow: trades and a consistent book of any length from a seed.

mod flow;
mod hawkes;
mod ladder;
mod shape;

pub use flow::Flow;
pub use shape::{PRESETS, Shape};
