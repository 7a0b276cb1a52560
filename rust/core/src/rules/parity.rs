//! The three evaluators agree to the bit on generated programs: batch, streaming, and the naive walk over the tree.

use proptest::prelude::*;

use super::ast::{Arg, Binary, Count, Cross, Days, Expr, Node, Trend, Unary};
use super::form::Source;
use super::naive::Naive;
use super::{Column, Definition, Kind, Machine, NamedIndicator, Rule, Scope, compile};
use crate::bars::{Bar, BarColumns};
use crate::keep::Kept;

const MINUTE: i64 = 60_000_000_000;
/// 2021-12-31 23:01 UTC, a Friday, as the real month of bars starts.
const START: i64 = 1_640_991_660_000_000_000;

fn scope() -> Scope {
    let named = |name: &str, text: &str| NamedIndicator {
        name: name.to_owned(),
        definition: Definition::Text(text.to_owned()),
    };
    Scope {
        base_ns: MINUTE,
        instrument: "ETH-USD".to_owned(),
        instruments: vec!["BTC-USD".to_owned(), "ETH-USD".to_owned()],
        indicators: vec![
            named("strength", "rsi(4)"),
            named("m", "bollinger(4)"),
            named("smooth", "wma(n, source = strength)"),
        ],
        numbers: vec![("n".to_owned(), 3.0), ("level".to_owned(), 100.5)],
    }
}

fn node(node: Node) -> Expr {
    Expr::new(node)
}

fn column(name: &str, output: Option<&str>) -> Expr {
    node(Node::Name { name: name.to_owned(), output: output.map(str::to_owned) })
}

fn count(least: u32) -> impl Strategy<Value = Count> {
    prop_oneof![6 => (least..5).prop_map(Count::Fixed), 1 => Just(Count::Fixed(20)), 1 => Just(Count::Named("n".to_owned()))]
}

/// The frame that an expression is written in: the interval in minutes, and whether other instruments can be read.
#[derive(Clone, Copy)]
struct Place {
    minutes: i64,
    is_own: bool,
}

fn leaf() -> BoxedStrategy<Expr> {
    let columns =
        ["open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4", "level", "strength", "m", "smooth"];
    prop_oneof![
        4 => prop::sample::select(columns.to_vec()).prop_map(|name| column(name, None)),
        1 => Just(column("m", Some("upper"))),
        1 => (90i32..110).prop_map(|value| Expr::number(f64::from(value))),
    ]
    .boxed()
}

fn called(name: &str, params: &[f64], source: Option<Expr>, output: Option<&str>) -> Expr {
    let mut args: Vec<Arg> = params.iter().map(|&value| Arg { name: None, value: Expr::number(value) }).collect();
    args.extend(source.map(|value| Arg { name: Some("source".to_owned()), value }));
    node(Node::Call { name: name.to_owned(), args, output: output.map(str::to_owned) })
}

fn elsewhere(depth: u32, place: Place, of: fn(u32, Place) -> BoxedStrategy<Expr>) -> Vec<BoxedStrategy<Expr>> {
    let factor = prop::sample::select(vec![1i64, 2, 5]);
    let minutes = place.minutes;
    let at = factor.prop_flat_map(move |factor| {
        let timeframe = crate::timeframe::Timeframe::from_ns(factor * minutes * MINUTE).unwrap();
        of(depth - 1, Place { minutes: factor * minutes, ..place })
            .prop_map(move |of| node(Node::At { of: Box::new(of), timeframe }))
    });
    let mut options = vec![at.boxed()];
    if place.is_own {
        let other = of(depth - 1, Place { is_own: false, ..place });
        let wrap = |of| node(Node::Of { instrument: "BTC-USD".to_owned(), of: Box::new(of) });
        options.push(other.prop_map(wrap).boxed());
    }
    options
}

