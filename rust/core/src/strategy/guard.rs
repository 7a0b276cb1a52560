//! The guard of an open position: where its stop and its targets are, and when its time is up.
//!
//! Ratios are parts of the average entry price, a trailing distance a part of the best price. A stop is rounded to the tick nearer the market, a target to the tick
//! farther away. The best price is taken over at the end of a bar, so a trailing or break-even stop never uses a price
//! that may have come after the one that hit it.

use serde::{Deserialize, Serialize};

use super::{Distance, ExitsSpec};
use crate::exact;
use crate::instrument::Instrument;
use crate::orders::Reason;
use crate::units::{Grid, Rounding};

/// A price at which the position is to be left, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The price in ticks.
    pub ticks: i64,
    /// Why the position is left there.
    pub reason: Reason,
}

/// Distances from rules, in quote units, as evaluated on the bar of the entry signal; NaN where no rule gives one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distances {
    /// For [`ExitsSpec::stop_loss`].
    #[serde(with = "exact")]
    pub stop_loss: f64,
    /// For [`ExitsSpec::take_profit`].
    #[serde(with = "exact")]
    pub take_profit: f64,
    /// For [`ExitsSpec::trailing`].
    #[serde(with = "exact")]
    pub trailing: f64,
}

impl Distances {
    /// No rule gives a distance.
    pub const NONE: Self = Self { stop_loss: f64::NAN, take_profit: f64::NAN, trailing: f64::NAN };
}

/// The guard of one open position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    opened: i64,
    /// +1 for a long position, -1 for a short one.
    direction: f64,
    #[serde(with = "exact")]
    entry: f64,
    #[serde(with = "exact")]
    best: f64,
    distances: Distances,
    stop: Option<Level>,
    /// The tightest stop that has followed the price, be it behind the stop loss.
    ratcheted: Option<Level>,
    target: Option<i64>,
    /// Profit targets by the time from which they hold, ascending.
    steps: Vec<(i64, i64)>,
    /// No level is reached while the price stays strictly between these, in quote units.
    #[serde(with = "exact::pair")]
    calm: (f64, f64),
}

impl Guard {
    /// Guards a position of `direction` (+1 long, -1 short) taken at `entry` on average, in the place of another guard.
    #[inline]
    pub fn open(
        guard: &mut Option<Self>,
        spec: &ExitsSpec,
        grid: &Grid,
        direction: f64,
        entry: f64,
        distances: Distances,
        opened: i64,
    ) {
        let guard = guard.insert(Self {
            opened,
            direction,
            entry,
            best: entry,
            distances,
            stop: None,
            ratcheted: None,
            target: None,
            steps: Vec::new(),
            calm: (f64::NEG_INFINITY, f64::INFINITY),
        });
        if spec.has_levels() {
            guard.place(spec, grid);
        }
    }

    /// The position was added to: the entry is the new average, the ratchets stay where they are.
    pub fn add(&mut self, spec: &ExitsSpec, grid: &Grid, entry: f64, distances: Distances) {
        (self.entry, self.distances) = (entry, distances);
        self.place(spec, grid);
    }

    /// Places every level anew, but a stop that has followed the price before.
    fn place(&mut self, spec: &ExitsSpec, grid: &Grid) {
        let loss = spec.stop_loss.as_ref().map(|d| -self.length(d, self.distances.stop_loss));
        self.stop = loss.and_then(|move_| self.level(grid, move_, Reason::StopLoss));
        self.stop = self.tighter(self.stop, self.ratcheted);
        let profit = spec.take_profit.as_ref().map(|d| self.length(d, self.distances.take_profit));
        self.target = profit.and_then(|move_| self.target_ticks(grid, move_));
        self.steps.clear();
        for step in &spec.profit_table {
            if let Some(ticks) = self.target_ticks(grid, self.entry * step.profit.to_f64()) {
                self.steps.push((self.opened.saturating_add(step.age_ns), ticks));
            }
        }
        self.ratchet(spec, grid);
        self.bound(grid);
    }

