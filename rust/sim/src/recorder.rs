//! What a run leaves behind: fills, round trips, refusals and the equity curve, as columns.

mod open_trade;

use std::borrow::Cow;

pub(crate) use open_trade::{Booked, OpenTrade};
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Scale, as_f64};
use tradenode_core::orders::Reason;
use tradenode_core::protections::Event;
use tradenode_core::risk::Refusal;

use crate::metrics::{Course, Line, RoundTrip, Totals, TradeColumns};

/// Every fill, oldest first. Money is in the account's currency, quantities in base units (or contracts).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fills {
    /// When, ns UTC: the start of the bar in which it filled, or the bar's end for fills at the close.
    pub ts: Vec<i64>,
    /// The instrument's index.
    pub instrument: Vec<u32>,
    /// The order's number.
    pub order: Vec<u64>,
    /// 1 bought, -1 sold.
    pub side: Vec<i8>,
    /// How much.
    pub quantity: Vec<f64>,
    /// At which price.
    pub price: Vec<f64>,
    /// The fee paid; below zero for a rebate.
    pub fee: Vec<f64>,
    /// What the price was worse than the reference, times the quantity.
    pub slippage: Vec<f64>,
    /// 1 when the fill added liquidity.
    pub maker: Vec<u8>,
    /// Why: [`Reason`] as a number.
    pub reason: Vec<u8>,
    /// The row of the equity that is the first to count it.
    pub sample: Vec<u32>,
}

impl Fills {
    fn reserve(&mut self, rows: usize) {
        self.ts.reserve_exact(rows);
        self.instrument.reserve_exact(rows);
        self.order.reserve_exact(rows);
        self.side.reserve_exact(rows);
        self.quantity.reserve_exact(rows);
        self.price.reserve_exact(rows);
        self.fee.reserve_exact(rows);
        self.slippage.reserve_exact(rows);
        self.maker.reserve_exact(rows);
        self.reason.reserve_exact(rows);
        self.sample.reserve_exact(rows);
    }
}

/// How the fills of a run over events came about, an entry a fill; empty for runs over bars.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// What was ahead of the order when it last joined its queue, in base units; NaN where that is not known, and for
    /// an order that took.
    pub ahead: Vec<f64>,
    /// How long it had been in its queue, ns; 0 for an order that took.
    pub waited_ns: Vec<i64>,
}

/// Every payment of funding or interest, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Payments {
    /// When it fell due, ns UTC.
    pub ts: Vec<i64>,
    /// The instrument's index.
    pub instrument: Vec<u32>,
    /// What was received, in the account's currency; below zero when paid.
    pub amount: Vec<f64>,
    /// The row of the equity that is the first to count it.
    pub sample: Vec<u32>,
}

/// Every closed round trip, from flat to flat, in the order of closing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trades {
    /// The instrument's index.
    pub instrument: Vec<u32>,
    /// 1 long, -1 short.
    pub side: Vec<i8>,
    /// The first fill's time.
    pub entry_ts: Vec<i64>,
    /// The last fill's time.
    pub exit_ts: Vec<i64>,
    /// Everything that was ever added.
    pub quantity: Vec<f64>,
    /// The average price of what was added.
    pub entry_price: Vec<f64>,
    /// The average price of what was taken off.
    pub exit_price: Vec<f64>,
    /// Profit before costs.
    pub gross_pnl: Vec<f64>,
    /// Fees of both sides.
    pub fees: Vec<f64>,
    /// Slippage of both sides; already in the prices.
    pub slippage: Vec<f64>,
    /// Funding and interest received; below zero when paid.
    pub funding: Vec<f64>,
    /// Profit after fees and funding.
    pub net_pnl: Vec<f64>,
    /// `net_pnl` over the notional of everything that was added.
    pub return_ratio: Vec<f64>,
    /// The best move of the price from the average entry while open, as a part of it; of fills alone in a lean record.
    pub max_favourable: Vec<f64>,
    /// The worst move, as a part of the average entry, zero or below.
    pub max_adverse: Vec<f64>,
    /// Fills that added.
    pub entries: Vec<u32>,
    /// Why the last part was closed: [`Reason`] as a number.
    pub exit_reason: Vec<u8>,
}

