//! Sizes worked by hand, and what holds of any size: whole lots, within its bound, never fewer for more equity.

use proptest::prelude::*;

use super::*;
use crate::instrument::InstrumentSpec;

const PERCENT: i64 = 10_000_000;
const NAN: f64 = f64::NAN;

/// What the sizes of a test look at; the equity in whole units.
#[derive(Debug, Clone, Copy)]
struct Scene {
    equity: i64,
    price: i64,
    side: Side,
    stop_distance: f64,
    measure: f64,
    held: i64,
    instruments: usize,
    record: TradeRecord,
    inverse: bool,
}

const SCENE: Scene = Scene {
    equity: 10_000,
    price: 100,
    side: Side::Buy,
    stop_distance: NAN,
    measure: NAN,
    held: 0,
    instruments: 1,
    record: TradeRecord { trades: 0, wins: 0, won: 0.0, lost: 0.0 },
    inverse: false,
};

impl Scene {
    /// An instrument with lots of 0.001 and a fee of 0.1 %, or the inverse contract of 1 Y on it.
    fn instrument(&self) -> (Instrument, Scale) {
        let settlement = if self.inverse { "X" } else { "Y" };
        let text = format!(
            r#"{{"symbol":"X-Y","base":"X","quote":"Y","settlement":"{settlement}","tick":"1","lot":"0.001",
            "maker_fee":"0","taker_fee":"0.001","inverse":{}}}"#,
            self.inverse
        );
        let spec: InstrumentSpec = serde_json::from_str(&text).unwrap();
        let scale = Scale::covering([spec.digits()]).unwrap();
        (spec.bind(scale).unwrap(), scale)
    }

    fn lots(self, size: &SizeSpec) -> i64 {
        let (instrument, scale) = self.instrument();
        size.lots(&self.input(&instrument, scale)).unwrap()
    }

    fn input(self, instrument: &Instrument, scale: Scale) -> SizeInput<'_> {
        let Self { equity, price, side, stop_distance, measure, held, instruments, record, .. } = self;
        let equity = i128::from(equity) * scale.one();
        let bars_a_year = 365.0 * 24.0;
        SizeInput {
            instrument,
            side,
            scale,
            equity,
            price,
            stop_distance,
            measure,
            held,
            instruments,
            bars_a_year,
            record,
        }
    }

    /// What `lots` are worth at the price, in currency units.
    fn worth(&self, lots: i64) -> f64 {
        let (instrument, scale) = self.instrument();
        scale.to_f64(instrument.notional(lots, self.price).unwrap())
    }
}

fn size(method: SizeMethod) -> SizeSpec {
    SizeSpec { method, max_position_percent: None }
}

fn rule() -> Source {
    Source::Text("2 * atr(14)".to_owned())
}

fn atr_target(risk: i64) -> SizeSpec {
    size(SizeMethod::AtrTarget { risk: Rate(risk), distance: rule() })
}

fn volatility_target(annual: i64) -> SizeSpec {
    size(SizeMethod::VolatilityTarget { annual_volatility: Rate(annual), bar_volatility: rule() })
}

fn equal_risk(risk: i64) -> SizeSpec {
    size(SizeMethod::EqualRisk { risk: Rate(risk), distance: Some(rule()) })
}

#[test]
fn sizes_worked_by_hand() {
    let quantity = "1.2345".parse().unwrap();
    assert_eq!(SCENE.lots(&size(SizeMethod::FixedQuantity { quantity })), 1_234);
    let notional = "250".parse().unwrap();
    assert_eq!(SCENE.lots(&size(SizeMethod::FixedNotional { notional })), 2_500);
    // 10,000 / (100 * 1.001) = 99.9000999
    assert_eq!(SCENE.lots(&size(SizeMethod::EquityFraction { fraction: Rate::ONE })), 99_900);
    // 1 % of 10,000 lost over 5 a unit, with fees of 0.1 and 0.095: 100 / 5.195 = 19.2492...
    let risk = |part| size(SizeMethod::RiskPerTrade { risk: Rate(part) });
    assert_eq!(Scene { stop_distance: 5.0, ..SCENE }.lots(&risk(PERCENT)), 19_249);
    assert_eq!(SCENE.lots(&risk(PERCENT)), 0);
    // 640 / (8 + 0.1 + 0.092) is 78.125 exactly, and a little less in doubles.
    assert_eq!(Scene { stop_distance: 8.0, ..SCENE }.lots(&risk(64_000_000)), 78_125);
    // A short is stopped out above: the fees are 0.1 and 0.105, 100 / 5.205 = 19.2122...
    let short = Scene { side: Side::Sell, stop_distance: 5.0, ..SCENE };
    assert_eq!(short.lots(&risk(PERCENT)), 19_212);
}

