//! What is asked of the venue, as it arrives there.

use tradenode_core::event::Status;
use tradenode_core::orders::terms::{Terms, Trigger};
use tradenode_core::orders::{Intent, OrderKind};

use super::market::Market;
use super::order::{Order, Place};
use super::report::{End, Refused, What};

impl Market {
    /// A new order.
    pub(crate) fn submit(&mut self, order: u64, intent: &Intent, terms: Terms, at: i64) {
        let mut order = Order::new(order, intent, terms);
        if let Err(why) = self.admissible(&order, at) {
            return self.refuse(order.id, why, at);
        }
        self.report(at, order.id, What::Accepted);
        match (order.terms.links.parent, order.terms.trigger) {
            // It has just been found fit.
            (0, Trigger::None) => self.meet_book(&mut order, at),
            (0, _) => self.wait(&mut order, at),
            (parent, _) if self.has_filled(parent) => self.enter(&mut order, at),
            _ => self.hold(&mut order),
        }
    }

    fn admissible(&self, order: &Order, at: i64) -> Result<(), Refused> {
        let parent = order.terms.links.parent;
        let waits = parent != 0 || order.terms.trigger != Trigger::None;
        let trading = match self.status {
            Status::Trading => true,
            Status::PostOnly => waits || !order.is_immediate(),
            Status::Halted | Status::Closed => false,
        };
        if !trading {
            return Err(Refused::NotTrading);
        }
        if !order.is_sane() {
            return Err(Refused::Terms);
        }
        if order.expires() <= at {
            return Err(Refused::TooLate);
        }
        if order.reduce_only && !waits && self.reducible(order) == 0 {
            return Err(Refused::NothingToReduce);
        }
        if let Some(why) = self.unfit(order).filter(|_| !waits) {
            return Err(why);
        }
        if parent != 0 && self.orders.find(parent).is_none() && !self.has_filled(parent) {
            return Err(Refused::Parent);
        }
        Ok(())
    }

    fn has_filled(&self, order: u64) -> bool {
        self.ended.contains(&(order, true))
    }

    fn hold(&mut self, order: &mut Order) {
        order.place = Place::Held;
        let slot = self.admit(order);
        self.held.push(slot);
    }

    /// An order that no other holds back comes to the market.
    pub(super) fn enter(&mut self, order: &mut Order, at: i64) {
        if order.terms.trigger == Trigger::None { self.arrive(order, at) } else { self.wait(order, at) }
    }

    /// A cancel of one order.
    pub(crate) fn cancel_order(&mut self, order: u64, at: i64) {
        match self.orders.find(order) {
            Some(slot) => self.cancel(slot, End::Asked, at),
            None => self.report(at, order, What::CancelRejected(Refused::UnknownOrder)),
        }
    }

    /// A cancel of everything.
    pub(crate) fn cancel_every_order(&mut self, at: i64) {
        self.cancel_all(End::Asked, at);
    }

    /// A new size, filled lots included, and price for an order.
    ///
    /// At the same price and not larger than before it keeps its place in the queue; otherwise it arrives anew. An order
    /// that waits or is held takes them over, the price of a stop being where it is set off.
    pub(crate) fn replace(&mut self, order: u64, wanted: &Intent, at: i64) {
        let Some(slot) = self.orders.find(order) else {
            return self.report(at, order, What::ReplaceRejected(Refused::UnknownOrder));
        };
        let old = self.orders[slot];
        let left = wanted.lots - (old.lots - old.left);
        let limit = matches!(wanted.kind, OrderKind::Limit(_));
        let fits = limit != old.is_market && wanted.side == old.side && wanted.reduce_only == old.reduce_only;
        if left <= 0 || !fits {
            return self.report(at, order, What::ReplaceRejected(Refused::Terms));
        }
        let ticks = wanted.kind.price().unwrap_or(old.ticks);
        let mut new = Order { lots: wanted.lots, left, ..old };
        match wanted.kind {
            OrderKind::Stop(trigger) => (new.trigger, new.terms.trigger) = (trigger, Trigger::Stop(trigger)),
            _ => new.ticks = ticks,
        }
        if old.place == Place::Resting && new.terms.post_only && new.ticks != old.ticks && self.would_take(&new) {
            return self.report(at, order, What::ReplaceRejected(Refused::WouldTake));
        }
        self.report(at, order, What::Replaced { lots: new.lots, ticks });
        if old.place != Place::Resting || (new.ticks == old.ticks && left <= old.left) {
            new.shown = new.shown.min(left);
            self.orders[slot] = new;
            return;
        }
        self.remove(slot);
        self.arrive(&mut new, at);
    }
}
