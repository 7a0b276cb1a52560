//! What an order's end does to others: those tied to it, those that may only reduce, those it was cancelled for.

use super::market::{Market, RECENT};
use super::order::{Order, Place};
use super::report::{End, Refused, What};

impl Market {
    /// Takes an order out of the market without its having been filled whole.
    pub(super) fn cancel(&mut self, slot: u32, end: End, at: i64) {
        let order = self.orders[slot].id;
        self.remove(slot);
        self.end(order, end, at);
    }

    /// Reports the end of an order that is in no list any more.
    pub(super) fn end(&mut self, order: u64, end: End, at: i64) {
        self.report(at, order, What::Cancelled(end));
        self.forget(order, at);
    }

    /// Reports that an order is not taken.
    pub(super) fn refuse(&mut self, order: u64, why: Refused, at: i64) {
        self.report(at, order, What::Rejected(why));
        self.forget(order, at);
    }

    fn forget(&mut self, order: u64, at: i64) {
        self.remember(order, false);
        self.orphan(order, at);
    }

    pub(super) fn remember(&mut self, order: u64, filled: bool) {
        if self.ended.len() == RECENT {
            self.ended.pop_front();
        }
        self.ended.push_back((order, filled));
    }

    /// Every order, in an order that is the same in every run.
    fn living(&self) -> impl Iterator<Item = u32> {
        [&self.resting[0], &self.resting[1], &self.waiting, &self.held].into_iter().flatten().copied()
    }

    fn find(&self, holds: impl Fn(&Order) -> bool) -> Option<u32> {
        self.living().find(|&slot| holds(&self.orders[slot]))
    }

    fn cancel_where(&mut self, end: End, at: i64, holds: impl Fn(&Order) -> bool) {
        while let Some(slot) = self.find(&holds) {
            self.cancel(slot, end, at);
        }
    }

    pub(super) fn cancel_all(&mut self, end: End, at: i64) {
        self.cancel_where(end, at, |_| true);
    }

    /// One cancels the other.
    pub(super) fn cancel_group(&mut self, group: u64, but: u64, at: i64) {
        self.cancel_where(End::Linked, at, |order| order.terms.links.group == group && order.id != but);
    }

    /// The orders that were held for one that is filled now come to the market.
    pub(super) fn release(&mut self, parent: u64, at: i64) {
        while let Some(&slot) = self.held.iter().find(|&&slot| self.orders[slot].terms.links.parent == parent) {
            let mut order = self.orders[slot];
            self.remove(slot);
            self.enter(&mut order, at);
        }
    }

    /// The orders that were held for one that has ended otherwise go with it.
    fn orphan(&mut self, parent: u64, at: i64) {
        if !self.held.is_empty() {
            self.cancel_where(End::Linked, at, |order| {
                order.place == Place::Held && order.terms.links.parent == parent
            });
        }
    }

    /// Reduce-only orders that rest with nothing left to reduce go. Those that wait or are held may find something.
    pub(super) fn drop_pointless(&mut self, at: i64) {
        let holding = self.holding;
        self.cancel_where(End::NothingToReduce, at, |order| {
            order.reduce_only && order.place == Place::Resting && holding.reducible(order.side) == 0
        });
    }

    /// Ends the orders whose time is over, the earliest first.
    pub(super) fn expire(&mut self, now: i64) {
        while let Some(slot) = self.earliest().filter(|&slot| self.orders[slot].expires() <= now) {
            let (order, at) = (self.orders[slot].id, self.orders[slot].expires());
            self.remove(slot);
            self.report(at, order, What::Expired);
            self.forget(order, at);
        }
        self.next_expiry = self.earliest().map_or(i64::MAX, |slot| self.orders[slot].expires());
    }

    /// The order whose time is over first.
    fn earliest(&self) -> Option<u32> {
        self.living().min_by_key(|&slot| self.orders[slot].expires())
    }
}
