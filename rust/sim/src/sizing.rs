//! How many lots an entry gets: its size, the largest position, and the strategy's own word.

use tradenode_core::instrument::Instrument;
use tradenode_core::orders::Side;
use tradenode_core::risk::{Check, Refusal};
use tradenode_core::strategy::sizing::{LOTS_MAX, SizeInput};
use tradenode_core::units::{Grid, Rounding};

use crate::error::RunError;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::strategy::Entry;

/// An entry that has been sized, as a strategy that has its say about it is told. Prices are in quote units.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The time, ns UTC.
    pub now: i64,
    /// The instrument's index.
    pub index: usize,
    /// The instrument.
    pub instrument: &'a Instrument,
    /// Long or short.
    pub side: Side,
    /// Whether it adds to a position.
    pub adds: bool,
    /// What the run's size comes to, cut to the most.
    pub lots: i64,
    /// The price that it was computed at, which the order is expected to fill at.
    pub price: f64,
    /// Equity in currency units.
    pub equity: f64,
    /// Lots held: above zero long, below short.
    pub held: i64,
    /// The smallest order that the instrument takes at this price, its least notional included.
    pub least: i64,
    /// The largest order that it takes.
    pub largest: i64,
    /// What the largest position leaves for the order.
    pub room: i64,
    /// How far the stop is from the price; NaN without one.
    pub stop_distance: f64,
}

/// Why an answer could not be taken as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clamp {
    /// It lay between two lots.
    WholeLots,
    /// It was below the smallest order.
    Least,
    /// It was above the largest order.
    Largest,
    /// It was above what the largest position leaves.
    MaxPosition,
}

impl Clamp {
    /// The reason in a log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WholeLots => "whole lots",
            Self::Least => "the smallest order at this price",
            Self::Largest => "max_quantity of the instrument",
            Self::MaxPosition => "max_position_percent",
        }
    }
}

impl Proposal<'_> {
    /// The most lots that an answer can get.
    #[must_use]
    pub fn most(&self) -> i64 {
        self.largest.min(self.room)
    }

    /// The lots of an answer in base units (from zero on, finite), and why they are not just that many. What is not zero
    /// becomes the smallest order at least, but never more than the most.
    #[must_use]
    pub fn clamped(&self, asked: f64) -> (i64, Option<Clamp>) {
        let grid: &Grid = &self.instrument.quantity;
        let lots = grid.steps_towards(asked, Rounding::Down).unwrap_or(LOTS_MAX);
        if asked <= 0.0 {
            return (0, None);
        }
        let most = self.most();
        if lots > most || self.least > most {
            let clamp = if self.room < self.largest { Clamp::MaxPosition } else { Clamp::Largest };
            return (most.min(LOTS_MAX), Some(clamp));
        }
        if lots < self.least {
            return (self.least, Some(Clamp::Least));
        }
        (lots, grid.steps(asked).is_err().then_some(Clamp::WholeLots))
    }
}

