//! Latency: how long requests take to the venue and its reports take back.

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::spec::SpecError;

/// How long one leg takes, ns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LegSpec {
    /// Always as long.
    Constant {
        /// ns.
        ns: i64,
    },
    /// Normally distributed, and never less than `least_ns`.
    Normal {
        /// ns.
        mean_ns: f64,
        /// Standard deviation, ns.
        deviation_ns: f64,
        /// ns.
        least_ns: i64,
    },
    /// The logarithm of what it takes beyond `least_ns` is normally distributed.
    LogNormal {
        /// The median of what it takes beyond the least, ns.
        median_ns: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
        /// ns.
        least_ns: i64,
    },
}

/// Orders as they went over the wire, one a row: what a recorded latency is read from.
#[derive(Debug, Clone, Copy)]
pub struct RoundTrips<'a> {
    /// When each request was sent, ascending, ns UTC.
    pub requested: &'a [i64],
    /// When the venue took it; 0 or below where it did not.
    pub taken: &'a [i64],
    /// When the report came back.
    pub reported: &'a [i64],
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It arrives after so many ns.
    Arrives(i64),
    /// It never arrives; the sender learns so after so many ns.
    Lost(i64),
}

/// Both legs of an order's way.
#[derive(Debug, Clone)]
pub struct Latency<'a>(Source<'a>);

#[derive(Debug, Clone)]
enum Source<'a> {
    /// Drawn, leg by leg.
    Drawn { request: LegSpec, report: LegSpec, random: Random },
    /// Interpolated between recorded round trips.
    Recorded(RoundTrips<'a>),
}

impl LegSpec {
    /// Checks the numbers.
    ///
    /// # Errors
    /// The first number below zero or not finite.
    pub fn check(&self, key: &'static str) -> Result<(), SpecError> {
        let numbers = match *self {
            Self::Constant { ns } => [ns as f64, 0.0, 0.0],
            Self::Normal { mean_ns, deviation_ns, least_ns } => [mean_ns, deviation_ns, least_ns as f64],
            Self::LogNormal { median_ns, sigma, least_ns } => [median_ns, sigma, least_ns as f64],
        };
        match numbers.into_iter().find(|number| !number.is_finite() || *number < 0.0) {
            Some(number) => Err(SpecError::range(key, "0 or above", number)),
            None => Ok(()),
        }
    }

    #[inline]
    fn draw(&self, random: &mut Random) -> i64 {
        if let Self::Constant { ns } = *self { ns } else { self.draw_at_random(random) }
    }

    #[inline(never)]
    fn draw_at_random(&self, random: &mut Random) -> i64 {
        match *self {
            Self::Constant { ns } => ns,
            Self::Normal { mean_ns, deviation_ns, least_ns } => {
                ((mean_ns + deviation_ns * random.normal()).round() as i64).max(least_ns)
            }
            Self::LogNormal { median_ns, sigma, least_ns } => {
                least_ns.saturating_add((median_ns * (sigma * random.normal()).exp()).round() as i64)
            }
        }
    }
}

impl<'a> RoundTrips<'a> {
    /// Checks the columns.
    ///
    /// # Errors
    /// No row, columns of different length, requests that do not ascend, a report before its request.
    pub fn check(&self) -> Result<(), SpecError> {
        let rows = self.requested.len();
        let fault = |reason: String| Err(SpecError::Conflict { key: "latency.recorded", reason });
        if rows == 0 || self.taken.len() != rows || self.reported.len() != rows {
            let (taken, reported) = (self.taken.len(), self.reported.len());
            return fault(format!("{rows} requests, {taken} times at the venue, {reported} reports"));
        }
        if let Some(row) = self.requested.windows(2).position(|pair| pair[0] >= pair[1]) {
            return fault(format!("row {}: requests must ascend", row + 1));
        }
        for row in 0..rows {
            let earliest = if self.taken[row] > 0 { self.taken[row] } else { self.requested[row] };
            if self.taken[row] > 0 && self.taken[row] < self.requested[row] || self.reported[row] < earliest {
                return fault(format!("row {row}: requested, taken and reported must follow one another"));
            }
        }
        Ok(())
    }

    fn request(&self, now: i64) -> Passage {
        let lost = |row: usize| self.taken[row] <= 0;
        let there = |row: usize| self.taken[row] - self.requested[row];
        let back = |row: usize| self.reported[row] - self.requested[row];
        let (before, after) = neighbours(self.requested, now);
        if lost(before) || lost(after) {
            return Passage::Lost(between(self.requested, now, before, after, back));
        }
        Passage::Arrives(between(self.requested, now, before, after, there))
    }

    /// By the time of the request, since times at the venue may be absent.
    fn report(&self, now: i64) -> i64 {
        let (before, after) = neighbours(self.requested, now);
        let back = |row: usize| {
            let taken = if self.taken[row] > 0 { self.taken[row] } else { self.requested[row] };
            self.reported[row] - taken
        };
        between(self.requested, now, before, after, back)
    }
}

/// The rows around a time; the first or the last twice beyond the ends.
fn neighbours(times: &[i64], now: i64) -> (usize, usize) {
    let after = times.partition_point(|time| *time <= now);
    (after.saturating_sub(1), after.min(times.len() - 1))
}

