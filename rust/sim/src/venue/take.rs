//! Orders that arrive: what they take at once, and what becomes of the rest.

use tradenode_core::book::Level;
use tradenode_core::orders::Side;
use tradenode_core::orders::terms::TimeInForce;

use super::market::Market;
use super::matching::Filled;
use super::order::Order;
use super::report::{End, Refused};
use super::settings::{Fills, SelfTrade};

impl Market {
    /// An order that waits for nothing comes to the book.
    pub(super) fn arrive(&mut self, order: &mut Order, at: i64) {
        if let Some(why) = self.unfit(order) {
            return self.end(order.id, if why == Refused::WouldTake { End::WouldTake } else { End::NoMarket }, at);
        }
        self.meet_book(order, at);
    }

    /// The same for one that is known to be fit.
    pub(super) fn meet_book(&mut self, order: &mut Order, at: i64) {
        let whole = order.terms.time_in_force == TimeInForce::FillOrKill;
        let kept = if order.terms.post_only {
            // Fit, it reaches nothing.
            Ok(())
        } else if whole && !self.can_fill_whole(order, at) {
            Err(End::Remainder)
        } else {
            self.take(order, at)
        };
        match kept {
            Err(end) => self.end(order.id, end, at),
            Ok(()) if order.left == 0 => {}
            Ok(()) if order.is_immediate() => self.end(order.id, End::Remainder, at),
            Ok(()) => {
                let slot = self.admit(order);
                self.enlist(slot, at);
            }
        }
    }

    /// Why an order that arrives now cannot be taken.
    pub(super) fn unfit(&self, order: &Order) -> Option<Refused> {
        if order.is_immediate() && (!self.is_sound() || self.book.best(order.side.opposite()).is_none()) {
            return Some(Refused::NoMarket);
        }
        (order.terms.post_only && self.would_take(order)).then_some(Refused::WouldTake)
    }

    pub(super) fn would_take(&self, order: &Order) -> bool {
        let other = order.side.opposite();
        let ours = self.resting[other as usize].first().map(|&slot| self.orders[slot].ticks);
        let theirs = self.book.best(other).map(|level| level.price);
        let reached = |price: Option<i64>| price.is_some_and(|price| order.reaches(price));
        reached(ours) || reached(theirs)
    }

    fn can_fill_whole(&self, order: &Order, at: i64) -> bool {
        match self.spec.fills {
            Fills::Whole => self.book.best(order.side.opposite()).is_some_and(|level| order.reaches(level.price)),
            Fills::Partial => {
                let side = order.side.opposite();
                let levels = self.book.levels(side).take_while(|level| order.reaches(level.price));
                let mut wanted = order.left;
                for level in levels {
                    wanted -= self.available(side, level.price, at);
                    if wanted <= 0 {
                        return true;
                    }
                }
                false
            }
        }
    }

    /// Takes what the order reaches; an error when what is left of it must go.
    fn take(&mut self, order: &mut Order, at: i64) -> Result<(), End> {
        let side = order.side.opposite();
        let mut next = if self.is_sound() { self.book.best(side) } else { None };
        while order.left > 0 {
            let level = next.filter(|level| order.reaches(level.price));
            self.avoid_ourselves(order, level, at)?;
            let Some(level) = level else { return Ok(()) };
            let lots = match self.spec.fills {
                Fills::Whole => order.left,
                Fills::Partial => self.available(side, level.price, at).min(order.left),
            };
            let lots = lots.min(self.reducible(order));
            if lots > 0 {
                if self.spec.fills == Fills::Partial {
                    self.take_away(side, level.price, lots, at);
                }
                order.left -= lots;
                self.book_fill(&Filled::of(order, lots, level.price, false, at), at);
            }
            if order.reduce_only && self.reducible(order) == 0 && order.left > 0 {
                return Err(End::NothingToReduce);
            }
            next = self.behind(side, level);
        }
        Ok(())
    }

    /// The next level further from the touch.
    pub(super) fn behind(&self, side: Side, level: Level) -> Option<Level> {
        self.book.level_from(side, level.price - side.sign())
    }

    /// Sees to it that the order does not meet one of ours that rests at a price no worse than the next level.
    fn avoid_ourselves(&mut self, order: &Order, level: Option<Level>, at: i64) -> Result<(), End> {
        let other = order.side.opposite();
        while let Some(&slot) = self.resting[other as usize].first() {
            let ours = &self.orders[slot];
            if !order.reaches(ours.ticks) || level.is_some_and(|level| ours.is_worse_than(level.price)) {
                return Ok(());
            }
            if self.spec.self_trade != SelfTrade::CancelTaking {
                self.cancel(slot, End::SelfTrade, at);
            }
            if self.spec.self_trade != SelfTrade::CancelResting {
                return Err(End::SelfTrade);
            }
        }
        Ok(())
    }
}
