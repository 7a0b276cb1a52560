//! One instrument of a strategy of rules: its position's guard, its entries, and what takes it out.

use serde::{Deserialize, Serialize};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::strategy::ExitsSpec;
use tradenode_core::strategy::guard::{Distances, Guard};

use super::super::desk::Desk;
use crate::error::RunError;
use crate::plan::Plan;
use crate::strategy::Entry;
use crate::venue::{Report, What};

/// How long after an exit of which nothing came the next one is sent, ns.
const EXIT_AGAIN_NS: i64 = 1_000_000_000;

/// What is known of one instrument besides what the desk knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lane {
    guard: Option<Guard>,
    /// The lots that are guarded: the position as it was looked at last.
    guarded: i64,
    /// Those of the entry that was sent last.
    distances: Distances,
    /// How many orders have added to the position, its first entry included.
    entries: u32,
    /// Why the position is to be left, until it is.
    leaving: Option<Reason>,
    /// Parts that are to be taken off, until they are, the position is left or the next bar closes.
    pub(super) parting: Vec<usize>,
    /// The order that takes lots off the position, until it has ended.
    closing: Option<u64>,
    /// No exit is sent before this time.
    again: i64,
    /// Entries that were sent and have not ended.
    sent: Vec<Sent>,
    /// Entries that wait for what must be out of the way first; given up when the next bar closes.
    waiting: Vec<Entry>,
}

/// An entry that was sent.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    order: u64,
    side: Side,
    /// When it is over, for one that rests; `None` for a market order.
    until: Option<i64>,
    distances: Distances,
    /// Whether something of it was filled.
    filled: bool,
    /// Whether it was taken back.
    cancelled: bool,
}

impl Lane {
    pub(super) const fn new() -> Self {
        Self {
            guard: None,
            guarded: 0,
            distances: Distances::NONE,
            entries: 0,
            leaving: None,
            parting: Vec::new(),
            closing: None,
            again: i64::MIN,
            sent: Vec::new(),
            waiting: Vec::new(),
        }
    }

    pub(super) const fn entries(&self) -> u32 {
        self.entries
    }

    /// Whether nothing that takes lots off is wanted or under way.
    pub(super) fn is_settled(&self) -> bool {
        self.leaving.is_none() && self.parting.is_empty() && self.closing.is_none()
    }

    /// The position is to be left; the first reason holds.
    pub(super) fn want_out(&mut self, reason: Reason) {
        self.leaving.get_or_insert(reason);
    }

    /// A part of the position is to be taken off, once.
    pub(super) fn want_part_off(&mut self, part: usize) {
        if !self.parting.contains(&part) {
            self.parting.push(part);
        }
    }

    /// An entry waits for its turn.
    pub(super) fn want_in(&mut self, entry: Entry) {
        self.waiting.push(entry);
    }

