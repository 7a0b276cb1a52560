//! The course of an equity that is followed while it happens, and not kept: what the figures of many runs need.

use super::drawdown::Walk;
use super::ends::BlockEnds;
use super::group::{RoundTrip, Tally, sum};
use super::input::check_account;
use super::sample::{DailyCloses, DayEnds};
use super::trades::Trips;
use super::{Curve, MetricOptions, MetricsError, Summary, Totals, summarise};

/// How the equity follows from the close while nothing is traded: balance + (worth - cost), where the worth is
/// `slope` × close, or `slope` / close of an inverse contract.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The balance, in currency units.
    pub balance: f64,
    /// The worth of what is held at a price of 1.
    pub slope: f64,
    /// What was paid for it.
    pub cost: f64,
    /// Whether the worth falls with the price.
    pub inverse: bool,
}

impl Line {
    /// The worth of what is held at a close.
    #[must_use]
    #[inline]
    pub fn worth(&self, close: f64) -> f64 {
        if self.inverse { self.slope / close } else { self.slope * close }
    }

    /// The equity at a close.
    #[must_use]
    #[inline]
    pub fn at(&self, close: f64) -> f64 {
        self.balance + (self.worth(close) - self.cost)
    }
}

/// Follows the equity of a run over the bars of a lone instrument.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    start_equity: f64,
    ts: &'a [i64],
    bar_ns: i64,
    closes: &'a [f64],
    ends: &'a BlockEnds,
    days: &'a DayEnds,
    walk: Walk<'a>,
    /// The equity at the ends of the days so far.
    daily: Vec<f64>,
    /// The line on which the walk's trough lies, where only the stretch is known.
    trough: Option<Line>,
    last: f64,
    /// The first equity that is not finite, and its row.
    fault: Option<(usize, f64)>,
    /// The round trips: added up, those that were long, each one's net profit and how long it was held, ns.
    tally: Tally,
    long: usize,
    net_pnl: Vec<f64>,
    held: Vec<i64>,
    /// The greatest and the least return of a round trip.
    returns: (f64, f64),
}

impl<'a> Course<'a> {
    /// Over bars with these opening times and closes, whose blocks end at `ends` and days at `days`; the rest as [`Curve`]
    /// has it.
    #[must_use]
    pub fn new(
        start_equity: f64,
        ts: &'a [i64],
        bar_ns: i64,
        closes: &'a [f64],
        ends: &'a BlockEnds,
        days: &'a DayEnds,
    ) -> Self {
        Self {
            start_equity,
            ts,
            bar_ns,
            closes,
            ends,
            days,
            walk: Walk::new(start_equity, ts, bar_ns),
            daily: Vec::with_capacity(days.seen.len()),
            trough: None,
            last: f64::NAN,
            fault: None,
            tally: Tally::default(),
            long: 0,
            net_pnl: Vec::new(),
            held: Vec::new(),
            returns: (f64::NAN, f64::NAN),
        }
    }

    /// The next bars end with this equity.
    #[inline]
    pub(crate) fn hold(&mut self, bars: usize, equity: f64) {
        if bars == 0 {
            return;
        }
        self.sound(equity);
        self.close_days(bars, |_| equity);
        let trough = self.walk.trough;
        self.walk.hold(bars, equity);
        self.trough = self.trough.filter(|_| self.walk.trough == trough);
        self.last = equity;
    }

    /// The equity moves along a line over the next bars.
    #[inline]
    pub(crate) fn follow(&mut self, bars: usize, line: Line) {
        let seen = self.walk.seen;
        let closes = &self.closes[seen..][..bars];
        let Some(&close) = closes.last() else { return };
        // Along a line the equity's ends are at the ends of the price: no step of its arithmetic turns an order around.
        let (low, high) = self.ends.within(self.closes, seen..seen + bars);
        let (one, other) = (line.at(low), line.at(high));
        self.sound(one);
        self.sound(other);
        self.close_days(bars, |row| line.at(closes[row]));
        let (least, greatest) = if one < other { (one, other) } else { (other, one) };
        let trough = self.walk.trough;
        if self.walk.pass(closes, least, greatest, |close| line.at(close)) {
            self.trough = Some(line);
        } else if self.walk.trough != trough {
            self.trough = None;
        }
        self.last = line.at(close);
    }

    /// A round trip has closed.
    #[inline]
    pub(crate) fn close(&mut self, trip: &RoundTrip) {
        self.tally.add(trip);
        self.long += usize::from(trip.is_long);
        self.net_pnl.push(trip.net_pnl);
        self.held.push(trip.held_ns);
        // NaN gives way to any value.
        self.returns = (self.returns.0.max(trip.return_ratio), self.returns.1.min(trip.return_ratio));
    }

    fn sound(&mut self, equity: f64) {
        if !equity.is_finite() && self.fault.is_none() {
            self.fault = Some((self.walk.seen, equity));
        }
    }

    /// Takes note of the equity at the ends of the days that lie in the next bars; `equity` is told the bar.
    #[inline]
    fn close_days(&mut self, bars: usize, equity: impl Fn(usize) -> f64) {
        let before = self.walk.seen;
        while let Some(&seen) = self.days.seen.get(self.daily.len()).filter(|seen| **seen <= before + bars) {
            // A day that ends without a bar of its own has been closed together with the one before it.
            self.daily.push(seen.checked_sub(before + 1).map_or(self.start_equity, &equity));
        }
    }

    /// The figures of the run, to the last bit those of [`super::metrics`]; for returns that are taken daily.
    ///
    /// # Errors
    /// Money that is not finite; options without a meaning.
    pub fn summary(mut self, totals: Totals, options: &MetricOptions) -> Result<Summary, MetricsError> {
        options.check()?;
        let Self { start_equity, ts, bar_ns, .. } = self;
        let curve = Curve { ts, bar_ns, equity: &[], exposure: &[], start_equity, totals, market: &[] };
        check_account(&curve)?;
        if let Some((row, value)) = self.fault {
            return Err(MetricsError::NotFinite { column: "equity", row, value });
        }
        if let Some((column, value)) = self.tally.unsound() {
            return Err(MetricsError::NotFinite { column, row: self.net_pnl.len().saturating_sub(1), value });
        }
        self.walk.end();
        if let Some(line) = self.trough {
            let from = self.walk.trough.saturating_sub(1);
            let lowest = self.walk.lowest;
            self.walk.trough += self.closes[from..].iter().position(|&close| line.at(close) == lowest).unwrap_or(0);
        }
        let daily = DailyCloses { first_day: self.days.first_day, equity: self.daily };
        let trips = Trips { long: self.long, net_pnl: &self.net_pnl, returns: self.returns, held: self.held };
        // As the tallies of several instruments are added up.
        let tally = sum(std::iter::once(&self.tally));
        Ok(summarise(&curve, self.last, &self.walk, &daily, trips, &tally, options))
    }
}