    /// Draws the bounds of calm, half a tick before each level, whatever its time.
    fn bound(&mut self, grid: &Grid) {
        let half = grid.value(1) / 2.0;
        let targets = self.steps.iter().map(|&(_, ticks)| ticks).chain(self.target);
        let stop = self.stop.map(|stop| grid.value(stop.ticks));
        self.calm = if self.direction > 0.0 {
            let target = targets.min().map(|ticks| grid.value(ticks));
            (stop.map_or(f64::NEG_INFINITY, |price| price + half), target.map_or(f64::INFINITY, |price| price - half))
        } else {
            let target = targets.max().map(|ticks| grid.value(ticks));
            (target.map_or(f64::NEG_INFINITY, |price| price + half), stop.map_or(f64::INFINITY, |price| price - half))
        };
    }

    /// Whether there is nothing that a bar or time could bring about: no level, no ratchet, no longest holding time.
    #[must_use]
    #[inline]
    pub fn is_idle(&self, spec: &ExitsSpec) -> bool {
        self.calm == (f64::NEG_INFINITY, f64::INFINITY)
            && spec.trailing.is_none()
            && spec.break_even.is_none()
            && spec.max_hold_ns.is_none()
    }

    /// Whether the position is long.
    #[must_use]
    #[inline]
    pub fn is_long(&self) -> bool {
        self.direction > 0.0
    }

    /// Whether a bar between these prices reaches no level, whatever the time.
    #[must_use]
    #[inline]
    pub fn is_calm(&self, high: f64, low: f64) -> bool {
        self.calm.0 < low && high < self.calm.1
    }

    fn length(&self, distance: &Distance, from_rule: f64) -> f64 {
        match distance {
            Distance::Ratio(ratio) => self.entry * ratio.to_f64(),
            Distance::Rule(_) => from_rule,
        }
    }

    /// A stop at `move_` from the entry (above zero is profit); none where the price would not be above zero.
    fn level(&self, grid: &Grid, move_: f64, reason: Reason) -> Option<Level> {
        let rounding = if self.direction > 0.0 { Rounding::Up } else { Rounding::Down };
        let ticks = grid.steps_towards(self.entry + self.direction * move_, rounding).ok()?;
        (ticks > 0).then_some(Level { ticks, reason })
    }

    fn target_ticks(&self, grid: &Grid, move_: f64) -> Option<i64> {
        self.level(grid, move_, Reason::TakeProfit).map(|level| level.ticks)
    }

    /// The bar is over: takes over its extremes and moves the stops that follow.
    #[inline]
    pub fn on_bar(&mut self, spec: &ExitsSpec, grid: &Grid, high: f64, low: f64) {
        if spec.trailing.is_none() && spec.break_even.is_none() {
            return;
        }
        let best = if self.direction > 0.0 { self.best.max(high) } else { self.best.min(low) };
        if best != self.best {
            self.best = best;
            self.ratchet(spec, grid);
            self.bound(grid);
        }
    }

    fn ratchet(&mut self, spec: &ExitsSpec, grid: &Grid) {
        let gained = self.direction * (self.best - self.entry);
        if let Some(even) = &spec.break_even
            && gained >= self.entry * even.after.to_f64()
        {
            self.tighten(self.level(grid, self.entry * even.offset.to_f64(), Reason::BreakEven));
        }
        if let Some(trailing) = &spec.trailing
            && gained >= self.entry * trailing.offset.to_f64()
        {
            let distance = match &trailing.distance {
                Distance::Ratio(ratio) => self.best * ratio.to_f64(),
                Distance::Rule(_) => self.distances.trailing,
            };
            self.tighten(self.level(grid, gained - distance, Reason::TrailingStop));
        }
    }

    fn tighten(&mut self, level: Option<Level>) {
        self.ratcheted = self.tighter(self.ratcheted, level);
        self.stop = self.tighter(self.stop, self.ratcheted);
    }

