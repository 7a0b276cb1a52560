//! What would be held if everything that waits were filled in the order that is worst.

use super::gate::RiskGate;
use super::refusal::{Check, Refusal, Verdict, refuse};
use super::situation::{Filled, OpenOrders, Situation};
use crate::account::Account;
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, rate_of};
use crate::orders::{Intent, OrderKind, Reason, Side};
use crate::units::Rate;

/// A situation, its account, and what waits in the intent's instrument without the order that goes if it is approved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) at: &'a Situation<'a>,
    pub(super) account: &'a Account,
    pub(super) open: &'a OpenOrders,
}

/// What an instrument may come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reach {
    /// The most that is held of it either way.
    gross: Atoms,
    /// Signed: when every buy and no sell fills, and the other way about.
    high: Atoms,
    low: Atoms,
}

impl RiskGate {
    /// Checks what would be held after an intent that takes new risk.
    pub(super) fn exposure(&self, intent: &Intent, asked: &Asked<'_>) -> Result<Verdict, MoneyError> {
        let Asked { at, account, open } = asked;
        let blind = |&place: &usize| at.marks[place] <= 0 && account.position(place).lots != 0;
        if let Some(place) = (0..at.instruments.len()).find(blind) {
            return Ok(refuse(Check::NoPrice, f64::NAN, place as f64));
        }
        let place = self.place(intent.instrument, intent.side, intent.reduce_only);
        let instrument = &at.instruments[place];
        let price = intent.kind.price().unwrap_or(at.marks[place]);
        let notional = instrument.notional(intent.lots, price)?;
        let money = |atoms| self.scale.to_f64(atoms);
        if notional < instrument.min_notional && !intent.reduce_only {
            return Ok(refuse(Check::MinNotional, money(instrument.min_notional), money(notional)));
        }
        if let Some(limit) = self.caps[place].order.filter(|&limit| notional > limit) {
            return Ok(refuse(Check::MaxOrderNotional, money(limit), money(notional)));
        }
        if self.is_plenty(intent, asked, notional) {
            return Ok(Ok(()));
        }
        let held = account.position(place).lots;
        let open = open.with(intent.side, intent.lots, notional)?;
        let after = open.filled(intent.side, instrument, held, at.marks[place])?;
        let asked = Asked { open: &open, ..*asked };
        if let Err(refusal) = self.capped(place, instrument, after) {
            return Ok(Err(refusal));
        }
        if let Some(limit) = self.limits.max_open_positions.filter(|_| held == 0) {
            let others = self.open_positions_but(place, at, account);
            if others >= limit as usize {
                return Ok(refuse(Check::OpenPositions, f64::from(limit), others as f64 + 1.0));
            }
        }
        if self.isolated {
            let kept = if held.signum() == after.lots.signum() { held.abs() } else { 0 };
            let kept = instrument.notional(kept, at.marks[place])?;
            let covered = self.cover_apart(intent, at, account, (after.worth.abs() - kept).max(0), notional)?;
            if covered.is_err() {
                return Ok(covered);
            }
        }
        self.portfolio(intent, &asked, notional, after.worth)
    }

    /// Whether an instrument lets a position be as large.
    fn capped(&self, place: usize, instrument: &Instrument, after: Filled) -> Verdict {
        let cap = &self.caps[place];
        if after.lots.unsigned_abs() > cap.lots as u64 {
            let lots = |lots| instrument.quantity.value(lots);
            return refuse(Check::MaxPosition, lots(cap.lots), lots(after.lots.abs()));
        }
        match cap.notional.filter(|&limit| after.worth.abs() > limit) {
            Some(limit) => {
                let money = |atoms| self.scale.to_f64(atoms);
                refuse(Check::MaxNotional, money(limit), money(after.worth.abs()))
            }
            None => Ok(()),
        }
    }