    /// Those that wait.
    pub(super) fn take_waiting(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.waiting)
    }

    /// Whatever is held is to be left, and nothing entered any more.
    pub(super) fn give_up(&mut self, desk: &mut Desk<'_>) {
        self.waiting.clear();
        self.take_back(desk, |_| true);
        self.want_out(Reason::Strategy);
    }

    /// A bar has closed: what waits is given up, what has rested for its time is taken back.
    pub(super) fn close_bar(&mut self, desk: &mut Desk<'_>, close: i64) {
        self.waiting.clear();
        self.parting.clear();
        self.take_back(desk, |sent| sent.until.is_some_and(|until| until <= close));
    }

    fn take_back(&mut self, desk: &mut Desk<'_>, which: impl Fn(&Sent) -> bool) {
        for sent in self.sent.iter_mut().filter(|sent| !sent.cancelled && which(sent)) {
            sent.cancelled = desk.cancel(sent.order);
        }
    }

    /// Whether an entry can be sent now. One at the market is given up while another is under way (`None`); one that is to
    /// rest waits until the one before it on its side has gone.
    pub(super) fn makes_room(&mut self, desk: &mut Desk<'_>, entry: &Entry, rests: bool) -> Option<bool> {
        if self.sent.iter().any(|sent| sent.until.is_none()) {
            return None;
        }
        let before = |sent: &Sent| rests && sent.side == entry.side;
        self.take_back(desk, before);
        Some(!self.sent.iter().any(before))
    }

    /// An entry was sent, to rest until a time.
    pub(super) fn note_sent(&mut self, order: u64, entry: &Entry, until: Option<i64>) {
        let (side, distances) = (entry.side, entry.distances);
        self.distances = distances;
        self.sent.push(Sent { order, side, until, distances, filled: false, cancelled: false });
    }

    /// Takes note of a report on an order of the instrument.
    pub(super) fn hear(&mut self, desk: &mut Desk<'_>, report: &Report, exits: &ExitsSpec) {
        let (over, filled) = match desk.order(report.order) {
            Some(order) => (order.life.status().is_final(), order.life.filled() > 0),
            None => (true, matches!(report.what, What::Filled(_))),
        };
        let place = self.sent.iter().position(|sent| sent.order == report.order);
        let first = place.map(|place| &mut self.sent[place]).is_some_and(|sent| {
            let first = filled && !sent.filled;
            sent.filled |= filled;
            // It may be taken back again.
            sent.cancelled &= !matches!(report.what, What::CancelRejected(_));
            first
        });
        if let Some(place) = place.filter(|_| filled) {
            self.distances = self.sent[place].distances;
        }
        self.follow(desk, report.instrument, exits);
        if first {
            self.entries += 1;
            // Of entries that wait on both sides the first to fill cancels the other.
            let (order, side) = (report.order, self.sent[place.unwrap_or(0)].side);
            self.take_back(desk, |sent| sent.order != order && sent.side != side);
        }
        if self.guarded != 0 {
            self.entries = self.entries.max(1);
        }
        if let Some(place) = place.filter(|_| over) {
            self.sent.remove(place);
        }
        if over && self.closing == Some(report.order) {
            self.closing = None;
            if !filled {
                self.again = desk.now().saturating_add(EXIT_AGAIN_NS);
            }
        }
    }

    /// Takes over the position as the desk has it, however it came about: guards what is new, forgets what is gone.
    pub(super) fn follow(&mut self, desk: &Desk<'_>, index: usize, exits: &ExitsSpec) {
        let held = desk.position(index);
        if held == self.guarded {
            return;
        }
        let before = std::mem::replace(&mut self.guarded, held);
        let same = before.signum() == held.signum();
        if !same {
            (self.entries, self.leaving, self.again) = (0, None, i64::MIN);
            self.parting.clear();
        }
        if held == 0 {
            self.guard = None;
            return;
        }
        if same && held.abs() < before.abs() {
            return;
        }
        let (grid, entry) = (&desk.instruments()[index].price, desk.average_price(index));
        match &mut self.guard {
            Some(guard) if same => guard.add(exits, grid, entry, self.distances),
            guard => {
                Guard::open(guard, exits, grid, held.signum() as f64, entry, self.distances, desk.now());
            }
        }
    }

    /// Looks at the price, in ticks, that the position could be closed at.
    pub(super) fn watch(
        &mut self,
        desk: &mut Desk<'_>,
        index: usize,
        (plan, parts): (Plan<'_>, &[(usize, f64)]),
        ticks: i64,
    ) -> Result<(), RunError> {
        self.follow(desk, index, plan.exits);
        let (now, grid) = (desk.now(), desk.instruments()[index].price);
        let Some(guard) = self.guard.as_mut().filter(|_| self.leaving.is_none()) else {
            return self.leave(desk, index, plan);
        };
        let price = grid.value(ticks);
        let sign = if guard.is_long() { 1 } else { -1 };
        let mut reached = None;
        if guard.expired(plan.exits, now) {
            reached = Some(Reason::MaxHold);
        } else if !guard.is_calm(price, price) {
            let stop = guard.stop().filter(|stop| (ticks - stop.ticks) * sign <= 0);
            let target = || guard.target(now).filter(|target| (ticks - target.ticks) * sign >= 0);
            reached = stop.or_else(target).map(|level| level.reason);
        }
        let gained = |profit| guard.profit_ticks(&grid, profit).is_some_and(|level| (ticks - level) * sign >= 0);
        let due = parts.iter().filter(|(part, profit)| !is_taken(desk, index, *part) && gained(*profit));
        let due: u16 = due.map(|(part, _)| 1 << part).sum();
        guard.on_bar(plan.exits, &grid, price, price);
        match reached {
            Some(reason) => self.want_out(reason),
            None => {
                parts.iter().filter(|(part, _)| due >> part & 1 == 1).for_each(|(part, _)| self.want_part_off(*part))
            }
        }
        self.leave(desk, index, plan)
    }

    /// Sends what closes the position or takes the next part off, if that is wanted and nothing of the kind is under way.
    pub(super) fn leave(&mut self, desk: &mut Desk<'_>, index: usize, plan: Plan<'_>) -> Result<(), RunError> {
        let Some(reason) = self.leaving else { return self.take_parts_off(desk, index, plan) };
        let held = desk.position(index);
        if held == 0 {
            self.leaving = None;
            return Ok(());
        }
        // What is left of an entry would open it anew.
        self.take_back(desk, |_| true);
        self.close(desk, index, held.abs(), reason).map(drop)
    }

    /// Sends what takes the next part off; one that comes to no lot is taken off as it is.
    fn take_parts_off(&mut self, desk: &mut Desk<'_>, index: usize, plan: Plan<'_>) -> Result<(), RunError> {
        while let Some(&part) = self.parting.first() {
            if !is_taken(desk, index, part) {
                let largest = desk.ledger.trades[index].as_ref().map_or(0, |trade| trade.largest);
                let lots = plan.scale_out[part].lots_of(largest).min(desk.position(index).abs());
                if lots > 0 && !self.close(desk, index, lots, Reason::ScaleOut)? {
                    return Ok(());
                }
                if let Some(trade) = &mut desk.ledger.trades[index] {
                    trade.parts_taken |= 1 << part;
                }
            }
            self.parting.remove(0);
        }
        Ok(())
    }

    /// Sends an order that takes lots off; whether one is on its way now.
    fn close(&mut self, desk: &mut Desk<'_>, index: usize, lots: i64, reason: Reason) -> Result<bool, RunError> {
        if self.closing.is_some() || desk.now() < self.again {
            return Ok(false);
        }
        let side = Side::adding(desk.position(index)).opposite();
        let intent = Intent { instrument: index, side, lots, kind: OrderKind::Market, reduce_only: true, reason };
        self.closing = desk.send(&intent, Terms::default(), 0)?;
        if self.closing.is_none() {
            self.again = desk.now().saturating_add(EXIT_AGAIN_NS);
        }
        Ok(self.closing.is_some())
    }
}

/// Whether a part was taken off the position, or there is none.
fn is_taken(desk: &Desk<'_>, index: usize, part: usize) -> bool {
    desk.ledger.trades[index].as_ref().is_none_or(|trade| trade.parts_taken & (1 << part) != 0)
}