impl Trades {
    fn reserve(&mut self, rows: usize) {
        self.instrument.reserve_exact(rows);
        self.side.reserve_exact(rows);
        self.entry_ts.reserve_exact(rows);
        self.exit_ts.reserve_exact(rows);
        self.quantity.reserve_exact(rows);
        self.entry_price.reserve_exact(rows);
        self.exit_price.reserve_exact(rows);
        self.gross_pnl.reserve_exact(rows);
        self.fees.reserve_exact(rows);
        self.slippage.reserve_exact(rows);
        self.funding.reserve_exact(rows);
        self.net_pnl.reserve_exact(rows);
        self.return_ratio.reserve_exact(rows);
        self.max_favourable.reserve_exact(rows);
        self.max_adverse.reserve_exact(rows);
        self.entries.reserve_exact(rows);
        self.exit_reason.reserve_exact(rows);
    }

    /// The columns as the metrics read them.
    #[must_use]
    pub fn view(&self) -> TradeColumns<'_> {
        TradeColumns {
            instrument: &self.instrument,
            side: &self.side,
            entry_ts: &self.entry_ts,
            exit_ts: &self.exit_ts,
            quantity: &self.quantity,
            entry_price: &self.entry_price,
            exit_price: &self.exit_price,
            gross_pnl: &self.gross_pnl,
            fees: &self.fees,
            slippage: &self.slippage,
            funding: &self.funding,
            net_pnl: &self.net_pnl,
            return_ratio: &self.return_ratio,
            exit_reason: &self.exit_reason,
            max_favourable: &self.max_favourable,
            max_adverse: &self.max_adverse,
        }
    }
}

/// Every refused intent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refused {
    /// When, ns UTC.
    pub ts: i64,
    /// The instrument's index.
    pub instrument: u32,
    /// Why the order was wanted.
    pub reason: Reason,
    /// What it failed on.
    pub refusal: Refusal,
}

/// Rows of the curve that are written at once and then cut to length.
const STRETCH: usize = 32;

/// Everything recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorder<'a> {
    /// The fills.
    pub fills: Fills,
    /// Their places in the queue, of a run over events.
    pub queue: Queue,
    /// Funding and interest.
    pub payments: Payments,
    /// The closed round trips.
    pub trades: Trades,
    /// The refused intents, the first [`Recorder::REFUSED_MAX`] of them.
    pub refused: Vec<Refused>,
    /// What has happened to locks of protections, the first [`Recorder::LOCKS_MAX`] events.
    pub locks: Vec<Event>,
    /// All refused intents, counted.
    pub refused_count: u64,
    /// The refusal that was made last.
    pub(crate) last_refusal: Option<Refusal>,
    /// Whether the gate of the account that several desks share made it.
    pub(crate) refused_jointly: bool,
    /// The opening times of the bars on which orders fill, ns UTC; the equity is that of the bar's end. Borrowed from
    /// the bars of a lone instrument.
    pub equity_ts: Cow<'a, [i64]>,
    /// Balance and open profit at each bar's end.
    pub equity: Vec<f64>,
    /// Gross notional at each bar's end; empty for a lean record.
    pub gross: Vec<f64>,
    /// Of a run over events by which price each instrument was valued in each row of the equity, row after row; quote units,
    /// NaN before the first. Over bars it is the last close.
    pub marks: Vec<f64>,
    /// Sums over every fill and charge, open positions included.
    pub totals: Totals,
    /// What is in the insurance fund at the end of a run over events.
    pub insurance: f64,
    /// How many positions the venue of a run over events has liquidated.
    pub liquidations: u64,
    /// How many fills there were.
    pub filled: usize,
    /// Follows the equity in place of keeping it, where given: fills then are only counted, and round trips added up.
    pub course: Option<Course<'a>>,
}