fn number(depth: u32, place: Place) -> BoxedStrategy<Expr> {
    if depth == 0 {
        return leaf();
    }
    let below = move || number(depth - 1, place);
    let arithmetic = prop::sample::select(vec![Binary::Add, Binary::Sub, Binary::Mul, Binary::Div]);
    let simple = prop::sample::select(vec![("sma", 3.0), ("ema", 4.0), ("stddev", 3.0), ("wma", 2.0)]);
    let function = prop::sample::select(vec!["abs", "log", "sqrt"]);
    let extreme = prop::sample::select(vec!["min", "max"]);
    let positional = |args: Vec<Expr>| args.into_iter().map(|value| Arg { name: None, value }).collect::<Vec<_>>();
    let mut options = vec![
        leaf(),
        (arithmetic, below(), below())
            .prop_map(|(op, left, right)| node(Node::Binary { op, left: Box::new(left), right: Box::new(right) }))
            .boxed(),
        below().prop_map(|of| node(Node::Unary { op: Unary::Neg, of: Box::new(of) })).boxed(),
        (below(), count(0)).prop_map(|(of, bars)| node(Node::Lag { of: Box::new(of), bars })).boxed(),
        (simple, prop::option::of(below())).prop_map(|((name, p), of)| called(name, &[p], of, None)).boxed(),
        below().prop_map(|of| called("macd", &[2.0, 4.0, 3.0], Some(of), Some("signal"))).boxed(),
        Just(called("atr", &[3.0], None, None)).boxed(),
        (function, below())
            .prop_map(move |(name, of)| {
                node(Node::Call { name: name.to_owned(), args: positional(vec![of]), output: None })
            })
            .boxed(),
        (extreme, prop::collection::vec(below(), 2..4))
            .prop_map(move |(name, of)| node(Node::Call { name: name.to_owned(), args: positional(of), output: None }))
            .boxed(),
    ];
    options.extend(elsewhere(depth, place, number));
    prop::strategy::Union::new(options).boxed()
}

fn truth(depth: u32, place: Place) -> BoxedStrategy<Expr> {
    let comparison = prop::sample::select(vec![Binary::Gt, Binary::Ge, Binary::Lt, Binary::Le, Binary::Eq, Binary::Ne]);
    let below = move || number(depth.saturating_sub(1), place);
    let compared = (comparison, below(), below())
        .prop_map(|(op, left, right)| node(Node::Binary { op, left: Box::new(left), right: Box::new(right) }));
    if depth == 0 {
        return compared.boxed();
    }
    let way = prop::sample::select(vec![Cross::Above, Cross::Below, Cross::Either]);
    let trend = prop::sample::select(vec![Trend::Rising, Trend::Falling]);
    let held = move || truth(depth - 1, place);
    let mut options = vec![
        compared.boxed(),
        (way, below(), below())
            .prop_map(|(way, left, right)| node(Node::Cross { way, left: Box::new(left), right: Box::new(right) }))
            .boxed(),
        (trend, below(), count(1))
            .prop_map(|(way, of, bars)| node(Node::Trend { way, of: Box::new(of), bars }))
            .boxed(),
        (held(), count(1)).prop_map(|(of, bars)| node(Node::Within { of: Box::new(of), bars })).boxed(),
        (held(), count(0)).prop_map(|(of, bars)| node(Node::Lag { of: Box::new(of), bars })).boxed(),
        held().prop_map(|of| node(Node::Unary { op: Unary::Not, of: Box::new(of) })).boxed(),
        (prop::sample::select(vec![Binary::And, Binary::Or]), held(), held())
            .prop_map(|(op, left, right)| node(Node::Binary { op, left: Box::new(left), right: Box::new(right) }))
            .boxed(),
        (1u8..128).prop_map(|days| node(Node::Weekday(Days(days)))).boxed(),
        (0u32..86_400, 0u32..86_400)
            .prop_filter("not empty", |(from, to)| from != to)
            .prop_map(|(from, to)| node(Node::Session { from, to }))
            .boxed(),
    ];
    options.extend(elsewhere(depth, place, truth));
    prop::strategy::Union::new(options).boxed()
}

