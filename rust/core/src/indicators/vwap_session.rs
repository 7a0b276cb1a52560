//! Volume-weighted average price of the day.

use super::scanned::{Scanned, Step};
use super::vwap::Vwap;
use super::{Input, Param, Spec};
use crate::keep::kept;

pub(super) const SPEC: Spec = Spec {
    name: "vwap_session",
    title: "volume-weighted average of the typical price since the day's start",
    inputs: &[Input::High, Input::Low, Input::Close, Input::Volume, Input::Time],
    params: &[Param::real("session_start", 0.0, 0.0, SECONDS_A_DAY - 1.0)],
    outputs: &["value"],
    make: |p| Ok(Scanned::boxed(VwapSession { start: p[0], session: f64::NAN, vwap: Vwap::default() })),
};

const SECONDS_A_DAY: f64 = 86_400.0;

/// [`Vwap`] that starts over with the first bar at or after `start` seconds past midnight UTC of each day.
#[derive(Clone)]
struct VwapSession {
    start: f64,
    session: f64,
    vwap: Vwap,
}

kept!(VwapSession { session, vwap });

impl Step<5, 1> for VwapSession {
    fn lookback(&self) -> usize {
        0
    }

    fn step(&mut self, [high, low, close, volume, time]: [f64; 5]) -> [f64; 1] {
        let session = ((time - self.start) / SECONDS_A_DAY).floor();
        if session != self.session {
            (self.session, self.vwap) = (session, Vwap::default());
        }
        [self.vwap.push([high, low, close, volume])]
    }
}
