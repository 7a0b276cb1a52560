//! Fills and charges, taken into the account, the open trades and the record.

use tradenode_core::account::{Applied, Fill};
use tradenode_core::money::{Atoms, rate_of};
use tradenode_core::orders::{OrderKind, Reason, Side};
use tradenode_core::protections::ClosedTrade;
use tradenode_core::risk::Approved;
use tradenode_core::units::Rate;

use super::{Filled, Ledger, Quote};
use crate::error::RunError;
use crate::recorder::{Booked, OpenTrade};
use crate::venue::{Execution, Report};

impl Ledger<'_> {
    /// Takes note of an instrument's last price, for both legs where it has two.
    pub(crate) fn mark_legs(&mut self, instrument: usize, price: f64) {
        for place in (instrument..self.curves.len()).step_by(self.listed) {
            self.mark(place, price);
        }
    }

    /// The same for a price in ticks, without the open profit.
    #[inline]
    pub(crate) fn trades_at_ticks(&mut self, instrument: usize, ticks: i64) {
        let price = self.instruments[instrument].price.value(ticks);
        let mut place = instrument;
        while place < self.last.len() {
            (self.last[place], self.marks[place]) = (price, ticks);
            place += self.listed;
        }
    }

    /// Fills an approved order at a quote and books it.
    pub(crate) fn execute(&mut self, approved: &Approved, quote: &Quote) -> Result<Filled, RunError> {
        let intent = approved.intent();
        let index = intent.instrument;
        let instrument = &self.instruments[index];
        let lots = if quote.maker { intent.lots } else { self.slippage.fillable(intent.lots, quote.volume) };
        if lots == 0 {
            return Ok(Filled::default());
        }
        let ticks = if quote.maker || matches!(intent.kind, OrderKind::Limit(_)) {
            quote.ticks
        } else {
            self.slippage.fill_price(&instrument.price, intent.side, quote.ticks, lots, quote.volume)?
        };
        let spec = instrument.spec();
        let rate = if quote.maker { spec.maker_fee } else { spec.taker_fee };
        let fill = Fill::new(instrument, intent.side, lots, ticks, rate)?;
        let ideal = if ticks == quote.ticks { fill.worth.abs() } else { instrument.notional(lots, quote.ticks)? };
        let applied = self.account.fill(index, instrument, &fill)?;
        let booked = Booked {
            ts: quote.now,
            instrument: index,
            order: approved.id(),
            side: intent.side,
            lots,
            ticks,
            fee: fill.fee,
            slippage: (fill.worth.abs() - ideal).abs(),
            maker: quote.maker,
            reason: intent.reason,
        };
        self.record_fill(index, &booked, applied)?;
        self.redraw(index);
        Ok(Filled { closed: applied.closed, opened: applied.opened })
    }

    /// Books what a venue has filled, at the time it was filled there and with the fee it has taken.
    pub(crate) fn book(
        &mut self,
        report: &Report,
        fill: &Execution,
        fee: Atoms,
        reason: Reason,
    ) -> Result<(), RunError> {
        let place = self.gate.place(report.instrument, fill.side, fill.reduce_only);
        let instrument = &self.instruments[place];
        let worth = instrument.worth(fill.side.sign() * fill.lots, fill.ticks)?;
        let booking = Fill { side: fill.side, lots: fill.lots, ticks: fill.ticks, worth, fee };
        let applied = if self.isolated {
            self.account.fill_isolated(place, instrument, &booking, self.gate.margin(place))?
        } else {
            self.account.fill(place, instrument, &booking)?
        };
        let booked = Booked {
            ts: report.at,
            instrument: report.instrument,
            order: report.order,
            side: fill.side,
            lots: fill.lots,
            ticks: fill.ticks,
            fee,
            slippage: 0,
            maker: fill.maker,
            reason,
        };
        self.record_fill(place, &booked, applied)?;
        self.recorder.queued(fill.behind, fill.waited_ns, &self.instruments[place]);
        self.redraw(place);
        Ok(())
    }

    fn record_fill(&mut self, index: usize, booked: &Booked, applied: Applied) -> Result<(), RunError> {
        let instrument = &self.instruments[index];
        let price = instrument.price.value(booked.ticks);
        self.recorder.fill(booked, instrument, self.scale);
        let (mut fee, mut slippage) = (booked.fee, booked.slippage);
        if applied.closed > 0
            && let Some(trade) = &mut self.trades[index]
        {
            if applied.opened > 0 {
                // A fill through zero belongs to both trades, each by its lots.
                let share = |part: Atoms| part * i128::from(applied.closed) / i128::from(booked.lots);
                let (closing_fee, closing_slippage) = (share(fee), share(slippage));
                (fee, slippage) = (fee - closing_fee, slippage - closing_slippage);
                trade.costs(closing_fee, closing_slippage);
            } else {
                trade.costs(fee, slippage);
            }
            trade.taken_off(applied.taken_off, applied.realised);
            trade.extend(price, price);
            if applied.opened > 0 || self.account.position(index).lots == 0 {
                let result = self.recorder.close(trade, booked, instrument, self.scale);
                self.record.note(result);
                if self.gate.watches_trades() {
                    self.gate.close(&ClosedTrade {
                        instrument: booked.instrument,
                        side: if trade.direction > 0 { Side::Buy } else { Side::Sell },
                        closed: booked.ts,
                        profit_ratio: result,
                        profit: self.scale.to_f64(trade.net()),
                        reason: booked.reason,
                    })?;
                }
                self.trades[index] = None;
            }
        }
        if applied.opened > 0 {
            let trade = self.trades[index].get_or_insert_with(|| OpenTrade::new(booked.ts, booked.side, price));
            trade.costs(fee, slippage);
            trade.added(applied.opened, applied.added, self.account.position(index).lots);
        }
        Ok(())
    }

    /// Charges `rate` on the notional held at `price`; shorts receive what longs pay unless `both_pay`.
    pub(crate) fn charge(
        &mut self,
        index: usize,
        rate: Rate,
        price: f64,
        both_pay: bool,
        at: i64,
    ) -> Result<(), RunError> {
        let lots = self.account.position(index).lots;
        if lots == 0 {
            return Ok(());
        }
        let instrument = &self.instruments[index];
        let notional = instrument.notional(lots, instrument.price.steps(price)?)?;
        let amount = rate_of(notional, rate)?;
        self.receive(index, if lots > 0 || both_pay { -amount } else { amount }, at)
    }

    /// Books funding or interest on a position (above zero: received).
    pub(crate) fn receive(&mut self, index: usize, received: Atoms, at: i64) -> Result<(), RunError> {
        if self.isolated {
            self.account.pay_isolated(index, received)?;
        } else {
            self.account.pay(received)?;
        }
        self.recorder.pay(at, index % self.listed, self.scale.to_f64(received));
        if let Some(trade) = &mut self.trades[index] {
            trade.funding += received;
        }
        self.redraw(index);
        Ok(())
    }
}
