//! One look that mostly suffices: whether the equity covers all that is held and all that waits, added up.

use super::exposure::{Asked, Cap};
use super::gate::RiskGate;
use super::limits::Limits;
use crate::instrument::Instrument;
use crate::money::Atoms;
use crate::orders::Intent;
use crate::units::Rate;

impl RiskGate {
    /// Whether nothing but the account's margins limits what is held: no limit on positions, alone or together, and no
    /// instrument that needs more than its notional, or asks more than that for a fee.
    pub(super) fn margins_alone(limits: &Limits, caps: &[Cap], margin: &[Rate], instruments: &[Instrument]) -> bool {
        let alone = caps.iter().all(|cap| cap.lots == i64::MAX && cap.notional.is_none());
        let together = limits.max_open_positions.is_some()
            || limits.max_gross_exposure.is_some()
            || limits.max_net_exposure.is_some()
            || limits.max_leverage.is_some()
            || limits.max_concentration.is_some()
            || limits.correlation.is_some();
        let fees = instruments.iter().map(|instrument| instrument.spec().taker_fee);
        alone && !together && margin.iter().copied().chain(fees).all(|rate| rate <= Rate::ONE)
    }

    /// Whether an intent worth `notional` cannot fail [`RiskGate::exposure`]'s limits on what would be held, whichever orders
    /// fill: the equity covers all of them and all positions.
    ///
    /// In whatever order they fill, an instrument comes to no more than what is held of it and what waits are worth; its
    /// margin is no more than that. False says nothing, also where a sum cannot be counted.
    #[inline]
    pub(super) fn is_plenty(&self, intent: &Intent, asked: &Asked<'_>, notional: Atoms) -> bool {
        if !self.only_margins || self.isolated || self.legs > 0 {
            return false;
        }
        let Asked { at, account, open } = asked;
        let waiting = open.adding[intent.side as usize].checked_add(intent.lots);
        let lots = waiting.and_then(|lots| lots.checked_add(account.position(intent.instrument).lots.saturating_abs()));
        // Once more for the fee.
        let mut needed = notional.checked_add(notional);
        let mut equity = Some(account.balance());
        for (place, (instrument, &mark)) in at.instruments.iter().zip(at.marks).enumerate() {
            let position = account.position(place);
            let worth = if position.lots == 0 { Some(0) } else { instrument.worth(position.lots, mark).ok() };
            let there = if place == intent.instrument { Some(*open) } else { at.open.get(place) };
            let waits = there.map_or(Some(0), |open| open.worth[0].checked_add(open.worth[1]));
            let (Some(worth), Some(waits)) = (worth, waits) else { return false };
            needed = needed.and_then(|sum| sum.checked_add(worth.checked_abs()?)?.checked_add(waits));
            equity = equity.and_then(|sum| sum.checked_add(worth.checked_sub(position.cost)?));
        }
        lots.is_some() && needed.zip(equity).is_some_and(|(needed, equity)| needed <= equity)
    }
}

#[cfg(test)]
#[path = "plenty_test.rs"]
mod tests;
