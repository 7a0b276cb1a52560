//! The trades of one instrument, one side or one exit reason, added up.

use serde::Serialize;

use super::{Names, TradeColumns, ratio};

/// One row of a table of trades by something; words as in [`super::TradeMetrics`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeGroup {
    /// What the trades have in common.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// Those that won.
    pub wins: usize,
    /// Those that lost.
    pub losses: usize,
    /// Wins over all trades.
    pub win_rate: f64,
    /// Sum of wins over the sum of losses, net.
    pub profit_factor: f64,
    /// Mean of the returns on entry notional.
    pub average_return: f64,
    /// Mean time from first fill to last, ns.
    pub average_holding_ns: Option<i64>,
    /// Profit by prices alone.
    pub gross_pnl: f64,
    /// Fees paid.
    pub fees: f64,
    /// Cost of slippage.
    pub slippage: f64,
    /// Funding and borrow received; negative when paid.
    pub funding: f64,
    /// Profit after fees and funding.
    pub net_pnl: f64,
}

/// Trades by instrument (each one named, traded or not), by side and by exit reason (those that occurred).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeGroups {
    /// In the order of the names.
    pub instruments: Vec<TradeGroup>,
    /// Long, then short.
    pub sides: Vec<TradeGroup>,
    /// In the order of the names.
    pub exit_reasons: Vec<TradeGroup>,
}

/// Sums by instrument, and by exit reason and side together: each trade is added twice, whatever the tables.
pub(super) struct Tallies {
    instruments: Vec<Tally>,
    /// Long and short of each exit reason.
    reasons: Vec<[Tally; 2]>,
}

impl Tallies {
    pub(super) fn of(trades: &TradeColumns<'_>, names: Names<'_>) -> Self {
        let mut instruments = vec![Tally::default(); names.instruments.len()];
        let mut reasons = vec![[Tally::default(), Tally::default()]; names.exit_reasons.len()];
        for row in 0..trades.len() {
            let trip = RoundTrip::of(trades, row);
            instruments[trades.instrument[row] as usize].add(&trip);
            reasons[usize::from(trades.exit_reason[row])][usize::from(!trip.is_long)].add(&trip);
        }
        Self { instruments, reasons }
    }

    pub(super) fn all(&self) -> Tally {
        sum(self.instruments.iter())
    }

    pub(super) fn groups(&self, names: Names<'_>) -> TradeGroups {
        let instruments = names.instruments.iter().zip(&self.instruments);
        let side = |index: usize| sum(self.reasons.iter().map(|reason| &reason[index]));
        let reasons = names
            .exit_reasons
            .iter()
            .zip(&self.reasons)
            .map(|(name, [long, short])| (name, sum([long, short].into_iter())));
        TradeGroups {
            instruments: instruments.map(|(name, tally)| tally.named(name)).collect(),
            sides: vec![side(0).named("long"), side(1).named("short")],
            exit_reasons: reasons.filter(|(_, tally)| tally.count > 0).map(|(name, tally)| tally.named(name)).collect(),
        }
    }
}

pub(super) fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
    let mut all = Tally::default();
    for tally in tallies {
        all.merge(tally);
    }
    all
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) count: usize,
    pub(super) wins: usize,
    pub(super) losses: usize,
    pub(super) won: f64,
    pub(super) lost: f64,
    pub(super) gross_pnl: f64,
    pub(super) net_pnl: f64,
    fees: f64,
    slippage: f64,
    funding: f64,
    returns: f64,
    held_ns: i128,
}

/// What a closed round trip adds to a tally; see [`TradeColumns`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundTrip {
    pub(crate) is_long: bool,
    pub(crate) held_ns: i64,
    pub(crate) gross_pnl: f64,
    pub(crate) net_pnl: f64,
    pub(crate) fees: f64,
    pub(crate) slippage: f64,
    pub(crate) funding: f64,
    pub(crate) return_ratio: f64,
}

impl RoundTrip {
    fn of(trades: &TradeColumns<'_>, row: usize) -> Self {
        Self {
            is_long: trades.side[row] > 0,
            held_ns: trades.exit_ts[row] - trades.entry_ts[row],
            gross_pnl: trades.gross_pnl[row],
            net_pnl: trades.net_pnl[row],
            fees: trades.fees[row],
            slippage: trades.slippage[row],
            funding: trades.funding[row],
            return_ratio: trades.return_ratio[row],
        }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, trip: &RoundTrip) {
        let net = trip.net_pnl;
        self.count += 1;
        self.wins += usize::from(net > 0.0);
        self.losses += usize::from(net < 0.0);
        self.won += net.max(0.0);
        self.lost -= net.min(0.0);
        self.gross_pnl += trip.gross_pnl;
        self.net_pnl += net;
        self.fees += trip.fees;
        self.slippage += trip.slippage;
        self.funding += trip.funding;
        self.returns += trip.return_ratio;
        self.held_ns += i128::from(trip.held_ns);
    }

    /// The first sum that is not finite, by its column.
    pub(super) fn unsound(&self) -> Option<(&'static str, f64)> {
        let sums = [
            ("gross_pnl", self.gross_pnl),
            ("fees", self.fees),
            ("slippage", self.slippage),
            ("funding", self.funding),
            ("net_pnl", self.net_pnl),
            ("return_ratio", self.returns),
        ];
        sums.into_iter().find(|(_, sum)| !sum.is_finite())
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.wins += other.wins;
        self.losses += other.losses;
        self.won += other.won;
        self.lost += other.lost;
        self.gross_pnl += other.gross_pnl;
        self.net_pnl += other.net_pnl;
        self.fees += other.fees;
        self.slippage += other.slippage;
        self.funding += other.funding;
        self.returns += other.returns;
        self.held_ns += other.held_ns;
    }

    pub(super) fn win_rate(&self) -> f64 {
        ratio(self.wins as f64, self.count as f64)
    }

    pub(super) fn profit_factor(&self) -> f64 {
        ratio(self.won, self.lost)
    }

    pub(super) fn average_return(&self) -> f64 {
        ratio(self.returns, self.count as f64)
    }

    fn named(&self, name: &str) -> TradeGroup {
        TradeGroup {
            name: name.to_owned(),
            count: self.count,
            wins: self.wins,
            losses: self.losses,
            win_rate: self.win_rate(),
            profit_factor: self.profit_factor(),
            average_return: self.average_return(),
            average_holding_ns: self.held_ns.checked_div(self.count as i128).and_then(|ns| i64::try_from(ns).ok()),
            gross_pnl: self.gross_pnl,
            fees: self.fees,
            slippage: self.slippage,
            funding: self.funding,
            net_pnl: self.net_pnl,
        }
    }
}
