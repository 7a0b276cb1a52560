//! What the checker says, what compiled rules come to, and what they refuse.

use super::*;
use crate::bars::{Bar, BarColumns, Bars};

const MINUTE: i64 = 60_000_000_000;

fn scope() -> Scope {
    let named = |name: &str, text: &str| NamedIndicator {
        name: name.to_owned(),
        definition: Definition::Text(text.to_owned()),
    };
    Scope {
        base_ns: MINUTE,
        instrument: "ETH-USD".to_owned(),
        instruments: vec!["BTC-USD".to_owned(), "ETH-USD".to_owned()],
        indicators: vec![named("strength", "rsi(14)"), named("m", "macd(12, 26, 9)")],
        numbers: vec![("slow".to_owned(), 26.0), ("half".to_owned(), 0.5)],
    }
}

fn faults_of(text: &str, kind: Kind) -> Vec<Fault> {
    check(&[Rule::new("enter", text, kind)], &scope())
}

/// The parts at fault and what is said of them.
fn told(text: &str) -> Vec<(String, String)> {
    let faults = faults_of(text, Kind::Bool);
    faults.into_iter().map(|fault| (text[fault.span.clone()].to_owned(), fault.to_string())).collect()
}

/// Gapless bars whose closes are `closes`.
fn bars(closes: &[f64]) -> BarColumns {
    BarColumns {
        ts: (0..closes.len() as i64).map(|row| row * MINUTE).collect(),
        open: closes.to_vec(),
        high: closes.iter().map(|close| close + 1.0).collect(),
        low: closes.iter().map(|close| close - 1.0).collect(),
        close: closes.to_vec(),
        volume: vec![1.0; closes.len()],
    }
}

fn run(texts: &[(&str, Kind)], closes: &[f64]) -> Vec<Column> {
    let rules: Vec<Rule> = texts.iter().map(|(text, kind)| Rule::new("rule", text, *kind)).collect();
    let program = compile(&rules, &scope()).map_err(|faults| format!("{faults:?}")).unwrap();
    let columns = bars(closes);
    program.evaluate(&[columns.view(), columns.view()]).unwrap()
}

fn fires(text: &str, closes: &[f64]) -> Vec<u8> {
    match run(&[(text, Kind::Bool)], closes).remove(0) {
        Column::Bool(fires) => (0..fires.count()).map(|row| u8::from(fires.has(row))).collect(),
        Column::Number(_) => unreachable!(),
    }
}

fn numbers(text: &str, closes: &[f64]) -> Vec<f64> {
    match run(&[(text, Kind::Number)], closes).remove(0) {
        Column::Number(numbers) => numbers,
        Column::Bool(_) => unreachable!(),
    }
}