/// Bars of a walk in whole steps, with gaps; a rare close is undefined.
fn bars() -> impl Strategy<Value = BarColumns> {
    let bar =
        (prop_oneof![12 => Just(1i64), 1 => 2i64..4, 1 => Just(17i64)], -3i32..=3, 0i32..3, 0i32..3, 0u32..9, 0u32..60);
    (0i64..4, prop::collection::vec(bar, 1..90)).prop_map(|(late, moves)| {
        let (mut out, mut ts, mut price) = (BarColumns::default(), START + late * MINUTE, 100.0);
        for (gap, change, up, down, volume, undefined) in moves {
            let open: f64 = price;
            price += f64::from(change);
            out.ts.push(ts);
            out.open.push(open);
            out.high.push(open.max(price) + f64::from(up));
            out.low.push(open.min(price) - f64::from(down));
            out.close.push(if undefined == 0 { f64::NAN } else { price });
            out.volume.push(f64::from(volume));
            ts += gap * MINUTE;
        }
        out
    })
}

fn bar(columns: &BarColumns, row: usize) -> Bar {
    Bar {
        ts: columns.ts[row],
        open: columns.open[row],
        high: columns.high[row],
        low: columns.low[row],
        close: columns.close[row],
        volume: columns.volume[row],
    }
}

/// A machine that was put back into the state of another.
fn put_back(machine: &mut Machine) -> Machine {
    let mut other = machine.fresh();
    assert!(Kept::of(machine).put_back(&mut other));
    other
}

/// Feeds a machine in the order of closes, the rules' own instrument (the second) last, and collects its outputs.
fn stream(machine: &mut Machine, bars: &[BarColumns], rules: usize) -> Vec<Vec<f64>> {
    let mut order: Vec<(i64, usize, usize)> = Vec::new();
    for (instrument, columns) in bars.iter().enumerate() {
        order.extend(columns.ts.iter().enumerate().map(|(row, &ts)| (ts, instrument, row)));
    }
    order.sort_unstable();
    let mut outputs = vec![Vec::new(); rules];
    for (place, (_, instrument, row)) in order.into_iter().enumerate() {
        if place % 5 == 3 {
            *machine = put_back(machine);
        }
        if machine.on_bar(instrument, &bar(&bars[instrument], row)).unwrap() {
            for (column, &value) in outputs.iter_mut().zip(machine.outputs()) {
                column.push(value);
            }
        }
    }
    outputs
}

fn same(left: &[f64], right: &[f64]) -> bool {
    let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
    left.len() == right.len() && left.iter().zip(right).all(|(&left, &right)| bits(left) == bits(right))
}

const OWN: Place = Place { minutes: 1, is_own: true };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn batch_streaming_and_the_naive_walk_agree(
        size in number(3, OWN), enter in truth(3, OWN), leave in truth(2, OWN), btc in bars(), eth in bars(),
    ) {
        let scope = scope();
        let rule = |name: &str, expr: &Expr, kind| Rule { name: name.to_owned(), source: Source::Text(expr.to_string()), kind };
        let rules = [rule("size", &size, Kind::Number), rule("enter", &enter, Kind::Bool), rule("leave", &leave, Kind::Bool)];
        let program = compile(&rules, &scope).map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        let bars = [btc, eth];
        let views: Vec<_> = bars.iter().map(BarColumns::view).collect();
        let batch = program.evaluate(&views).unwrap();
        let streamed = stream(&mut Machine::new(&program), &bars, 3);
        let naive = Naive::new(&scope, &bars);
        for (place, expr) in [&size, &enter, &leave].into_iter().enumerate() {
            let expected = naive.evaluate(expr);
            prop_assert!(same(&streamed[place], &expected), "streamed {}\n{:?}\n{:?}", expr, streamed[place], expected);
            match &batch[place] {
                Column::Number(column) => prop_assert!(same(column, &expected), "batch {}\n{:?}\n{:?}", expr, column, expected),
                Column::Bool(fires) => {
                    let wanted: Vec<bool> = expected.iter().map(|&value| value == 1.0).collect();
                    let found: Vec<bool> = (0..fires.count()).map(|row| fires.has(row)).collect();
                    prop_assert_eq!(found, wanted, "batch {}", expr);
                }
            }
        }
    }
}
