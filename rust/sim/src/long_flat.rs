//! Runs of rules that are long or flat: a lone instrument, bought at the market and sold whole, and nothing else.
//!
//! Most runs of rules are such runs, and most sets of a sweep. What [`crate::engine::Engine`] comes to with them takes a
//! few lines here, and a fraction of the time; the gate is only asked where it may refuse. What is recorded is the
//! engine's to the last bit.

mod turns;

use tradenode_core::account::{Account, Fill};
use tradenode_core::bars::Bars;
use tradenode_core::money::{Atoms, MoneyError};
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::Limits;
use tradenode_core::strategy::sizing::{SizeInput, TradeRecord};
use tradenode_core::strategy::{EntryOrder, ExitsSpec, SizeMethod, SizeSpec};
use tradenode_core::units::{Decimal, Rate};

use self::turns::Turns;
use crate::error::RunError;
use crate::frames::Frame;
use crate::ledger::Ledger;
use crate::metrics::Line;
use crate::recorder::{Booked, OpenTrade, Recorder};
use crate::signals::{SignalColumns, bit};
use crate::spec::{CostsSpec, FillAt, Record, RunSpec};

const SECOND_NS: i64 = 1_000_000_000;

/// What is held since it was bought.
#[derive(Debug)]
struct Held {
    trade: OpenTrade,
    line: Line,
}

/// Such a run in progress.
#[derive(Debug)]
pub(crate) struct LongFlat<'a> {
    /// The record and the gate; the account lies still until the gate is asked.
    ledger: Ledger<'a>,
    size: Option<SizeSpec>,
    full: bool,
    bars: Bars<'a>,
    turns: Turns<'a>,
    /// The next bar.
    next: usize,
    balance: Atoms,
    held: Option<Held>,
}

impl<'a> LongFlat<'a> {
    /// Whether the runs of a description are such runs.
    pub(crate) fn fits(spec: &RunSpec, frames: &[Frame<'_>]) -> bool {
        let ([instrument], [frame], Some(rules)) = (spec.instruments.as_slice(), frames, &spec.rules) else {
            return false;
        };
        // Paid for in full, so that no price can use up the equity.
        let paid = instrument.initial_margin == Rate::ONE || spec.account.leverage == Decimal::ONE;
        let market = rules.enter_long.as_ref().is_some_and(|entry| entry.order == EntryOrder::Market);
        // The others look at the stop, at a rule or at the trades before.
        let sized = matches!(
            spec.size.as_ref().map(|size| &size.method),
            Some(
                SizeMethod::FixedQuantity { .. } | SizeMethod::FixedNotional { .. } | SizeMethod::EquityFraction { .. }
            )
        );
        (paid && market && sized && rules.enter_short.is_none() && !instrument.inverse)
            && (spec.fill.at == FillAt::NextOpen && frame.detail.is_none() && frame.funding.is_none())
            && (spec.costs == CostsSpec::default() && spec.protections.is_empty())
            && (cannot_bind(&spec.risk, 0) || cannot_bind(&spec.risk, apart(frame.fills().ts)))
            && (spec.exits == ExitsSpec::default() && spec.scale_in.is_none() && spec.scale_out.is_empty())
    }

    /// A run over bars of one that [`LongFlat::fits`], whose description an engine has found sound, with new books.
    pub(crate) fn new(spec: &RunSpec, ledger: Ledger<'a>, frames: &[Frame<'a>], columns: Vec<SignalColumns>) -> Self {
        let (bars, mut columns) = (frames[0].fills(), columns.into_iter().next().unwrap_or_default());
        Self {
            size: spec.size.clone(),
            full: spec.record == Record::Full,
            turns: Turns::new(bars, columns.take(bit::ENTER_LONG), columns.take(bit::EXIT_LONG)),
            bars,
            next: 0,
            balance: ledger.account.balance(),
            held: None,
            ledger,
        }
    }

