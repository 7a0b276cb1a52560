//! The pinned series, the edges, and a plain second implementation on generated curves.

use proptest::prelude::*;

use super::sample::DAY_NS;
use super::*;

/// Twelve daily returns whose figures were computed with empyrical and quantstats.
const PINNED: [f64; 12] = [0.012, -0.008, 0.005, -0.015, 0.021, 0.003, -0.004, 0.009, -0.011, 0.016, 0.0, -0.006];

fn curve_of(returns: &[f64]) -> (Vec<i64>, Vec<f64>) {
    let mut equity = 1.0;
    let closes = returns.iter().map(|r| {
        equity *= 1.0 + r;
        equity
    });
    ((0..returns.len() as i64).map(|day| 1_704_067_200_000_000_000 + day * DAY_NS).collect(), closes.collect())
}

fn of(ts: &[i64], equity: &[f64], start_equity: f64, options: &MetricOptions) -> Metrics {
    let totals = Totals::default();
    let curve = Curve { ts, bar_ns: DAY_NS, equity, exposure: &[], start_equity, totals, market: &[] };
    metrics(&curve, &TradeColumns::default(), Names::default(), options).expect("a sound curve")
}

fn near(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 5e-7 * expected.abs().max(1.0), "{got} is not {expected}");
}

#[test]
fn the_pinned_series_has_the_pinned_figures() {
    let (ts, equity) = curve_of(&PINNED);
    let m = of(&ts, &equity, 1.0, &MetricOptions::default());
    near(m.returns.total, 0.021_522_744_2);
    near(m.returns.sharpe, 3.129_768);
    near(m.returns.sortino, 5.644_916);
    near(m.returns.downside_deviation, 0.118_543);
    near(m.returns.volatility, 0.213_807);
    near(m.returns.omega, 1.5);
    near(m.returns.value_at_risk, -0.012_8);
    near(m.returns.conditional_value_at_risk, -0.015);
    near(m.drawdown.max, -0.017_994);
    near(m.returns.winning_days, 6.0 / 11.0);
    let options = MetricOptions { days_per_year: 252.0, ..MetricOptions::default() };
    near(of(&ts, &equity, 1.0, &options).returns.sharpe, 2.600_555);
    let options = MetricOptions { risk_free: 0.05, ..MetricOptions::default() };
    near(of(&ts, &equity, 1.0, &options).returns.sharpe, 2.901_556);
}

#[test]
fn what_is_undefined_is_nan_and_null() {
    let (ts, equity) = curve_of(&[0.01; 12]);
    let m = of(&ts, &equity, 1.0, &MetricOptions::default());
    for (name, value) in [
        ("sharpe", m.returns.sharpe),
        ("sortino", m.returns.sortino),
        ("calmar", m.returns.calmar),
        ("omega", m.returns.omega),
        ("profit_factor", m.trades.profit_factor),
        ("market_change", m.market_change),
    ] {
        assert!(value.is_nan(), "{name} is {value}");
    }
    assert_eq!(m.drawdown.max, 0.0);
    assert_eq!((m.drawdown.peak_ts, m.drawdown.longest_ns), (None, 0));
    let json = serde_json::to_string(&m).expect("serialises");
    assert!(json.contains("\"sharpe\":null") && json.contains("\"sampling\":\"daily\""), "{json}");
}

#[test]
fn an_empty_run_and_a_run_of_one_bar_have_figures() {
    let m = of(&[], &[], 100.0, &MetricOptions::default());
    assert!(m.returns.total.is_nan() && m.drawdown.max.is_nan() && m.months.is_empty());
    let m = of(&[0], &[90.0], 100.0, &MetricOptions::default());
    near(m.returns.total, -0.1);
    near(m.drawdown.max, -0.1);
    assert!(m.returns.volatility.is_nan() && m.returns.annualised.is_nan());
    assert_eq!(m.drawdown.length_ns, DAY_NS);
}

