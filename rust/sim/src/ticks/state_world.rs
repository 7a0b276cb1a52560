//! A strategy that asks for anything at all and a market that tells anything at all, both from a seed.

use std::collections::VecDeque;

use tradenode_core::bars::TradeBar;
use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT, TapeColumns};
use tradenode_core::orders::terms::{Links, Terms, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{OrderKind, Side};
use tradenode_core::risk::Kill;

use super::super::{Desk, TickStrategy, Trader};
use crate::error::RunError;
use crate::models::latency::Latency;
use crate::random::Random;
use crate::synth::{Flow, Shape};
use crate::ticks::{Interest, LoneVenue, News, TickSpec, Ticket};
use crate::venue::{Report, Request, What};

pub(crate) const MS: i64 = 1_000_000;

/// Asks for whatever a seed says, and writes down all that it is told.
#[derive(Clone)]
pub(crate) struct Drawn {
    pub(crate) random: Random,
    pub(crate) seen: Vec<String>,
    /// Whether it only looks.
    pub(crate) quiet: bool,
}

impl Drawn {
    fn act(&mut self, desk: &mut Desk<'_>, instrument: usize, what: &str) -> Result<(), RunError> {
        desk.mark(instrument);
        let view = desk.view(instrument);
        let (mid, touch, last) = (view.mid(), view.touch(), view.last);
        let open = desk.open_orders(instrument).to_vec();
        let orders: Vec<_> = open.iter().filter_map(|&id| desk.order(id)).map(|order| order.life.status()).collect();
        let (held, equity) = (desk.legs(instrument), desk.equity().to_bits());
        let now = desk.now();
        let changes = desk.order_changes(instrument);
        let (balance, kill) = (desk.balance_text(), desk.killing());
        self.seen.push(format!(
            "{now} {what} {instrument} {mid} {touch:?} {last} {held:?} {equity} {balance} {open:?} {orders:?} {changes} {kill:?}"
        ));
        let Some((bid, ask)) = touch.filter(|_| !self.quiet && self.random.happens(0.5)) else { return Ok(()) };
        match self.random.below(12) {
            0..7 => self.submit(desk, instrument, (bid.price, ask.price))?,
            7 => drop(self.any(&open).map(|order| desk.cancel(order))),
            // The one that ended last is asked for by its number too.
            8 => drop((1..=4).map(|back| desk.cancel(desk.outcomes.sent.saturating_sub(back))).count()),
            9 => {
                if let Some(order) = self.any(&open) {
                    let (lots, price) = (1 + self.random.below(6) as i64, bid.price - self.random.below(4) as i64);
                    desk.replace(order, lots, OrderKind::Limit(price))?;
                }
            }
            10 => desk.cancel_all(instrument),
            _ if self.random.happens(0.03) => desk.kill(Kill::Flatten, "strategy", "drawn")?,
            _ if self.random.happens(0.1) => desk.kill(Kill::CancelAll, "strategy", "drawn")?,
            _ => {}
        }
        Ok(())
    }

    fn any(&mut self, orders: &[u64]) -> Option<u64> {
        (!orders.is_empty()).then(|| orders[self.random.below(orders.len())])
    }

    fn submit(&mut self, desk: &mut Desk<'_>, instrument: usize, (bid, ask): (i64, i64)) -> Result<(), RunError> {
        let side = if self.random.happens(0.5) { Side::Buy } else { Side::Sell };
        let (most, step) = (if self.random.happens(0.3) { 20_000 } else { 5 }, self.random.below(4) as i64 - 1);
        let lots = 1 + self.random.below(most) as i64;
        let touch = if side == Side::Buy { bid } else { ask };
        let kind = match self.random.below(4) {
            0 => OrderKind::Market,
            1 => OrderKind::Stop(touch + side.sign() * (1 + step)),
            _ => OrderKind::Limit(touch - side.sign() * step),
        };
        let sent = desk.outcomes.sent;
        let terms = Terms {
            time_in_force: match self.random.below(4) {
                0 => TimeInForce::GoodTillTime(desk.now() + 60 * MS),
                _ => TimeInForce::GoodTillCancel,
            },
            post_only: self.random.happens(0.2),
            display: 0,
            trigger: if self.random.happens(0.1) { Trigger::Trailing(3) } else { Trigger::None },
            trigger_price: if self.random.happens(0.5) { TriggerPrice::Touch } else { TriggerPrice::Last },
            links: Links {
                group: self.random.below(3) as u64,
                parent: if self.random.happens(0.1) { sent } else { 0 },
            },
        };
        let terms = if kind == OrderKind::Market { Terms::default() } else { terms };
        let reduce_only = self.random.happens(0.3);
        desk.submit(&Ticket { instrument, side, lots, kind, reduce_only, terms, tag: sent + 1 }).map(drop)
    }
}

impl TickStrategy for Drawn {
    fn interest(&self) -> Interest {
        Interest {
            trade_every_ns: Some(30 * MS),
            book_every_ns: Some(20 * MS),
            bar_ns: Some(50 * MS),
            timer_ns: Some(70 * MS),
            funding: true,
            reports: true,
            touch_alone: false,
        }
    }

    fn on_trade(&mut self, desk: &mut Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        self.act(desk, instrument, &format!("trade {} {}", trade.price, trade.size))
    }

    fn on_bar(&mut self, desk: &mut Desk<'_>, instrument: usize, bar: &TradeBar) -> Result<(), RunError> {
        self.act(desk, instrument, &format!("{bar:?}"))
    }

    fn on_funding(&mut self, desk: &mut Desk<'_>, instrument: usize, _: &Event) -> Result<(), RunError> {
        self.act(desk, instrument, "funding")
    }

    fn on_book(&mut self, desk: &mut Desk<'_>, instrument: usize) -> Result<(), RunError> {
        self.act(desk, instrument, "book")
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        (0..desk.instruments().len()).try_for_each(|instrument| self.act(desk, instrument, "timer"))
    }

    fn on_report(&mut self, desk: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        let order = desk.order(report.order).cloned();
        let fee = matches!(report.what, What::Filled(_)).then(|| desk.last_fee());
        self.act(desk, report.instrument, &format!("{report:?} {order:?} {fee:?}"))
    }
}

pub(crate) type Made = Trader<'static, Drawn>;

pub(crate) fn trader(spec: &TickSpec, strategy: Drawn) -> Made {
    Trader::new(spec, &spec.sources(), 0, Latency::none(), strategy).unwrap()
}

/// A market and the ways to it and back, on which messages wait.
pub(crate) struct World {
    venue: LoneVenue,
    flows: Vec<Flow>,
    random: Random,
    now: i64,
    there: VecDeque<Request>,
    back: VecDeque<News>,
}

impl World {
    pub(crate) fn new(spec: &TickSpec, seed: u64) -> Self {
        let shape = Shape::preset("touch").unwrap();
        Self {
            venue: LoneVenue::new(spec, 0).unwrap(),
            flows: (0..2).map(|each| Flow::new(seed + each, shape, false, 0)).collect(),
            random: Random::new(seed),
            now: 0,
            there: VecDeque::new(),
            back: VecDeque::new(),
        }
    }

    /// Until there is a market in both instruments.
    pub(crate) fn begin(&mut self, traders: &mut [&mut Made]) {
        while (0..2).any(|instrument| self.venue.book(instrument).is_empty()) {
            self.message(traders);
            self.take(traders);
        }
    }

    /// Something happens: all traders are told the same, and ask for the same.
    pub(crate) fn step(&mut self, traders: &mut [&mut Made]) {
        match self.random.below(24) {
            0..14 => self.message(traders),
            14..18 => {
                for _ in 0..self.random.below(4) {
                    self.arrive();
                }
            }
            18..22 => {
                for news in
                    std::iter::from_fn(|| self.back.pop_front()).take(1 + self.now as usize % 3).collect::<Vec<_>>()
                {
                    traders.iter_mut().for_each(|trader| trader.on_news(self.now, news).unwrap());
                }
            }
            22 => {
                self.now += self.random.below(100) as i64 * MS;
                traders.iter_mut().for_each(|trader| trader.on_time(self.now).unwrap());
            }
            _ => {
                let order = traders[0].desk().owner.iter().map(|(id, _)| id).last().unwrap_or(0);
                let told: Vec<_> =
                    traders.iter_mut().map(|trader| trader.on_silence(self.now, order).unwrap()).collect();
                assert!(told.iter().all(|&each| each == told[0]));
            }
        }
        self.take(traders);
    }

    /// What is asked for goes on its way.
    fn take(&mut self, traders: &mut [&mut Made]) {
        let asked: Vec<Vec<Request>> =
            traders.iter_mut().map(|trader| std::iter::from_fn(|| trader.take_request()).collect()).collect();
        assert!(asked.iter().all(|each| *each == asked[0]), "{asked:?}");
        self.there.extend(&asked[0]);
    }

    fn message(&mut self, traders: &mut [&mut Made]) {
        let instrument = self.random.below(2);
        let mut columns = TapeColumns::default();
        self.flows[instrument].advance(&mut columns);
        self.now = self.now.max(self.flows[instrument].now());
        let (kind, price) = match self.random.below(40) {
            0 => (Kind::Mark, self.venue.book(instrument).best_prices().0.max(1)),
            1 => (Kind::Funding, 100_000),
            _ => (Kind::Trade, 0),
        };
        if kind != Kind::Trade && columns.len() > 1 {
            columns.push(Event { kind, price, flags: LAST, ..columns.view().event(columns.len() - 1) });
        }
        self.tell(instrument, &mut columns, traders);
    }

    fn tell(&mut self, instrument: usize, columns: &mut TapeColumns, traders: &mut [&mut Made]) {
        columns.ts_event.fill(self.now);
        columns.ts_recv.fill(self.now);
        self.venue.expire(self.now).unwrap();
        self.venue.on_rows(instrument, &columns.view()).unwrap();
        self.hear();
        traders.iter_mut().for_each(|trader| trader.on_rows(self.now, instrument, &columns.view()).unwrap());
    }

    fn arrive(&mut self) {
        let Some(request) = self.there.pop_front() else { return };
        match request {
            Request::Submit(approved, terms) => {
                self.venue.submit(self.now, approved.id(), approved.intent(), terms).unwrap();
            }
            Request::Cancel { instrument, order } => self.venue.cancel(self.now, instrument, order).unwrap(),
            Request::Replace { order, by } => self.venue.replace(self.now, order, by.intent()).unwrap(),
            Request::CancelAll { .. } => {}
        }
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(news) = self.venue.take_news() {
            self.back.push_back(news);
        }
    }

    /// Everything that a desk can see of a market, anew, at the time of the desk. As long as one book is there and the other
    /// is not, nothing is asked for: who closes all positions would see the difference.
    pub(crate) fn snapshot(&mut self, traders: &mut [&mut Made]) {
        let now = traders[0].desk().now();
        traders.iter_mut().for_each(|trader| trader.strategy_mut().quiet = true);
        for instrument in 0..2 {
            let mut columns = TapeColumns::default();
            let (kind, flags, side) = (Kind::Clear, SNAPSHOT, None);
            let row =
                Event { ts_event: now, ts_recv: now, kind, side, flags, price: 0, size: 0, sequence: 0, order_id: 0 };
            columns.push(row);
            for side in [Side::Buy, Side::Sell] {
                for level in self.venue.book(instrument).levels(side) {
                    let (price, size) = (level.price, level.size);
                    columns.push(Event { kind: Kind::Depth, side: Some(side), flags: SNAPSHOT, price, size, ..row });
                }
            }
            if let Some(flags) = columns.flags.last_mut() {
                *flags |= LAST;
            }
            let last = traders[0].desk().view(instrument).last.max(1);
            columns.push(Event { kind: Kind::Trade, side: Some(Side::Buy), flags: LAST, price: last, size: 1, ..row });
            traders.iter_mut().for_each(|trader| trader.on_rows(now, instrument, &columns.view()).unwrap());
        }
        traders.iter_mut().for_each(|trader| trader.strategy_mut().quiet = false);
    }
}
