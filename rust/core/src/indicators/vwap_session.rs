//! Volume-weighted average price of the day.

use super::batch::{self, Fresh};
use super::vwap::Vwap;
use super::{Indicator, IndicatorError, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "vwap_session",
    title: "volume-weighted average of the typical price since the day's start",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume, Input::Time],
    params: &[Param::real("session_start", 0.0, 0.0, SECONDS_A_DAY - 1.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(VwapSession::new(p[0])?)),
};

const SECONDS_A_DAY: f64 = 86_400.0;

/// [`Vwap`] that starts over with the first bar at or after `session_start` seconds past midnight UTC of each day.
#[derive(Debug, Clone)]
pub struct VwapSession {
    session_start: f64,
    session: f64,
    vwap: Vwap,
}

impl VwapSession {
    /// A fresh average; `session_start` in seconds past midnight UTC.
    ///
    /// # Errors
    /// `session_start` not finite.
    pub fn new(session_start: f64) -> Result<Self, IndicatorError> {
        let session_start = IndicatorError::check_finite(SPEC.name, "session_start", session_start)?;
        Ok(Self { session_start, session: f64::NAN, vwap: Vwap::default() })
    }

    /// Takes the next bar with its opening time in seconds since 1970 UTC.
    #[inline]
    pub fn update(&mut self, high: f64, low: f64, close: f64, volume: f64, time: f64) -> f64 {
        if !time.is_finite() {
            return f64::NAN;
        }
        let session = ((time - self.session_start) / SECONDS_A_DAY).floor();
        let mut vwap = if session == self.session { self.vwap.clone() } else { Vwap::default() };
        let value = vwap.update(high, low, close, volume);
        if !value.is_nan() {
            (self.session, self.vwap) = (session, vwap);
        }
        value
    }
}

impl Fresh for VwapSession {
    fn fresh(&self) -> Self {
        Self { session_start: self.session_start, session: f64::NAN, vwap: Vwap::default() }
    }
}

impl Indicator for VwapSession {
    fn lookback(&self) -> usize {
        0
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = VwapSession::update(self, row[0], row[1], row[2], row[3], row[4]);
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run_streaming::<Self, 5, 1>(self, columns, out);
    }
}
