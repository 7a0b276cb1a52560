//! Whatever the market does and whatever is asked: every order's reports make a life, and no lot appears or vanishes.

use std::collections::HashMap;

use proptest::prelude::*;
use tradenode_core::event::{GAP, Kind, LAST, SNAPSHOT, Status};
use tradenode_core::orders::life::{Life, Step};
use tradenode_core::orders::terms::{Links, TimeInForce, Trigger, TriggerPrice};

use super::stage::*;
use crate::models::queue::QueueModel;
use crate::venue::{BookSource, Fills, Impact, Request, SelfTrade, VenueSpec, What};

#[derive(Debug, Clone)]
enum Act {
    Depth(bool, i64, i64, u8),
    Trade(Option<bool>, i64, i64),
    /// About a recorded order: what, which, side, price, size, flags, and whether at the time of the row before it.
    Order(Kind, u64, bool, i64, i64, u8, bool),
    Mark(i64),
    Clear,
    Status(i64),
    Submit {
        buy: bool,
        lots: i64,
        kind: OrderKind,
        reduce_only: bool,
        terms: Terms,
    },
    Cancel(prop::sample::Index),
    CancelAll,
    Replace(prop::sample::Index, i64, i64),
}

fn side(buy: bool) -> Side {
    if buy { Buy } else { Sell }
}

fn price() -> impl Strategy<Value = i64> {
    90..110_i64
}

