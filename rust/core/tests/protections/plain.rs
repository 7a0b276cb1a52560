//! The same protections once more, obviously right and slow: everything is computed from whole lists.

use tradenode_core::orders::{Reason, Side};
use tradenode_core::protections::{
    ClosedTrade, DrawdownMode, PEAK_STEPS, Place, ProtectionSpec, Release, Rule, Scope, Settings,
};

use crate::desk::{DAY, LONG, MINUTE, SHORT};
use crate::draw::{INSTRUMENTS, Input, Step};

/// A protection's lock: which one, of what, until when, and what was found (where a condition locks, nothing).
pub(crate) type Standing = (usize, Place, Option<i64>, Option<f64>);

const BILLION: f64 = 1e9;

pub(crate) struct Plain {
    pub(crate) specs: Vec<ProtectionSpec>,
    pub(crate) settings: Settings,
    past: Vec<Step>,
    /// How many steps were past when a protection's lock on a place was last lifted.
    lifts: Vec<(usize, Place, usize)>,
    /// The latest end that a protection has given a place, and what it found.
    ends: Vec<(usize, Place, i64, f64)>,
}

impl Plain {
    pub(crate) fn new(specs: &[ProtectionSpec], settings: Settings) -> Self {
        Self { specs: specs.to_vec(), settings, past: Vec::new(), lifts: Vec::new(), ends: Vec::new() }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.past.push(step.clone());
        for number in 0..self.specs.len() {
            let Some((place, from, value)) = self.judge(number, step) else { continue };
            let of_trade = matches!(step.1, Input::Trade(_));
            let mut until = end(self.specs[number].release, from);
            if of_trade && self.settings.bar_ns > 0 {
                until = (until / self.settings.bar_ns + 1) * self.settings.bar_ns;
            }
            match self.ends.iter_mut().find(|(own, here, ..)| (*own, *here) == (number, place)) {
                Some(kept) if kept.2 < until => (kept.2, kept.3) = (until, value),
                Some(_) => {}
                None => self.ends.push((number, place, until, value)),
            }
        }
    }

    /// The lock of a protection on a place is lifted by the last step.
    pub(crate) fn lift(&mut self, number: usize, place: Place) {
        self.ends.retain(|(own, here, ..)| (*own, *here) != (number, place));
        self.lifts.push((number, place, self.past.len()));
    }

    fn lifted(&self, number: usize, place: Place) -> usize {
        let here = self.lifts.iter().rev().find(|(own, here, _)| (*own, *here) == (number, place));
        here.map_or(0, |lift| lift.2)
    }

    /// The locks that stand, by protection and place.
    pub(crate) fn standing(&self) -> Vec<Standing> {
        let now = self.past.last().unwrap().0;
        let mut standing = Vec::new();
        for (number, spec) in self.specs.iter().enumerate() {
            for place in places(spec) {
                let condition = self.condition(number, place, now);
                let kept = self.ends.iter().find(|(own, here, ..)| (*own, *here) == (number, place));
                let timed = kept.map(|kept| (Some(kept.2), Some(kept.3)));
                if let Some((until, value)) = condition.or(timed)
                    && until.is_none_or(|until| until > now)
                {
                    standing.push((number, place, until, value));
                }
            }
        }
        standing
    }

    /// The trades so far, each with its number among the steps and the latest close until it was heard of.
    fn trades(&self) -> Vec<(usize, i64, ClosedTrade)> {
        let mut latest = i64::MIN;
        let mut trades = Vec::new();
        for (index, (_, input)) in self.past.iter().enumerate() {
            if let Input::Trade(trade) = input {
                latest = latest.max(trade.closed);
                trades.push((index, latest, *trade));
            }
        }
        trades
    }

