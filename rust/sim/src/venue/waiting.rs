//! Orders that wait for a price.

use tradenode_core::orders::Side;
use tradenode_core::orders::terms::{Trigger, TriggerPrice};

use super::market::Market;
use super::order::{Order, Place, worst_price};
use super::report::What;

impl Order {
    /// Where the order is set off with the price here; before there is a price a trailing stop is nowhere.
    fn trigger_at(&self, price: Option<i64>) -> i64 {
        match self.terms.trigger {
            Trigger::Stop(at) | Trigger::TakeProfit(at) => at,
            Trigger::Trailing(offset) => {
                price.map_or(worst_price(self.side), |price| price.saturating_add(self.side.sign() * offset))
            }
            Trigger::None => 0,
        }
    }

    /// Whether a price sets the order off.
    const fn is_set_off_by(&self, price: i64) -> bool {
        let above = matches!(self.side, Side::Buy) != matches!(self.terms.trigger, Trigger::TakeProfit(_));
        if above { price >= self.trigger } else { price <= self.trigger }
    }

    /// A trailing stop follows a price that gets better, and never goes back.
    fn follow(&mut self, price: i64) {
        if let Trigger::Trailing(_) = self.terms.trigger {
            let candidate = self.trigger_at(Some(price));
            self.trigger = match self.side {
                Side::Buy => self.trigger.min(candidate),
                Side::Sell => self.trigger.max(candidate),
            };
        }
    }
}

impl Market {
    /// The price that an order with these terms looks at, if it is known.
    pub(super) fn trigger_price(&self, order: &Order) -> Option<i64> {
        match order.terms.trigger_price {
            TriggerPrice::Last => Some(self.last).filter(|&price| price != 0),
            TriggerPrice::Mark => Some(self.mark).filter(|&price| price != 0),
            TriggerPrice::Touch => self.book.best(order.side.opposite()).map(|level| level.price),
        }
    }

    /// Sets off every order whose price has come, in the order in which they came to the venue.
    pub(super) fn set_off(&mut self, at: i64) {
        let mut place = 0;
        while let Some(&slot) = self.waiting.get(place) {
            let Some(price) = self.trigger_price(&self.orders[slot]) else {
                place += 1;
                continue;
            };
            let order = &mut self.orders[slot];
            order.follow(price);
            if !order.is_set_off_by(price) {
                place += 1;
                continue;
            }
            let mut order = *order;
            self.remove(slot);
            self.report(at, order.id, What::Triggered);
            self.arrive(&mut order, at);
            // What it did may have ended others that wait.
            place = 0;
        }
    }

    /// Holds an order until its price comes, unless it has.
    pub(super) fn wait(&mut self, order: &mut Order, at: i64) {
        order.place = Place::Waiting;
        let price = self.trigger_price(order);
        order.trigger = order.trigger_at(price);
        if price.is_some_and(|price| order.is_set_off_by(price)) {
            self.report(at, order.id, What::Triggered);
            self.arrive(order, at);
            return;
        }
        let slot = self.admit(order);
        self.waiting.push(slot);
    }
}
