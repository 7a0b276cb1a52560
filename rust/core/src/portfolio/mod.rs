//! What is held, looked at together.

pub mod attribution;
pub mod correlation;
pub mod exposure;
pub mod holdings;
pub mod monitor;
mod normal;
pub mod profit;
pub mod spec;
pub mod tail;
pub mod value_at_risk;