#[test]
fn an_atr_target_moves_the_equity_by_its_part() {
    // 1 % of 10,000 over a move of 3: 33.333 units.
    assert_eq!(Scene { measure: 3.0, ..SCENE }.lots(&atr_target(PERCENT)), 33_333);
    // 100 / 0.8 = 125 exactly.
    assert_eq!(Scene { measure: 0.8, ..SCENE }.lots(&atr_target(PERCENT)), 125_000);
    assert_eq!(Scene { measure: 1e-300, ..SCENE }.lots(&atr_target(PERCENT)), LOTS_MAX);
    for nothing in [NAN, 0.0, -1.0, f64::INFINITY] {
        assert_eq!(Scene { measure: nothing, ..SCENE }.lots(&atr_target(PERCENT)), 0);
    }
    // An inverse contract of 1 Y, 0.001 a lot: at 100 it is worth 0.01 X, of which a move of 3 changes 3 %. 1 % of 1 X is
    // 0.01 X: 0.01 / 0.0003 = 33.333 contracts.
    let inverse = Scene { inverse: true, equity: 1, measure: 3.0, ..SCENE };
    assert_eq!(inverse.lots(&atr_target(PERCENT)), 33_333);
}

#[test]
fn a_volatility_target_is_annualised_by_the_square_root_of_time() {
    // 8,760 hours a year: 0.5 % an hour is 46.797... % a year. 20 % of 10,000 / (100 * 0.46797...) = 42.7374...
    let scene = Scene { measure: 0.005, ..SCENE };
    assert_eq!(scene.lots(&volatility_target(20 * PERCENT)), 42_737);
    // Half as volatile, twice as large: 85.4749...
    assert_eq!(Scene { measure: 0.0025, ..SCENE }.lots(&volatility_target(20 * PERCENT)), 85_474);
    assert_eq!(SCENE.lots(&volatility_target(20 * PERCENT)), 0);
}

#[test]
fn a_budget_is_divided_over_the_instruments() {
    // 4 % over 4 instruments are 100 each: as 1 % at the stop, or by the distance where there is none.
    let scene = Scene { instruments: 4, ..SCENE };
    assert_eq!(Scene { stop_distance: 5.0, ..scene }.lots(&equal_risk(4 * PERCENT)), 19_249);
    assert_eq!(Scene { measure: 3.0, ..scene }.lots(&equal_risk(4 * PERCENT)), 33_333);
    assert_eq!(Scene { stop_distance: 5.0, measure: 3.0, ..scene }.lots(&equal_risk(4 * PERCENT)), 19_249);
    let bare = size(SizeMethod::EqualRisk { risk: Rate(4 * PERCENT), distance: None });
    assert_eq!(scene.lots(&bare), 0);
}

#[test]
fn a_rule_that_says_nothing_is_told_where_it_is_needed() {
    let distance = atr_target(PERCENT).method;
    assert_eq!(distance.undefined(3.0, NAN), None);
    assert!(distance.undefined(NAN, 5.0).is_some_and(f64::is_nan));
    assert_eq!((distance.undefined(0.0, NAN), distance.undefined(-1.0, NAN)), (Some(0.0), Some(-1.0)));
    assert_eq!(volatility_target(PERCENT).method.undefined(f64::INFINITY, NAN), Some(f64::INFINITY));
    // A stop says what is at risk; nobody asks the rule.
    let equal = equal_risk(PERCENT).method;
    assert_eq!((equal.undefined(NAN, 5.0), equal.undefined(0.0, NAN)), (None, Some(0.0)));
    assert_eq!(SizeMethod::RiskPerTrade { risk: Rate::ONE }.undefined(NAN, NAN), None);
}