    /// Everything recorded.
    pub(crate) fn into_recorder(self) -> Recorder<'a> {
        self.ledger.into_recorder()
    }

    /// Runs on before the bar of that row, or to the end.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub(crate) fn advance(&mut self, before: usize) -> Result<(), RunError> {
        let rows = self.bars.ts.len().min(before);
        loop {
            let turn = self.turns.next();
            self.pass(rows.min(turn.row));
            if turn.row >= rows {
                return Ok(());
            }
            let ticks = self.ledger.instruments[0].price.steps(turn.open)?;
            if self.held.is_some() {
                self.sell(ticks, turn.ts)?;
            } else {
                self.buy(ticks, turn.ts)?;
            }
            self.turns.pass(self.held.is_some());
        }
    }

    /// Passes over the bars before a row, in which nothing happens.
    #[inline]
    fn pass(&mut self, row: usize) {
        let (span, full, recorder) = (self.next..row, self.full, &mut self.ledger.recorder);
        match &mut self.held {
            Some(held) => {
                if full {
                    held.trade.pass(&self.bars.high[span.clone()], &self.bars.low[span.clone()]);
                }
                recorder.mark_held(&self.bars.close[span.start..], span.len(), held.line, full);
            }
            None => recorder.mark_flat(span.len(), self.ledger.scale.to_f64(self.balance), full),
        }
        self.next = row;
    }

    fn buy(&mut self, ticks: i64, now: i64) -> Result<(), RunError> {
        let (instrument, scale) = (&self.ledger.instruments[0], self.ledger.scale);
        let Some(size) = &self.size else { return Ok(()) };
        let lots = size.lots(&SizeInput {
            instrument,
            side: Side::Buy,
            scale,
            equity: self.balance,
            price: ticks,
            stop_distance: f64::NAN,
            measure: f64::NAN,
            held: 0,
            instruments: 1,
            bars_a_year: f64::NAN,
            record: TradeRecord::default(),
        })?;
        let lots = lots.min(instrument.max_lots);
        let fill = Fill::new(instrument, Side::Buy, lots, ticks, instrument.spec().taker_fee);
        if !fill.is_ok_and(|fill| self.is_sure(&fill)) && !self.is_permitted(lots, ticks, now)? {
            return Ok(());
        }
        let fill = fill?;
        let Ledger { recorder, instruments, .. } = &mut self.ledger;
        let instrument = &instruments[0];
        self.balance = self.balance.checked_sub(fill.fee).ok_or(MoneyError::Overflow)?;
        let (balance, cost) = (scale.to_f64(self.balance), scale.to_f64(fill.worth));
        let line = Line { balance, slope: instrument.worth_f64(lots, 1.0), cost, inverse: false };
        let mut trade = OpenTrade::new(now, Side::Buy, instrument.price.value(ticks));
        trade.costs(fill.fee, 0);
        trade.added(lots, fill.worth, lots);
        self.held = Some(Held { trade, line });
        recorder.fill(&booked(recorder, &fill, Reason::Entry, now), instrument, scale);
        Ok(())
    }

    /// Whether the gate permits an entry that fills so: what of its questions is not answered by the description.
    fn is_sure(&self, fill: &Fill) -> bool {
        let instrument = &self.ledger.instruments[0];
        let needed = fill.worth.checked_add(fill.fee.max(0));
        fill.lots >= instrument.min_lots
            && fill.worth >= instrument.min_notional
            && needed.is_some_and(|needed| needed <= self.balance)
    }

    /// Asks the gate, which has the words for a refusal.
    #[cold]
    fn is_permitted(&mut self, lots: i64, ticks: i64, now: i64) -> Result<bool, RunError> {
        self.ledger.account = Account::new(self.balance, 1);
        self.ledger.trades_at_ticks(0, ticks);
        let (side, kind, reason) = (Side::Buy, OrderKind::Market, Reason::Entry);
        let intent = Intent { instrument: 0, side, lots, kind, reduce_only: false, reason };
        Ok(self.ledger.permit(&intent, now, None, true)?.is_some())
    }

    fn sell(&mut self, ticks: i64, now: i64) -> Result<(), RunError> {
        let Self { ledger: Ledger { recorder, instruments, scale, .. }, balance, held, .. } = self;
        let (Some(Held { trade, .. }), instrument) = (held.as_mut(), &instruments[0]) else {
            return Ok(());
        };
        let fill = Fill::new(instrument, Side::Sell, trade.lots, ticks, instrument.spec().taker_fee)?;
        let (taken_off, price) = (-fill.worth, instrument.price.value(ticks));
        let realised = taken_off - trade.entry_worth;
        *balance = balance.checked_add(realised - fill.fee).ok_or(MoneyError::Overflow)?;
        trade.costs(fill.fee, 0);
        trade.taken_off(taken_off, realised);
        trade.extend(price, price);
        let booked = booked(recorder, &fill, Reason::ExitRule, now);
        recorder.fill(&booked, instrument, *scale);
        recorder.close(trade, &booked, instrument, *scale);
        *held = None;
        Ok(())
    }
}