/// A strategy that has its say about the size of each entry.
pub trait Sizer {
    /// The quantity in base units in place of the proposed one; 0 skips the entry, `None` keeps the proposal.
    ///
    /// # Errors
    /// Anything that must stop the run; a quantity below zero or not finite is not answered.
    fn size(&mut self, proposal: &Proposal<'_>) -> Result<Option<f64>, RunError>;

    /// The quantity asked for was cut or raised to `given` lots.
    fn clamped(&mut self, proposal: &Proposal<'_>, asked: f64, given: i64, why: Clamp);
}

/// An entry that is about to be ordered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordered<'e> {
    pub(crate) index: usize,
    pub(crate) entry: &'e Entry,
    /// The price that it is expected to fill at, ticks.
    pub(crate) price: i64,
    /// The lots that orders on its side, which stay, still add.
    pub(crate) waiting: i64,
    pub(crate) now: i64,
}

/// The lots of an entry; `None` where it is given up, as its size's rule says nothing or the strategy wants none.
pub(crate) fn sized(
    plan: Plan<'_>,
    ledger: &mut Ledger<'_>,
    sizer: Option<&mut (dyn Sizer + '_)>,
    ordered: Ordered<'_>,
) -> Result<Option<i64>, RunError> {
    let Ordered { index, entry, price, waiting, now } = ordered;
    let Some(size) = plan.size_of(entry.adds) else { return Ok(None) };
    let stop_distance = plan.exits.stop_distance(&ledger.instruments[index], price, entry.distances);
    if let Some(value) = size.method.undefined(entry.measure, stop_distance) {
        let refusal = Refusal { check: Check::Undefined, limit: 0.0, value };
        ledger.recorder.refuse(now, index, entry.reason(), refusal);
        return Ok(None);
    }
    let (scale, record, held) = (ledger.scale, ledger.record, ledger.position(index).lots);
    let equity = ledger.equity_atoms()?;
    let instrument = &ledger.instruments[index];
    let input = SizeInput {
        instrument,
        side: entry.side,
        scale,
        equity,
        price,
        stop_distance,
        measure: entry.measure,
        held: held.abs().saturating_add(waiting),
        instruments: plan.instruments.len(),
        bars_a_year: plan.bars_a_year(),
        record,
    };
    let lots = size.lots(&input)?.min(instrument.max_lots);
    let Some(sizer) = sizer else { return Ok(Some(lots)) };
    let room = size.room(&input)?;
    ask(sizer, &Proposal::of(Who { now, index, adds: entry.adds, held }, &input, lots, room))
}

/// What a proposal has besides what its size was computed of.
struct Who {
    now: i64,
    index: usize,
    adds: bool,
    held: i64,
}

impl<'a> Proposal<'a> {
    fn of(Who { now, index, adds, held }: Who, input: &SizeInput<'a>, lots: i64, room: i64) -> Self {
        let instrument = input.instrument;
        // One lot more than the largest notional below the least one.
        let notional = instrument.lots_for(instrument.min_notional - 1, input.price).saturating_add(1);
        Self {
            now,
            index,
            instrument,
            side: input.side,
            adds,
            lots,
            price: instrument.price.value(input.price),
            equity: input.scale.to_f64(input.equity),
            held,
            least: instrument.min_lots.max(notional),
            largest: instrument.max_lots,
            room,
            stop_distance: input.stop_distance,
        }
    }
}

/// What becomes of a proposal; `None` where the strategy skips the entry.
fn ask(sizer: &mut dyn Sizer, proposal: &Proposal<'_>) -> Result<Option<i64>, RunError> {
    let Some(asked) = sizer.size(proposal)? else { return Ok(Some(proposal.lots)) };
    let (lots, clamp) = proposal.clamped(asked);
    if let Some(why) = clamp {
        sizer.clamped(proposal, asked, lots, why);
    }
    Ok((asked > 0.0).then_some(lots))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradenode_core::instrument::InstrumentSpec;
    use tradenode_core::money::Scale;

    use super::*;

    /// Lots of 0.01, orders from 0.05 on.
    fn instrument() -> Instrument {
        let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"1","lot":"0.01",
            "min_quantity":"0.05","maker_fee":"0","taker_fee":"0"}"#;
        let spec: InstrumentSpec = serde_json::from_str(text).unwrap();
        spec.bind(Scale::covering([spec.digits()]).unwrap()).unwrap()
    }

    fn proposal(instrument: &Instrument, largest: i64, room: i64) -> Proposal<'_> {
        Proposal {
            now: 0,
            index: 0,
            instrument,
            side: Side::Buy,
            adds: false,
            lots: 50,
            price: 100.0,
            equity: 1_000.0,
            held: 0,
            least: instrument.min_lots,
            largest,
            room,
            stop_distance: f64::NAN,
        }
    }

    #[test]
    fn an_answer_is_cut_to_what_can_be_ordered() {
        let x = instrument();
        let wide = proposal(&x, i64::MAX, i64::MAX);
        assert_eq!(wide.clamped(0.3), (30, None));
        assert_eq!(wide.clamped(0.305), (30, Some(Clamp::WholeLots)));
        assert_eq!(wide.clamped(0.0), (0, None));
        assert_eq!(wide.clamped(0.001), (5, Some(Clamp::Least)));
        assert_eq!(wide.clamped(1e300), (LOTS_MAX, Some(Clamp::WholeLots)));
        assert_eq!(proposal(&x, 40, i64::MAX).clamped(0.5), (40, Some(Clamp::Largest)));
        assert_eq!(proposal(&x, 40, 30).clamped(0.5), (30, Some(Clamp::MaxPosition)));
        // What the position leaves goes before the smallest order: the gate refuses it then.
        assert_eq!(proposal(&x, 40, 3).clamped(0.001), (3, Some(Clamp::MaxPosition)));
        assert_eq!(proposal(&x, 40, 0).clamped(2.0), (0, Some(Clamp::MaxPosition)));
    }

    proptest! {
        /// Whatever is asked for: within the most, and above it only what the smallest order asks for.
        #[test]
        fn no_answer_passes_the_most(asked in 0.0..1e12_f64, largest in 1..10_000_i64, room in 0..10_000_i64) {
            let x = instrument();
            let proposal = proposal(&x, largest, room);
            let (lots, clamp) = proposal.clamped(asked);
            prop_assert!((0..=largest.min(room)).contains(&lots));
            prop_assert!(lots as f64 <= asked * 100.0 * (1.0 + 1e-12) || lots == proposal.least);
            prop_assert_eq!(clamp.is_none(), asked == 0.0 || (lots as f64 - asked * 100.0).abs() < 1e-9 * lots as f64);
        }
    }
}
