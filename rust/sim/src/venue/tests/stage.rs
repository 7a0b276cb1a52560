//! A venue with one instrument, and the shortest words for what happens there.

use tradenode_core::account::{Account, Fill};
use tradenode_core::event::{Event, Kind, LAST, SNAPSHOT};
use tradenode_core::instrument::{Instrument, InstrumentSpec};
use tradenode_core::money::Scale;
use tradenode_core::orders::terms::{Links, TimeInForce, Trigger, TriggerPrice};
use tradenode_core::orders::{Intent, Reason};
use tradenode_core::risk::{Approved, Limits, RiskGate, Situation};
use tradenode_core::units::{Decimal, Rate};

use crate::models::queue::QueueModel;
use crate::venue::{
    BookSource, End, Execution, Fills, Impact, Listing, Refused, Report, Request, SelfTrade, Venue, VenueSpec, What,
};

pub(super) use tradenode_core::orders::Side::{Buy, Sell};
pub(super) use tradenode_core::orders::terms::Terms;
pub(super) use tradenode_core::orders::{OrderKind, Side};

pub(super) const PARTIAL: VenueSpec = VenueSpec {
    fills: Fills::Partial,
    queue: QueueModel::RiskAverse,
    self_trade: SelfTrade::CancelResting,
    impact: Impact::None,
};
pub(super) const WHOLE: VenueSpec = VenueSpec { fills: Fills::Whole, ..PARTIAL };

pub(super) struct Stage {
    pub(super) venue: Venue,
    pub(super) now: i64,
    gate: RiskGate,
    instruments: Vec<Instrument>,
    account: Account,
}

pub(super) fn limit(ticks: i64) -> OrderKind {
    OrderKind::Limit(ticks)
}

pub(super) const MARKET: OrderKind = OrderKind::Market;

pub(super) fn good_till(at: i64) -> Terms {
    Terms { time_in_force: TimeInForce::GoodTillTime(at), ..Terms::default() }
}

pub(super) const POST_ONLY: Terms = Terms { post_only: true, ..PLAIN };
pub(super) const IMMEDIATE: Terms = Terms { time_in_force: TimeInForce::ImmediateOrCancel, ..PLAIN };
pub(super) const ALL_OR_NOTHING: Terms = Terms { time_in_force: TimeInForce::FillOrKill, ..PLAIN };
pub(super) const PLAIN: Terms = Terms {
    time_in_force: TimeInForce::GoodTillCancel,
    post_only: false,
    display: 0,
    trigger: Trigger::None,
    trigger_price: TriggerPrice::Last,
    links: Links { group: 0, parent: 0 },
};

pub(super) fn set_off_at(trigger: Trigger) -> Terms {
    Terms { trigger, ..PLAIN }
}

pub(super) fn grouped(group: u64) -> Terms {
    Terms { links: Links { group, parent: 0 }, ..PLAIN }
}

pub(super) fn child_of(parent: u64) -> Terms {
    Terms { links: Links { group: 0, parent }, ..PLAIN }
}

impl Stage {
    pub(super) fn new(spec: VenueSpec) -> Self {
        Self::with_book_of(spec, BookSource::Depth)
    }