impl<'a> Recorder<'a> {
    /// The most fills for which room is made before the run.
    const FILLS_RESERVED_MAX: usize = 65_536;

    /// Refusals kept with all their details.
    pub const REFUSED_MAX: usize = 100_000;

    /// Events of locks that are kept.
    pub const LOCKS_MAX: usize = 100_000;

    pub(crate) fn with_capacity(bars: usize, full: bool) -> Self {
        let mut recorder = Self::default();
        // Room for a fill every few bars, so that busy runs copy little; memory that is not written costs nothing.
        let fills = (bars / 16).min(Self::FILLS_RESERVED_MAX);
        recorder.fills.reserve(fills);
        recorder.trades.reserve(fills / 2);
        recorder.equity.reserve_exact(bars + STRETCH);
        recorder.gross.reserve_exact(if full { bars } else { 0 });
        recorder
    }

    /// A record of totals, and of what the course takes in.
    pub(crate) fn following(course: Course<'a>) -> Self {
        Self { course: Some(course), ..Self::default() }
    }

    /// Funding or interest was received.
    pub(crate) fn pay(&mut self, at: i64, instrument: usize, amount: f64) {
        self.totals.funding += amount;
        if self.course.is_none() {
            self.payments.ts.push(at);
            self.payments.instrument.push(instrument as u32);
            self.payments.amount.push(amount);
            self.payments.sample.push(self.equity.len() as u32);
        }
    }

    /// By which prices all instruments are valued in the row of the equity that comes next; 0 before the first.
    pub(crate) fn value(&mut self, prices: &[f64]) {
        self.marks.extend(prices.iter().map(|&price| if price > 0.0 { price } else { f64::NAN }));
    }

    /// What has happened to locks.
    pub(crate) fn lock(&mut self, events: Vec<Event>) {
        let room = Self::LOCKS_MAX - self.locks.len();
        self.locks.extend(events.into_iter().take(room));
    }

    #[inline]
    pub(crate) fn mark(&mut self, equity: f64, gross: Option<f64>) {
        if let Some(course) = &mut self.course {
            return course.hold(1, equity);
        }
        self.equity.push(equity);
        self.gross.extend(gross);
    }

    /// The same equity at the end of many bars.
    pub(crate) fn mark_flat(&mut self, bars: usize, equity: f64, full: bool) {
        if let Some(course) = &mut self.course {
            return course.hold(bars, equity);
        }
        let rows = self.equity.len() + bars;
        if bars == 1 {
            self.equity.push(equity);
        }
        // By stretches of one length: where a loop over bars would end nobody can foresee.
        while self.equity.len() < rows {
            self.equity.extend_from_slice(&[equity; STRETCH]);
        }
        self.equity.truncate(rows);
        if full {
            self.gross.resize(rows, 0.0);
        }
    }

    /// The equity that follows from the closes of the first `bars` of some bars.
    #[inline]
    pub(crate) fn mark_held(&mut self, closes: &[f64], bars: usize, line: Line, full: bool) {
        if let Some(course) = &mut self.course {
            return course.follow(bars, line);
        }
        if full {
            self.gross.extend(closes[..bars].iter().map(|&close| line.worth(close).abs()));
        }
        let equity = |close| line.at(close);
        if bars == 1 {
            return self.equity.push(equity(closes[0]));
        }
        let rows = self.equity.len() + bars;
        let (stretches, rest) = closes.as_chunks::<STRETCH>();
        for stretch in stretches.iter().take(bars.div_ceil(STRETCH)) {
            self.equity.extend(stretch.iter().map(|&close| equity(close)));
        }
        if self.equity.len() < rows {
            self.equity.extend(rest.iter().map(|&close| equity(close)));
        }
        self.equity.truncate(rows);
    }