#[test]
fn the_largest_position_cuts_down_what_is_added() {
    let capped = |part| SizeSpec {
        method: SizeMethod::FixedQuantity { quantity: "60".parse().unwrap() },
        max_position_percent: Some(Rate(part)),
    };
    // Half of 10,000 at 100 are 50 units; 20 of them held already leave 30, and 55 leave none.
    assert_eq!(SCENE.lots(&capped(50 * PERCENT)), 50_000);
    assert_eq!(Scene { held: 20_000, ..SCENE }.lots(&capped(50 * PERCENT)), 30_000);
    assert_eq!(Scene { held: 55_000, ..SCENE }.lots(&capped(50 * PERCENT)), 0);
    assert_eq!(SCENE.lots(&capped(70 * PERCENT)), 60_000);
    assert_eq!(Scene { equity: -5, ..SCENE }.lots(&capped(70 * PERCENT)), 0);
}

#[test]
fn a_size_is_read_with_its_largest_position_and_refuses_other_keys() {
    let read = |text: &str| serde_json::from_str::<SizeSpec>(text);
    let text = r#"{"kind":"atr_target","risk":"0.01","distance":"2 * atr(14)","max_position_percent":"0.5"}"#;
    let expected = SizeSpec { max_position_percent: Some(Rate(50 * PERCENT)), ..atr_target(PERCENT) };
    assert_eq!(read(text).unwrap(), expected);
    assert_eq!(serde_json::from_str::<SizeSpec>(&serde_json::to_string(&expected).unwrap()).unwrap(), expected);
    let error = read(r#"{"kind":"risk_per_trade","risk":"0.01","max_positon_percent":"0.5"}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `max_positon_percent`"), "{error}");
}

#[test]
fn kelly_waits_for_its_sample_and_keeps_its_cap() {
    let kelly = size(SizeMethod::Kelly {
        fraction: Rate(50 * PERCENT),
        min_trades: 4,
        initial: Rate(10 * PERCENT),
        cap: Rate(25 * PERCENT),
    });
    let fraction = |part| SCENE.lots(&size(SizeMethod::EquityFraction { fraction: Rate(part) }));
    let mut record = TradeRecord::default();
    for result in [0.02, 0.02, -0.01] {
        record.note(result);
    }
    assert_eq!(Scene { record, ..SCENE }.lots(&kelly), fraction(10 * PERCENT));
    record.note(-0.01);
    // W = 1/2, R = 2: 1/2 - 1/4 = 1/4; half of it is 1/8.
    assert!((record.kelly() - 0.25).abs() < 1e-12);
    assert_eq!(Scene { record, ..SCENE }.lots(&kelly), fraction(125_000_000));
    record.note(1.0);
    assert_eq!(Scene { record, ..SCENE }.lots(&kelly), fraction(25 * PERCENT));
}

fn methods() -> impl Strategy<Value = SizeMethod> {
    let part = || (1..=1_000_000_000_i64).prop_map(Rate);
    let amount = || (1..1_000_000_i64).prop_map(|units| units.to_string().parse::<Decimal>().unwrap());
    prop_oneof![
        amount().prop_map(|quantity| SizeMethod::FixedQuantity { quantity }),
        amount().prop_map(|notional| SizeMethod::FixedNotional { notional }),
        part().prop_map(|fraction| SizeMethod::EquityFraction { fraction }),
        part().prop_map(|risk| SizeMethod::RiskPerTrade { risk }),
        (part(), 0..4_u32, part(), part()).prop_map(|(fraction, min_trades, initial, cap)| SizeMethod::Kelly {
            fraction,
            min_trades,
            initial,
            cap
        }),
        part().prop_map(|risk| SizeMethod::AtrTarget { risk, distance: rule() }),
        part().prop_map(|annual| SizeMethod::VolatilityTarget { annual_volatility: annual, bar_volatility: rule() }),
        part().prop_map(|risk| SizeMethod::EqualRisk { risk, distance: Some(rule()) }),
    ]
}

fn records() -> impl Strategy<Value = TradeRecord> {
    prop::collection::vec(-0.5..0.5_f64, 0..8).prop_map(|results| {
        let mut record = TradeRecord::default();
        results.into_iter().for_each(|result| record.note(result));
        record
    })
}

fn scenes() -> impl Strategy<Value = Scene> {
    let sides = prop::sample::select(vec![Side::Buy, Side::Sell]);
    let moves = || prop_oneof![Just(NAN), 0.0001..50_000.0_f64];
    let numbers = (-1_000..1_000_000_000_i64, 1..200_000_i64, 0..2_000_000_i64, 1..9_usize);
    (numbers, sides, moves(), moves(), records(), any::<bool>()).prop_map(
        |((equity, price, held, instruments), side, stop_distance, measure, record, inverse)| Scene {
            equity,
            price,
            side,
            stop_distance,
            measure,
            held,
            instruments,
            record,
            inverse,
        },
    )
}

/// So much more than its bound a size may come to, relatively: what its arithmetic in doubles rounds.
const ROUNDED: f64 = 1.0 + 1e-11;

// `PROPTEST_CASES` searches longer.
proptest! {
    /// The position is worth at most its part of the equity, unless it was worth more before; and where the size alone
    /// stays within that, it is the size.
    #[test]
    fn a_position_is_never_above_its_part(scene in scenes(), method in methods(), part in 1..3_000_000_000_i64) {
        let free = scene.lots(&size(method.clone()));
        let lots = scene.lots(&SizeSpec { method, max_position_percent: Some(Rate(part)) });
        prop_assert!((0..=free).contains(&lots));
        let most = scene.equity.max(0) as f64 * Rate(part).to_f64() * ROUNDED + 1e-9;
        let after = scene.worth(scene.held + lots);
        prop_assert!(lots == 0 || after <= most, "{after} is above {most}");
        // Not one lot is given away.
        let next = scene.worth(scene.held + lots + 1);
        prop_assert!(lots == free || next >= most / ROUNDED / ROUNDED - 2e-9, "{next} would be within {most}");
    }

    /// A part of the equity pays for what it buys, fee included.
    #[test]
    fn a_part_of_the_equity_pays_for_the_entry(scene in scenes(), method in methods()) {
        let part = match &method {
            SizeMethod::EquityFraction { fraction } => *fraction,
            SizeMethod::Kelly { initial, cap, .. } => (*initial).max(*cap),
            _ => return Ok(()),
        };
        let paid = scene.worth(scene.lots(&size(method))) * 1.001;
        prop_assert!(paid <= scene.equity.max(0) as f64 * part.to_f64() * ROUNDED + 1e-9);
    }

    /// What a move or a stop changes the equity by stays within the budget, and one lot more would not.
    #[test]
    fn a_budget_is_kept_and_used_up(scene in scenes(), method in methods()) {
        let equity = scene.equity.max(0) as f64;
        let move_ = scene.measure / scene.price as f64;
        let (budget, part) = match &method {
            SizeMethod::AtrTarget { risk, .. } => (equity * risk.to_f64(), move_),
            SizeMethod::VolatilityTarget { annual_volatility, .. } => {
                (equity * annual_volatility.to_f64(), scene.measure * (365.0_f64 * 24.0).sqrt())
            }
            SizeMethod::EqualRisk { risk, .. } if scene.stop_distance.is_nan() => {
                (equity * risk.to_f64() / scene.instruments as f64, move_)
            }
            _ => return Ok(()),
        };
        let lots = scene.lots(&size(method));
        prop_assume!(part.is_finite() && lots < LOTS_MAX);
        let changed = |lots: i64| lots as f64 * scene.worth(1_000_000) / 1e6 * part;
        // Of an inverse contract the worth of a million lots is known to the atom, the twelfth place.
        let slack = budget * 1e-6 * f64::from(u8::from(scene.inverse)) + budget * 1e-11 + 1e-9 * part;
        prop_assert!(changed(lots) <= budget + slack, "{} is above {budget}", changed(lots));
        prop_assert!(changed(lots + 1) >= budget - slack, "{} is within {budget}", changed(lots + 1));
    }

    /// More equity never buys less.
    #[test]
    fn more_equity_never_makes_a_size_smaller(
        scene in scenes(), method in methods(), more in 0..1_000_000_i64, part in prop::option::of(1..3_000_000_000_i64),
    ) {
        let spec = SizeSpec { method, max_position_percent: part.map(Rate) };
        let richer = Scene { equity: scene.equity + more, ..scene };
        prop_assert!(scene.lots(&spec) <= richer.lots(&spec));
    }

    /// Over any number of instruments, the shares together stay within the budget of one.
    #[test]
    fn equal_shares_add_up_to_the_budget(scene in scenes(), risk in 1..1_000_000_000_i64) {
        let alone = Scene { instruments: 1, ..scene }.lots(&equal_risk(risk)) as f64;
        let share = scene.lots(&equal_risk(risk)) as f64;
        prop_assume!(alone < LOTS_MAX as f64);
        prop_assert!(share * scene.instruments as f64 <= (alone + 1.0) * ROUNDED);
    }
}