fn terms() -> impl Strategy<Value = Terms> {
    let time = prop_oneof![
        4 => Just(TimeInForce::GoodTillCancel),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
        1 => (1..300_i64).prop_map(TimeInForce::GoodTillTime),
    ];
    let trigger = prop_oneof![
        5 => Just(Trigger::None),
        1 => price().prop_map(Trigger::Stop),
        1 => price().prop_map(Trigger::TakeProfit),
        1 => (0..6_i64).prop_map(Trigger::Trailing),
    ];
    let by = prop::sample::select(&[TriggerPrice::Last, TriggerPrice::Mark, TriggerPrice::Touch][..]);
    (time, any::<bool>(), prop_oneof![3 => Just(0), 1 => 1..4_i64], trigger, by, 0..3_u64, 0..12_u64).prop_map(
        |(time_in_force, post_only, display, trigger, trigger_price, group, parent)| Terms {
            time_in_force,
            post_only,
            display,
            trigger,
            trigger_price,
            links: Links { group, parent: parent.saturating_sub(6) },
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![
        3 => price().prop_map(OrderKind::Limit),
        1 => Just(OrderKind::Market),
        1 => price().prop_map(OrderKind::Stop),
    ];
    let flags = prop_oneof![12 => Just(LAST), 3 => Just(0), 1 => Just(GAP), 2 => Just(SNAPSHOT | LAST)];
    let submit = (any::<bool>(), 1..9_i64, kind, prop::bool::weighted(0.2), terms())
        .prop_map(|(buy, lots, kind, reduce_only, terms)| Act::Submit { buy, lots, kind, reduce_only, terms });
    prop_oneof![
        8 => (any::<bool>(), price(), 0..9_i64, flags.clone()).prop_map(|(buy, price, size, flags)| Act::Depth(buy, price, size, flags)),
        6 => (any::<Option<bool>>(), price(), 0..9_i64).prop_map(|(buy, price, size)| Act::Trade(buy, price, size)),
        12 => order(flags),
        1 => price().prop_map(Act::Mark),
        1 => Just(Act::Clear),
        1 => prop::sample::select(&[1, 1, 1, 2, 3, 4][..]).prop_map(Act::Status),
        8 => submit,
        3 => any::<prop::sample::Index>().prop_map(Act::Cancel),
        1 => Just(Act::CancelAll),
        3 => (any::<prop::sample::Index>(), 1..9_i64, price()).prop_map(|(order, lots, ticks)| Act::Replace(order, lots, ticks)),
    ]
}

/// A row about one of a few recorded orders, which may well make no sense.
fn order(flags: impl Strategy<Value = u8>) -> impl Strategy<Value = Act> {
    let kind = prop::sample::select(&[Kind::Add, Kind::Add, Kind::Modify, Kind::Cancel, Kind::Execute][..]);
    (kind, 1..12_u64, any::<bool>(), price(), 0..9_i64, flags, any::<bool>())
        .prop_map(|(kind, id, buy, price, size, flags, same)| Act::Order(kind, id, buy, price, size, flags, same))
}

/// The owner's side of it all.
#[derive(Default)]
pub(super) struct Owner {
    pub(super) lives: HashMap<u64, (Life, Side, OrderKind, bool)>,
    pub(super) position: i64,
    fills: u64,
}

impl Owner {
    pub(super) fn hear(&mut self, order: u64, what: What) -> Result<(), TestCaseError> {
        let (life, side, ..) = self.lives.get_mut(&order).expect("reports are of orders that were sent");
        let step = match what {
            What::Triggered => return Ok(()),
            What::Accepted => Step::Accepted,
            What::Rejected(_) => Step::Rejected,
            What::Filled(fill) => {
                prop_assert_eq!(fill.side, *side);
                prop_assert_eq!(fill.number, self.fills + 1);
                prop_assert_eq!(fill.left, life.left() - fill.lots);
                self.fills += 1;
                self.position += fill.side.sign() * fill.lots;
                Step::Filled { fill: fill.number, lots: fill.lots }
            }
            What::Replaced { lots, .. } => Step::Replaced { lots },
            What::ReplaceRejected(_) => Step::ReplaceRejected,
            What::Cancelled(_) => Step::Cancelled,
            What::CancelRejected(_) => Step::CancelRejected,
            What::Expired => Step::Expired,
        };
        if let Err(error) = life.step(step) {
            return Err(TestCaseError::fail(format!("order {order}: {error}")));
        }
        Ok(())
    }
}

fn play(stage: &mut Stage, owner: &mut Owner, act: &Act) {
    let pick = |owner: &Owner, index: &prop::sample::Index| {
        (!owner.lives.is_empty()).then(|| index.index(owner.lives.len()) as u64 + 1)
    };
    match act {
        Act::Depth(buy, price, size, flags) => stage.event(Kind::Depth, Some(side(*buy)), *price, *size, *flags),
        Act::Trade(buy, price, size) => stage.event(Kind::Trade, buy.map(side), *price, *size, LAST),
        Act::Order(kind, id, buy, price, size, flags, same) => {
            stage.now += i64::from(!same);
            let side = Some(side(*buy)).filter(|_| *kind == Kind::Add);
            stage.row(*kind, *id, side, *price, *size, *flags);
        }
        Act::Mark(price) => stage.event(Kind::Mark, None, *price, 0, LAST),
        Act::Clear => stage.event(Kind::Clear, None, 0, 0, 0),
        Act::Status(status) => stage.event(Kind::Status, None, 0, *status, LAST),
        Act::Submit { buy, lots, kind, reduce_only, terms } => {
            let position = stage.venue.position(0);
            let reduces = *reduce_only && position * side(*buy).sign() < 0;
            let approved = stage.approve(side(*buy), *lots, *kind, reduces);
            let intent = *approved.intent();
            let mut life = Life::new(intent.lots);
            life.step(Step::Submit).unwrap();
            // The gate numbers what it approves, replacements too: those numbers stay without an order.
            owner.lives.insert(approved.id(), (life, intent.side, intent.kind, intent.reduce_only));
            stage.send(Request::Submit(approved, *terms));
        }
        Act::Cancel(index) => {
            if let Some(order) = pick(owner, index).filter(|order| owner.lives.contains_key(order)) {
                let life = &mut owner.lives.get_mut(&order).unwrap().0;
                if life.step(Step::RequestCancel).is_ok() {
                    stage.cancel(order);
                }
            }
        }
        Act::CancelAll => stage.send(Request::CancelAll { instrument: 0 }),
        Act::Replace(index, lots, ticks) => {
            let Some(order) = pick(owner, index) else { return };
            let Some((life, side, kind, reduce_only)) = owner.lives.get_mut(&order) else { return };
            if *reduce_only || life.step(Step::RequestReplace).is_err() {
                return;
            }
            let kind = match kind {
                OrderKind::Limit(_) => OrderKind::Limit(*ticks),
                OrderKind::Stop(_) => OrderKind::Stop(*ticks),
                OrderKind::Market => OrderKind::Market,
            };
            stage.replace(order, *side, *lots, kind);
        }
    }
}

fn spec() -> impl Strategy<Value = VenueSpec> {
    let fills = prop::sample::select(&[Fills::Partial, Fills::Whole][..]);
    let queue = prop::sample::select(&[QueueModel::RiskAverse, QueueModel::Power(2.0), QueueModel::LogWhole][..]);
    const MODES: [SelfTrade; 3] = [SelfTrade::CancelResting, SelfTrade::CancelTaking, SelfTrade::CancelBoth];
    let impact = prop::sample::select(&[Impact::None, Impact::Decaying { half_life_ns: 7 }][..]);
    (fills, queue, prop::sample::select(&MODES[..]), impact).prop_map(|(fills, queue, self_trade, impact)| VenueSpec {
        fills,
        queue,
        self_trade,
        impact,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TRADENODE_VENUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2048)
    ))]

    #[test]
    fn every_report_fits_and_no_lot_is_lost(
        spec in spec(),
        source in prop::sample::select(&[BookSource::Depth, BookSource::Orders][..]),
        acts in prop::collection::vec(act(), 1..120)) {
        let mut stage = Stage::with_book_of(spec, source);
        let mut owner = Owner::default();
        for act in &acts {
            let before = stage.venue.position(0);
            play(&mut stage, &mut owner, act);
            let reports = stage.reports();
            let mut at = 0;
            for report in &reports {
                prop_assert!(report.at >= at && report.at <= stage.now);
                at = report.at;
                owner.hear(report.order, report.what)?;
            }
            prop_assert_eq!(stage.venue.position(0), owner.position);
            let reduced_only = reports.iter().filter(|r| matches!(r.what, What::Filled(_))).all(|r| owner.lives[&r.order].3);
            if reduced_only {
                prop_assert!(owner.position.abs() <= before.abs() && owner.position * before >= 0);
            }
            let open = owner.lives.values().filter(|(life, ..)| !life.status().is_final()).count();
            prop_assert_eq!(stage.venue.open_orders(0), open, "{:?}", act);
        }
        stage.send(Request::CancelAll { instrument: 0 });
        for report in stage.reports() {
            owner.hear(report.order, report.what)?;
        }
        prop_assert!(owner.lives.values().all(|(life, ..)| life.status().is_final()));
        prop_assert_eq!(stage.venue.open_orders(0), 0);
        prop_assert_eq!(Status::from_number(5), None);
    }
}