    /// What is open and beyond the limits, each with its instrument; open orders count as filled. Of what all instruments
    /// come to together each limit is told once.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub fn beyond(&self, at: &Situation<'_>) -> Result<Vec<(usize, Refusal)>, MoneyError> {
        let mut found: Vec<(usize, Refusal)> = Vec::new();
        let Some(account) = at.account else { return Ok(found) };
        let listed = self.listed(at);
        for (instrument, side) in (0..listed).flat_map(|each| [(each, Side::Buy), (each, Side::Sell)]) {
            let place = self.place(instrument, side, false);
            let open = at.open.get(instrument).unwrap_or(&OpenOrders::NONE);
            let held = account.position(place).lots;
            if at.marks[place] <= 0 || (held == 0 && open.count == 0) {
                continue;
            }
            let after = open.filled(side, &at.instruments[place], held, at.marks[place])?;
            let waiting = match self.caps[place].orders.filter(|&most| open.count > most) {
                Some(most) => refuse(Check::OpenOrders, f64::from(most), f64::from(open.count)),
                None => Ok(()),
            };
            let alone = [self.capped(place, &at.instruments[place], after), waiting];
            for refusal in alone.into_iter().filter_map(Verdict::err) {
                if !found.iter().any(|(other, told)| (*other, told.check) == (instrument, refusal.check)) {
                    found.push((instrument, refusal));
                }
            }
            let (kind, reason) = (OrderKind::Market, Reason::Strategy);
            let nothing = Intent { instrument, side, lots: 0, kind, reduce_only: false, reason };
            if let Err(refusal) = self.portfolio(&nothing, &Asked { at, account, open }, 0, after.worth)?
                && !found.iter().any(|(_, told)| told.check == refusal.check)
            {
                found.push((instrument, refusal));
            }
        }
        if let Some(most) = self.limits.max_open_positions {
            let count = self.open_positions_but(usize::MAX, at, account);
            if count > most as usize {
                let refusal = Refusal { check: Check::OpenPositions, limit: f64::from(most), value: count as f64 };
                found.push((0, refusal));
            }
        }
        Ok(found)
    }

    /// How many instruments there are; where legs are kept, each has two places.
    fn listed(&self, at: &Situation<'_>) -> usize {
        if self.legs > 0 { self.legs } else { at.instruments.len() }
    }

    /// How many positions are open, or may be opened by what waits, besides one.
    fn open_positions_but(&self, place: usize, at: &Situation<'_>, account: &Account) -> usize {
        let listed = self.listed(at);
        let waits = |other: usize| {
            let open = at.open.get(other % listed).copied().unwrap_or_default();
            match self.legs {
                0 => !open.adds_nothing(),
                _ => open.adding[usize::from(other >= listed)] > 0,
            }
        };
        let counts = |&other: &usize| other != place && (account.position(other).lots != 0 || waits(other));
        (0..at.instruments.len()).filter(counts).count()
    }

    /// What one instrument may come to. Of the intent's own it is `known` what its position would be worth once all orders of
    /// a side have filled.
    fn reach(
        &self,
        instrument: usize,
        at: &Situation<'_>,
        account: &Account,
        open: &OpenOrders,
        known: Option<(Side, Atoms)>,
    ) -> Result<Reach, MoneyError> {
        let after = |place: usize, side, open: &OpenOrders| {
            let held = account.position(place).lots;
            open.filled(side, &at.instruments[place], held, at.marks[place]).map(|after| after.worth)
        };
        if self.legs > 0 {
            let short_leg = instrument + self.legs;
            let (long, short) = (after(instrument, Side::Buy, open)?, after(short_leg, Side::Sell, open)?);
            let held = |place, side| after(place, side, &OpenOrders::NONE);
            let (high, low) = (long + held(short_leg, Side::Sell)?, held(instrument, Side::Buy)? + short);
            return Ok(Reach { gross: long - short, high, low });
        }
        let (high, low) = match known {
            Some((Side::Buy, high)) => (high, after(instrument, Side::Sell, open)?),
            Some((Side::Sell, low)) => (after(instrument, Side::Buy, open)?, low),
            None => (after(instrument, Side::Buy, open)?, after(instrument, Side::Sell, open)?),
        };
        // Of the intent's own instrument, what is held and shrinks is not its new risk: it counts where nothing is to come
        // on the other side of it. What is held elsewhere counts, whatever waits against it.
        let own = known.is_some();
        let gross = match open.adding.map(|lots| lots > 0) {
            [true, false] if own => high.abs(),
            [false, true] if own => low.abs(),
            _ => high.abs().max(low.abs()),
        };
        Ok(Reach { gross, high, low })
    }

    /// Checks all positions together; `after` is what the intent's would be worth once all orders of its side have filled.
    fn portfolio(
        &self,
        intent: &Intent,
        asked: &Asked<'_>,
        notional: Atoms,
        after: Atoms,
    ) -> Result<Verdict, MoneyError> {
        let (held, margin) = self.sums(intent, asked, after)?;
        let fee = rate_of(notional, asked.at.instruments[intent.instrument].spec().taker_fee)?.max(0);
        let equity = asked.account.equity(asked.at.instruments, asked.at.marks)?;
        if margin + fee > equity && !self.isolated {
            return Ok(refuse(Check::Margin, self.scale.to_f64(equity), self.scale.to_f64(margin + fee)));
        }
        Ok(self.together(held, equity, intent.side))
    }

    /// What all positions come to together, and the margin that they need.
    fn sums(&self, intent: &Intent, asked: &Asked<'_>, after: Atoms) -> Result<(Together, Atoms), MoneyError> {
        let (at, account) = (asked.at, asked.account);
        let mut held = Together::default();
        let mut margin = 0;
        for other in 0..self.listed(at) {
            let reach = if other == intent.instrument {
                self.reach(other, at, account, asked.open, Some((intent.side, after)))?
            } else {
                self.reach(other, at, account, at.open.get(other).unwrap_or(&OpenOrders::NONE), None)?
            };
            if reach == Reach::default() {
                continue;
            }
            held.gross += reach.gross;
            let signed = if intent.side == Side::Buy { reach.high } else { reach.low };
            held.net += signed;
            margin += rate_of(reach.gross, self.margin[other])?;
            if self.bases[other] == self.bases[intent.instrument] {
                held.asset += signed;
            }
            held.moving += match self.moves_with(intent.instrument, other) {
                0 => 0,
                // Against each other: worst is what makes a position of the other side.
                sign if sign < 0 => -(if intent.side == Side::Buy { reach.low } else { reach.high }),
                _ => signed,
            };
        }
        Ok((held, margin))
    }

    /// Whether what waits on an intent's side may open what it opens once the intent, which only reduces, has taken the position
    /// away that it counted on.
    ///
    /// Where no more lots are opened than there are now, limits on how much is held let it pass: at one price both are worth
    /// the same. Which way it lies always counts.
    pub(super) fn uncovers(&self, intent: &Intent, asked: &Asked<'_>) -> Result<Verdict, MoneyError> {
        let (at, account) = (asked.at, asked.account);
        let place = self.place(intent.instrument, intent.side, intent.reduce_only);
        let (instrument, held) = (&at.instruments[place], account.position(place).lots);
        let mut open = *asked.open;
        let reducing = &mut open.reducing[intent.side as usize];
        *reducing = reducing.saturating_add(intent.lots);
        let after = open.filled(intent.side, instrument, held, at.marks[place])?;
        if after.lots.signum() != intent.side.sign() {
            return Ok(Ok(()));
        }
        if let Err(refusal) = self.capped(place, instrument, after)
            && (refusal.check == Check::MaxPosition || after.lots.abs() > held.abs())
        {
            return Ok(Err(refusal));
        }
        let asked = Asked { open: &open, ..*asked };
        if after.lots.abs() > held.abs() {
            return self.portfolio(intent, &asked, 0, after.worth);
        }
        let (sums, _) = self.sums(intent, &asked, after.worth)?;
        let equity = account.equity(at.instruments, at.marks)?;
        Ok(self.together(Together { gross: 0, ..sums }, equity, intent.side))
    }

    /// The limits on what is held together.
    fn together(&self, held: Together, equity: Atoms, side: Side) -> Verdict {
        let money = |atoms| self.scale.to_f64(atoms);
        if let Some(limit) = self.gross.filter(|&limit| held.gross > limit) {
            return refuse(Check::GrossExposure, money(limit), money(held.gross));
        }
        // Only what an intent adds to is held against it.
        let along = |signed: Atoms| if side == Side::Buy { signed } else { -signed };
        let [net, asset, moving] = [held.net, held.asset, held.moving].map(along);
        if let Some(limit) = self.net.filter(|&limit| net > limit) {
            return refuse(Check::NetExposure, money(limit), money(net));
        }
        let correlated = self.limits.correlation.map(|correlation| correlation.max_exposure);
        for (check, limit, value) in [
            (Check::Leverage, self.limits.max_leverage, held.gross),
            (Check::Concentration, self.limits.max_concentration, asset),
            (Check::Correlated, correlated, moving),
        ] {
            let Some(limit) = limit else { continue };
            if limit >= Rate::ONE && value <= equity {
                continue;
            }
            // Equity that cannot be multiplied is none to lend on.
            if rate_of(equity, limit).map_or(true, |most| value > most) {
                return refuse(check, limit.to_f64(), money(value) / money(equity));
            }
        }
        Ok(())
    }

    /// 1 where two instruments move together, -1 where they move against each other, 0 where neither is known.
    fn moves_with(&self, instrument: usize, other: usize) -> i64 {
        let (Some(limits), Some(correlation)) = (&self.limits.correlation, &self.correlation) else { return 0 };
        let value = correlation.of(instrument, other);
        i64::from(value >= limits.threshold.to_f64()) - i64::from(value <= -limits.threshold.to_f64())
    }

    /// The free balance must cover the margin of what would be opened, that of what waits elsewhere, and this order's taker
    /// fee.
    fn cover_apart(
        &self,
        intent: &Intent,
        at: &Situation<'_>,
        account: &Account,
        opened: Atoms,
        notional: Atoms,
    ) -> Result<Verdict, MoneyError> {
        let listed = self.listed(at);
        let fee = rate_of(notional, at.instruments[intent.instrument].spec().taker_fee)?.max(0);
        let mut needed = rate_of(opened, self.margin[intent.instrument])? + fee;
        for other in (0..listed).filter(|&other| other != intent.instrument) {
            let [buying, selling] = at.open.get(other).copied().unwrap_or_default().worth;
            let waiting = if self.legs > 0 { buying + selling } else { buying.max(selling) };
            needed += rate_of(waiting, self.margin[other])?;
        }
        let free = account.free();
        if needed > free {
            return Ok(refuse(Check::Margin, self.scale.to_f64(free), self.scale.to_f64(needed)));
        }
        Ok(Ok(()))
    }
}

/// Sums over all instruments as an intent would leave them.
#[derive(Debug, Clone, Copy, Default)]
struct Together {
    gross: Atoms,
    net: Atoms,
    asset: Atoms,
    moving: Atoms,
}

/// The limits of a position, in lots and atoms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cap {
    pub(super) lots: i64,
    pub(super) notional: Option<Atoms>,
    pub(super) order: Option<Atoms>,
    pub(super) orders: Option<u32>,
}

/// A leverage as the margin that it needs, rounded up.
pub(super) fn margin_of(leverage: f64) -> Rate {
    Rate((crate::units::RATE_ONE as f64 / leverage).ceil() as i64)
}
