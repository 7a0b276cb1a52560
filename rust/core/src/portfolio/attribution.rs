//! Profit by day, strategy and instrument.
//!
//! What an open position gains is looked at when a day ends: the change since the day before is that day's. Days are kept
//! while they are among the last [`Attribution::DAYS_KEPT`]; older ones are added up into one row.

use std::collections::{BTreeMap, VecDeque};

use super::profit::Profit;
use crate::money::{Atoms, MoneyError};

/// Nanoseconds of a day of UTC.
const DAY_NS: i64 = 86_400_000_000_000;

/// By what profits are told apart; what is false is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Day by day.
    pub day: bool,
    /// Strategy by strategy.
    pub strategy: bool,
    /// Instrument by instrument.
    pub instrument: bool,
}

/// What a profit is of. Days, or whatever profits are not told apart by, are None.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The start of the day, ns UTC; [`Attribution::EARLIER`] for all days that are kept no more.
    pub day: Option<i64>,
    /// The strategy.
    pub strategy: Option<usize>,
    /// The instrument.
    pub instrument: Option<usize>,
}

/// The cells of a day that is over which are not nought, by their place.
#[derive(Debug, Clone)]
struct Day {
    day: i64,
    cells: Vec<(usize, Profit)>,
}

/// Profit by day, strategy and instrument, exact.
#[derive(Debug, Clone)]
pub struct Attribution {
    instruments: usize,
    /// The day that goes on, in days since the epoch; none before the first.
    today: Option<i64>,
    /// Of the day that goes on, a strategy after the other; without what is unrealised.
    cells: Vec<Profit>,
    /// What was unrealised when it began.
    carried: Vec<Atoms>,
    days: VecDeque<Day>,
    earlier: Vec<Profit>,
}

impl Attribution {
    /// So many days are kept one by one, that which goes on included: a year and a month.
    pub const DAYS_KEPT: usize = 400;
    /// The day of the row into which older days go: before every time.
    pub const EARLIER: i64 = i64::MIN;

    /// Nothing gained or lost yet.
    #[must_use]
    pub fn new(strategies: usize, instruments: usize) -> Self {
        let count = strategies * instruments;
        Self {
            instruments,
            today: None,
            cells: vec![Profit::default(); count],
            carried: vec![0; count],
            days: VecDeque::new(),
            earlier: vec![Profit::default(); count],
        }
    }

    /// Whether `at`, ns UTC, lies in a later day than that which goes on, which [`Attribution::turn`] then ends.
    #[must_use]
    #[inline]
    pub fn is_over(&self, at: i64) -> bool {
        self.today.is_none_or(|today| at.div_euclid(DAY_NS) > today)
    }

    /// Ends the day that goes on and begins that of `at`. `unrealised` is what is unrealised as the day ends, a strategy
    /// after the other.
    ///
    /// # Errors
    /// An amount beyond 128 bits; the day then goes on.
    pub fn turn(&mut self, at: i64, unrealised: Vec<Atoms>) -> Result<(), MoneyError> {
        if let Some(day) = self.today {
            let cells = self.of_today(&unrealised)?;
            if !cells.is_empty() {
                self.days.push_back(Day { day, cells });
            }
        }
        self.cells.fill(Profit::default());
        self.carried = unrealised;
        let today = at.div_euclid(DAY_NS);
        self.today = Some(today);
        while let Some(oldest) = self.days.pop_front() {
            if today - oldest.day < Self::DAYS_KEPT as i64 {
                self.days.push_front(oldest);
                break;
            }
            for (place, profit) in &oldest.cells {
                self.earlier[*place].add(profit)?;
            }
        }
        Ok(())
    }

    /// Books a profit, without what is unrealised, on the day that goes on.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn book(&mut self, strategy: usize, instrument: usize, profit: &Profit) -> Result<(), MoneyError> {
        self.cells[strategy * self.instruments + instrument].add(profit)
    }

    /// The table, ascending by day, strategy and instrument; rows that are nought are left out. `unrealised` is what is
    /// unrealised now, a strategy after the other.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    pub fn table(&self, by: By, unrealised: &[Atoms]) -> Result<Vec<(Cell, Profit)>, MoneyError> {
        let mut table = BTreeMap::new();
        let mut add = |day: i64, place: usize, profit: &Profit| {
            let cell = Cell {
                day: by.day.then_some(day),
                strategy: by.strategy.then_some(place / self.instruments),
                instrument: by.instrument.then_some(place % self.instruments),
            };
            table.entry(cell).or_insert_with(Profit::default).add(profit)
        };
        self.earlier.iter().enumerate().try_for_each(|(place, profit)| add(Self::EARLIER, place, profit))?;
        for Day { day, cells } in &self.days {
            cells.iter().try_for_each(|(place, profit)| add(day * DAY_NS, *place, profit))?;
        }
        if let Some(today) = self.today {
            let cells = self.of_today(unrealised)?;
            cells.iter().try_for_each(|(place, profit)| add(today * DAY_NS, *place, profit))?;
        }
        table.retain(|_, profit| *profit != Profit::default());
        Ok(table.into_iter().collect())
    }

    fn of_today(&self, unrealised: &[Atoms]) -> Result<Vec<(usize, Profit)>, MoneyError> {
        let mut cells = Vec::new();
        for (place, (cell, (now, then))) in self.cells.iter().zip(unrealised.iter().zip(&self.carried)).enumerate() {
            let unrealised = now.checked_sub(*then).ok_or(MoneyError::Overflow)?;
            let profit = Profit { unrealised, ..*cell };
            if profit != Profit::default() {
                cells.push((place, profit));
            }
        }
        Ok(cells)
    }
}