    /// What a protection finds in a step: the place that it locks, from when the time counts, and the value.
    fn judge(&self, number: usize, (at, input): &Step) -> Option<(Place, i64, f64)> {
        let spec = &self.specs[number];
        match input {
            Input::Trade(trade) => {
                let place = place_of(spec, Some(trade.instrument), Some(trade.side));
                self.judge_trade(number, place, *at).map(|(from, value)| (place, from, value))
            }
            Input::Equity(equity) => {
                let place = place_of(spec, None, None);
                self.judge_equity(number, place, *at, *equity).map(|value| (place, *at, value))
            }
            Input::Price(instrument, _) => {
                let place = place_of(spec, Some(*instrument), None);
                self.judge_price(number, place, *instrument).map(|value| (place, *at, value))
            }
            Input::Reject(instrument) => {
                let Rule::RejectStorm { lookback_ns, reject_limit } = spec.rule else { return None };
                let place = place_of(spec, Some(*instrument), None);
                let counts = |(time, input): &&Step| {
                    matches!(input, Input::Reject(own) if place.covers(*own, LONG)) && *time > at - lookback_ns
                };
                let count = self.past[self.lifted(number, place)..].iter().filter(counts).count();
                (count >= reject_limit as usize).then_some((place, *at, f64::from(reject_limit)))
            }
            _ => None,
        }
    }

    fn judge_trade(&self, number: usize, place: Place, at: i64) -> Option<(i64, f64)> {
        let all = self.trades();
        let here: Vec<_> = all.iter().filter(|(_, _, trade)| place.covers(trade.instrument, trade.side)).collect();
        let since = self.lifted(number, place);
        let young =
            |lookback: i64| move |(index, closed, _): &(usize, i64, _)| *index >= since && *closed > at - lookback;
        match self.specs[number].rule {
            Rule::Cooldown {} => here.last().map(|last| (last.1, 1.0)),
            Rule::StopGuard { lookback_ns, trade_limit, required_profit } => {
                let is_stop = |trade: &ClosedTrade| {
                    [Reason::StopLoss, Reason::TrailingStop, Reason::BreakEven, Reason::Liquidation]
                        .contains(&trade.reason)
                        && trade.profit_ratio < required_profit.to_f64()
                };
                let stops: Vec<_> = here.iter().filter(|each| young(lookback_ns)(each) && is_stop(&each.2)).collect();
                (stops.len() >= trade_limit as usize).then(|| (stops.last().unwrap().1, f64::from(trade_limit)))
            }
            Rule::LowProfit { lookback_ns, trade_limit, required_profit } => {
                let both = Place { side: None, ..place };
                let counted = |(index, closed, trade): &&(usize, i64, ClosedTrade)| {
                    let own = place_of(&self.specs[number], place.instrument, Some(trade.side));
                    both.covers(trade.instrument, trade.side)
                        && *closed > at - lookback_ns
                        && *index >= self.lifted(number, own)
                };
                let counted: Vec<_> = all.iter().filter(counted).collect();
                let own = counted.iter().filter(|each| place.covers(each.2.instrument, each.2.side));
                let sum: i64 = own.map(|each| billionths(each.2.profit_ratio)).sum();
                let low = counted.len() >= trade_limit as usize && sum < required_profit.0;
                low.then(|| (counted.last().unwrap().1, sum as f64 / BILLION))
            }
            Rule::MaxDrawdown { mode, lookback_ns, max_drawdown, trade_limit } => {
                let window: Vec<_> = here.iter().filter(|each| young(lookback_ns)(each)).collect();
                if window.len() < trade_limit as usize {
                    return None;
                }
                let first = window[0].0;
                let (fall, most) = match mode {
                    DrawdownMode::Equity => return None,
                    DrawdownMode::Ratios => {
                        (ratios_fall(window.iter().map(|each| each.2.profit_ratio)), max_drawdown.0 as f64)
                    }
                    DrawdownMode::Realised => {
                        let curve = here.iter().map(|each| (each.0 >= first, each.2.profit));
                        let left = realised_left(self.settings.balance, curve);
                        let enough = (BILLION - max_drawdown.0 as f64) / BILLION;
                        return (left < enough).then(|| (window.last().unwrap().1, 1.0 - left));
                    }
                };
                (fall > most).then(|| (window.last().unwrap().1, fall / BILLION))
            }
            Rule::ConsecutiveLosses { lookback_ns, trade_limit } => {
                let row = here.iter().rev().take_while(|each| each.2.profit < 0.0 && young(lookback_ns)(each)).count();
                (row >= trade_limit as usize).then(|| (here.last().unwrap().1, f64::from(trade_limit)))
            }
            _ => None,
        }
    }