    pub(super) fn with_book_of(spec: VenueSpec, source: BookSource) -> Self {
        let text = r#"{"symbol":"X-Y","base":"X","quote":"Y","settlement":"Y","tick":"0.5","lot":"0.01",
            "maker_fee":"0","taker_fee":"0"}"#;
        let described: InstrumentSpec = serde_json::from_str(text).unwrap();
        let scale = Scale::covering([described.digits()]).unwrap();
        let instruments = vec![described.bind(scale).unwrap()];
        let gate = RiskGate::new(&Limits::default(), &instruments, scale, Decimal::ONE).unwrap();
        let venue = Venue::new(&[Listing { lot: 0.01, source }], spec);
        Self { venue, now: 0, gate, instruments, account: Account::new(i128::from(i64::MAX) << 40, 1) }
    }

    /// A book of bids and asks, from the best on.
    pub(super) fn with_book(mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Self {
        for (side, levels) in [(Buy, bids), (Sell, asks)] {
            levels.iter().for_each(|&(price, size)| self.depth(side, price, size));
        }
        self
    }

    pub(super) fn event(&mut self, kind: Kind, side: Option<Side>, price: i64, size: i64, flags: u8) {
        self.now += 1;
        self.row(kind, 0, side, price, size, flags);
    }

    /// A row of the time of the row before it.
    pub(super) fn row(&mut self, kind: Kind, order_id: u64, side: Option<Side>, price: i64, size: i64, flags: u8) {
        let (ts_event, ts_recv) = (self.now, self.now);
        let event = Event { ts_event, ts_recv, kind, side, flags, price, size, sequence: 0, order_id };
        self.venue.on_event(0, &event);
    }

    /// A book of recorded orders: number, side, price and size of each, told by a snapshot.
    pub(super) fn with_orders(spec: VenueSpec, orders: &[(u64, Side, i64, i64)]) -> Self {
        let mut stage = Self::with_book_of(spec, BookSource::Orders);
        stage.snapshot(orders);
        stage
    }

    pub(super) fn snapshot(&mut self, orders: &[(u64, Side, i64, i64)]) {
        self.event(Kind::Clear, None, 0, 0, SNAPSHOT);
        for (place, &(id, side, price, size)) in orders.iter().enumerate() {
            let last = if place + 1 == orders.len() { LAST } else { 0 };
            self.row(Kind::Add, id, Some(side), price, size, SNAPSHOT | last);
        }
    }

    pub(super) fn add(&mut self, id: u64, side: Side, price: i64, size: i64) {
        self.now += 1;
        self.row(Kind::Add, id, Some(side), price, size, LAST);
    }

    pub(super) fn modify(&mut self, id: u64, price: i64, size: i64) {
        self.now += 1;
        self.row(Kind::Modify, id, None, price, size, LAST);
    }

    /// A size of 0 is the whole order.
    pub(super) fn withdraw(&mut self, id: u64, size: i64) {
        self.now += 1;
        self.row(Kind::Cancel, id, None, 0, size, LAST);
    }

    /// A trade that filled a recorded order, told as tapes tell it: the trade, then the order.
    pub(super) fn fill(&mut self, taker: Side, id: u64, price: i64, size: i64) {
        self.now += 1;
        self.row(Kind::Trade, 0, Some(taker), price, size, LAST);
        self.row(Kind::Execute, id, Some(taker.opposite()), price, size, LAST);
    }

    pub(super) fn depth(&mut self, side: Side, price: i64, size: i64) {
        self.event(Kind::Depth, Some(side), price, size, LAST);
    }

    pub(super) fn quote(&mut self, side: Side, price: i64, size: i64) {
        self.event(Kind::Quote, Some(side), price, size, LAST);
    }

    /// A trade whose taker was on that side.
    pub(super) fn trade(&mut self, taker: Side, price: i64, size: i64) {
        self.event(Kind::Trade, Some(taker), price, size, LAST);
    }

    /// What the gate approves, of an account that holds what the venue says.
    pub(super) fn approve(&mut self, side: Side, lots: i64, kind: OrderKind, reduce_only: bool) -> Approved {
        let missing = self.venue.position(0) - self.account.position(0).lots;
        if missing != 0 {
            let side = Side::adding(missing);
            let fill = Fill::new(&self.instruments[0], side, missing.abs(), 100, Rate::ZERO).unwrap();
            self.account.fill(0, &self.instruments[0], &fill).unwrap();
        }
        let intent = Intent { instrument: 0, side, lots, kind, reduce_only, reason: Reason::Strategy };
        let situation = Situation {
            now: self.now,
            account: Some(&self.account),
            instruments: &self.instruments,
            marks: &[100],
            open: &[],
            markets: &[],
            at_once: false,
            replaced: None,
        };
        self.gate.check(&intent, &situation).unwrap().expect("the gate has no limits")
    }

    pub(super) fn submit(&mut self, side: Side, lots: i64, kind: OrderKind, terms: Terms) -> u64 {
        let approved = self.approve(side, lots, kind, false);
        self.send(Request::Submit(approved, terms));
        approved.id()
    }

    pub(super) fn submit_reducing(&mut self, side: Side, lots: i64, kind: OrderKind, terms: Terms) -> u64 {
        let approved = self.approve(side, lots, kind, true);
        self.send(Request::Submit(approved, terms));
        approved.id()
    }

    pub(super) fn send(&mut self, request: Request) {
        self.now += 1;
        self.venue.on_request(&request, self.now);
    }

    pub(super) fn cancel(&mut self, order: u64) {
        self.send(Request::Cancel { instrument: 0, order });
    }

    pub(super) fn replace(&mut self, order: u64, side: Side, lots: i64, kind: OrderKind) {
        let by = self.approve(side, lots, kind, false);
        self.send(Request::Replace { order, by });
    }

    /// What was reported since the last call, in the fewest words.
    pub(super) fn told(&mut self) -> Vec<String> {
        self.venue.reports(0).map(|report| short(&report)).collect()
    }

    /// The same for what must happen to be seen: fails where nothing or more was told.
    #[track_caller]
    pub(super) fn tells(&mut self, expected: &[&str]) {
        assert_eq!(self.told(), expected);
    }

    pub(super) fn reports(&mut self) -> Vec<Report> {
        self.venue.reports(0).collect()
    }
}

fn short(report: &Report) -> String {
    let order = report.order;
    match report.what {
        What::Accepted => format!("{order} accepted"),
        What::Rejected(why) => format!("{order} rejected: {why:?}"),
        What::Triggered => format!("{order} triggered"),
        What::Filled(Execution { lots, ticks, maker, left, .. }) => {
            format!("{order} {} {lots} at {ticks}, {left} left", if maker { "made" } else { "took" })
        }
        What::Replaced { lots, ticks } => format!("{order} replaced: {lots} at {ticks}"),
        What::ReplaceRejected(why) => format!("{order} not replaced: {why:?}"),
        What::Cancelled(end) => format!("{order} cancelled: {end:?}"),
        What::CancelRejected(why) => format!("{order} not cancelled: {why:?}"),
        What::Expired => format!("{order} expired"),
    }
}

#[test]
fn every_word_of_a_report_is_short() {
    let report = |what| short(&Report { at: 0, instrument: 0, order: 7, what });
    assert_eq!(report(What::Rejected(Refused::Terms)), "7 rejected: Terms");
    assert_eq!(report(What::Cancelled(End::Asked)), "7 cancelled: Asked");
}
