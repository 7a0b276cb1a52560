//! What can be wrong with an indicator's parameters or columns.

use thiserror::Error;

use super::catalog::PERIOD_MAX;

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

impl IndicatorError {
    /// Accepts a window from 1 to [`PERIOD_MAX`] rows.
    pub(super) fn check_period(indicator: &'static str, param: &'static str, period: usize) -> Result<usize, Self> {
        if period >= 1 && period as f64 <= PERIOD_MAX {
            return Ok(period);
        }
        let expected = format!("a whole number from 1 to {PERIOD_MAX}");
        Err(Self::Param { indicator, param, expected, value: period as f64 })
    }

    /// Accepts a real parameter that is finite.
    pub(super) fn check_finite(indicator: &'static str, param: &'static str, value: f64) -> Result<f64, Self> {
        if value.is_finite() {
            return Ok(value);
        }
        Err(Self::Param { indicator, param, expected: "a finite number".to_owned(), value })
    }
}