    fn judge_equity(&self, number: usize, place: Place, at: i64, equity: f64) -> Option<f64> {
        let of_equity =
            |(time, input): &Step| if let Input::Equity(equity) = input { Some((*time, *equity)) } else { None };
        let known: Vec<_> = self.past[self.lifted(number, place)..].iter().filter_map(of_equity).collect();
        let (whole, most) = match self.specs[number].rule {
            Rule::MaxDrawdown { mode: DrawdownMode::Equity, lookback_ns, max_drawdown, .. } => {
                let step = (lookback_ns + PEAK_STEPS - 1) / PEAK_STEPS;
                let young = |time: i64| time / step > (at - lookback_ns) / step;
                let window = known.iter().filter(|(time, _)| young(*time)).map(|(_, equity)| *equity);
                (window.fold(f64::MIN, f64::max), max_drawdown)
            }
            Rule::DailyLoss { max_loss } => {
                let midnight = at / DAY * DAY;
                let before = known.iter().rev().find(|(time, _)| *time <= midnight);
                (before.unwrap_or(&known[0]).1, max_loss)
            }
            _ => return None,
        };
        let left = if whole > 0.0 { equity / whole } else { 0.0 };
        (left < (BILLION - most.0 as f64) / BILLION).then_some(1.0 - left)
    }

    fn judge_price(&self, number: usize, place: Place, instrument: usize) -> Option<f64> {
        let Rule::Volatility { sample_ns, samples, threshold, baseline } = self.specs[number].rule else { return None };
        let (mut sampled, mut returns, mut is_last): (Option<(i64, f64)>, _, _) = (None, Vec::new(), false);
        for (time, input) in &self.past[self.lifted(number, place)..] {
            let Input::Price(own, price) = *input else { continue };
            if own != instrument {
                continue;
            }
            is_last = sampled.is_none_or(|(last, _)| time - last >= sample_ns);
            if is_last {
                if let Some((_, before)) = sampled {
                    let log = f64::ln(price / before);
                    returns.push((log / 1e-12).round_ties_even() as i128);
                }
                sampled = Some((*time, price));
            }
        }
        let before = baseline.map_or(0, |baseline| baseline.samples as usize);
        let samples = samples as usize;
        if !is_last || returns.len() < samples + before {
            return None;
        }
        let (older, judged) = returns.split_at(returns.len() - samples);
        let (now, then) = (deviation(judged), deviation(&older[older.len() - before..]));
        let multiple = baseline.map_or(0.0, |baseline| baseline.multiple.to_f64() * then);
        (now > multiple.max(threshold.map_or(0.0, |threshold| threshold.to_f64()))).then_some(now)
    }

    /// The lock of a condition: until when, if there ever was one.
    fn condition(&self, number: usize, place: Place, now: i64) -> Option<(Option<i64>, Option<f64>)> {
        let own = |own: &usize| place.instrument.is_none_or(|only| only == *own);
        let lasted = (0..INSTRUMENTS).filter(own).filter_map(|own| self.lasted(number, place, own, now));
        let latest = lasted.max_by_key(|until| until.unwrap_or(i64::MAX))?;
        Some((latest, None))
    }