#[test]
fn a_lost_account_stays_lost() {
    let ts: Vec<i64> = (0..12).map(|day| day * DAY_NS).collect();
    let mut equity = vec![100.0; 12];
    equity[5..].fill(0.0);
    let m = of(&ts, &equity, 100.0, &MetricOptions::default());
    assert_eq!((m.returns.total, m.returns.annualised, m.drawdown.max), (-1.0, -1.0, -1.0));
    assert_eq!(m.returns.periods, 6);
    equity[5..].fill(-50.0);
    let m = of(&ts, &equity, 100.0, &MetricOptions::default());
    assert_eq!((m.returns.total, m.drawdown.max), (-1.5, -1.5));
    assert!(m.returns.annualised.is_nan() && m.returns.sharpe.is_finite());
}

#[test]
fn faults_name_the_column_the_row_and_the_value() {
    let fault = |ts: &[i64], equity: &[f64], start_equity: f64| {
        let totals = Totals::default();
        let curve = Curve { ts, bar_ns: 1, equity, exposure: &[], start_equity, totals, market: &[] };
        let options = MetricOptions::default();
        metrics(&curve, &TradeColumns::default(), Names::default(), &options).expect_err("a fault").to_string()
    };
    assert_eq!(fault(&[1, 2], &[1.0], 1.0), "equity has 1 entries where 2 are expected");
    assert_eq!(fault(&[1, 2], &[1.0, f64::NAN], 1.0), "equity[1] is not finite: NaN");
    assert_eq!(fault(&[1, 1], &[1.0, 1.0], 1.0), "ts[1] = 1 does not come after 1");
    assert_eq!(fault(&[-1, 1], &[1.0, 1.0], 1.0), "ts is out of range: -1 ns");
    assert_eq!(fault(&[5, -1, 7], &[1.0; 3], 1.0), "ts[1] = -1 does not come after 5");
    assert_eq!(fault(&[5, i64::MIN, 7], &[1.0; 3], 1.0), format!("ts[1] = {} does not come after 5", i64::MIN));
    assert_eq!(fault(&[1, i64::MAX], &[1.0, 1.0], 1.0), format!("ts is out of range: {} ns", i64::MAX));
    assert_eq!(fault(&[1], &[1.0], 0.0), "start_equity must be finite and above 0, got 0");
}

/// Drawdowns by the definition, each bar against the maximum of all before it.
fn plain_drawdown(start: f64, equity: &[f64]) -> (f64, i64) {
    let points: Vec<f64> = std::iter::once(start).chain(equity.iter().copied()).collect();
    let mut worst = 0.0_f64;
    let mut longest = 0;
    for (i, &point) in points.iter().enumerate() {
        let peak = points[..=i].iter().copied().fold(f64::MIN, f64::max);
        worst = worst.min(point / peak - 1.0);
        let recovery = (i + 1..points.len()).find(|&k| points[k] >= point).unwrap_or(points.len() - 1);
        if point == peak && recovery > i + 1 || (recovery == i + 1 && points[recovery] < point) {
            longest = longest.max((recovery - i) as i64);
        }
    }
    (worst, longest)
}

