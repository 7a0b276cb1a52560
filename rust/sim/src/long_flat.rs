//! Runs of rules that are long or flat: a lone instrument, bought at the market and sold whole, and nothing else.
//!
//! Most sets of a sweep are such runs. What [`crate::engine::Engine`] comes to with them takes a few lines here, and a
//! fraction of the time; the figures are the engine's to the last bit.

use tradenode_core::account::Fill;
use tradenode_core::bars::Bars;
use tradenode_core::instrument::Instrument;
use tradenode_core::money::{Atoms, MoneyError, Scale, as_f64};
use tradenode_core::orders::Side;
use tradenode_core::risk::Limits;
use tradenode_core::rules::Rows;
use tradenode_core::strategy::sizing::{SizeInput, TradeRecord};
use tradenode_core::strategy::{EntryOrder, ExitsSpec, SizeMethod, SizeSpec};
use tradenode_core::units::{Decimal, Rate};

use crate::error::RunError;
use crate::frames::Frame;
use crate::ledger::Ledger;
use crate::metrics::{Course, Line, RoundTrip};
use crate::recorder::Recorder;
use crate::signals::{SignalColumns, bit};
use crate::spec::{CostsSpec, FillAt, RunSpec};

const SECOND_NS: i64 = 1_000_000_000;

/// What is held since it was bought.
#[derive(Debug, Clone, Copy)]
struct Held {
    lots: i64,
    cost: Atoms,
    fee: Atoms,
    opened: i64,
    line: Line,
}

