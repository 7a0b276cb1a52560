//! Rules as a strategy: what fired on each bar, turned into requests by the position held.

use tradenode_core::orders::{Reason, Side};
use tradenode_core::rules::Rows;
use tradenode_core::strategy::guard::Distances;
use tradenode_core::strategy::{EntryOrder, EntrySpec};

use crate::error::RunError;
use crate::plan::Plan;
use crate::strategy::{Entry, Request, Strategy, View};

/// Rules that fired on a bar, one bit each.
pub(crate) mod bit {
    pub(crate) const ENTER_LONG: u16 = 1;
    pub(crate) const ENTER_SHORT: u16 = 1 << 1;
    pub(crate) const EXIT_LONG: u16 = 1 << 2;
    pub(crate) const EXIT_SHORT: u16 = 1 << 3;
    pub(crate) const SCALE_IN: u16 = 1 << 4;
    /// The first scale-out rule; the others follow.
    pub(crate) const SCALE_OUT: u16 = 1 << 5;
}

/// What the rules say of one instrument's bars; a number's column is empty where no rule gives one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignalColumns {
    /// Each rule's bit and the rows on which it fires.
    pub(crate) fires: Vec<(u16, Rows)>,
    pub(crate) rows: usize,
    pub(crate) price_long: Vec<f64>,
    pub(crate) price_short: Vec<f64>,
    pub(crate) stop_loss: Vec<f64>,
    pub(crate) take_profit: Vec<f64>,
    pub(crate) trailing: Vec<f64>,
    /// What entries and additions are sized by.
    pub(crate) measure: Vec<f64>,
    pub(crate) measure_added: Vec<f64>,
}

impl SignalColumns {
    /// The bits of the rules that fire on a row.
    #[inline]
    fn fired(&self, row: usize) -> u16 {
        self.fires.iter().fold(0, |all, (bit, rows)| all | (bit & u16::from(rows.has(row)).wrapping_neg()))
    }

    /// What the numbers are on a row.
    fn numbers(&self, row: usize) -> Numbers {
        let at = |column: &[f64]| column.get(row).copied().unwrap_or(f64::NAN);
        Numbers {
            price_long: at(&self.price_long),
            price_short: at(&self.price_short),
            distances: Distances {
                stop_loss: at(&self.stop_loss),
                take_profit: at(&self.take_profit),
                trailing: at(&self.trailing),
            },
            measure: at(&self.measure),
            measure_added: at(&self.measure_added),
        }
    }

    /// Takes out the rows on which a rule fires; none of them where there is no such rule.
    pub(crate) fn take(&mut self, bit: u16) -> Rows {
        match self.fires.iter().position(|(fires, _)| *fires == bit) {
            Some(place) => self.fires.swap_remove(place).1,
            None => self.rows_of(bit),
        }
    }

    /// The rows on which any of some rules fires.
    fn rows_of(&self, bits: u16) -> Rows {
        Rows::any(self.fires.iter().filter(|(bit, _)| bit & bits != 0).map(|(_, rows)| rows), self.rows)
    }
}

/// What the numbers of the rules are on a bar; NaN where no rule gives one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) price_long: f64,
    pub(crate) price_short: f64,
    pub(crate) distances: Distances,
    pub(crate) measure: f64,
    pub(crate) measure_added: f64,
}

impl Numbers {
    /// No rule gives a number.
    pub(crate) const NONE: Self = Self {
        price_long: f64::NAN,
        price_short: f64::NAN,
        distances: Distances::NONE,
        measure: f64::NAN,
        measure_added: f64::NAN,
    };
}

/// How one side is entered.
#[derive(Debug, Clone, Copy)]
struct Way {
    order: EntryOrder,
    valid_ns: i64,
}

/// What becomes of rules that fire, whoever has evaluated them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    long: Way,
    short: Way,
    /// The bit that adds to a long and to a short position, and how many entries one may have.
    add_long: u16,
    add_short: u16,
    entries_max: u32,
    parts: usize,
    /// Whether additions have a size of their own.
    own_size: bool,
}

impl Ways {
    pub(crate) fn new(plan: Plan<'_>) -> Self {
        let way = |entry: Option<&EntrySpec>| Way {
            order: entry.map_or(EntryOrder::Market, |entry| entry.order),
            valid_ns: entry.map_or(0, |entry| i64::from(entry.valid_for).saturating_mul(plan.timeframe_ns)),
        };
        let own = plan.scale_in.is_some_and(|scale| scale.when.is_some());
        Self {
            long: way(plan.rules.and_then(|rules| rules.enter_long.as_ref())),
            short: way(plan.rules.and_then(|rules| rules.enter_short.as_ref())),
            add_long: if own { bit::SCALE_IN } else { bit::ENTER_LONG },
            add_short: if own { bit::SCALE_IN } else { bit::ENTER_SHORT },
            entries_max: plan.scale_in.map_or(1, |scale| scale.max_entries),
            parts: plan.scale_out.len(),
            own_size: plan.scale_in.is_some_and(|scale| scale.size.is_some()),
        }
    }