/// The straight line between two rows.
fn between(times: &[i64], now: i64, before: usize, after: usize, value: impl Fn(usize) -> i64) -> i64 {
    if before == after || now < times[before] {
        return value(before);
    }
    let share = (now - times[before]) as f64 / (times[after] - times[before]) as f64;
    value(before) + (share * (value(after) - value(before)) as f64) as i64
}

impl<'a> Latency<'a> {
    /// No way at all.
    #[must_use]
    pub fn none() -> Self {
        let at_once = LegSpec::Constant { ns: 0 };
        Self(Source::Drawn { request: at_once, report: at_once, random: Random::new(0) })
    }

    /// Legs drawn from a seed.
    ///
    /// # Errors
    /// See [`LegSpec::check`].
    pub fn drawn(request: LegSpec, report: LegSpec, seed: u64) -> Result<Self, SpecError> {
        request.check("latency.request")?;
        report.check("latency.report")?;
        Ok(Self(Source::Drawn { request, report, random: Random::new(seed) }))
    }

    /// Recorded round trips.
    ///
    /// # Errors
    /// See [`RoundTrips::check`].
    pub fn recorded(trips: RoundTrips<'a>) -> Result<Self, SpecError> {
        trips.check()?;
        Ok(Self(Source::Recorded(trips)))
    }

    /// What becomes of a request sent now.
    #[inline]
    pub fn request(&mut self, now: i64) -> Passage {
        match &mut self.0 {
            Source::Drawn { request, random, .. } => Passage::Arrives(request.draw(random)),
            Source::Recorded(trips) => trips.request(now),
        }
    }

    /// How long a report made now takes back.
    #[inline]
    pub fn report(&mut self, now: i64) -> i64 {
        match &mut self.0 {
            Source::Drawn { report, random, .. } => report.draw(random),
            Source::Recorded(trips) => trips.report(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_leg_is_constant() {
        let mut latency = Latency::drawn(LegSpec::Constant { ns: 10 }, LegSpec::Constant { ns: 20 }, 1).unwrap();
        assert_eq!((latency.request(5), latency.report(7)), (Passage::Arrives(10), 20));
    }

    #[test]
    fn drawn_legs_have_the_moments_they_were_given() {
        let request = LegSpec::Normal { mean_ns: 1e6, deviation_ns: 1e5, least_ns: 900_000 };
        let report = LegSpec::LogNormal { median_ns: 2e6, sigma: 0.5, least_ns: 1_000 };
        let draws = |seed| {
            let mut latency = Latency::drawn(request, report, seed).unwrap();
            (0..20_000)
                .map(|now| match latency.request(now) {
                    Passage::Arrives(ns) => (ns, latency.report(now)),
                    Passage::Lost(_) => unreachable!("drawn requests arrive"),
                })
                .collect::<Vec<_>>()
        };
        let drawn = draws(7);
        assert_eq!(drawn, draws(7));
        assert_ne!(drawn, draws(8));
        assert!(drawn.iter().all(|(request, report)| *request >= 900_000 && *report > 1_000));
        let below = drawn.iter().filter(|(request, _)| *request == 900_000).count() as f64 / 20_000.0;
        assert!((below - 0.1587).abs() < 0.01, "one deviation below the mean: {below}");
        let under_median = drawn.iter().filter(|(_, report)| *report < 2_001_000).count() as f64 / 20_000.0;
        assert!((under_median - 0.5).abs() < 0.015, "{under_median}");
        let log_deviation = {
            let logs: Vec<f64> = drawn.iter().map(|(_, report)| ((report - 1_000) as f64 / 2e6).ln()).collect();
            (logs.iter().map(|log| log * log).sum::<f64>() / logs.len() as f64).sqrt()
        };
        assert!((log_deviation - 0.5).abs() < 0.01, "{log_deviation}");
    }

    #[test]
    fn recorded_trips_are_interpolated_and_lost_where_one_was() {
        let (requested, taken, reported) = ([100, 200, 300, 400], [110, 230, 0, 405], [130, 260, 350, 430]);
        let mut latency =
            Latency::recorded(RoundTrips { requested: &requested, taken: &taken, reported: &reported }).unwrap();
        assert_eq!(latency.request(50), Passage::Arrives(10));
        assert_eq!(latency.request(150), Passage::Arrives(20));
        assert_eq!(latency.request(250), Passage::Lost(55));
        assert_eq!(latency.request(900), Passage::Arrives(5));
        assert_eq!((latency.report(150), latency.report(900)), (25, 25));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        let fine = LegSpec::Constant { ns: 1 };
        assert!(Latency::drawn(LegSpec::Constant { ns: -1 }, fine, 0).is_err());
        assert!(Latency::drawn(fine, LegSpec::LogNormal { median_ns: f64::NAN, sigma: 1.0, least_ns: 0 }, 0).is_err());
        let check = |requested: &[i64], taken: &[i64], reported: &[i64]| {
            RoundTrips { requested, taken, reported }.check().map_err(|error| error.to_string())
        };
        assert!(check(&[], &[], &[]).is_err());
        assert!(check(&[1, 1], &[2, 2], &[3, 3]).unwrap_err().contains("row 1"));
        assert!(check(&[1, 5], &[2, 4], &[3, 6]).unwrap_err().contains("row 1"));
        assert_eq!(check(&[1, 5], &[0, 6], &[3, 7]), Ok(()));
    }
}
