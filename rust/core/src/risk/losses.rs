//! What has been lost: from the equity's peak, in a day, in trades in a row.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::refusal::{Check, Refusal, Verdict};
use crate::units::Rate;

const DAY_NS: i64 = 86_400_000_000_000;

/// The equity's way and the trades' as far as limits look at them. It survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// The highest equity and the last one, account currency; none before the first mark.
    peak: Option<f64>,
    last: Option<f64>,
    /// The day that is under way, its first equity and its highest.
    day: i64,
    first: f64,
    day_peak: f64,
    /// Losing trades in a row.
    streak: u32,
    /// The limits that have been passed, with the value and the day on which they are lifted by themselves.
    passed: Vec<Passed>,
}

/// A limit that has been passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Passed {
    loss: Loss,
    value: f64,
    /// The first day on which it does not bind any more; none until somebody lifts it.
    until: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Loss {
    Drawdown,
    Daily,
    DailyDrawdown,
    Streak,
}

impl Loss {
    const fn check(self) -> Check {
        match self {
            Self::Drawdown => Check::Drawdown,
            Self::Daily => Check::DailyLoss,
            Self::DailyDrawdown => Check::DailyDrawdown,
            Self::Streak => Check::ConsecutiveLosses,
        }
    }

    fn limit(self, limits: &Limits) -> f64 {
        let rate = |rate: Option<Rate>| rate.map_or(f64::NAN, Rate::to_f64);
        match self {
            Self::Drawdown => rate(limits.max_drawdown),
            Self::Daily => rate(limits.max_daily_loss),
            Self::DailyDrawdown => rate(limits.max_daily_drawdown),
            Self::Streak => limits.max_consecutive_losses.map_or(f64::NAN, f64::from),
        }
    }
}

impl Default for Losses {
    fn default() -> Self {
        Self { peak: None, last: None, day: i64::MIN, first: 0.0, day_peak: 0.0, streak: 0, passed: Vec::new() }
    }
}

impl Losses {
    /// Takes note of the equity at the start.
    pub(super) fn begin_with(&mut self, equity: f64) {
        (self.peak, self.last) = (Some(equity), Some(equity));
    }

    /// Takes note of the equity; whether a limit has just been passed.
    ///
    /// A day begins with the equity at midnight where that is known, else with the last one before.
    #[inline]
    pub(super) fn mark(&mut self, at: i64, equity: f64, limits: &Limits) -> bool {
        let peak = self.peak.map_or(equity, |peak| peak.max(equity));
        self.peak = Some(peak);
        let day = at.div_euclid(DAY_NS);
        if day != self.day {
            self.begin(day, self.last.filter(|_| at.rem_euclid(DAY_NS) != 0).unwrap_or(equity));
        }
        (self.last, self.day_peak) = (Some(equity), self.day_peak.max(equity));
        let mut passed = false;
        for (loss, from, limit, until) in [
            (Loss::Drawdown, peak, limits.max_drawdown, None),
            (Loss::Daily, self.first, limits.max_daily_loss, Some(day + 1)),
            (Loss::DailyDrawdown, self.day_peak, limits.max_daily_drawdown, Some(day + 1)),
        ] {
            if let Some(limit) = limit
                && equity < from * (1.0 - limit.to_f64())
            {
                passed |= self.pass(Passed { loss, value: 1.0 - equity / from, until });
            }
        }
        passed
    }

    /// Takes note of a closed trade; whether a limit has just been passed.
    #[inline]
    pub(super) fn close(&mut self, at: i64, won: bool, limits: &Limits) -> bool {
        let Some(most) = limits.max_consecutive_losses else { return false };
        self.streak = if won { 0 } else { self.streak + 1 };
        if self.streak < most {
            return false;
        }
        let (value, until) = (f64::from(std::mem::take(&mut self.streak)), Some(at.div_euclid(DAY_NS) + 1));
        self.pass(Passed { loss: Loss::Streak, value, until })
    }

    fn begin(&mut self, day: i64, equity: f64) {
        (self.day, self.first, self.day_peak) = (day, equity, equity);
        self.passed.retain(|passed| passed.until.is_none_or(|until| until > day));
    }

