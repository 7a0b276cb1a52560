//! When a position is not backed any more, and at which price the venue takes it over.
//!
//! A position is backed by the whole account (cross) or by its own margin (isolated). It is liquidated when that with its
//! open profit, at the mark price, is below the maintenance margin. The venue takes it over at its bankruptcy price: the
//! worst for the account at which what backs it still pays the loss and the liquidation fee. Whatever the market then
//! gives for it more than that goes into the insurance fund, the fee too; what it gives less comes out of it, and what
//! the fund lacks the account pays as well, into debt if need be.
//!
//! Venues differ: some leave the account what a close on the market leaves after a fee, and are kinder. Tiers of margins,
//! partial liquidations and deleveraging are not simulated.

use tradenode_core::account::Fill;
use tradenode_core::money::{Atoms, MoneyError, as_f64, rate_of};
use tradenode_core::orders::Side;

use super::clearing::Clearing;

/// A position that is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Takeover {
    /// The place of the position.
    pub(super) place: usize,
    /// What was held: above zero long.
    pub(super) lots: i64,
    /// The bankruptcy price.
    pub(super) ticks: i64,
}

impl Takeover {
    /// The side that closes it.
    pub(super) const fn side(&self) -> Side {
        Side::adding(self.lots).opposite()
    }
}

impl Clearing {
    /// The position that the venue takes over next: of those of the instrument (isolated), of the account (cross) the
    /// one with the largest maintenance margin; `None` where everything is backed.
    pub(super) fn next_takeover(&self, instrument: usize) -> Result<Option<Takeover>, MoneyError> {
        let mut worst: Option<(Atoms, usize)> = None;
        let mut slack = self.account.balance();
        for place in 0..self.instruments.len() {
            if self.account.position(place).lots == 0 {
                continue;
            }
            let (profit, maintenance) = (self.profit(place)?, self.maintenance(place)?);
            let bare = if self.isolated {
                let own = place % self.watches.len() == instrument;
                own && self.account.margin(place) + profit < maintenance
            } else {
                slack += profit - maintenance;
                true
            };
            if bare && worst.is_none_or(|(most, _)| maintenance > most) {
                worst = Some((maintenance, place));
            }
        }
        match worst {
            Some((_, place)) if self.isolated || slack < 0 => Ok(Some(self.takeover(place)?)),
            _ => Ok(None),
        }
    }

    /// Books a takeover, of which the market gives `worth` (signed as what was held); returns
    /// what the account pays as a fee.
    pub(super) fn take_over(&mut self, takeover: &Takeover, worth: Atoms) -> Result<Atoms, MoneyError> {
        let Takeover { place, lots, ticks } = *takeover;
        let backing = self.backing(place)?;
        let instrument = &self.instruments[place];
        let at_bankruptcy = instrument.worth(lots, ticks)?;
        let left = backing + at_bankruptcy - self.account.position(place).cost;
        let penalty = rate_of(at_bankruptcy.abs(), self.penalty)?.min(left.max(0));
        let fund = self.fund + worth - at_bankruptcy + penalty;
        let fee = penalty + (-fund).max(0);
        self.fund = fund.max(0);
        self.liquidations += 1;
        let fill = Fill { side: takeover.side(), lots: lots.abs(), ticks, worth: -at_bankruptcy, fee };
        self.book(place, &fill)?;
        Ok(fee)
    }

    /// The open profit of a position at its mark.
    fn profit(&self, place: usize) -> Result<Atoms, MoneyError> {
        self.account.position(place).unrealised(&self.instruments[place], self.price(place))
    }

    fn maintenance(&self, place: usize) -> Result<Atoms, MoneyError> {
        let (instrument, lots) = (&self.instruments[place], self.account.position(place).lots);
        rate_of(instrument.notional(lots, self.price(place))?, instrument.spec().maintenance_margin)
    }

    fn price(&self, place: usize) -> i64 {
        self.watches[place % self.watches.len()].price
    }

    /// What backs a position besides its own open profit.
    fn backing(&self, place: usize) -> Result<Atoms, MoneyError> {
        if self.isolated {
            return Ok(self.account.margin(place));
        }
        let mut backing = self.account.balance();
        for other in (0..self.instruments.len()).filter(|&other| other != place) {
            if self.account.position(other).lots != 0 {
                backing += self.profit(other)?;
            }
        }
        Ok(backing)
    }

    fn takeover(&self, place: usize) -> Result<Takeover, MoneyError> {
        let (instrument, position) = (&self.instruments[place], self.account.position(place));
        let backing = self.backing(place)?;
        let pays = |ticks| {
            let worth = instrument.worth(position.lots, ticks)?;
            Ok(backing + worth - position.cost >= rate_of(worth.abs(), self.penalty)?)
        };
        let ticks = last_where(self.price(place), -position.lots.signum(), pays)?;
        Ok(Takeover { place, lots: position.lots, ticks })
    }

