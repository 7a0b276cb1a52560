//! One protection: what it makes of what happens.

use super::falls::Measure;
use super::feed::spread_bp;
use super::lock::{Cause, Place};
use super::locks::{Wanted, row};
use super::release::next_bar;
use super::spec::{Baseline, DrawdownMode, ProtectionSpec, Rule, Scope};
use super::trades::{Heard, is_stop};
use super::watch::{Watch, of_place, place_of};
use crate::units::{RATE_ONE, Rate};

/// A protection at work.
#[derive(Debug, Clone)]
pub(super) struct Protection {
    number: usize,
    bar_ns: i64,
    pub(super) spec: ProtectionSpec,
    pub(super) watch: Watch,
}

/// What was found, and against what.
type Found = Option<(f64, f64)>;

impl Protection {
    pub(super) const fn new(number: usize, spec: ProtectionSpec, bar_ns: i64, watch: Watch) -> Self {
        Self { number, bar_ns, spec, watch }
    }

    /// The lock for something found, of which the time counts from `from`; without an end while a condition lasts.
    fn wanted(&self, place: Place, from: i64, instrument: Option<usize>, (value, limit): (f64, f64)) -> Wanted {
        let rule = &self.spec.rule;
        let end = self.spec.release.end(from);
        let until = match rule {
            rule if rule.is_condition() => None,
            rule if rule.is_of_trades() => Some(next_bar(end, self.bar_ns)),
            _ => Some(end),
        };
        let cause = Cause { instrument, value, limit };
        Wanted { protection: self.number, kind: rule.kind(), place, until, cause }
    }

    /// Whether it can have locked a place.
    pub(super) fn may_lock(&self, place: Place) -> bool {
        let of_instrument = self.spec.scope == Scope::Instrument;
        place.instrument.is_some() == of_instrument && place.side.is_some() == self.spec.per_side
    }

    /// The number of the group that is locked as `place`.
    fn group(&self, place: Place) -> usize {
        let here = place.instrument.unwrap_or(0);
        place.side.map_or(here, |side| 2 * here + row(side))
    }

    pub(super) fn on_trade(&mut self, heard: &Heard) -> Option<Wanted> {
        let trade = &heard.trade;
        let place = place_of(&self.spec, Some(trade.instrument), Some(trade.side));
        let group = self.group(place);
        let found = match (&self.spec.rule, &mut self.watch) {
            (Rule::Cooldown {}, _) => Some((1.0, 1.0)),
            (&Rule::StopGuard { lookback_ns, trade_limit, required_profit }, Watch::Recent(groups)) => {
                if !is_stop(trade.reason) || heard.ratio >= required_profit.0 {
                    return None;
                }
                groups[group].push(trade.closed, trade_limit);
                groups[group].reached(trade_limit, heard.past(lookback_ns))
            }
            (&Rule::ConsecutiveLosses { lookback_ns, trade_limit }, Watch::Recent(groups)) => {
                if trade.profit >= 0.0 {
                    groups[group].clear();
                    return None;
                }
                groups[group].push(trade.closed, trade_limit);
                groups[group].reached(trade_limit, heard.past(lookback_ns))
            }
            (&Rule::LowProfit { lookback_ns, trade_limit, required_profit }, Watch::Profits(places)) => {
                let profits = &mut places[place.instrument.unwrap_or(0)];
                profits.push(trade.closed, trade.side, heard.ratio);
                profits.forget_to(heard.past(lookback_ns));
                let sum = profits.sum(place.side);
                let low = profits.len() >= trade_limit as usize && sum < i128::from(required_profit.0);
                low.then(|| (sum as f64 / RATE_ONE as f64, required_profit.to_f64()))
            }
            (&Rule::MaxDrawdown { mode, lookback_ns, max_drawdown, trade_limit }, Watch::Falls(groups)) => {
                let falls = &mut groups[group];
                let change = if mode == DrawdownMode::Ratios { heard.ratio as f64 } else { trade.profit };
                falls.add(trade.closed, change);
                falls.forget_to(heard.past(lookback_ns));
                let left = falls.left().filter(|_| falls.len() >= trade_limit as usize)?;
                if mode == DrawdownMode::Ratios { sum_fallen(left, max_drawdown) } else { fallen(left, max_drawdown) }
            }
            _ => None,
        };
        found.map(|found| self.wanted(place, trade.closed, Some(trade.instrument), found))
    }

    pub(super) fn on_equity(&mut self, at: i64, equity: f64) -> Option<Wanted> {
        let found = match (&self.spec.rule, &mut self.watch) {
            (&Rule::MaxDrawdown { lookback_ns, max_drawdown, .. }, Watch::Peaks(peaks)) => {
                fallen(Measure::Share.left(peaks.push(at, equity, lookback_ns), equity), max_drawdown)
            }
            (&Rule::DailyLoss { max_loss }, Watch::Day(day)) => {
                fallen(Measure::Share.left(day.push(at, equity), equity), max_loss)
            }
            _ => None,
        };
        found.map(|found| self.wanted(place_of(&self.spec, None, None), at, None, found))
    }

