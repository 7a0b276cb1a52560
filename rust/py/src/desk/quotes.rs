//! Two-sided quotes: from where they should be to what has to change.

use pyo3::prelude::*;
use tradenode_core::orders::Side;
use tradenode_core::units::Rounding;

use super::Desk;
use super::ask::{Ask, value_error};
use super::intent::Intent;
use super::order::side_name;

impl Desk {
    /// Keeps one limit order a side: one that is at its price stays, with its place in the queue, and others go.
    pub(super) fn keep_quotes(
        &mut self,
        quantity: f64,
        bid: Option<f64>,
        ask: Option<f64>,
        post_only: bool,
    ) -> PyResult<()> {
        let bid = bid.map(|price| self.snapped(price, Rounding::Down, "bid")).transpose()?;
        let ask = ask.map(|price| self.snapped(price, Rounding::Up, "ask")).transpose()?;
        for (side, limit) in [(Side::Buy, bid), (Side::Sell, ask)] {
            if !self.drop_others(side, limit)
                && let Some(limit) = limit
            {
                let quantity = Some(quantity);
                let quote = Intent { quantity, limit: Some(limit), post_only, ..Intent::plain(side_name(side), 0) };
                self.place(side, quote)?;
            }
        }
        Ok(())
    }

    /// A price on the grid that is no better for others than the one given.
    fn snapped(&self, price: f64, rounding: Rounding, what: &str) -> PyResult<f64> {
        let ticks = self.price.steps_towards(price, rounding).map_err(|error| value_error(&error, what))?;
        Ok(self.price.value(ticks))
    }

    /// Cancels the limit orders of a side that are not at the price; whether one is there.
    fn drop_others(&mut self, side: Side, limit: Option<f64>) -> bool {
        let mut there = false;
        for place in (0..self.orders.len()).rev() {
            let order = &self.orders[place];
            if order.side != side_name(side) || order.limit.is_none() || order.stop.is_some() {
                continue;
            }
            if order.limit == limit {
                there = true;
            } else if order.pending != Some("cancel") {
                let id = order.id;
                self.ask(Intent::plain("cancel", id), Ask::Cancel(id));
            }
        }
        there
    }
}
