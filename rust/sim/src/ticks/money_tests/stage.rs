//! A tape, a script of orders and a description, run without latency.

use tradenode_core::event::{Event, Kind, LAST, Tape, side_number};
use tradenode_core::orders::terms::Terms;
use tradenode_core::orders::{OrderKind, Side};

use super::super::{Desk, Feed, Interest, TickEngine, TickSpec, TickStrategy, Ticket};
use crate::error::RunError;
use crate::models::latency::{Latency, LegSpec};
use crate::venue::{BookSource, Report};

/// Rows of one instrument, received when they happen.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    ts: Vec<i64>,
    kind: Vec<u8>,
    side: Vec<u8>,
    flags: Vec<u8>,
    price: Vec<i64>,
    size: Vec<i64>,
}

impl Rows {
    fn row(&mut self, at: i64, kind: Kind, side: Option<Side>, flags: u8, price: i64, size: i64) {
        self.ts.push(at);
        self.kind.push(kind as u8);
        self.side.push(side_number(side));
        self.flags.push(flags);
        self.price.push(price);
        self.size.push(size);
    }

    /// The whole book is now these levels.
    pub(super) fn book(&mut self, at: i64, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        self.row(at, Kind::Clear, None, 0, 0, 0);
        let levels = |side, levels: &[(i64, i64)]| levels.iter().map(|level| (side, *level)).collect::<Vec<_>>();
        let all = [levels(Side::Buy, bids), levels(Side::Sell, asks)].concat();
        for (place, &(side, (price, size))) in all.iter().enumerate() {
            let flags = if place + 1 == all.len() { LAST } else { 0 };
            self.row(at, Kind::Depth, Some(side), flags, price, size);
        }
    }

    /// One large level each side, a tick away from the middle.
    pub(super) fn around(&mut self, at: i64, middle: i64) {
        self.book(at, &[(middle - 1, 1_000_000)], &[(middle + 1, 1_000_000)]);
    }

    /// One large level each side at the same price.
    pub(super) fn at(&mut self, at: i64, price: i64) {
        self.book(at, &[(price, 1_000_000)], &[(price, 1_000_000)]);
    }

    pub(super) fn mark(&mut self, at: i64, price: i64) {
        self.row(at, Kind::Mark, None, LAST, price, 0);
    }

    /// A rate in parts of 10^-9.
    pub(super) fn funding(&mut self, at: i64, rate: i64) {
        self.row(at, Kind::Funding, None, LAST, rate, 0);
    }

    /// A trade that nobody of us notices: the last row lets what is under way arrive.
    pub(super) fn end(&mut self, at: i64) {
        self.row(at, Kind::Trade, None, LAST, 1, 0);
    }

    fn feed(&self) -> Feed<'_> {
        let tape = Tape {
            ts_event: &self.ts,
            ts_recv: &self.ts,
            kind: &self.kind,
            side: &self.side,
            flags: &self.flags,
            price: &self.price,
            size: &self.size,
            ..Tape::default()
        };
        tape.check().unwrap();
        Feed::new(tape, BookSource::Depth)
    }
}

/// An order to send at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) at: i64,
    pub(super) instrument: usize,
    pub(super) side: Side,
    pub(super) lots: i64,
    pub(super) kind: OrderKind,
    pub(super) reduce_only: bool,
}

impl Ask {
    pub(super) const fn market(at: i64, side: Side, lots: i64) -> Self {
        Self { at, instrument: 0, side, lots, kind: OrderKind::Market, reduce_only: false }
    }

    pub(super) const fn reducing(self) -> Self {
        Self { reduce_only: true, ..self }
    }
}

/// Sends what it is told to, at multiples of the first time.
#[derive(Debug)]
pub(super) struct Script {
    asks: Vec<Ask>,
    pub(super) heard: Vec<Report>,
}

impl TickStrategy for Script {
    fn interest(&self) -> Interest {
        Interest { timer_ns: Some(self.asks[0].at), reports: true, ..Interest::default() }
    }

    fn on_timer(&mut self, desk: &mut Desk<'_>) -> Result<(), RunError> {
        let now = desk.now();
        for ask in self.asks.iter().filter(|ask| ask.at == now) {
            let Ask { instrument, side, lots, kind, reduce_only, .. } = *ask;
            desk.submit(&Ticket { instrument, side, lots, kind, reduce_only, terms: Terms::default(), tag: 0 })?;
        }
        Ok(())
    }

    fn on_trade(&mut self, _: &mut Desk<'_>, _: usize, _: &Event) -> Result<(), RunError> {
        Ok(())
    }

    fn on_report(&mut self, _: &mut Desk<'_>, report: &Report) -> Result<(), RunError> {
        self.heard.push(*report);
        Ok(())
    }
}

/// A description of instruments `X0`, `X1`, ... of a tick and a lot of 1, that pay in `Y` or, where inverse (contracts of
/// 100 `Y`), in `X0`; with these other keys.
pub(super) fn spec(inverse: &[bool], cash: &str, fees: (&str, &str), keys: &str) -> TickSpec {
    let currency = if inverse[0] { "X0" } else { "Y" };
    let one = |(name, inverse): (usize, &bool)| {
        let (base, more) = if *inverse {
            ("X0".to_owned(), r#""multiplier":"100","inverse":true,"settlement":"X0""#)
        } else {
            (format!("X{name}"), r#""settlement":"Y""#)
        };
        format!(
            r#"{{"symbol":"X{name}-Y","base":"{base}","quote":"Y",{more},"tick":"1","lot":"1","maker_fee":"{}",
                "taker_fee":"{}","initial_margin":"0.1","maintenance_margin":"0.05"}}"#,
            fees.0, fees.1
        )
    };
    let instruments = inverse.iter().enumerate().map(one).collect::<Vec<_>>().join(",");
    serde_json::from_str(&format!(
        r#"{{"account":{{"currency":"{currency}","cash":"{cash}","leverage":"10"}},"instruments":[{instruments}],
            "sample_ns":1000000000000000{keys}}}"#
    ))
    .unwrap()
}

/// Runs it to the end and hands over the engine.
pub(super) fn play<'a>(spec: &TickSpec, rows: &'a [Rows], asks: &[Ask]) -> TickEngine<'a, Script> {
    let at_once = LegSpec::Constant { ns: 0 };
    let latency = Latency::drawn(at_once, at_once, 0).unwrap();
    let script = Script { asks: asks.to_vec(), heard: Vec::new() };
    let feeds = rows.iter().map(Rows::feed).collect();
    let mut engine = TickEngine::new(spec, feeds, latency, script).unwrap();
    engine.run().unwrap();
    assert_eq!(engine.trader.desk.ledger.account, engine.exchange.clearing.account, "the desk has heard of everything");
    engine
}