    pub(super) fn on_price(&mut self, instrument: usize, at: i64, price: f64) -> Option<Wanted> {
        let (&Rule::Volatility { sample_ns, threshold, baseline, .. }, Watch::Returns(each)) =
            (&self.spec.rule, &mut self.watch)
        else {
            return None;
        };
        let found = each[instrument].push(at, price, sample_ns)?;
        let floor = threshold.unwrap_or_default().to_f64();
        let limit = baseline.map_or(0.0, |Baseline { multiple, .. }| multiple.to_f64() * found.then).max(floor);
        let place = place_of(&self.spec, Some(instrument), None);
        (found.now > limit).then(|| self.wanted(place, at, Some(instrument), (found.now, limit)))
    }

    pub(super) fn on_reject(&mut self, instrument: usize, at: i64) -> Option<Wanted> {
        let place = place_of(&self.spec, Some(instrument), None);
        let group = self.group(place);
        let (&Rule::RejectStorm { lookback_ns, reject_limit }, Watch::Recent(groups)) =
            (&self.spec.rule, &mut self.watch)
        else {
            return None;
        };
        groups[group].push(at, reject_limit);
        let found = groups[group].reached(reject_limit, at.saturating_sub(lookback_ns))?;
        Some(self.wanted(place, at, Some(instrument), found))
    }

    /// Takes note of data of an instrument. What is locked, and until when it now is, if this ends why it was.
    pub(super) fn on_data(&mut self, instrument: usize, at: i64, quote: Option<(f64, f64)>) -> Option<(Place, i64)> {
        let Watch::Lasting(each) = &mut self.watch else { return None };
        let lasting = &mut each[instrument];
        match (&self.spec.rule, quote) {
            (Rule::FeedStale { .. }, _) => lasting.since = Some(at),
            (Rule::Spread { max_bp, .. }, Some((bid, ask))) => {
                lasting.value = spread_bp(bid, ask);
                if lasting.value > max_bp.to_f64() {
                    lasting.since = lasting.since.or(Some(at));
                    return None;
                }
                lasting.since = None;
            }
            _ => return None,
        }
        if !std::mem::take(&mut lasting.locks) {
            return None;
        }
        let place = place_of(&self.spec, Some(instrument), None);
        let goes_on = of_place(each, place).iter().any(|other| other.locks);
        (!goes_on).then(|| (place, self.spec.release.end(at)))
    }

    /// From when on something has lasted too long if nothing changes it: the first such time, and the instrument.
    pub(super) fn first_due(&self) -> Option<(i64, usize)> {
        let Watch::Lasting(each) = &self.watch else { return None };
        let limit = self.longest();
        each.iter().enumerate().filter_map(|(own, lasting)| lasting.due(limit).map(|due| (due, own))).min()
    }

    /// For how long something may last.
    fn longest(&self) -> i64 {
        match self.spec.rule {
            Rule::FeedStale { max_age_ns } => max_age_ns,
            Rule::Spread { for_ns, .. } => for_ns,
            _ => i64::MAX,
        }
    }

    /// When data of an instrument have just come: from when on it will have lasted too long.
    #[inline]
    pub(super) fn due(&self, instrument: usize) -> i64 {
        let Watch::Lasting(each) = &self.watch else { return i64::MAX };
        each[instrument].due(self.longest()).unwrap_or(i64::MAX)
    }

    /// Something has lasted too long in an instrument.
    pub(super) fn lasted(&mut self, instrument: usize, at: i64) -> Option<Wanted> {
        let Watch::Lasting(each) = &mut self.watch else { return None };
        each[instrument].locks = true;
        let found = match self.spec.rule {
            Rule::Spread { max_bp, .. } => (each[instrument].value, max_bp.to_f64()),
            _ => (self.longest() as f64, self.longest() as f64),
        };
        let place = place_of(&self.spec, Some(instrument), None);
        Some(self.wanted(place, at, Some(instrument), found))
    }

    /// The first input came: what has not been heard of is silent since.
    pub(super) fn start(&mut self, at: i64) {
        if let (Rule::FeedStale { .. }, Watch::Lasting(each)) = (&self.spec.rule, &mut self.watch) {
            each.iter_mut().for_each(|lasting| lasting.since = Some(at));
        }
    }

    /// Its lock on a place was lifted: only what comes after `at` counts.
    pub(super) fn forget(&mut self, place: Place, at: i64) {
        let group = self.group(place);
        self.watch.forget(place, group, at);
    }
}

/// More of a whole is lost than may be, when so much is left of it.
fn fallen(left: f64, most: Rate) -> Found {
    // Both quotients are the nearest doubles, so that a fall of exactly the limit is none too many.
    let least = (RATE_ONE - most.0) as f64 / RATE_ONE as f64;
    (left < least).then(|| (1.0 - left, most.to_f64()))
}

/// The same of a sum of ratios, in parts per billion.
fn sum_fallen(left: f64, most: Rate) -> Found {
    (left < -(most.0 as f64)).then(|| (-left / RATE_ONE as f64, most.to_f64()))
}