/// Such a run in progress.
#[derive(Debug)]
pub(crate) struct LongFlat<'a> {
    instrument: Instrument,
    scale: Scale,
    size: Option<SizeSpec>,
    bars: Bars<'a>,
    enter: Rows,
    exit: Rows,
    /// The next bar.
    next: usize,
    /// Where a trade was asked for on the last close, the next bar's opening time and price.
    asked: Option<(i64, f64)>,
    balance: Atoms,
    held: Option<Held>,
    course: Course<'a>,
    /// All but the course.
    recorder: Recorder<'a>,
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
            && cannot_bind(&spec.risk, spec.timeframe_ns)
            && (spec.exits == ExitsSpec::default() && spec.scale_in.is_none() && spec.scale_out.is_empty())
    }

    /// A run over bars of one that [`LongFlat::fits`], whose description an engine has found sound.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub(crate) fn new(
        spec: &RunSpec,
        bars: Bars<'a>,
        mut columns: SignalColumns,
        course: Course<'a>,
    ) -> Result<Self, RunError> {
        let ledger = Ledger::new(&spec.terms(), Recorder::default())?;
        Ok(Self {
            instrument: ledger.instruments[0].clone(),
            scale: ledger.scale,
            size: spec.size.clone(),
            bars,
            enter: columns.take(bit::ENTER_LONG),
            exit: columns.take(bit::EXIT_LONG),
            next: 0,
            asked: None,
            balance: ledger.account.balance(),
            held: None,
            course,
            recorder: ledger.into_recorder(),
        })
    }

    /// Everything recorded.
    pub(crate) fn into_recorder(self) -> Recorder<'a> {
        Recorder { course: Some(self.course), ..self.recorder }
    }

    /// Runs on before the bar of that row, or to the end.
    ///
    /// # Errors
    /// Money that cannot be counted.
    pub(crate) fn advance(&mut self, before: usize) -> Result<(), RunError> {
        let rows = self.bars.ts.len().min(before);
        while self.next < rows {
            if let Some((now, open)) = self.asked.take() {
                let ticks = self.instrument.price.steps(open)?;
                match self.held.take() {
                    Some(held) => self.sell(&held, ticks, now)?,
                    None => self.buy(ticks, now)?,
                }
            }
            let fires = if self.held.is_some() { &self.exit } else { &self.enter }.next(self.next);
            // Looked up now, it is at hand when the bars before it are done.
            let open = self.bars.ts.get(fires + 1).copied().zip(self.bars.open.get(fires + 1).copied());
            // The bar at whose close a rule fires is still one of those in which nothing happens.
            let passed = rows.min(fires + 1) - self.next;
            match &self.held {
                Some(held) => self.course.follow(passed, held.line),
                None => self.course.hold(passed, self.scale.to_f64(self.balance)),
            }
            self.next += passed;
            // An entry beside its own exit contradicts itself.
            let wanted = fires < self.next && (self.held.is_some() || !self.exit.has(fires));
            self.asked = open.filter(|_| wanted);
        }
        Ok(())
    }

    fn buy(&mut self, ticks: i64, now: i64) -> Result<(), RunError> {
        let Self { instrument, scale, balance, .. } = self;
        let Some(size) = &self.size else { return Ok(()) };
        let lots = size.lots(&SizeInput {
            instrument,
            side: Side::Buy,
            scale: *scale,
            equity: *balance,
            price: ticks,
            stop_distance: f64::NAN,
            measure: f64::NAN,
            held: 0,
            instruments: 1,
            bars_a_year: f64::NAN,
            record: TradeRecord::default(),
        })?;
        let lots = lots.min(instrument.max_lots);
        let fill = Fill::new(instrument, Side::Buy, lots, ticks, instrument.spec().taker_fee)?;
        // What of the risk gate's questions is not answered by the description.
        let needed = fill.worth.checked_add(fill.fee.max(0)).ok_or(MoneyError::Overflow)?;
        if lots < instrument.min_lots || fill.worth < instrument.min_notional || needed > *balance {
            self.recorder.refused_count += 1;
            return Ok(());
        }
        *balance = balance.checked_sub(fill.fee).ok_or(MoneyError::Overflow)?;
        let slope = instrument.worth_f64(lots, 1.0);
        let line = Line { balance: scale.to_f64(*balance), slope, cost: scale.to_f64(fill.worth), inverse: false };
        self.held = Some(Held { lots, cost: fill.worth, fee: fill.fee, opened: now, line });
        self.count(&fill);
        Ok(())
    }

    fn sell(&mut self, held: &Held, ticks: i64, now: i64) -> Result<(), RunError> {
        let (instrument, scale) = (&self.instrument, self.scale);
        let fill = Fill::new(instrument, Side::Sell, held.lots, ticks, instrument.spec().taker_fee)?;
        let realised = -fill.worth - held.cost;
        self.balance = self.balance.checked_add(realised - fill.fee).ok_or(MoneyError::Overflow)?;
        let fees = held.fee + fill.fee;
        let net = realised - fees;
        self.course.close(&RoundTrip {
            is_long: true,
            held_ns: now - held.opened,
            gross_pnl: scale.to_f64(realised),
            net_pnl: scale.to_f64(net),
            fees: scale.to_f64(fees),
            slippage: 0.0,
            funding: 0.0,
            return_ratio: as_f64(net) / as_f64(held.cost),
        });
        self.count(&fill);
        Ok(())
    }

    fn count(&mut self, fill: &Fill) {
        let price = self.instrument.price.value(fill.ticks);
        self.recorder.totals.traded += self.instrument.worth_f64(fill.lots, price).abs();
        self.recorder.totals.fees += self.scale.to_f64(fill.fee);
        self.recorder.filled += 1;
    }
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
    use crate::metrics::{MetricOptions, Names, Sampling};
    use crate::sets::Sets;
    use crate::spec::Record;
    use crate::sweep::{Facts, sweep};

    const MINUTE_NS: i64 = 60_000_000_000;

    /// Limits as a config sets them that says nothing, but for those on losses.
    const LIMITS: &str = r#""price_band":"0.5","collar":"0.05","max_quote_age_ns":10000000000,"duplicate_ns":10000000,
        "refuse_self_trade":true,"max_orders_per_second":100,"max_orders_per_minute":3000,"max_cancels_per_second":200,
        "max_open_orders":200"#;
    /// The tightest that cannot bind, on bars of an hour.
    const TIGHTEST: &str = r#""price_band":"0.000000001","collar":"0.000000001","max_quote_age_ns":1,
        "duplicate_ns":3600000000000,"refuse_self_trade":true,"max_orders_per_second":1,"max_orders_per_minute":1,
        "max_cancels_per_second":0,"max_open_orders":1"#;

    /// Columns of a walk in ticks of 0.01, its bars hours of a few days.
    fn walk(steps: &[(i64, i64)]) -> (Vec<i64>, [Vec<f64>; 5]) {
        let (mut close, mut columns) = (1_000_i64, <[Vec<f64>; 5]>::default());
        for &(gap, step) in steps {
            let open = (close + gap).max(1);
            close = (open + step).max(1);
            let row = [open, open.max(close) + 1, open.min(close), close].map(|ticks| ticks as f64 / 100.0);
            columns.iter_mut().zip(row.into_iter().chain([1.0])).for_each(|(column, value)| column.push(value));
        }
        let hours = 0..steps.len() as i64;
        (hours.map(|hour| hour * 60 * MINUTE_NS).collect(), columns)
    }

    fn spec(size: &str, fee: &str, instrument: &str, exit: &str, risk: &str) -> RunSpec {
        let text = format!(
            r#"{{"account":{{"currency":"Y","cash":"1000"}},"timeframe_ns":3600000000000,
            "instruments":[{{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"0.01","lot":"0.001",
            "maker_fee":"0","taker_fee":"{fee}"{instrument}}}],"size":{size},"risk":{{{risk}}},"rules":{{"numbers":[["n",3]],
            "indicators":[["mean","ewm(n)"]],"enter_long":{{"when":"close > mean"}}{exit}}}}}"#
        );
        RunSpec { record: Record::Lean, ..RunSpec::from_json(text.as_bytes()).unwrap() }
    }

    proptest! {
        /// The engine on the whole curve and a sweep, which runs this, come to the same figures.
        #[test]
        fn the_figures_are_the_engines(
            steps in prop::collection::vec((-3..4_i64, -90..91_i64), 1..400),
            size in prop::sample::select(vec![
                r#"{"kind":"equity_fraction","fraction":"1"}"#,
                r#"{"kind":"equity_fraction","fraction":"0.3"}"#,
                r#"{"kind":"fixed_notional","notional":"600"}"#,
                r#"{"kind":"fixed_notional","notional":"1000.1"}"#,
                r#"{"kind":"fixed_quantity","quantity":"70.5"}"#,
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
            let (ts, [open, high, low, close, volume]) = walk(&steps);
            let bars = Bars { ts: &ts, open: &open, high: &high, low: &low, close: &close, volume: &volume };
            let frames = [Frame { bars: SoundBars::new(bars).unwrap(), detail: None, funding: None }];
            let mut spec = spec(size, fee, instrument, exit, risk);
            prop_assert!(LongFlat::fits(&spec, &frames));
            let options = MetricOptions { sampling: Sampling::Daily, ..MetricOptions::default() };
            let names = Names { instruments: &["X-Y"], exit_reasons: &["r"; 16] };
            let facts = Facts { start_equity: 1000.0, bar_ns: 60 * MINUTE_NS, names, options: &options };
            let sets = Sets { names: &["n".to_owned()], values: &[f64::from(period)] };
            let found = sweep(&spec, &frames, sets, facts, 1, |_| true).unwrap();
            if let Some(rules) = &mut spec.rules {
                rules.numbers[0].1 = f64::from(period);
            }
            let run = crate::rules::run(&spec, &frames).unwrap();
            let curve = crate::metrics::Curve {
                ts: &ts, bar_ns: 60 * MINUTE_NS, equity: &run.equity, exposure: &[], start_equity: 1000.0,
                totals: run.totals, market: &[],
            };
            let whole = crate::metrics::metrics(&curve, &run.trades.view(), names, &options).unwrap();
            // As text, in which an undefined figure equals itself.
            prop_assert_eq!(format!("{:?}", found[0].summary), format!("{:?}", crate::metrics::Summary::from(whole)));
            prop_assert_eq!((found[0].fills, found[0].refused), (run.filled, run.refused_count));
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