    /// The level that is nearer to the market, the first where they are equal.
    fn tighter(&self, one: Option<Level>, other: Option<Level>) -> Option<Level> {
        match (one, other) {
            (Some(stop), Some(level)) if self.direction > 0.0 => {
                Some(if level.ticks > stop.ticks { level } else { stop })
            }
            (Some(stop), Some(level)) => Some(if level.ticks < stop.ticks { level } else { stop }),
            (one, other) => one.or(other),
        }
    }

    /// Where the position is stopped out.
    #[must_use]
    #[inline]
    pub const fn stop(&self) -> Option<Level> {
        self.stop
    }

    /// Where the profit is taken at `now`: the nearer of the target and the profit table's step for that age.
    #[must_use]
    #[inline]
    pub fn target(&self, now: i64) -> Option<Level> {
        let take = self.target.map(|ticks| Level { ticks, reason: Reason::TakeProfit });
        let step = self.steps.iter().rev().find(|(from, _)| *from <= now);
        let table = step.map(|&(_, ticks)| Level { ticks, reason: Reason::ProfitTable });
        match (take, table) {
            (Some(take), Some(table)) => {
                let nearer = if self.direction > 0.0 { take.ticks <= table.ticks } else { take.ticks >= table.ticks };
                Some(if nearer { take } else { table })
            }
            (take, table) => take.or(table),
        }
    }

    /// Whether the longest holding time is over.
    #[must_use]
    #[inline]
    pub fn expired(&self, spec: &ExitsSpec, now: i64) -> bool {
        spec.max_hold_ns.is_some_and(|limit| now - self.opened >= limit)
    }

    /// The price in ticks of a profit of `ratio` of the entry price; none where it would not be above zero.
    #[must_use]
    pub fn profit_ticks(&self, grid: &Grid, ratio: f64) -> Option<i64> {
        self.target_ticks(grid, self.entry * ratio)
    }
}

impl ExitsSpec {
    /// Whether any price is one at which a position is left.
    #[inline]
    fn has_levels(&self) -> bool {
        self.stop_loss.is_some()
            || self.take_profit.is_some()
            || self.trailing.is_some()
            || self.break_even.is_some()
            || !self.profit_table.is_empty()
    }

    /// Whether there is anything at all.
    #[must_use]
    pub fn takes_out(&self) -> bool {
        self.has_levels() || self.max_hold_ns.is_some()
    }

    /// The first distance that a rule should have given and did not: not a number above zero.
    #[must_use]
    pub fn undefined(&self, distances: Distances) -> Option<f64> {
        let trailing = self.trailing.as_ref().map(|trailing| &trailing.distance);
        let wanted = [
            (self.stop_loss.as_ref(), distances.stop_loss),
            (self.take_profit.as_ref(), distances.take_profit),
            (trailing, distances.trailing),
        ];
        let bad = |(distance, value): &(Option<&Distance>, f64)| {
            matches!(distance, Some(Distance::Rule(_))) && !(value.is_finite() && *value > 0.0)
        };
        wanted.iter().find(|pair| bad(pair)).map(|(_, value)| *value)
    }

