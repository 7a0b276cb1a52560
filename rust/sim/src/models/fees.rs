//! Fees by what was traded: tiers that are set once a UTC day.
//!
//! At 00:00 UTC the tier of the day that begins is set from what was traded in the window that ends then, its first
//! moment included; whatever is traded during the day, its fees stay. So spot and futures venues with tiers by volume do
//! it, once in 24 hours over a rolling 30 days (Binance, OKX, dYdX); the hour at which a venue does it differs.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tradenode_core::money::{Atoms, MoneyError, Scale};
use tradenode_core::units::{Decimal, Rate};

use crate::spec::SpecError;

const DAY_NS: i64 = 86_400_000_000_000;

/// Fees by what was traded, in place of the instruments' own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeesSpec {
    /// The tiers: the first from a volume of 0 on, the volumes ascending.
    pub tiers: Vec<FeeTier>,
    /// How long what was traded counts, ns.
    #[serde(default = "thirty_days")]
    pub window_ns: i64,
    /// What the account had traded before the run, in its currency: counts as traded at the start.
    #[serde(default)]
    pub traded: Option<Decimal>,
}

/// One tier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTier {
    /// From how much traded in the window on it holds, in the account's currency.
    pub volume: Decimal,
    /// The fee of a fill that added liquidity; negative for a rebate.
    pub maker: Rate,
    /// The fee of a fill that took liquidity.
    pub taker: Rate,
}

const fn thirty_days() -> i64 {
    30 * DAY_NS
}

/// The tiers with what was traded so far.
#[derive(Debug, Clone)]
pub struct Fees {
    tiers: Vec<(Atoms, FeeTier)>,
    window_ns: i64,
    /// What was traded, by the last UTC day at whose beginning it counts; days ascend, at most one a day of the window.
    days: VecDeque<(i64, Atoms)>,
    volume: Atoms,
    today: i64,
    tier: usize,
}

impl Fees {
    /// The fees of an account that begins to trade at `start`.
    ///
    /// # Errors
    /// No tier, a first volume other than 0, volumes that do not ascend, a fee of the whole or more, a window of nothing,
    /// a negative amount.
    pub fn new(spec: &FeesSpec, scale: Scale, start: i64) -> Result<Self, SpecError> {
        let amount = |value: Decimal| scale.atoms(value);
        let tiers = spec.tiers.iter().map(|tier| Ok((amount(tier.volume)?, *tier)));
        let tiers = tiers.collect::<Result<Vec<_>, MoneyError>>()?;
        check(spec, &tiers)?;
        let mut fees =
            Self { tiers, window_ns: spec.window_ns, days: VecDeque::new(), volume: 0, today: day_of(start), tier: 0 };
        fees.add(amount(spec.traded.unwrap_or(Decimal::ZERO))?, start)?;
        fees.set_tier();
        Ok(fees)
    }

    /// The fee of a fill at a time that is not before any asked for earlier.
    #[must_use]
    pub fn rate(&mut self, at: i64, maker: bool) -> Rate {
        let today = day_of(at);
        if today > self.today {
            self.today = today;
            while let Some(&(last, volume)) = self.days.front()
                && last < today
            {
                self.volume -= volume;
                self.days.pop_front();
            }
            self.set_tier();
        }
        let tier = &self.tiers[self.tier].1;
        if maker { tier.maker } else { tier.taker }
    }

    /// Takes note of a notional that was traded, after its fee was asked for.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn add(&mut self, notional: Atoms, at: i64) -> Result<(), MoneyError> {
        let last = day_of(at.saturating_add(self.window_ns));
        self.volume = self.volume.checked_add(notional).ok_or(MoneyError::Overflow)?;
        match self.days.back_mut() {
            Some((day, volume)) if *day == last => *volume += notional,
            _ => self.days.push_back((last, notional)),
        }
        Ok(())
    }

    fn set_tier(&mut self) {
        self.tier = self.tiers.partition_point(|(volume, _)| *volume <= self.volume) - 1;
    }
}

const fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY_NS)
}