    /// Renews the prices between which everything is backed for certain, after a change in an instrument.
    pub(super) fn watch(&mut self, instrument: usize) {
        if self.isolated {
            let inverse = self.instruments[instrument].spec().inverse;
            let bounds = self
                .places(instrument)
                .map(|place| bounds(inverse, self.pull(place), self.cost(place) - as_f64(self.account.margin(place))));
            let (low, high) = bounds.fold(ALWAYS, |a, b| (a.0.max(b.0), a.1.min(b.1)));
            return self.set_bounds(instrument, low, high);
        }
        if self.instruments.len() == 1 {
            let floor = self.cost(0) - as_f64(self.account.balance());
            let (low, high) = bounds(self.instruments[0].spec().inverse, self.pull(0), floor);
            return self.set_bounds(0, low, high);
        }
        self.watch_all();
    }

    /// The same where everything backs everything: each instrument may use up an equal part of what is to spare.
    fn watch_all(&mut self) {
        let (mut spare, mut open) = (as_f64(self.account.balance()), 0.0);
        for instrument in 0..self.watches.len() {
            if let Some((_, worth)) = self.stand(instrument) {
                spare += worth - self.places(instrument).map(|place| self.cost(place)).sum::<f64>();
                open += 1.0;
            }
        }
        for instrument in 0..self.watches.len() {
            let (low, high) = match self.stand(instrument) {
                Some((pull, worth)) => bounds(self.instruments[instrument].spec().inverse, pull, worth - spare / open),
                None => ALWAYS,
            };
            self.set_bounds(instrument, low, high);
        }
    }

    /// The pull of what is held of an instrument, and what that makes at its price; `None` where nothing is held.
    fn stand(&self, instrument: usize) -> Option<(f64, f64)> {
        if self.places(instrument).all(|place| self.account.position(place).lots == 0) {
            return None;
        }
        let pull = self.places(instrument).map(|place| self.pull(place)).sum::<f64>();
        let price = self.watches[instrument].price as f64;
        let inverse = self.instruments[instrument].spec().inverse;
        Some((pull, if inverse { pull / price } else { pull * price }))
    }

    fn cost(&self, place: usize) -> f64 {
        as_f64(self.account.position(place).cost)
    }

    /// A position's worth less its maintenance margin, in atoms at a price of one tick.
    fn pull(&self, place: usize) -> f64 {
        let instrument = &self.instruments[place];
        let worth = instrument.worth_at_one(self.account.position(place).lots);
        worth - instrument.spec().maintenance_margin.to_f64() * worth.abs()
    }

    /// Draws the bounds in by more than doubles can be off: outside, it is looked at exactly.
    fn set_bounds(&mut self, instrument: usize, low: f64, high: f64) {
        const DOUBT: f64 = 1e-9;
        let watch = &mut self.watches[instrument];
        watch.low = if low > 0.0 { ((low * (1.0 + DOUBT)).ceil() as i64).saturating_add(1) } else { i64::MIN };
        watch.high =
            if high.is_finite() { ((high * (1.0 - DOUBT)).floor() as i64).saturating_sub(1) } else { i64::MAX };
    }
}

const ALWAYS: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
const NEVER: (f64, f64) = (f64::INFINITY, 0.0);

/// Between which prices `pull` × price (inverse: / price) is at least `floor`.
fn bounds(inverse: bool, pull: f64, floor: f64) -> (f64, f64) {
    match (inverse, pull > 0.0, pull < 0.0) {
        (false, true, _) => (floor / pull, f64::INFINITY),
        (false, _, true) => (f64::NEG_INFINITY, floor / pull),
        (true, true, _) if floor > 0.0 => (f64::NEG_INFINITY, pull / floor),
        (true, _, true) if floor < 0.0 => (pull / floor, f64::INFINITY),
        (true, _, true) => NEVER,
        (true, true, _) => ALWAYS,
        _ if floor <= 0.0 => ALWAYS,
        _ => NEVER,
    }
}

/// The last price, going in the direction of `step`, at which something holds that holds before it and not behind it; the
/// search begins at `start`, and no price is below 1.
fn last_where(start: i64, step: i64, holds: impl Fn(i64) -> Result<bool, MoneyError>) -> Result<i64, MoneyError> {
    let at = |distance: i64| start.saturating_add(step.saturating_mul(distance)).max(1);
    let forward = holds(at(0))?;
    let sign = if forward { 1 } else { -1 };
    // Doubles the distance until the answer changes: it lies within (near, far].
    let (mut near, mut far) = (0, 1);
    while holds(at(sign * far))? == forward {
        if at(sign * far) == 1 || far > i64::MAX / 4 {
            return Ok(at(sign * far));
        }
        (near, far) = (far, far * 2);
    }
    while far - near > 1 {
        let middle = near + (far - near) / 2;
        if holds(at(sign * middle))? == forward {
            near = middle;
        } else {
            far = middle;
        }
    }
    Ok(at(if forward { near } else { -far }))
}