    /// How far the stop of a position taken at `price` ticks is from it, in quote units; NaN without a stop.
    #[must_use]
    pub fn stop_distance(&self, instrument: &Instrument, price: i64, distances: Distances) -> f64 {
        let entry = instrument.price.value(price);
        let of = |distance: &Distance, from_rule: f64| match distance {
            Distance::Ratio(ratio) => entry * ratio.to_f64(),
            Distance::Rule(_) => from_rule,
        };
        match (&self.stop_loss, &self.trailing) {
            (Some(stop), _) => of(stop, distances.stop_loss),
            (None, Some(trailing)) if trailing.offset.0 == 0 => of(&trailing.distance, distances.trailing),
            _ => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BreakEvenSpec, ProfitStep, TrailingSpec};
    use super::*;
    use crate::rules::Source;
    use crate::units::Rate;

    const PERCENT: i64 = 10_000_000;

    fn grid() -> Grid {
        Grid::new("0.1".parse().unwrap()).unwrap()
    }

    fn at(ticks: i64, reason: Reason) -> Option<Level> {
        Some(Level { ticks, reason })
    }

    fn open(spec: &ExitsSpec, direction: f64, entry: f64, distances: Distances, opened: i64) -> Guard {
        let mut guard = None;
        Guard::open(&mut guard, spec, &grid(), direction, entry, distances, opened);
        guard.unwrap()
    }

    #[test]
    fn a_stop_and_a_target_stand_at_their_distance_from_the_entry() {
        let spec = ExitsSpec {
            stop_loss: Some(Distance::Ratio(Rate(2 * PERCENT))),
            take_profit: Some(Distance::Rule(Source::Text("3 * atr(14)".to_owned()))),
            ..ExitsSpec::default()
        };
        let distances = Distances { take_profit: 4.5, ..Distances::NONE };
        let long = open(&spec, 1.0, 101.23, distances, 0);
        // 101.23 * 0.98 = 99.2054, rounded up; 105.73, rounded up.
        assert_eq!((long.stop(), long.target(0)), (at(993, Reason::StopLoss), at(1058, Reason::TakeProfit)));
        let short = open(&spec, -1.0, 101.23, distances, 0);
        assert_eq!((short.stop(), short.target(0)), (at(1032, Reason::StopLoss), at(967, Reason::TakeProfit)));
    }

    #[test]
    fn a_trailing_stop_waits_for_its_offset_and_never_falls_back() {
        let trailing = TrailingSpec { distance: Distance::Ratio(Rate(PERCENT)), offset: Rate(2 * PERCENT) };
        let spec = ExitsSpec { trailing: Some(trailing), ..ExitsSpec::default() };
        let mut guard = open(&spec, 1.0, 100.0, Distances::NONE, 0);
        guard.on_bar(&spec, &grid(), 101.9, 99.0);
        assert_eq!(guard.stop(), None);
        guard.on_bar(&spec, &grid(), 103.0, 101.0);
        assert_eq!(guard.stop(), at(1020, Reason::TrailingStop));
        guard.on_bar(&spec, &grid(), 102.0, 101.0);
        assert_eq!(guard.stop(), at(1020, Reason::TrailingStop));
    }

    #[test]
    fn a_profit_table_asks_for_less_as_time_goes() {
        let step = |age_ns, percent| ProfitStep { age_ns, profit: Rate(percent * PERCENT) };
        let spec = ExitsSpec {
            profit_table: vec![step(0, 4), step(60, 1), step(120, -1)],
            max_hold_ns: Some(180),
            ..ExitsSpec::default()
        };
        let guard = open(&spec, 1.0, 100.0, Distances::NONE, 1_000);
        let ticks = |now| guard.target(now).unwrap().ticks;
        assert_eq!([ticks(1_000), ticks(1_059), ticks(1_060), ticks(1_120)], [1040, 1040, 1010, 990]);
        assert!(!guard.expired(&spec, 1_179) && guard.expired(&spec, 1_180));
    }

    #[test]
    fn a_break_even_stop_survives_an_addition() {
        let even = BreakEvenSpec { after: Rate(PERCENT), offset: Rate::ZERO };
        let spec = ExitsSpec {
            stop_loss: Some(Distance::Ratio(Rate(5 * PERCENT))),
            break_even: Some(even),
            ..ExitsSpec::default()
        };
        let mut guard = open(&spec, -1.0, 100.0, Distances::NONE, 0);
        assert_eq!(guard.stop(), at(1050, Reason::StopLoss));
        guard.on_bar(&spec, &grid(), 100.0, 98.9);
        assert_eq!(guard.stop(), at(1000, Reason::BreakEven));
        guard.add(&spec, &grid(), 99.5, Distances::NONE);
        assert_eq!(guard.stop(), at(1000, Reason::BreakEven));
    }
}