    pub(crate) fn refuse(&mut self, ts: i64, instrument: usize, reason: Reason, refusal: Refusal) {
        self.refused_count += 1;
        (self.last_refusal, self.refused_jointly) = (Some(refusal), false);
        if self.refused.len() < Self::REFUSED_MAX {
            self.refused.push(Refused { ts, instrument: instrument as u32, reason, refusal });
        }
    }

    pub(crate) fn fill(&mut self, booked: &Booked, instrument: &Instrument, scale: Scale) {
        let price = instrument.price.value(booked.ticks);
        let (fee, slippage) = (scale.to_f64(booked.fee), scale.to_f64(booked.slippage));
        self.totals.traded += instrument.worth_f64(booked.lots, price).abs();
        self.totals.fees += fee;
        self.totals.slippage += slippage;
        self.filled += 1;
        if self.course.is_some() {
            return;
        }
        let fills = &mut self.fills;
        fills.ts.push(booked.ts);
        fills.instrument.push(booked.instrument as u32);
        fills.order.push(booked.order);
        fills.side.push(booked.side.sign() as i8);
        fills.quantity.push(instrument.quantity.value(booked.lots));
        fills.price.push(price);
        fills.fee.push(fee);
        fills.slippage.push(slippage);
        fills.maker.push(u8::from(booked.maker));
        fills.reason.push(booked.reason as u8);
        fills.sample.push(self.equity.len() as u32);
    }

    /// Records how the fill that was recorded last came about; `behind` lots, below zero where that is not known.
    pub(crate) fn queued(&mut self, behind: i64, waited_ns: i64, instrument: &Instrument) {
        if self.course.is_none() {
            let ahead = if behind < 0 { f64::NAN } else { instrument.quantity.value(behind) };
            self.queue.ahead.push(ahead);
            self.queue.waited_ns.push(waited_ns);
        }
    }

    /// Records a round trip that has just closed; returns its return on notional.
    pub(crate) fn close(&mut self, trade: &OpenTrade, exit: &Booked, instrument: &Instrument, scale: Scale) -> f64 {
        let net = trade.net();
        let result = as_f64(net) / as_f64(trade.entry_worth.abs());
        let trip = RoundTrip {
            is_long: trade.direction > 0,
            held_ns: exit.ts - trade.opened,
            gross_pnl: scale.to_f64(trade.realised),
            net_pnl: scale.to_f64(net),
            fees: scale.to_f64(trade.fees),
            slippage: scale.to_f64(trade.slippage),
            funding: scale.to_f64(trade.funding),
            return_ratio: result,
        };
        if let Some(course) = &mut self.course {
            course.close(&trip);
            return result;
        }
        let trades = &mut self.trades;
        let signed = i64::from(trade.direction) * trade.lots;
        let entry_price = instrument.price_of(signed, trade.entry_worth);
        let (up, down) = (trade.high / entry_price - 1.0, trade.low / entry_price - 1.0);
        let (best, worst) = if trade.direction > 0 { (up, down) } else { (-down, -up) };
        trades.instrument.push(exit.instrument as u32);
        trades.side.push(trade.direction);
        trades.entry_ts.push(trade.opened);
        trades.exit_ts.push(exit.ts);
        trades.quantity.push(instrument.quantity.value(trade.lots));
        trades.entry_price.push(entry_price);
        trades.exit_price.push(instrument.price_of(signed, trade.exit_worth));
        trades.gross_pnl.push(trip.gross_pnl);
        trades.fees.push(trip.fees);
        trades.slippage.push(trip.slippage);
        trades.funding.push(trip.funding);
        trades.net_pnl.push(trip.net_pnl);
        trades.return_ratio.push(result);
        trades.max_favourable.push(best.max(0.0));
        trades.max_adverse.push(worst.min(0.0));
        trades.entries.push(trade.entries);
        trades.exit_reason.push(exit.reason as u8);
        result
    }
}
