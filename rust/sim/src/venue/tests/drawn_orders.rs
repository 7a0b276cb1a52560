//! Our orders in synthetic markets of recorded orders, beside a plain twin that knows by name who is ahead of whom.

use std::collections::{BTreeMap, HashSet};

use tradenode_core::event::{Event, Kind, TapeColumns};
use tradenode_core::orders::life::{Life, Step};

use super::any_tape::Owner;
use super::stage::*;
use crate::random::Random;
use crate::synth::{Flow, Shape};
use crate::venue::{BookSource, What};

/// An order of ours, and the recorded orders that were at its price as it came.
struct Ours {
    id: u64,
    side: Side,
    price: i64,
    left: i64,
    before: HashSet<u64>,
}

#[derive(Default)]
struct Twin {
    recorded: BTreeMap<u64, (Side, i64, i64)>,
    /// By arrival.
    ours: Vec<Ours>,
}

impl Twin {
    fn take(&mut self, event: &Event) {
        let id = event.order_id;
        match (event.kind, event.side) {
            (Kind::Add, Some(side)) => drop(self.recorded.insert(id, (side, event.price, event.size))),
            (Kind::Cancel, _) => drop(self.recorded.remove(&id)),
            (Kind::Execute, _) => {
                let order = self.recorded.get_mut(&id).unwrap();
                order.2 -= event.size;
                if order.2 == 0 {
                    self.recorded.remove(&id);
                }
            }
            _ => {}
        }
    }

    /// What of an execution would have been ours: order and lots, in the order of their priority.
    fn fills(&self, event: &Event) -> Vec<(u64, i64)> {
        let side = event.side.unwrap();
        let mut met: Vec<_> = self.ours.iter().filter(|ours| ours.side == side).collect();
        met.sort_by_key(|ours| -ours.price * side.sign());
        let mut left = event.size;
        let mut fills = Vec::new();
        for ours in met {
            let better = (ours.price - event.price) * side.sign();
            let lots = ours.left.min(left);
            if lots > 0 && (better > 0 || better == 0 && !ours.before.contains(&event.order_id)) {
                fills.push((ours.id, lots));
                left -= lots;
            }
        }
        fills
    }

    fn best(&self, side: Side) -> i64 {
        let prices = self.recorded.values().filter(|order| order.0 == side).map(|order| order.1 * side.sign());
        prices.max().unwrap() * side.sign()
    }

    fn join(&mut self, id: u64, side: Side, price: i64, left: i64) {
        let at_price = self.recorded.iter().filter(|(_, order)| (order.0, order.1) == (side, price));
        let before = at_price.map(|(id, _)| *id).collect();
        self.ours.push(Ours { id, side, price, left, before });
    }
}

struct Game {
    stage: Stage,
    twin: Twin,
    owner: Owner,
    random: Random,
    /// Lots filled by executions and by orders that came to our price.
    executed: i64,
    crossed: i64,
}

impl Game {
    fn new(seed: u64) -> Self {
        let stage = Stage::with_book_of(PARTIAL, BookSource::Orders);
        let (twin, owner) = (Twin::default(), Owner::default());
        Self { stage, twin, owner, random: Random::new(seed), executed: 0, crossed: 0 }
    }

    /// Reads the reports, all of them fills of orders that rest; order and lots of each.
    fn fills(&mut self) -> Vec<(u64, i64)> {
        let mut fills = Vec::new();
        for report in self.stage.reports() {
            self.owner.hear(report.order, report.what).unwrap();
            if let What::Filled(fill) = report.what {
                let ours = self.twin.ours.iter_mut().find(|ours| ours.id == report.order).unwrap();
                assert!(fill.maker && fill.ticks == ours.price);
                ours.left -= fill.lots;
                fills.push((report.order, fill.lots));
            }
        }
        self.twin.ours.retain(|ours| ours.left > 0);
        fills
    }

    fn row(&mut self, event: &Event) {
        self.stage.now = event.ts_event;
        self.stage.venue.on_event(0, event);
        let expected = if event.kind == Kind::Execute { self.twin.fills(event) } else { Vec::new() };
        self.twin.take(event);
        let fills = self.fills();
        let lots = fills.iter().map(|(_, lots)| lots).sum::<i64>();
        if event.kind == Kind::Add {
            assert!(lots <= event.size, "{lots} of {event:?}");
            self.crossed += lots;
        } else {
            assert_eq!(fills, expected, "{event:?}");
            self.executed += lots;
        }
    }

    /// A new order near the touch that does not take, or the end of an old one.
    fn act(&mut self) {
        if self.twin.ours.len() > 8 {
            let ours = self.twin.ours.remove(self.random.below(self.twin.ours.len()));
            self.owner.lives.get_mut(&ours.id).unwrap().0.step(Step::RequestCancel).unwrap();
            self.stage.cancel(ours.id);
        } else {
            let side = if self.random.happens(0.5) { Buy } else { Sell };
            let best = self.twin.best(side);
            let price = best + (1 - self.random.below(4) as i64) * side.sign();
            if (self.twin.best(side.opposite()) - price) * side.sign() <= 0 {
                return;
            }
            let lots = 1 + self.random.below(400) as i64;
            // Ours do not meet one another here.
            if self.twin.ours.iter().any(|ours| ours.side != side && (ours.price - price) * side.sign() <= 0) {
                return;
            }
            let approved = self.stage.approve(side, lots, limit(price), false);
            let mut life = Life::new(lots);
            life.step(Step::Submit).unwrap();
            self.owner.lives.insert(approved.id(), (life, side, limit(price), false));
            self.stage.send(crate::venue::Request::Submit(approved, PLAIN));
            self.twin.join(approved.id(), side, price, lots);
        }
        assert_eq!(self.fills(), []);
    }
}

#[test]
fn every_fill_is_the_twins() {
    let (mut executed, mut crossed) = (0, 0);
    for seed in 0..12 {
        let mut flow = Flow::new(seed, Shape::preset("touch").unwrap(), true, 1_000);
        let mut columns = TapeColumns::default();
        while columns.len() < 6_000 {
            flow.advance(&mut columns);
        }
        let (tape, mut game) = (columns.view(), Game::new(seed + 100));
        for row in 0..tape.len() {
            let event = tape.event(row);
            game.row(&event);
            // Between messages of different times.
            let ended = row + 1 < tape.len() && tape.ts_event[row + 1] > event.ts_event + 1;
            if ended && game.random.happens(0.1) {
                game.act();
            }
        }
        executed += game.executed;
        crossed += game.crossed;
        assert_eq!(game.stage.venue.position(0), game.owner.position);
    }
    assert!(executed > 20_000 && crossed > 20_000, "{executed} {crossed}");
}
