//! Technical indicators: one file each, streaming and batch, described by one catalogue.
//!
//! A batch result is as long as its input; the first [`Indicator::lookback`] values are NaN. Leading rows that are not
//! finite are skipped (the lookback counts from the first row whose inputs are all finite). A row in the middle with a
//! NaN or an infinity makes that row's outputs NaN and leaves the state untouched, so that the indicator resumes with
//! the next row: what follows is what it would be without that row.
//! Conventions, seeds and tie rules are those of TA-Lib 0.8 where it has the function.
//!
//! The streaming form is the definition: sums are compensated or renewed, so that a million rows or a spike leave
//! nothing behind. What carries its state from row to row for ever goes by steps (`scanned.rs`) or by blocks
//! (`blocked.rs`), with the same bits in whole columns. What depends on a window alone (`batch.rs`) sums columns in
//! whatever order is fastest, with the same instructions and hence the same bits on every processor of an architecture.

mod accumulation;
mod aroon;
mod atr;
mod batch;
mod beta;
mod blocked;
mod bollinger;
pub mod catalog;
mod cci;
mod cmf;
mod comoments;
mod correlation;
mod dema;
mod directional;
mod donchian;
mod ema;
mod error;
mod ewm;
mod extremes;
mod finite;
mod high_low;
mod hma;
mod ichimoku;
mod kama;
mod keltner;
mod lagged;
mod linear_regression;
mod macd;
mod mfi;
mod moments;
mod money_flow;
mod natr;
mod obv;
mod percentile_rank;
mod psar;
mod recent;
mod recursive;
mod rma;
mod rolling_arg;
mod rolling_extreme;
mod rolling_fold;
mod rsi;
mod running_total;
mod scanned;
mod sma;
mod stddev;
mod stochastic;
mod stochastic_fast;
mod stochastic_rsi;
mod sums;
mod supertrend;
mod tema;
mod trix;
mod true_range;
mod vwap;
mod vwap_anchored;
mod vwap_rolling;
mod vwap_session;
mod vwma;
mod weighted_mean;
mod williams_r;
mod window;
mod windowed;
mod wma;
mod zscore;

pub use catalog::{CATALOG, Input, Param, Spec, find};
pub use error::IndicatorError;

use crate::keep::Keep;

/// The most inputs, and the most outputs, that an indicator may have.
pub const SERIES_MAX: usize = 8;

/// A streaming indicator with its batch kernel.
///
/// `update` and `batch` agree to the last bit unless the type's documentation states a tolerance.
pub trait Indicator: Keep + Send + Sync {
    /// How many leading outputs are undefined (NaN).
    fn lookback(&self) -> usize;

    /// Takes one row (the values of [`Spec::inputs`], in order) and writes one value for each of [`Spec::outputs`].
    fn update(&mut self, row: &[f64], out: &mut [f64]);

    /// Takes more rows, a column for each input and one for each output, exactly as [`Indicator::update`] would.
    ///
    /// # Panics
    /// With more inputs or outputs than [`SERIES_MAX`], or columns of different lengths.
    fn extend(&mut self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        if let ([column], [out]) = (columns, &mut *out) {
            for (&x, y) in column.iter().zip(out.iter_mut()) {
                self.update(&[x], std::slice::from_mut(y));
            }
            return;
        }
        let (mut inputs, mut outputs) = ([0.0; SERIES_MAX], [0.0; SERIES_MAX]);
        let (inputs, outputs) = (&mut inputs[..columns.len()], &mut outputs[..out.len()]);
        for row in 0..columns.first().map_or(0, |column| column.len()) {
            for (input, column) in inputs.iter_mut().zip(columns) {
                *input = column[row];
            }
            self.update(inputs, outputs);
            for (out, &output) in out.iter_mut().zip(&*outputs) {
                out[row] = output;
            }
        }
    }

    /// Forgets everything seen, as if just built.
    fn reset(&mut self);

    /// Computes whole columns from a fresh state; every column and every output has the same length.
    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]);
}
