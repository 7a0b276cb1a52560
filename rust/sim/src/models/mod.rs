//! What trading costs besides the instruments' fees, one file a model.

pub mod carry;
pub mod fees;
pub mod latency;
pub mod queue;
pub mod slippage;
