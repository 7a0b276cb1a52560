//! What the parser reads and what it says of faults.

use super::*;

fn faults(text: &str) -> Vec<(String, String)> {
    let found = parse(text).1;
    found.into_iter().map(|fault| (text[fault.span].to_owned(), fault.message)).collect()
}

fn same(left: &str, right: &str) {
    assert_eq!(Expr::parse(left).unwrap(), Expr::parse(right).unwrap(), "{left} | {right}");
}

#[test]
fn operators_bind_as_in_the_grammar() {
    same("a or b and not c > d + e * -f", "a or (b and (not (c > (d + (e * (-f))))))");
    same("a - b - c", "(a - b) - c");
    same("a crosses above b + 1 within 3", "a crosses above (b + 1) within 3 bars");
    same("not a > b within 3 bars and c", "(not ((a > b) within 3)) and c");
    same("weekday not in (sat, sun)", "not weekday in sat..sun");
    same("weekday in sat..mon", "weekday in (mon, sun, sat)");
    same("x rising", "x rising for 1 bar");
    assert_ne!(Expr::parse("a - (b - c)").unwrap(), Expr::parse("a - b - c").unwrap());
}

#[test]
fn a_lag_counts_the_bars_of_the_timeframe_it_is_written_on() {
    same("close@4h[1]", "close[1]@4h");
    same("BTC-USD.close@4h[1]", "BTC-USD.(close[1]@4h)");
    same("close@4h rising for 3", "(close rising for 3)@4h");
    assert_ne!(Expr::parse("(close@4h)[1]").unwrap(), Expr::parse("close[1]@4h").unwrap());
    assert_ne!(Expr::parse("(close@4h) rising for 3").unwrap(), Expr::parse("close@4h rising for 3").unwrap());
}

#[test]
fn one_fault_never_hides_the_others() {
    let text = "close > and rsi(14, < 30 or close[-1] crosss above 3 and (a > b";
    let found = faults(text);
    let spans: Vec<_> = found.iter().map(|(span, _)| span.as_str()).collect();
    assert_eq!(spans, ["and", "(", "<", "-1", "crosss", "("], "{found:?}");
    let text = "close[-1] > 2 and a crosss b or weekday in (mon, tux) and x[1.5] > 1 and 1 < 2 < 3";
    let found = faults(text);
    let spans: Vec<_> = found.iter().map(|(span, _)| span.as_str()).collect();
    assert_eq!(spans, ["-1", "crosss", "tux", "1.5", "<"], "{found:?}");
    assert!(found[0].1.contains("look-ahead"), "{}", found[0].1);
}

#[test]
fn hints_say_what_to_write() {
    let hint = |text: &str| parse(text).1.remove(0).hint.unwrap_or_default();
    assert!(hint("a crosss b").contains("crosses"));
    assert!(hint("a = b").contains("=="));
    assert!(hint("a && b").contains("and"));
    assert!(hint("1 < a < 3").contains("a < b and b < c"));
}

#[test]
fn size_is_bounded() {
    let deep = format!("{}1{}", "(".repeat(400), ")".repeat(400));
    let found = faults(&deep);
    assert!(found.len() == 1 && found[0].1.contains("nested more than 100 deep"), "{found:?}");
    assert!(faults(&"not ".repeat(900)).iter().any(|(_, message)| message.contains("nested")));
    let long = format!("1{}", " + 1".repeat(1_000));
    assert!(faults(&long)[0].1.contains("more than 1000 words"));
    assert!(faults("").len() == 1 && faults("")[0].1.contains("the end of the rule"));
    assert!(faults("a crosses b within 0")[0].1.contains("at least 1 bar"));
    assert!(faults("close[100001]")[0].1.contains("100000"));
}
