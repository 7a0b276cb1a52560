//! What the gate looks at besides the intent.

use crate::account::Account;
use crate::instrument::Instrument;
use crate::money::{Atoms, MoneyError, mul_div};
use crate::orders::{Intent, OrderKind, Side};

/// What is known when an intent is judged. Where legs are kept, `instruments`, `marks` and the account's positions hold of
/// each instrument the long leg, then of each the short one.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The time of the intent, ns UTC.
    pub now: i64,
    /// The account; none where it is not known yet, and then nothing passes.
    pub account: Option<&'a Account>,
    /// All instruments.
    pub instruments: &'a [Instrument],
    /// The last price of each, in ticks; 0 where there is none yet.
    pub marks: &'a [i64],
    /// What the open orders of each instrument may still do.
    pub open: &'a [OpenOrders],
    /// The market of each instrument; empty where nothing but the last prices is known, as of bars.
    pub markets: &'a [Market],
    /// Whether the order meets the market before any other can fill.
    pub at_once: bool,
    /// The order that goes if this one is approved.
    pub replaced: Option<Pending>,
}

/// An instrument's market as it was received last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Market {
    /// The best bid and ask in ticks, where both are known.
    pub touch: Option<(i64, i64)>,
    /// The mark price in ticks, 0 where there is none.
    pub mark: i64,
    /// When something was last received of it, ns UTC.
    pub at: i64,
    /// Whether messages of its book are missing, or its best bid is above its best ask.
    pub broken: bool,
    /// Whether the venue has stopped trading it.
    pub stopped: bool,
}

impl Market {
    /// Twice the middle of the touch, ticks.
    #[must_use]
    #[inline]
    pub const fn twice_mid(&self) -> Option<i64> {
        match self.touch {
            Some((bid, ask)) => Some(bid + ask),
            None => None,
        }
    }
}

/// What one order may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Which way.
    pub side: Side,
    /// Whether it may only shrink a position.
    pub reduce_only: bool,
    /// Lots that may still fill, above zero.
    pub lots: i64,
    /// What they are worth at its price or, without one, at that of the market when it was approved.
    pub worth: Atoms,
    /// The price, ticks, at which it rests or may rest in the book.
    pub price: Option<i64>,
}

impl Pending {
    /// What `lots` of an intent may still do; `mark` is the price of the market in ticks.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    #[inline]
    pub fn new(intent: &Intent, lots: i64, instrument: &Instrument, mark: i64) -> Result<Self, MoneyError> {
        let worth = instrument.notional(lots, intent.kind.price().unwrap_or(mark).max(1))?;
        let price = if let OrderKind::Limit(price) = intent.kind { Some(price) } else { None };
        Ok(Self { side: intent.side, reduce_only: intent.reduce_only, lots, worth, price })
    }
}

/// A position as it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Lots, below zero short.
    pub lots: i64,
    /// What they are worth, with the sign of the lots.
    pub worth: Atoms,
}

/// What all open orders of an instrument may still do: from when they are approved, as if they were filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenOrders {
    /// How many.
    pub count: u32,
    /// Lots of those that may add to a position or open one, by side.
    pub adding: [i64; 2],
    /// What they are worth.
    pub worth: [Atoms; 2],
    /// Lots of those that may only shrink one, by side.
    pub reducing: [i64; 2],
    /// The best price, ticks, at which one rests, by side.
    pub best: [Option<i64>; 2],
}

impl OpenOrders {
    /// Nothing waits.
    pub const NONE: Self = Self { count: 0, adding: [0; 2], worth: [0; 2], reducing: [0; 2], best: [None; 2] };

    /// The same with so many more lots of a side that may add, and what they are worth.
    ///
    /// # Errors
    /// More than can be counted.
    pub fn with(&self, side: Side, lots: i64, worth: Atoms) -> Result<Self, MoneyError> {
        let (mut more, side) = (*self, side as usize);
        more.adding[side] = more.adding[side].checked_add(lots).ok_or(MoneyError::Overflow)?;
        more.worth[side] = more.worth[side].checked_add(worth).ok_or(MoneyError::Overflow)?;
        Ok(more)
    }

    /// A position of `held` lots, worth `mark` ticks each, once all orders of a side have filled: those that only reduce first,
    /// the others each at its own price.
    ///
    /// # Errors
    /// An amount beyond 128 bits.
    #[inline]
    pub fn filled(&self, side: Side, instrument: &Instrument, held: i64, mark: i64) -> Result<Filled, MoneyError> {
        let (sign, adding, worth) = (side.sign(), self.adding[side as usize], self.worth[side as usize]);
        let signed = |lots: i64, worth: Atoms| Filled { lots, worth: if lots < 0 { -worth } else { worth } };
        let against = held.signum() == -sign;
        let left = if against { held + sign * self.reducing[side as usize].min(held.abs()) } else { held };
        let lots = sign.checked_mul(adding).and_then(|more| left.checked_add(more)).ok_or(MoneyError::Overflow)?;
        if left == 0 {
            return Ok(signed(lots, worth));
        }
        if left.signum() == sign {
            let now = instrument.notional(left, mark)?;
            return Ok(signed(lots, now.checked_add(worth).ok_or(MoneyError::Overflow)?));
        }
        if lots.signum() == sign {
            // Of what is added a part opens: its share of the worth.
            return Ok(signed(lots, mul_div(worth, lots.abs(), adding)?));
        }
        Ok(signed(lots, instrument.notional(lots, mark)?))
    }

    /// The same without an order.
    #[must_use]
    pub fn without(&self, order: &Pending) -> Self {
        let mut rest = *self;
        rest.remove(order);
        rest
    }

    /// Whether nothing that waits may open or add to a position.
    #[must_use]
    #[inline]
    pub const fn adds_nothing(&self) -> bool {
        self.adding[0] == 0 && self.adding[1] == 0
    }

    /// An order comes.
    #[inline]
    pub fn add(&mut self, order: &Pending) {
        self.count += 1;
        let side = order.side as usize;
        if order.reduce_only {
            self.reducing[side] += order.lots;
        } else {
            self.adding[side] += order.lots;
            self.worth[side] += order.worth;
        }
        if let Some(price) = order.price {
            let best = &mut self.best[order.side as usize];
            *best = Some(best.map_or(price, |best| better(order.side, price, best)));
        }
    }

    /// An order goes that was added as it is here; true where it had the best price, which then has to be
    /// [set](Self::set_best) anew.
    #[inline]
    pub fn remove(&mut self, order: &Pending) -> bool {
        self.count -= 1;
        let side = order.side as usize;
        if order.reduce_only {
            self.reducing[side] -= order.lots;
        } else {
            self.adding[side] -= order.lots;
            self.worth[side] -= order.worth;
        }
        order.price.is_some() && order.price == self.best[order.side as usize]
    }

    /// Finds the best price of a side among those of the orders that are left.
    pub fn set_best(&mut self, side: Side, prices: impl Iterator<Item = i64>) {
        self.best[side as usize] = prices.reduce(|one, other| better(side, one, other));
    }
}

#[inline]
fn better(side: Side, one: i64, other: i64) -> i64 {
    match side {
        Side::Buy => one.max(other),
        Side::Sell => one.min(other),
    }
}