    fn entry(&self, numbers: &Numbers, side: Side, adds: bool) -> Request {
        let (way, price) = match side {
            Side::Buy => (self.long, numbers.price_long),
            Side::Sell => (self.short, numbers.price_short),
        };
        let order = if adds { EntryOrder::Market } else { way.order };
        let measure = if adds && self.own_size { numbers.measure_added } else { numbers.measure };
        let (distances, valid_ns) = (numbers.distances, way.valid_ns);
        Request::Enter(Entry { side, order, price, valid_ns, distances, measure, adds, tag: 0 })
    }

    /// The bits that can matter while the position's sign is `held`.
    fn stirring(&self, held: i64) -> u16 {
        let parts = ((1 << self.parts) - 1) * bit::SCALE_OUT;
        let added = if self.entries_max > 1 { self.add_long | self.add_short } else { 0 };
        match held {
            0 => bit::ENTER_LONG | bit::ENTER_SHORT,
            1 => bit::EXIT_LONG | bit::ENTER_SHORT | parts | added,
            _ => bit::EXIT_SHORT | bit::ENTER_LONG | parts | added,
        }
    }

    /// What is asked for by the bits that `fired` on a bar, while so many lots are held after so many entries.
    #[inline]
    pub(crate) fn decide(
        &self,
        fired: u16,
        held: i64,
        entries: impl Fn() -> u32,
        numbers: impl Fn() -> Numbers,
        requests: &mut Vec<Request>,
    ) {
        if fired == 0 {
            return;
        }
        let on = |bits: u16| fired & bits != 0;
        // An entry beside its own exit contradicts itself, and so do both entries at once, unless both would rest at the
        // venue: then the first to fill cancels the other.
        let apart = self.long.order != EntryOrder::Market && self.short.order != EntryOrder::Market;
        let long = on(bit::ENTER_LONG) && !on(bit::EXIT_LONG) && (apart || !on(bit::ENTER_SHORT));
        let short = on(bit::ENTER_SHORT) && !on(bit::EXIT_SHORT) && (apart || !on(bit::ENTER_LONG));
        let (exit, add, opposite) = match held.signum() {
            0 => (false, false, long || short),
            1 => (on(bit::EXIT_LONG), on(self.add_long) && !on(bit::EXIT_LONG), short),
            _ => (on(bit::EXIT_SHORT), on(self.add_short) && !on(bit::EXIT_SHORT), long),
        };
        if exit {
            requests.push(Request::Leave(Reason::ExitRule));
        }
        if opposite {
            let sides = [(long && held <= 0, Side::Buy), (short && held >= 0, Side::Sell)];
            for (_, side) in sides.into_iter().filter(|(wanted, _)| *wanted) {
                requests.push(self.entry(&numbers(), side, false));
            }
            return;
        }
        if held != 0 && !exit {
            for part in 0..self.parts {
                if on(bit::SCALE_OUT << part) {
                    requests.push(Request::TakeOff(part));
                }
            }
            if add && entries() < self.entries_max {
                requests.push(self.entry(&numbers(), Side::adding(held), true));
            }
        }
    }
}

/// The strategy that rules make over columns.
#[derive(Debug)]
pub struct Signals {
    columns: Vec<SignalColumns>,
    /// For each instrument the rows that can matter while nothing, a long or a short position is held.
    stirs: Vec<[Rows; 3]>,
    ways: Ways,
}

impl Signals {
    /// The strategy of a run whose rules have been evaluated, one set of columns an instrument.
    #[must_use]
    pub(crate) fn new(plan: Plan<'_>, columns: Vec<SignalColumns>) -> Self {
        let ways = Ways::new(plan);
        let rows = |columns: &SignalColumns| [0, 1, -1].map(|held| columns.rows_of(ways.stirring(held)));
        Self { stirs: columns.iter().map(rows).collect(), columns, ways }
    }
}

impl Strategy for Signals {
    #[inline]
    fn on_bar(&mut self, view: &View<'_>, requests: &mut Vec<Request>) -> Result<(), RunError> {
        let columns = &self.columns[view.instrument];
        let held = view.ledger.position(view.instrument).lots;
        let entries = || view.ledger.entries(view.instrument);
        self.ways.decide(columns.fired(view.row), held, entries, || columns.numbers(view.row), requests);
        Ok(())
    }

    #[inline]
    fn quiet_until(&self, instrument: usize, row: usize, held: i64) -> usize {
        let [flat, long, short] = &self.stirs[instrument];
        let rows = match held {
            0 => flat,
            1 => long,
            _ => short,
        };
        rows.next(row)
    }
}