    /// What is passed again stands as it does, at its first value.
    fn pass(&mut self, passed: Passed) -> bool {
        let new = !self.passed.iter().any(|each| each.loss == passed.loss);
        if new {
            self.passed.push(passed);
        }
        new
    }

    /// Whether nothing that has been lost stands against new risk.
    #[inline]
    pub(super) fn judge(&self, now: i64, limits: &Limits) -> Verdict {
        if self.passed.is_empty() {
            return Ok(());
        }
        let day = now.div_euclid(DAY_NS);
        match self.passed.iter().find(|passed| passed.until.is_none_or(|until| until > day)) {
            Some(passed) => {
                let (check, limit) = (passed.loss.check(), passed.loss.limit(limits));
                Err(Refusal { check, limit, value: passed.value })
            }
            None => Ok(()),
        }
    }

    /// Whether anything stands.
    pub(super) const fn stand(&self) -> bool {
        !self.passed.is_empty()
    }

    /// A person lifts what stands: peaks begin anew at the last equity.
    pub(super) fn lift(&mut self) {
        self.passed.clear();
        self.streak = 0;
        self.peak = self.last;
        if let Some(last) = self.last {
            (self.first, self.day_peak) = (last, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            max_drawdown: Some(Rate(200_000_000)),
            max_daily_loss: Some(Rate(50_000_000)),
            max_consecutive_losses: Some(3),
            ..Limits::default()
        }
    }

    fn standing(losses: &Losses, now: i64) -> Option<(Check, f64, f64)> {
        let refusal = losses.judge(now, &limits()).err()?;
        Some((refusal.check, refusal.limit, (refusal.value * 1e9).round() / 1e9))
    }

    #[test]
    fn a_day_is_counted_from_midnight_and_over_at_the_next() {
        let (mut losses, limits) = (Losses::default(), limits());
        for (at, equity) in [(-5, 1000.0), (10, 960.0), (11, 950.0)] {
            assert!(!losses.mark(at, equity, &limits));
        }
        assert!(losses.mark(12, 949.0, &limits));
        // The first value counts, and what comes back does not lift it.
        assert!(!losses.mark(13, 900.0, &limits) && !losses.mark(14, 1000.0, &limits));
        assert_eq!(standing(&losses, DAY_NS - 1), Some((Check::DailyLoss, 0.05, 0.051)));
        assert_eq!(standing(&losses, DAY_NS), None);
        // The equity at midnight begins the day.
        losses.mark(DAY_NS, 900.0, &limits);
        assert!(!losses.mark(DAY_NS + 1, 860.0, &limits));
        assert!(losses.mark(DAY_NS + 2, 850.0, &limits));
    }

    #[test]
    fn a_drawdown_stays_until_it_is_lifted() {
        let (mut losses, limits) = (Losses::default(), limits());
        for (day, equity) in [(0, 1000.0), (1, 960.0), (2, 920.0), (3, 880.0), (4, 840.0), (5, 801.0)] {
            assert!(!losses.mark(day * DAY_NS, equity, &limits));
        }
        assert!(losses.mark(6 * DAY_NS, 799.0, &limits));
        let stored = serde_json::to_string(&losses).unwrap();
        let mut losses: Losses = serde_json::from_str(&stored).unwrap();
        assert_eq!(standing(&losses, i64::MAX), Some((Check::Drawdown, 0.2, 0.201)));
        losses.lift();
        assert_eq!(standing(&losses, 0), None);
        assert!(!losses.mark(7 * DAY_NS, 790.0, &limits));
    }

    #[test]
    fn a_win_ends_a_streak() {
        let (mut losses, limits) = (Losses::default(), limits());
        let told: Vec<bool> = [false, false, true, false, false, false].map(|won| losses.close(5, won, &limits)).into();
        assert_eq!(told, [false, false, false, false, false, true]);
        assert_eq!(standing(&losses, 6), Some((Check::ConsecutiveLosses, 3.0, 3.0)));
        assert_eq!(standing(&losses, DAY_NS), None);
    }
}
