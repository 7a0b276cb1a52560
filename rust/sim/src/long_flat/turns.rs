//! Where a run turns from flat to long and back.

use tradenode_core::bars::Bars;
use tradenode_core::rules::Rows;

/// How many turns are looked up at once: their prices lie far apart, and what one waits for, all of them do.
const AHEAD: usize = 8;

/// A bar at whose open is traded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    pub(super) row: usize,
    /// Its opening time and price; none of its own beyond the last bar.
    pub(super) ts: i64,
    pub(super) open: f64,
    /// Whether something is held from then on.
    holds: bool,
}

/// The turns of a run as they come if every order is filled.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    ts: &'a [i64],
    opens: &'a [f64],
    enter: Rows,
    exit: Rows,
    ahead: [Turn; AHEAD],
    place: usize,
}

impl<'a> Turns<'a> {
    /// Over bars on whose closes rules fire.
    pub(super) fn new(bars: Bars<'a>, enter: Rows, exit: Rows) -> Self {
        // An entry beside its own exit contradicts itself.
        let enter = enter.without(&exit);
        let mut turns = Self { ts: bars.ts, opens: bars.open, enter, exit, ahead: [Turn::default(); AHEAD], place: 0 };
        turns.look(0, false);
        turns
    }

    /// The next one.
    #[inline]
    pub(super) fn next(&self) -> Turn {
        self.ahead[self.place]
    }

    /// Passes on from the next one, after which something is held or not.
    #[inline]
    pub(super) fn pass(&mut self, holds: bool) {
        let turn = self.next();
        self.place += 1;
        if self.place == AHEAD || holds != turn.holds {
            self.look(turn.row, holds);
        }
    }

    /// Looks up what follows from the close of a row on.
    fn look(&mut self, mut row: usize, mut holds: bool) {
        for turn in &mut self.ahead {
            // Carried out on the bar after the one at whose close a rule fires.
            row = if holds { &self.exit } else { &self.enter }.next(row) + 1;
            holds = !holds;
            let (ts, open) = (self.ts.get(row).copied(), self.opens.get(row).copied());
            *turn = Turn { row, ts: ts.unwrap_or_default(), open: open.unwrap_or_default(), holds };
        }
        self.place = 0;
    }
}
