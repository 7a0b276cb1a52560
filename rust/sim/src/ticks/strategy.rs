//! What decides on events.

use tradenode_core::bars::TradeBar;
use tradenode_core::event::Event;

use super::desk::Desk;
use crate::error::RunError;
use crate::venue::Report;

/// What a strategy wants to be called for. The engine passes over everything else without a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interest {
    /// Every trade that is received, at most once in so many ns; `None` for none.
    pub trade_every_ns: Option<i64>,
    /// Every message after which the book is whole and can be traded on, at most once in so many ns; `None` for none.
    pub book_every_ns: Option<i64>,
    /// Bars of this length, ns, made of the trades that are received; `None` for none.
    pub bar_ns: Option<i64>,
    /// Every payment of funding.
    pub funding: bool,
    /// Multiples of so many ns; `None` for none.
    pub timer_ns: Option<i64>,
    /// Every report on an order.
    pub reports: bool,
    /// Whether of a book nothing but the best levels is looked at, and only when called: [`View::book`] may then be absent.
    ///
    /// [`View::book`]: super::View::book
    pub touch_alone: bool,
}

impl Interest {
    /// Whether nothing but the timer calls the strategy.
    pub(super) const fn is_of_time_alone(&self) -> bool {
        !self.calls_on_rows() && !self.reports
    }

    /// Whether a row that is received may call the strategy.
    pub(super) const fn calls_on_rows(&self) -> bool {
        self.trade_every_ns.is_some() || self.book_every_ns.is_some() || self.bar_ns.is_some() || self.funding
    }
}

/// A strategy. Whatever it asks for is on its way when the call returns.
pub trait TickStrategy {
    /// What it wants to be called for, of every instrument.
    fn interest(&self) -> Interest;

    /// The run begins.
    ///
    /// # Errors
    /// Anything that must stop the run; so for all calls.
    fn on_start(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let _ = desk;
        Ok(())
    }

    /// A trade was received.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_trade(&mut self, desk: &mut Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        let _ = (desk, instrument, trade);
        Ok(())
    }

    /// A bar is over, as a trade that was received shows; it is called before that trade.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_bar(&mut self, desk: &mut Desk<'_>, instrument: usize, bar: &TradeBar) -> Result<(), RunError> {
        let _ = (desk, instrument, bar);
        Ok(())
    }

    /// A payment of funding was received of; the row's price is the rate in parts of 10^-9.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_funding(&mut self, desk: &mut Desk<'_>, instrument: usize, funding: &Event) -> Result<(), RunError> {
        let _ = (desk, instrument, funding);
        Ok(())
    }

    /// The book has changed.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_book(&mut self, desk: &mut Desk<'_>, instrument: usize) -> Result<(), RunError> {
        let _ = (desk, instrument);
        Ok(())
    }

    /// A multiple of the timer's time has come.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let _ = desk;
        Ok(())
    }

    /// A report on an order of ours was heard, and booked.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_report(&mut self, desk: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        let _ = (desk, report);
        Ok(())
    }

    /// The data are over.
    ///
    /// # Errors
    /// See [`TickStrategy::on_start`].
    fn on_stop(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let _ = desk;
        Ok(())
    }
}