    fn lasted(&self, number: usize, place: Place, instrument: usize, now: i64) -> Option<Option<i64>> {
        let (before, after) = self.past.split_at(self.lifted(number, place));
        let begin = before.last().or(after.first()).unwrap().0;
        let (limit, mut since, mut until) = match self.specs[number].rule {
            Rule::FeedStale { max_age_ns } => (max_age_ns, Some(begin), None),
            Rule::Spread { for_ns, max_bp } => {
                let of = before.iter().rev().find_map(|(_, input)| wide(input, instrument, max_bp.to_f64()));
                (for_ns, (of == Some(true)).then_some(begin), None)
            }
            _ => return None,
        };
        for (time, input) in after {
            let (is_over, goes_on) = match self.specs[number].rule {
                Rule::Spread { max_bp, .. } => match wide(input, instrument, max_bp.to_f64()) {
                    Some(wide) => (!wide, wide),
                    None => continue,
                },
                _ if matches!(input, Input::Price(own, _) | Input::Quote(own, ..) if *own == instrument) => {
                    (true, true)
                }
                _ => continue,
            };
            if is_over {
                if since.is_some_and(|since| time - since >= limit) {
                    until = Some(Some(end(self.specs[number].release, *time)));
                }
                since = None;
            }
            if goes_on {
                since = since.or(Some(*time));
            }
        }
        if since.is_some_and(|since| now - since >= limit) { Some(None) } else { until }
    }
}

/// Whether a step is a wide quote of the instrument, or a narrow one.
fn wide(input: &Input, instrument: usize, most: f64) -> Option<bool> {
    match *input {
        Input::Quote(own, bid, ask) if own == instrument => Some((ask - bid) / ((ask + bid) / 2.0) * 10_000.0 > most),
        _ => None,
    }
}

fn places(spec: &ProtectionSpec) -> Vec<Place> {
    let instruments = if spec.scope == Scope::Global { vec![None] } else { (0..INSTRUMENTS).map(Some).collect() };
    let sides = if spec.per_side { vec![Some(LONG), Some(SHORT)] } else { vec![None] };
    let pairs = instruments.into_iter().flat_map(|instrument| sides.iter().map(move |side| (instrument, *side)));
    pairs.map(|(instrument, side)| Place { instrument, side }).collect()
}

fn place_of(spec: &ProtectionSpec, instrument: Option<usize>, side: Option<Side>) -> Place {
    Place {
        instrument: if spec.scope == Scope::Global { None } else { instrument },
        side: if spec.per_side { side } else { None },
    }
}

fn end(release: Release, from: i64) -> i64 {
    match release {
        Release::LockNs(ns) => from + ns,
        Release::UnlockAt(time) => {
            let minute = (from / MINUTE + 1..).find(|minute| minute % (24 * 60) == i64::from(time.minutes()));
            minute.unwrap() * MINUTE
        }
    }
}

fn billionths(ratio: f64) -> i64 {
    (ratio * BILLION).round() as i64
}

/// The largest fall of the sum of ratios from its peak, in billionths.
fn ratios_fall(ratios: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut peak, mut fall) = (0, 0, 0);
    for ratio in ratios {
        sum += billionths(ratio);
        peak = peak.max(sum);
        fall = fall.max(peak - sum);
    }
    fall as f64
}

/// What was left at the worst fall of the balance among the trades that count.
fn realised_left(balance: f64, profits: impl Iterator<Item = (bool, f64)>) -> f64 {
    let (mut now, mut peak, mut left) = (balance, f64::MIN, f64::INFINITY);
    for (counts, profit) in profits {
        for value in [now, now + profit] {
            if counts {
                peak = peak.max(value);
                left = left.min(if peak > 0.0 { (value / peak).max(0.0) } else { 0.0 });
            }
        }
        now += profit;
    }
    left
}

/// The population's deviation of returns in units of 1e-12.
fn deviation(returns: &[i128]) -> f64 {
    let count = returns.len() as i128;
    if count == 0 {
        return 0.0;
    }
    let (first, second): (i128, i128) = (returns.iter().sum(), returns.iter().map(|value| value * value).sum());
    ((count * second - first * first) as f64).sqrt() / count as f64 * 1e-12
}
