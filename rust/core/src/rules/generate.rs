//! Generated expressions for property tests of parser and printer.

use proptest::prelude::*;

use super::ast::{Arg, Binary, Count, Cross, Days, Expr, Node, Trend, Unary};
use super::parse::parse;
use super::{Definition, Kind, NamedIndicator, Rule, Scope, check};

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["close", "strength", "m", "x_1", "ema", "hl2"]).prop_map(str::to_owned)
}

fn output() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.2, Just("signal".to_owned()))
}

fn count(least: u32) -> impl Strategy<Value = Count> {
    prop_oneof![4 => (least..2000).prop_map(Count::Fixed), 1 => Just(Count::Named("n".to_owned()))]
}

fn leaf() -> impl Strategy<Value = Node> {
    let number =
        prop_oneof![0.0..1e6, Just(0.0), Just(1e21), Just(5e-324), Just(f64::MAX), (0u32..100).prop_map(f64::from)];
    let clock = || 0u32..86_400;
    prop_oneof![
        number.prop_map(Node::Number),
        clock().prop_map(Node::Clock),
        (name(), output()).prop_map(|(name, output)| Node::Name { name, output }),
        (clock(), clock()).prop_filter("not empty", |(a, b)| a != b).prop_map(|(from, to)| Node::Session { from, to }),
        (1u8..128).prop_map(|days| Node::Weekday(Days(days))),
    ]
}

fn branch(inner: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Node> {
    let one = move || inner.clone().prop_map(Box::new);
    let way = prop::sample::select(vec![Cross::Above, Cross::Below, Cross::Either]);
    let trend = prop::sample::select(vec![Trend::Rising, Trend::Falling]);
    let frame = prop::sample::select(vec!["5m", "1h", "90s", "1w"]).prop_map(|text| text.parse().unwrap());
    let instrument =
        prop::sample::select(vec!["BTC-USD", "BTC/USDT:USDT", "BTCUSDT", "eth usd", "O'X", "2-B", "1INCH"]);
    let keyword = prop::option::of(name());
    let arg = (keyword, one()).prop_map(|(name, value)| Arg { name, value: *value });
    let args = prop::collection::vec(arg, 0..3).prop_map(|mut args| {
        args.sort_by_key(|arg| arg.name.is_some());
        args
    });
    prop_oneof![
        (prop::sample::select(Binary::ALL.to_vec()), one(), one()).prop_map(|(op, left, right)| Node::Binary {
            op,
            left,
            right
        }),
        (prop::bool::ANY, one())
            .prop_map(|(neg, of)| Node::Unary { op: if neg { Unary::Neg } else { Unary::Not }, of }),
        (way, one(), one()).prop_map(|(way, left, right)| Node::Cross { way, left, right }),
        (one(), count(1)).prop_map(|(of, bars)| Node::Within { of, bars }),
        (trend, one(), count(1)).prop_map(|(way, of, bars)| Node::Trend { way, of, bars }),
        (one(), count(0)).prop_map(|(of, bars)| Node::Lag { of, bars }),
        (one(), frame).prop_map(|(of, timeframe)| Node::At { of, timeframe }),
        (instrument, one()).prop_map(|(name, of)| Node::Of { instrument: name.to_owned(), of }),
        (name(), args, output()).prop_map(|(name, args, output)| Node::Call { name, args, output }),
    ]
}

/// Any tree that the parser can make, well-typed or not.
fn any_expr() -> impl Strategy<Value = Expr> {
    leaf().prop_map(Expr::new).prop_recursive(6, 60, 3, |inner| branch(inner).prop_map(Expr::new))
}

/// The text without its pair of parentheses at `open`, or None where it is a call's or a list's, or shows a trend on
/// another timeframe or instrument, which the parser would put there by itself.
fn without_parentheses(text: &str, open: usize) -> Option<String> {
    let before = text[..open].chars().last();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') || text[..open].ends_with("in ") {
        return None;
    }
    let mut depth = 0usize;
    let close = text[open..].find(|c| {
        depth = depth + usize::from(c == '(') - usize::from(c == ')');
        depth == 0
    })? + open;
    if text[open..close].contains("ing for") {
        return None;
    }
    Some(format!("{}{}{}", &text[..open], &text[open + 1..close], &text[close + 1..]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn parse_reads_back_what_print_writes(expr in any_expr()) {
        let text = expr.to_string();
        let (back, faults) = parse(&text);
        prop_assert_eq!(faults, vec![], "{}", text);
        prop_assert_eq!(&back, &expr, "{}", text);
        prop_assert_eq!(back.to_string(), text);
    }

    #[test]
    fn no_parenthesis_can_be_left_out(expr in any_expr()) {
        let text = expr.to_string();
        for (open, _) in text.match_indices('(') {
            if let Some(shorter) = without_parentheses(&text, open) {
                let (back, faults) = parse(&shorter);
                prop_assert!(!faults.is_empty() || back != expr, "{} is as good as {}", shorter, text);
            }
        }
    }

    #[test]
    fn json_reads_back_what_json_writes(expr in any_expr()) {
        let json = serde_json::to_string(&expr).unwrap();
        let back: Expr = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(back, expr);
    }

    #[test]
    fn the_checker_takes_any_tree_and_places_every_fault(expr in any_expr(), is_number in prop::bool::ANY) {
        let named = |name: &str, text: &str| NamedIndicator {
            name: name.to_owned(),
            definition: Definition::Text(text.to_owned()),
        };
        let scope = Scope {
            base_ns: 60_000_000_000,
            instrument: "BTC-USD".to_owned(),
            instruments: vec!["BTC-USD".to_owned(), "eth usd".to_owned()],
            indicators: vec![named("strength", "rsi(14)@1h"), named("m", "macd(12, 26, 9)"), named("x_1", "m.signal")],
            numbers: vec![("n".to_owned(), 3.0)],
        };
        let (text, kind) = (expr.to_string(), if is_number { Kind::Number } else { Kind::Bool });
        for fault in check(&[Rule::new("rule", &text, kind)], &scope) {
            prop_assert_eq!((fault.rule.as_str(), &fault.text), ("rule", &text), "{}", fault);
            prop_assert!(text.get(fault.span.clone()).is_some_and(|part| !part.is_empty()), "{:?} of {}", fault, text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-zA-Z0-9_ .<>=!@'\"()\\[\\],:+*/%é-]{0,60}") {
        let (_, faults) = parse(&text);
        for fault in faults {
            prop_assert!(text.get(fault.span.clone()).is_some(), "{:?} of {:?}", fault.span, text);
        }
    }

    #[test]
    fn no_order_of_words_makes_the_parser_panic(words in prop::collection::vec(
        prop::sample::select(vec!["close", "and", "or", "not", "crosses", "above", "within", "3", "-", "(", ")", "[", "]",
            "@1h", "time", "weekday", "in", "mon", "..", "09:30", ",", "=", ".", "BTC-USD.", ">", "rising", "for", "ema("]),
        0..30,
    )) {
        let text = words.join(" ");
        let (_, faults) = parse(&text);
        for fault in faults {
            prop_assert!(text.get(fault.span.clone()).is_some());
        }
    }
}
