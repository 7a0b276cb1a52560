//! What is held, looked at together.

pub mod correlation;