fn check(spec: &FeesSpec, tiers: &[(Atoms, FeeTier)]) -> Result<(), SpecError> {
    let Some((first, _)) = tiers.first() else {
        return Err(SpecError::Conflict { key: "fees.tiers", reason: "must have a tier at least".to_owned() });
    };
    if *first != 0 {
        let reason = format!("the first tier's volume must be 0, got {}", spec.tiers[0].volume);
        return Err(SpecError::Conflict { key: "fees.tiers", reason });
    }
    if let Some(pair) = tiers.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        let reason = format!("volumes must ascend, but {} is after {}", pair[1].1.volume, pair[0].1.volume);
        return Err(SpecError::Conflict { key: "fees.tiers", reason });
    }
    for rate in spec.tiers.iter().flat_map(|tier| [tier.maker, tier.taker]) {
        if rate <= Rate(-Rate::ONE.0) || rate >= Rate::ONE {
            return Err(SpecError::range("fees.tiers", "above -1 and below 1", rate.to_f64()));
        }
    }
    if spec.window_ns <= 0 {
        return Err(SpecError::range("fees.window_ns", "above 0", spec.window_ns as f64));
    }
    match spec.traded {
        Some(traded) if traded.mantissa() < 0 => Err(SpecError::range("fees.traded", "at least 0", traded.to_f64())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_NS: i64 = 3_600_000_000_000;

    fn scale() -> Scale {
        Scale::covering([]).unwrap()
    }

    fn spec(text: &str) -> FeesSpec {
        serde_json::from_str(text).unwrap()
    }

    fn three(window_ns: i64, traded: &str) -> FeesSpec {
        spec(&format!(
            r#"{{"tiers":[{{"volume":"0","maker":"0.0002","taker":"0.0005"}},
                {{"volume":"1000","maker":"0","taker":"0.0004"}},
                {{"volume":"5000","maker":"-0.0001","taker":"0.0003"}}],"window_ns":{window_ns},"traded":"{traded}"}}"#
        ))
    }

    #[test]
    fn a_tier_is_set_at_midnight_from_the_window_before() {
        let mut fees = Fees::new(&three(2 * DAY_NS, "999"), scale(), 10 * HOUR_NS).unwrap();
        let one = scale().one();
        // (hour, notional traded then, taker fee of it): worked out by hand for a window of two days.
        let table = [
            (10, 4_000, 500_000), // 999 before
            (23, 1, 500_000),     // the same day, whatever was traded
            (24, 10, 300_000),    // 999 + 4,000 + 1 at the first midnight
            (50, 5, 300_000),     // second midnight: 5,010
            (58, 5, 300_000),
            (72, 0, 500_000), // third: 15 of the last two days; all before hour 24 is gone
        ];
        for (hour, notional, taker) in table {
            let at = hour * HOUR_NS;
            assert_eq!(fees.rate(at, false), Rate(taker), "hour {hour}");
            fees.add(notional * one, at).unwrap();
        }
        assert_eq!(fees.rate(72 * HOUR_NS, true), Rate(200_000));
        let mut rich = Fees::new(&three(2 * DAY_NS, "5000"), scale(), 0).unwrap();
        assert_eq!(rich.rate(0, true), Rate(-100_000));
    }

    #[test]
    fn tiers_that_make_no_sense_are_named() {
        let fault = |spec: &FeesSpec| Fees::new(spec, scale(), 0).map(drop).unwrap_err().to_string();
        let two = |a: &str, b: &str| {
            let tier = |volume| format!(r#"{{"volume":"{volume}","maker":"0","taker":"0.001"}}"#);
            spec(&format!(r#"{{"tiers":[{},{}]}}"#, tier(a), tier(b)))
        };
        assert_eq!(fault(&spec(r#"{"tiers":[]}"#)), "fees.tiers: must have a tier at least");
        assert_eq!(fault(&two("5", "6")), "fees.tiers: the first tier's volume must be 0, got 5");
        assert_eq!(fault(&two("0", "0")), "fees.tiers: volumes must ascend, but 0 is after 0");
        assert_eq!(fault(&three(0, "0")), "fees.window_ns must be above 0, got 0");
        assert_eq!(fault(&three(DAY_NS, "-3")), "fees.traded must be at least 0, got -3");
        let whole = spec(r#"{"tiers":[{"volume":"0","maker":"1","taker":"0"}]}"#);
        assert_eq!(fault(&whole), "fees.tiers must be above -1 and below 1, got 1");
    }

    /// The tier by a sum over everything that was ever traded.
    fn naive(spec: &FeesSpec, trades: &[(i64, i64)], start: i64, at: i64) -> Rate {
        let midnight = at.div_euclid(DAY_NS) * DAY_NS;
        let before = spec.traded.unwrap().mantissa();
        let volume = if midnight <= start {
            before
        } else {
            let counted = |time: i64| time < midnight && time >= midnight - spec.window_ns;
            let traded = trades.iter().filter(|(time, _)| counted(*time)).map(|(_, notional)| *notional).sum::<i64>();
            traded + if counted(start) { before } else { 0 }
        };
        let holds = |tier: &&FeeTier| tier.volume.mantissa() <= volume;
        spec.tiers.iter().rfind(holds).unwrap().taker
    }

    proptest! {
        #[test]
        fn tiers_are_those_of_the_naive_twin(
            steps in proptest::collection::vec((0..30_i64, 0..1_500_i64), 1..120),
            window in prop_oneof![1..200_i64, Just(24), Just(48), Just(720)],
            before in 0..6_000_i64,
            start in -50..50_i64,
        ) {
            let spec = three(window * HOUR_NS, &before.to_string());
            let start = start * HOUR_NS;
            let mut fees = Fees::new(&spec, scale(), start).unwrap();
            let (mut at, mut trades) = (start, Vec::new());
            for (hours, notional) in steps {
                at += hours * HOUR_NS;
                prop_assert_eq!(fees.rate(at, false), naive(&spec, &trades, start, at));
                fees.add(Atoms::from(notional) * scale().one(), at).unwrap();
                trades.push((at, notional));
                prop_assert!(fees.days.len() as i64 <= window / 24 + 3);
            }
        }
    }
}
