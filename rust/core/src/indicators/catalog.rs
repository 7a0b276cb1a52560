//! The catalogue of indicators: names, inputs, parameters and outputs, for rules, Python and documentation alike.

use super::{Indicator, IndicatorError};
use super::{
    accumulation, aroon, beta, cci, cmf, correlation, directional, donchian, ichimoku, keltner, lagged,
    linear_regression, mfi, percentile_rank, psar, rolling_arg, rolling_extreme, supertrend, trix, williams_r, zscore,
};
use super::{
    atr, bollinger, dema, ema, ewm, hma, kama, macd, natr, obv, rma, rsi, sma, stddev, stochastic, stochastic_fast,
    stochastic_rsi, tema, true_range, vwap, vwap_anchored, vwap_rolling, vwap_session, vwma, wma,
};

/// The largest period any indicator accepts.
pub const PERIOD_MAX: f64 = 1_000_000.0;

/// What an indicator reads in each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A series of the user's choice, the close by default.
    Source,
    /// A second series of the user's choice (correlation, beta).
    Other,
    /// The bar's open.
    Open,
    /// The bar's high.
    High,
    /// The bar's low.
    Low,
    /// The bar's close.
    Close,
    /// The bar's volume.
    Volume,
    /// The bar's opening time in seconds since 1970 UTC.
    Time,
}

/// A numeric parameter with its default and its accepted range (both ends included).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Param {
    /// The name in configs and in Python.
    pub name: &'static str,
    /// The field's usual default.
    pub default: f64,
    /// The least accepted value.
    pub min: f64,
    /// The greatest accepted value.
    pub max: f64,
    /// Whether only whole numbers are accepted.
    pub integer: bool,
}

impl Param {
    /// A whole-number window of bars, from 1 to [`PERIOD_MAX`].
    #[must_use]
    pub const fn period(name: &'static str, default: f64) -> Self {
        Self { name, default, min: 1.0, max: PERIOD_MAX, integer: true }
    }

    /// A real number within a range.
    #[must_use]
    pub const fn real(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self { name, default, min, max, integer: false }
    }

    pub(crate) fn check(&self, indicator: &'static str, value: f64) -> Result<(), IndicatorError> {
        let whole = !self.integer || value.fract() == 0.0;
        if value >= self.min && value <= self.max && whole {
            return Ok(());
        }
        let kind = if self.integer { "a whole number" } else { "a number" };
        let expected = format!("{kind} from {} to {}", self.min, self.max);
        Err(IndicatorError::Param { indicator, param: self.name, expected, value })
    }
}

/// Builds an indicator from parameters that were checked one by one.
pub type Make = fn(&[f64]) -> Result<Box<dyn Indicator>, IndicatorError>;

/// One catalogue entry.
pub struct Spec {
    /// The name in configs, rules and Python (`snake_case`).
    pub name: &'static str,
    /// One line for lists and help.
    pub title: &'static str,
    /// What each row holds.
    pub inputs: &'static [Input],
    /// The parameters, in positional order.
    pub params: &'static [Param],
    /// The outputs, in order; the first is the one meant by the indicator's bare name.
    pub outputs: &'static [&'static str],
    /// Called by [`Spec::build`] once every parameter lies in its range.
    pub make: Make,
}

impl Spec {
    /// Builds the indicator.
    ///
    /// # Errors
    /// A parameter outside its range, or parameters that do not go together (a fast period above the slow one).
    ///
    /// # Panics
    /// When `params` has not one value for each of [`Spec::params`].
    pub fn build(&self, params: &[f64]) -> Result<Box<dyn Indicator>, IndicatorError> {
        assert_eq!(params.len(), self.params.len(), "{}: one value a parameter", self.name);
        for (param, &value) in self.params.iter().zip(params) {
            param.check(self.name, value)?;
        }
        (self.make)(params)
    }
}

/// Every indicator, by family.
pub static CATALOG: &[&Spec] = &[
    // averages
    &sma::SPEC,
    &ema::SPEC,
    &dema::SPEC,
    &tema::SPEC,
    &rma::SPEC,
    &wma::SPEC,
    &hma::SPEC,
    &kama::SPEC,
    &vwma::SPEC,
    &ewm::SPEC,
    // momentum
    &rsi::SPEC,
    &macd::SPEC,
    &stochastic::SPEC,
    &stochastic_fast::SPEC,
    &williams_r::SPEC,
    &trix::SPEC,
    &mfi::SPEC,
    &cci::SPEC,
    &lagged::RATE,
    &lagged::MOMENTUM,
    &stochastic_rsi::SPEC,
    // trend
    &aroon::SPEC,
    &directional::AVERAGE,
    &directional::RATING,
    &directional::INDEX,
    &directional::PLUS,
    &directional::MINUS,
    &psar::SPEC,
    &supertrend::SPEC,
    &ichimoku::SPEC,
    // volatility
    &true_range::SPEC,
    &atr::SPEC,
    &natr::SPEC,
    &bollinger::SPEC,
    &donchian::SPEC,
    &keltner::SPEC,
    // volume
    &accumulation::SPEC,
    &cmf::SPEC,
    &obv::SPEC,
    &vwap::SPEC,
    &vwap_session::SPEC,
    &vwap_rolling::SPEC,
    &vwap_anchored::SPEC,
    // statistics
    &rolling_extreme::MIN,
    &rolling_extreme::MAX,
    &rolling_arg::MIN,
    &rolling_arg::MAX,
    &stddev::SPEC,
    &percentile_rank::SPEC,
    &zscore::SPEC,
    &correlation::SPEC,
    &beta::SPEC,
    &linear_regression::VALUE,
    &linear_regression::SLOPE,
    &linear_regression::INTERCEPT,
    &linear_regression::DETERMINATION,
    &lagged::RETURNS,
    &lagged::LOG_RETURNS,
];

/// The entry of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Spec> {
    CATALOG.iter().find(|spec| spec.name == name).copied()
}
