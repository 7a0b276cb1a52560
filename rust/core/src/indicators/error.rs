//! What can be wrong with an indicator's parameters or columns.

use thiserror::Error;

/// A refused indicator: the message names the indicator, the parameter and the value.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum IndicatorError {
    /// A parameter lies outside what the indicator can compute.
    #[error("{indicator}: {param} must be {expected}, got {value}")]
    Param {
        /// The indicator's catalogue name.
        indicator: &'static str,
        /// The parameter's name.
        param: &'static str,
        /// The accepted range, in words.
        expected: String,
        /// What was given.
        value: f64,
    },
    /// Columns of one call differ in length.
    #[error("{indicator}: columns differ in length ({left} and {right})")]
    Length {
        /// The indicator's catalogue name.
        indicator: &'static str,
        /// The first column's length.
        left: usize,
        /// The other column's length.
        right: usize,
    },
}