proptest! {
    #[test]
    fn drawdowns_agree_with_their_definition(
        moves in prop::collection::vec(prop_oneof![Just(0.0), -0.2..0.2_f64], 1..60), hold in 1_usize..400
    ) {
        let mut last = 100.0;
        // Each value is held for a while, so that whole blocks are flat.
        let moved = moves.iter().map(|m| { last *= 1.0 + m; last });
        let equity: Vec<f64> = moved.flat_map(|e| std::iter::repeat_n(e, hold)).take(900).collect();
        let ts: Vec<i64> = (0..equity.len() as i64).map(|day| day * DAY_NS).collect();
        let m = of(&ts, &equity, 100.0, &MetricOptions::default());
        let (worst, longest) = plain_drawdown(100.0, &equity);
        prop_assert!((m.drawdown.max - worst).abs() < 1e-12);
        prop_assert_eq!(m.drawdown.longest_ns, longest * DAY_NS);
        if let (Some(peak_ts), Some(trough_ts)) = (m.drawdown.peak_ts, m.drawdown.trough_ts) {
            let (from, row) = ((peak_ts / DAY_NS) as usize, (trough_ts / DAY_NS) as usize - 1);
            prop_assert!((equity[row] / (m.drawdown.max + 1.0) / equity[..row].iter().fold(100.0, |a, b| b.max(a)) - 1.0).abs() < 1e-12);
            prop_assert!(equity[from..row].iter().all(|earlier| *earlier > equity[row]), "the first of equals");
        }
    }

    #[test]
    fn days_do_not_depend_on_the_bars_between(
        step in prop::sample::select(vec![60_i64, 300, 3_600, 21_600]), days in 1_i64..20, seed in 0_u64..1_000
    ) {
        let bar_ns = step * 1_000_000_000;
        let rows = days * 86_400 / step;
        let ts: Vec<i64> = (0..rows).map(|row| row * bar_ns).collect();
        let equity: Vec<f64> = (0..rows as u64).map(|row| 50.0 + ((row * 7_919 + seed * 31) % 101) as f64).collect();
        let totals = Totals::default();
        let curve = Curve { ts: &ts, bar_ns, equity: &equity, exposure: &[], start_equity: 75.0, totals, market: &[] };
        let daily = super::sample::DailyCloses::of(&curve);
        let per_day = usize::try_from(86_400 / step).expect("positive");
        let expected: Vec<f64> = equity.chunks(per_day).map(|chunk| chunk[chunk.len() - 1]).collect();
        prop_assert_eq!(daily.first_day, 0);
        prop_assert_eq!(daily.equity, expected);
    }

    #[test]
    fn a_course_has_the_figures_of_its_curve(
        parts in prop::collection::vec((0_u8..3, 1_usize..300, -30.0..30.0_f64), 1..40), seed in 0_u64..1_000,
        inverse in prop::bool::ANY
    ) {
        let rows: usize = parts.iter().map(|(_, bars, _)| bars).sum();
        let bar_ns = 7_200_000_000_000;
        let ts: Vec<i64> = (0..rows as i64).map(|row| row * bar_ns + row / 50 * 3 * DAY_NS).collect();
        let closes: Vec<f64> = (0..rows as u64).map(|row| 50.0 + ((row * 7_919 + seed * 31) % 101) as f64).collect();
        let days = DayEnds::of(&ts, bar_ns);
        let ends = BlockEnds::of(&closes);
        let mut course = Course::new(9_000.0, &ts, bar_ns, &closes, &ends, &days);
        let mut equity: Vec<f64> = Vec::new();
        for (kind, bars, slope) in parts {
            let worth = if inverse { slope * 6_400.0 } else { slope };
            let line = Line { balance: 10_000.0, slope: worth, cost: slope * 90.0, inverse };
            let from = equity.len();
            match kind {
                0 => {
                    course.hold(bars, line.at(closes[from]));
                    equity.extend(std::iter::repeat_n(line.at(closes[from]), bars));
                }
                1 => {
                    course.follow(bars, line);
                    equity.extend(closes[from..from + bars].iter().map(|close| line.at(*close)));
                }
                _ => {
                    for close in &closes[from..from + bars] {
                        course.hold(1, line.at(*close));
                        equity.push(line.at(*close));
                    }
                }
            }
        }
        let options = MetricOptions { sampling: Sampling::Daily, ..MetricOptions::default() };
        let curve = Curve {
            ts: &ts, bar_ns, equity: &equity, exposure: &[], start_equity: 9_000.0, totals: Totals::default(), market: &[],
        };
        let kept = metrics(&curve, &TradeColumns::default(), Names::default(), &options).expect("a sound curve");
        let followed = course.summary(Totals::default(), &options).expect("a sound course");
        // As text, since NaN is not itself.
        prop_assert_eq!(format!("{followed:?}"), format!("{:?}", Summary::from(kept)));
    }
}
