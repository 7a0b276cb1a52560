//! Figures of the closed round trips.

use serde::Serialize;

use super::group::Tally;
use super::range::Range;
use super::returns::sample_deviation;
use super::{Totals, TradeColumns, ratio};

/// A win has a net profit above zero, a loss one below; a trade at exactly zero counts in the number of trades only.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeMetrics {
    /// Closed round trips.
    pub count: usize,
    /// Those that were long.
    pub long: usize,
    /// Those that were short.
    pub short: usize,
    /// Those that won.
    pub wins: usize,
    /// Those that lost.
    pub losses: usize,
    /// Wins over all trades.
    pub win_rate: f64,
    /// Sum of wins over the sum of losses, net; undefined without a loss.
    pub profit_factor: f64,
    /// Mean net profit of a trade.
    pub expectancy: f64,
    /// Expectancy over the mean loss: what a unit at risk brings; undefined without a loss.
    pub expectancy_ratio: f64,
    /// System quality number (Van Tharp): root of the number of trades, times mean over sample deviation (n - 1) of the
    /// net profits.
    pub sqn: f64,
    /// Mean win.
    pub average_win: f64,
    /// Mean loss, negative.
    pub average_loss: f64,
    /// Mean win over mean loss, positive.
    pub payoff_ratio: f64,
    /// Mean of the returns on entry notional.
    pub average_return: f64,
    /// The best net profit.
    pub best: f64,
    /// The worst net profit.
    pub worst: f64,
    /// The best return on entry notional.
    pub best_return: f64,
    /// The worst return on entry notional.
    pub worst_return: f64,
    /// Most wins in a row, in the order of closing.
    pub win_streak: usize,
    /// Most losses in a row, in the order of closing.
    pub loss_streak: usize,
    /// Mean time from first fill to last, ns.
    pub average_holding_ns: Option<i64>,
    /// Median time, the lower of the middle two, ns.
    pub median_holding_ns: Option<i64>,
    /// Longest time, ns.
    pub longest_holding_ns: Option<i64>,
    /// Profit by prices alone, closed trades.
    pub gross_pnl: f64,
    /// Profit after fees and funding, closed trades.
    pub net_pnl: f64,
    /// Fees of the whole run, open positions included.
    pub fees: f64,
    /// Slippage of the whole run, open positions included.
    pub slippage: f64,
    /// Funding and borrow received in the whole run, open positions included; negative when paid.
    pub funding: f64,
}

/// What the figures need of round trips besides their tally.
#[derive(Debug, Clone)]
pub(super) struct Trips<'a> {
    /// Those that were long.
    pub(super) long: usize,
    /// The net profit of each, in the order of closing.
    pub(super) net_pnl: &'a [f64],
    /// The greatest and the least return on entry notional; NaN where there is none.
    pub(super) returns: (f64, f64),
    /// How long each was held, ns.
    pub(super) held: Vec<i64>,
}

impl<'a> Trips<'a> {
    pub(super) fn of(trades: &TradeColumns<'a>) -> Self {
        Self {
            long: trades.side.iter().filter(|&&s| s > 0).count(),
            net_pnl: trades.net_pnl,
            returns: extremes(trades.return_ratio),
            held: trades.entry_ts.iter().zip(trades.exit_ts).map(|(entry, exit)| exit - entry).collect(),
        }
    }
}

impl TradeMetrics {
    pub(super) fn of(trips: Trips<'_>, tally: &Tally, totals: &Totals) -> Self {
        let Trips { long, net_pnl, returns: (best_return, worst_return), held } = trips;
        let count = net_pnl.len();
        let expectancy = ratio(tally.net_pnl, count as f64);
        let average_loss = ratio(-tally.lost, tally.losses as f64);
        let average_win = ratio(tally.won, tally.wins as f64);
        let (best, worst) = extremes(net_pnl);
        let [average_holding_ns, median_holding_ns, longest_holding_ns] = holding(held);
        Self {
            count,
            long,
            short: count - long,
            wins: tally.wins,
            losses: tally.losses,
            win_rate: tally.win_rate(),
            profit_factor: tally.profit_factor(),
            expectancy,
            expectancy_ratio: ratio(expectancy, -average_loss),
            sqn: ratio(expectancy, sample_deviation(net_pnl)) * (count as f64).sqrt(),
            average_win,
            average_loss,
            payoff_ratio: ratio(average_win, -average_loss),
            average_return: tally.average_return(),
            best,
            worst,
            best_return,
            worst_return,
            win_streak: longest_run(net_pnl, |pnl| pnl > 0.0),
            loss_streak: longest_run(net_pnl, |pnl| pnl < 0.0),
            average_holding_ns,
            median_holding_ns,
            longest_holding_ns,
            gross_pnl: tally.gross_pnl,
            net_pnl: tally.net_pnl,
            fees: totals.fees,
            slippage: totals.slippage,
            funding: totals.funding,
        }
    }
}

/// Greatest and least; NaN where there is none.
fn extremes(values: &[f64]) -> (f64, f64) {
    let range = Range::of(values);
    if values.is_empty() { (f64::NAN, f64::NAN) } else { (range.greatest, range.least) }
}

fn longest_run(values: &[f64], counts: impl Fn(f64) -> bool) -> usize {
    let mut run = 0;
    let mut longest = 0;
    for &value in values {
        // A product, not a branch: wins and losses come in an order that no processor can guess.
        run = (run + 1) * usize::from(counts(value));
        longest = longest.max(run);
    }
    longest
}

/// Mean, median and longest holding time.
fn holding(mut held: Vec<i64>) -> [Option<i64>; 3] {
    if held.is_empty() {
        return [None; 3];
    }
    let sum: i128 = held.iter().map(|&ns| i128::from(ns)).sum();
    let mean = i64::try_from(sum / held.len() as i128).ok();
    let longest = held.iter().copied().max();
    let middle = (held.len() - 1) / 2;
    let (_, &mut median, _) = held.select_nth_unstable(middle);
    [mean, Some(median), longest]
}