/// A fill of the market's price. Every order that the gate permits has one.
fn booked(recorder: &Recorder<'_>, fill: &Fill, reason: Reason, ts: i64) -> Booked {
    let (order, &Fill { side, lots, ticks, fee, .. }) = (recorder.filled as u64 + 1, fill);
    Booked { ts, instrument: 0, order, side, lots, ticks, fee, slippage: 0, maker: false, reason }
}

/// How far apart bars open at least, ns: their data may be finer than the run's description says.
fn apart(ts: &[i64]) -> i64 {
    ts.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).min().unwrap_or(i64::MAX)
}

/// Whether limits can refuse nothing of such a run, whose orders go to the market at most one a bar, with none of ours
/// open besides: what is about prices, quotes, cancels and our own orders never binds it, a pace only where it is less than
/// one order a bar. What is lost, held or open to trading is not followed here.
fn cannot_bind(limits: &Limits, bar_ns: i64) -> bool {
    let keeps_up =
        |most: Option<u32>, window_ns| most.is_none_or(|most| i64::from(most).saturating_mul(bar_ns) >= window_ns);
    let others = Limits {
        price_band: None,
        collar: None,
        max_quote_age_ns: None,
        duplicate_ns: None,
        refuse_self_trade: false,
        max_orders_per_second: None,
        max_orders_per_minute: None,
        max_cancels_per_second: None,
        max_open_orders: None,
        ..limits.clone()
    };
    others == Limits::default()
        && limits.duplicate_ns.is_none_or(|within| within <= bar_ns)
        && limits.max_open_orders.is_none_or(|most| most >= 1)
        && keeps_up(limits.max_orders_per_second, SECOND_NS)
        && keeps_up(limits.max_orders_per_minute, 60 * SECOND_NS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frames::SoundBars;
    use crate::metrics::{Curve, MetricOptions, Names, Sampling, metrics};
    use crate::rules::evaluate;
    use crate::sets::Sets;
    use crate::signals::Signals;
    use crate::spec::Record;
    use crate::sweep::{Facts, Outcome, SweepError, sweep};

    const MINUTE_NS: i64 = 60_000_000_000;

    /// Limits as a config sets them that says nothing, but for those on losses.
    const LIMITS: &str = r#""price_band":"0.5","collar":"0.05","max_quote_age_ns":10000000000,"duplicate_ns":10000000,
        "refuse_self_trade":true,"max_orders_per_second":100,"max_orders_per_minute":3000,"max_cancels_per_second":200,
        "max_open_orders":200"#;
    /// The tightest that cannot bind, on bars of an hour.
    const TIGHTEST: &str = r#""price_band":"0.000000001","collar":"0.000000001","max_quote_age_ns":1,
        "duplicate_ns":3600000000000,"refuse_self_trade":true,"max_orders_per_second":1,"max_orders_per_minute":1,
        "max_cancels_per_second":0,"max_open_orders":1"#;

    /// Columns of a walk in so many ticks of 0.01, its bars hours of a few days.
    fn walk(steps: &[(i64, i64)], unit: i64) -> (Vec<i64>, [Vec<f64>; 5]) {
        let (mut close, mut columns) = (1_000_i64, <[Vec<f64>; 5]>::default());
        for &(gap, step) in steps {
            let open = (close + gap).max(1);
            close = (open + step).max(1);
            let row = [open, open.max(close) + 1, open.min(close), close].map(|ticks| (ticks * unit) as f64 / 100.0);
            columns.iter_mut().zip(row.into_iter().chain([1.0])).for_each(|(column, value)| column.push(value));
        }
        let hours = 0..steps.len() as i64;
        (hours.map(|hour| hour * 60 * MINUTE_NS).collect(), columns)
    }

    fn frame<'a>(ts: &'a [i64], [open, high, low, close, volume]: &'a [Vec<f64>; 5]) -> Frame<'a> {
        Frame {
            bars: SoundBars::new(Bars { ts, open, high, low, close, volume }).unwrap(),
            detail: None,
            funding: None,
        }
    }

    fn spec(size: &str, fee: &str, instrument: &str, exit: &str, risk: &str, period: u32) -> RunSpec {
        let text = format!(
            r#"{{"account":{{"currency":"Y","cash":"1000"}},"timeframe_ns":3600000000000,"record":"lean",
            "instruments":[{{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"0.01","lot":"0.001",
            "maker_fee":"0","taker_fee":"{fee}"{instrument}}}],"size":{size},"risk":{{{risk}}},
            "rules":{{"numbers":[["n",{period}]],"indicators":[["mean","ewm(n)"]],
            "enter_long":{{"when":"close > mean"}}{exit}}}}}"#
        );
        RunSpec::from_json(text.as_bytes()).unwrap()
    }

    /// The same run by the engine.
    fn by_engine<'a>(spec: &RunSpec, frames: &[Frame<'a>]) -> Result<Recorder<'a>, RunError> {
        let mut signals = Signals::new(spec.plan(), evaluate(spec, frames)?);
        crate::engine::run(spec, frames, &mut signals)
    }

    /// What a run and the engine leave behind, as text: all digits are in it, and what is undefined equals itself.
    fn both(spec: &RunSpec, frames: &[Frame<'_>]) -> [String; 2] {
        [crate::rules::run(spec, frames), by_engine(spec, frames)].map(|run| format!("{run:?}"))
    }

    /// What a sweep of its only set finds, as text, and the same of what the engine has recorded.
    fn summaries(spec: &RunSpec, frames: &[Frame<'_>], whole: &Result<Recorder<'_>, RunError>) -> [String; 2] {
        let options = MetricOptions { sampling: Sampling::Daily, ..MetricOptions::default() };
        let names = Names { instruments: &["X-Y"], exit_reasons: &["r"; 16] };
        let (start_equity, bar_ns) = (1000.0, 60 * MINUTE_NS);
        let facts = Facts { start_equity, bar_ns, names, options: &options };
        let number = [spec.rules.as_ref().unwrap().numbers[0].1];
        let found = sweep(spec, frames, Sets { names: &["n".to_owned()], values: &number }, facts, 1, |_| true);
        let swept = match found {
            Err(SweepError::Set { error, .. }) => format!("{error:?}"),
            found => format!("{:?}", found.unwrap()[0]),
        };
        let expected = whole.as_ref().map(|run| {
            let (ts, equity, totals) = (run.equity_ts.as_ref(), run.equity.as_slice(), run.totals);
            let curve = Curve { ts, bar_ns, equity, exposure: &[], start_equity, totals, market: &[] };
            let summary = metrics(&curve, &run.trades.view(), names, &options).unwrap().into();
            Outcome { summary, fills: run.filled, refused: run.refused_count }
        });
        [swept, expected.map_or_else(|error| format!("{error:?}"), |outcome| format!("{outcome:?}"))]
    }

    proptest! {
        /// A run and a sweep, both made of this, come to what the engine comes to: all it records, and its figures.
        #[test]
        fn the_figures_are_the_engines(
            steps in prop::collection::vec((-3..4_i64, -90..91_i64), 0..400),
            unit in prop_oneof![6 => Just(1), 1 => Just(1_000_000_000_000)],
            size in prop::sample::select(vec![
                r#"{"kind":"equity_fraction","fraction":"1"}"#,
                r#"{"kind":"equity_fraction","fraction":"0.3"}"#,
                r#"{"kind":"fixed_notional","notional":"600"}"#,
                r#"{"kind":"fixed_notional","notional":"1000.1"}"#,
                r#"{"kind":"fixed_quantity","quantity":"70.5"}"#,
                r#"{"kind":"fixed_quantity","quantity":"9000000000000000"}"#,
                r#"{"kind":"fixed_quantity","quantity":"70.5","max_position_percent":"0.55"}"#,
                r#"{"kind":"equity_fraction","fraction":"1","max_position_percent":"0.8"}"#,
            ]),
            fee in prop::sample::select(vec!["0.001", "0", "-0.0002", "0.05"]),
            instrument in prop::sample::select(vec!["", r#","min_notional":"590""#, r#","min_quantity":"60","max_quantity":"90""#]),
            exit in prop::sample::select(vec![
                r#","exit_long":"close <= mean""#,
                r#","exit_long":"close > 10.5 or close < mean""#,
                r#","exit_long":"close > mean""#,
                "",
            ]),
            risk in prop::sample::select(vec!["", LIMITS, TIGHTEST]),
            period in 1..9_u32,
        ) {
            let (ts, columns) = walk(&steps, unit);
            let frames = [frame(&ts, &columns)];
            let lean = spec(size, fee, instrument, exit, risk, period);
            prop_assert!(LongFlat::fits(&lean, &frames));
            for spec in [&lean, &RunSpec { record: Record::Full, ..lean.clone() }] {
                let [run, expected] = both(spec, &frames);
                prop_assert_eq!(run, expected);
            }
            let [swept, expected] = summaries(&lean, &frames, &by_engine(&lean, &frames));
            prop_assert_eq!(swept, expected);
        }
    }

    #[test]
    fn no_bars_and_no_end_of_money_are_the_engines() {
        let all = r#"{"kind":"equity_fraction","fraction":"1"}"#;
        let lots = r#"{"kind":"fixed_quantity","quantity":"9000000000000000"}"#;
        let rises = [(0, 5); 6];
        for (steps, unit, size, expected) in [
            (&rises[..0], 1, all, "filled: 0"),
            (&rises[..], 1, all, "filled: 1"),
            (&rises[..], 1, lots, "check: Margin"),
            (&rises[..], 1_000_000_000_000, lots, "Err(Money(Overflow))"),
        ] {
            let (ts, columns) = walk(steps, unit);
            let [run, engine] = both(&spec(size, "0.001", "", "", "", 3), &[frame(&ts, &columns)]);
            assert_eq!(run, engine);
            assert!(run.contains(expected), "{run}");
        }
    }

    #[test]
    fn bars_that_are_finer_than_described_are_the_engines_where_a_pace_may_bind() {
        let size = r#"{"kind":"equity_fraction","fraction":"1"}"#;
        let (hours, columns) = walk(&[(0, 5); 6], 1);
        let minutes: Vec<i64> = hours.iter().map(|ts| ts / 60).collect();
        for (risk, ts, expected) in
            [("", &minutes, true), (TIGHTEST, &hours, true), (TIGHTEST, &minutes, false), (LIMITS, &minutes, true)]
        {
            assert_eq!(LongFlat::fits(&spec(size, "0", "", "", risk, 3), &[frame(ts, &columns)]), expected, "{risk}");
        }
    }

    #[test]
    fn limits_that_could_bind_are_the_engines() {
        let (second, minute) = (SECOND_NS, 60 * SECOND_NS);
        for (risk, bar_ns, expected) in [
            (LIMITS, second, true),
            (TIGHTEST, 60 * minute, true),
            (r#""duplicate_ns":60000000001"#, minute, false),
            (r#""max_open_orders":0"#, minute, false),
            // At an order a second the window holds 60 with the one that is asked for.
            (r#""max_orders_per_minute":60"#, second, true),
            (r#""max_orders_per_minute":59"#, second, false),
            (r#""max_orders_per_minute":1"#, minute, true),
            (r#""max_orders_per_minute":0"#, minute, false),
            (r#""max_orders_per_second":1"#, second, true),
            (r#""max_orders_per_second":0"#, minute, false),
            (r#""max_daily_loss":"0.05""#, minute, false),
            (r#""max_drawdown":"0.25""#, minute, false),
            (r#""max_daily_drawdown":"0.25""#, minute, false),
            (r#""max_consecutive_losses":3"#, minute, false),
            (r#""max_position":"5""#, minute, false),
            (r#""max_notional":"5""#, minute, false),
            (r#""max_order_notional":"5""#, minute, false),
            (r#""max_gross_exposure":"5""#, minute, false),
            (r#""max_leverage":"5""#, minute, false),
            (r#""max_open_positions":1"#, minute, false),
            (r#""hours":[{"days":1,"from":0,"until":60}]"#, minute, false),
            (r#""instruments":{"X-Y":{"max_open_orders":0}}"#, minute, false),
        ] {
            let limits: Limits = serde_json::from_str(&format!("{{{risk}}}")).unwrap();
            assert_eq!(cannot_bind(&limits, bar_ns), expected, "{risk} on bars of {bar_ns} ns");
        }
    }
}