#[test]
fn every_fault_comes_with_its_place_and_advice() {
    let cases: [(&str, &[(&str, &str)]); 20] = [
        ("clsoe > 3 and strenght < opne", &[("clsoe", "`close`"), ("strenght", "`strength`"), ("opne", "`open`")]),
        ("close and strength > 30", &[("close", "expected a condition, found a number")]),
        ("(close > 3) + 1 > 2", &[("(close > 3)", "expected a number, found a condition")]),
        ("rsi(0) > 3 and rsi(2.5) < 1", &[("0", "period must be"), ("2.5", "period must be")]),
        ("sma(20, volume) > 3", &[("volume", "`source = ...`")]),
        ("sma(close) > 3", &[("close", "must be a number that is known beforehand")]),
        ("sma(20, sorce = volume) > 3", &[("volume", "`source`")]),
        ("sma(20, period = 3) > 3", &[("3", "given twice")]),
        ("m.signl > 0 and rsi(14).x > 1", &[("m.signl", "`signal`"), ("rsi(14).x", "it has value")]),
        ("slow.x > 0 or close.y > 1", &[("slow.x", "no outputs"), ("close.y", "no outputs")]),
        ("close@90s > 3", &[("close@90s", "not a multiple of 1m")]),
        ("(close@15m)@1h > (close@1h)@15m", &[("(close@15m)", "not a multiple of 1h")]),
        ("BTC-USDT.close > SOL.close", &[("BTC-USDT.", "`BTC-USD`"), ("SOL.", "not one of the instruments")]),
        ("BTC-USD > 3", &[("BTC", "`BTC-USD.close`"), ("USD", "USD.close")]),
        ("close[half] > close[fast]", &[("close[half]", "0.5"), ("close[fast]", "not a named number")]),
        ("time > 9 or time > close", &[("9", "written 09:30"), ("close", "expected a time of day")]),
        ("min(close) > abs(close, 2)", &[("min(close)", "two arguments"), ("abs(close, 2)", "one argument")]),
        ("emma(3) > strength(14)", &[("emma", "`ema`"), ("strength(14)", "takes no arguments")]),
        ("close > > clsoe", &[(">", "expected a value"), ("clsoe", "`close`")]),
        ("close crosses abve 30 and close crosses blow slow", &[("abve", "`above`"), ("blow", "`below`")]),
    ];
    for (text, expected) in cases {
        let found = told(text);
        assert_eq!(found.len(), expected.len(), "{text}: {found:#?}");
        for ((span, message), (place, part)) in found.iter().zip(expected) {
            assert_eq!(span, place, "{text}: {message}");
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

#[test]
fn a_definition_tells_its_faults_once() {
    let mut scope = scope();
    let texts = [("a", "rsi(0)"), ("b", "a + c"), ("c", "b * 2"), ("d", "close >"), ("And", "close"), ("close", "1")];
    scope.indicators.extend(texts[..4].iter().map(|(name, text)| NamedIndicator {
        name: (*name).to_owned(),
        definition: Definition::Text((*text).to_owned()),
    }));
    let rules = [Rule::new("enter", "a > d and b > a", Kind::Bool), Rule::new("size", "clos", Kind::Number)];
    let faults = check(&rules, &scope);
    let names: Vec<_> = faults.iter().map(|fault| fault.rule.as_str()).collect();
    assert!(
        names.contains(&"indicators.a") && names.contains(&"indicators.d") && names.contains(&"size"),
        "{faults:#?}"
    );
    assert!(faults.iter().any(|fault| fault.message.contains("defined by itself")), "{faults:#?}");
    assert!(!names.contains(&"enter"), "{faults:#?}");
    for (name, text) in &texts[4..] {
        scope.indicators =
            vec![NamedIndicator { name: (*name).to_owned(), definition: Definition::Text((*text).to_owned()) }];
        assert_eq!(check(&[], &scope)[0].rule, format!("indicators.{name}"));
    }
}

#[test]
fn a_table_defines_what_its_text_does() {
    let json = r#"{"name": "slow_rsi", "definition":
        {"kind": "rsi", "period": "slow - 5", "source": "hl2", "timeframe": "5m", "instrument": "BTC-USD"}}"#;
    let mut scope = scope();
    scope.indicators.push(serde_json::from_str(json).unwrap());
    let closes: Vec<f64> = (0..400).map(|row| f64::from(row * 37 % 101)).collect();
    let text = "slow_rsi == BTC-USD.rsi(21, source = hl2)@5m";
    let program = compile(&[Rule::new("enter", text, Kind::Bool)], &scope).unwrap();
    assert_eq!(program.indicators(), 1);
    let columns = bars(&closes);
    let fires = program.evaluate(&[columns.view(), columns.view()]).unwrap().remove(0);
    let Column::Bool(fires) = fires else { panic!("a condition") };
    assert_eq!(fires.next(0), program.lookback());
    assert!((program.lookback()..400).all(|row| fires.has(row)));
    scope.indicators[2] =
        serde_json::from_str(r#"{"name": "x", "definition": {"kind": "rsi", "source": "clos +"}}"#).unwrap();
    assert_eq!(check(&[], &scope)[0].rule, "indicators.x.source");
}

#[test]
fn rules_fire_where_they_should() {
    let closes = [1.0, 2.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0];
    assert_eq!(fires("close crosses above 1.5", &closes), [0, 1, 0, 0, 0, 0, 1, 0]);
    assert_eq!(fires("close crosses below 1.5", &closes), [0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(fires("close crosses 1.5", &closes), [0, 1, 0, 0, 1, 0, 1, 0]);
    // A touch is at or below, so that the next move up crosses.
    assert_eq!(fires("close crosses above 2", &closes), [0, 0, 1, 0, 0, 0, 0, 1]);
    // Undefined until every bar that it looks at is: the crossing itself is undefined on the first bar.
    assert_eq!(fires("close crosses above 1.5 within 2 bars", &closes), [0, 0, 1, 0, 0, 0, 1, 1]);
    assert_eq!(fires("close rising for 2", &closes), [0, 0, 1, 0, 0, 0, 0, 1]);
    assert_eq!(fires("close[1] == 3 or close[2] == 3", &closes), [0, 0, 0, 1, 1, 0, 0, 0]);
    assert_eq!(fires("close > 0 or close[3] > 0", &closes), [0, 0, 0, 1, 1, 1, 1, 1]);
    assert_eq!(fires("not close > 1", &closes), [1, 0, 0, 0, 1, 1, 0, 0]);
    assert_eq!(fires("time >= 00:02 and time < 00:04", &closes), [0, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(fires("weekday in thu and close == 2", &closes), [0, 1, 0, 1, 0, 0, 1, 0]);
    let half = numbers("50% * slow + half", &closes);
    assert_eq!(half, [13.5; 8]);
}

#[test]
fn a_higher_bar_is_seen_once_it_has_closed_and_not_before() {
    let closes: Vec<f64> = (1..=12).map(f64::from).collect();
    let seen = numbers("close@5m", &closes);
    assert!(seen[..4].iter().all(|value| value.is_nan()));
    assert_eq!(seen[4..], [5.0, 5.0, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0]);
    assert_eq!(numbers("close@5m[1]", &closes)[9..], [5.0; 3]);
    assert_eq!(numbers("(close@5m)[1]", &closes)[5..], [5.0, 5.0, 5.0, 5.0, 5.0, 10.0, 10.0]);
}

#[test]
fn the_lookback_is_that_of_gapless_bars() {
    let closes: Vec<f64> = (0..600).map(|row| f64::from(row * 37 % 101)).collect();
    for (text, expected) in [
        ("close", 0),
        ("sma(20)[3]", 22),
        ("macd(12, 26, 9).signal", 33),
        ("sma(3, source = rsi(14)@5m)", (14 + 1) * 5 - 1 + 2),
        ("BTC-USD.sma(4)@15m[2]", (3 + 2 + 1) * 15 - 1),
        ("5", 0),
    ] {
        let program = compile(&[Rule::new("size", text, Kind::Number)], &scope()).unwrap();
        let first = numbers(text, &closes).iter().position(|value| !value.is_nan());
        assert_eq!((program.lookback(), first), (expected, Some(expected)), "{text}");
    }
}

#[test]
fn what_two_rules_need_is_computed_once() {
    let rules = [
        Rule::new("enter", "ema(12) > ema(slow) and m.signal > m", Kind::Bool),
        Rule::new("exit", "ema(12) <= ema(26) or macd().histogram < 0", Kind::Bool),
    ];
    let program = compile(&rules, &scope()).unwrap();
    assert_eq!((program.indicators(), program.rules()), (3, 2));
    assert_eq!(program.lookback(), 33);
}

#[test]
fn definitions_that_double_are_read_once_each() {
    let mut scope = scope();
    for level in 1..60 {
        let text = if level == 1 { "close".to_owned() } else { format!("x{} + x{}", level - 1, level - 1) };
        scope.indicators.push(NamedIndicator { name: format!("x{level}"), definition: Definition::Text(text) });
    }
    let program = compile(&[Rule::new("size", "x59", Kind::Number)], &scope).unwrap();
    assert_eq!(program.rules(), 1);
}

#[test]
fn the_longest_chain_that_is_read_is_compiled_too() {
    let text = format!("close{}", " + 1".repeat(498));
    assert_eq!(numbers(&text, &[1.0, 2.0]), [499.0, 500.0]);
    let nested = format!("{}close{}", "(1 + ".repeat(99), ")".repeat(99));
    assert_eq!(numbers(&nested, &[1.0]), [100.0]);
}

#[test]
fn bars_that_do_not_fit_are_refused() {
    let program = compile(&[Rule::new("enter", "BTC-USD.close@5m > 1", Kind::Bool)], &scope()).unwrap();
    let good = bars(&[1.0; 20]);
    let few = program.evaluate(&[good.view()]).unwrap_err();
    assert_eq!(few, EvaluateError::Instruments { expected: 2, found: 1 });
    let short = Bars { low: &good.low[1..], ..good.view() };
    assert!(matches!(program.evaluate(&[short, good.view()]), Err(EvaluateError::Length { .. })));
    let mut twice = good.clone();
    twice.ts[7] = twice.ts[6];
    let disorder = program.evaluate(&[good.view(), twice.view()]).unwrap_err();
    assert_eq!(disorder, EvaluateError::Disorder { instrument: "ETH-USD".to_owned(), row: 7 });
    let mut across = good.clone();
    across.ts[4] += 1;
    assert!(matches!(program.evaluate(&[across.view(), good.view()]), Err(EvaluateError::Resample { .. })));
    let none = BarColumns::default();
    assert_eq!(program.evaluate(&[none.view(), none.view()]), Ok(vec![Column::Bool(Rows::default())]));
    assert_eq!(program.evaluate(&[none.view(), good.view()]), Ok(vec![Column::Bool(Rows::any([], 20))]));
}

#[test]
fn a_machine_refuses_what_comes_late_and_stays_as_it_was() {
    let program = compile(&[Rule::new("size", "BTC-USD.close@5m + close", Kind::Number)], &scope()).unwrap();
    let mut machine = Machine::new(&program);
    let bar =
        |minute: i64| Bar { ts: minute * MINUTE, open: 1.0, high: 1.0, low: 1.0, close: minute as f64, volume: 1.0 };
    for minute in 0..5 {
        assert_eq!(machine.on_bar(0, &bar(minute)), Ok(false));
        assert_eq!(machine.on_bar(1, &bar(minute)), Ok(true));
    }
    assert_eq!(machine.outputs(), [8.0]);
    assert!(matches!(machine.on_bar(2, &bar(9)), Err(MachineError::Instrument { instrument: 2, count: 2 })));
    for instrument in [0, 1] {
        assert!(matches!(machine.on_bar(instrument, &bar(4)), Err(MachineError::Late { .. })));
    }
    let across = Bar { ts: 9 * MINUTE + 1, ..bar(9) };
    assert!(matches!(machine.on_bar(0, &across), Err(MachineError::Straddle { .. })));
    assert_eq!(machine.on_bar(1, &bar(5)), Ok(true));
    assert_eq!(machine.outputs(), [9.0]);
}

#[test]
fn rules_under_several_scopes_share_what_they_have_in_common() {
    let rules = [
        Rule::new("enter", "ema(fast) > ema(slow) and close > half", Kind::Bool),
        Rule::new("price", "fast * atr(3)@5m", Kind::Number),
    ];
    let with = |fast: f64, slow: f64| {
        let numbers = vec![("fast".to_owned(), fast), ("slow".to_owned(), slow), ("half".to_owned(), 0.5)];
        Scope { numbers, ..scope() }
    };
    let scopes = [with(2.0, 5.0), with(2.0, 7.0), with(3.0, 5.0), with(2.0, 5.0)];
    let together = compile_each(&rules, &scopes).unwrap();
    // Means of 2, 3, 5 and 7 bars, and one range.
    assert_eq!((together.rules(), together.indicators()), (8, 5));
    let closes: Vec<f64> = (0..90).map(|row| 100.0 + f64::from(row * row % 37)).collect();
    let columns = bars(&closes);
    let given = [columns.view(), columns.view()];
    // As text, since NaN is not itself.
    let alone = |scope: &Scope| compile(&rules, scope).unwrap().evaluate(&given).unwrap();
    let alone: Vec<Column> = scopes.iter().flat_map(alone).collect();
    assert_eq!(format!("{:?}", together.evaluate(&given).unwrap()), format!("{alone:?}"));
    let one = compile(&rules, &scopes[0]).unwrap().footprint(8_000);
    assert!(one > 8 * 8_000 && together.footprint(8_000) < 4 * one, "{one}");
}

#[test]
fn the_first_unsound_scope_is_named() {
    let rules = [Rule::new("enter", "close > close[slow]", Kind::Bool)];
    let with = |slow: f64| Scope { numbers: vec![("slow".to_owned(), slow)], indicators: Vec::new(), ..scope() };
    let unsound = compile_each(&rules, &[with(2.0), with(2.5), with(-1.0)]).unwrap_err();
    assert_eq!(unsound.scope, 1);
    assert!(unsound.faults[0].to_string().contains("2.5"), "{:?}", unsound.faults);
    assert_eq!(compile_each(&rules, &[]).unwrap_err().scope, 0);
}
