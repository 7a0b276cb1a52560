//! Desks of one account: what they hold is summed in the finest atoms, and what one asks for is judged with what all have.

use tradenode_core::account::{Account, Fill};
use tradenode_core::instrument::{Instrument, InstrumentSpec};
use tradenode_core::money::Scale;
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Check, JointBook, JointError, Market, OpenOrders, Part, Pending, RiskSpec};
use tradenode_core::units::Rate;

/// Of the second instrument a lot at a tick is finer than the usual atom.
const SPEC: &str = r#"{"currency":"USD","instruments":[
    {"symbol":"X","base":"X","quote":"USD","settlement":"USD","tick":"1","lot":"1","maker_fee":"0","taker_fee":"0"},
    {"symbol":"Y","base":"Y","quote":"USD","settlement":"USD","tick":"0.0000001","lot":"0.0000001","maker_fee":"0",
    "taker_fee":"0"}],"limits":{"max_position":"10","max_drawdown":"0.1"}}"#;

fn spec() -> RiskSpec {
    serde_json::from_str(SPEC).unwrap()
}

/// A desk of the first instruments.
struct Desk {
    instruments: Vec<Instrument>,
    scale: Scale,
    account: Account,
    open: Vec<OpenOrders>,
    number: usize,
}

impl Desk {
    fn new(joint: &mut JointBook, traded: usize, cash: i128) -> Self {
        let specs = &spec().instruments[..traded];
        let scale = Scale::covering(specs.iter().map(InstrumentSpec::digits)).unwrap();
        let instruments: Vec<_> = specs.iter().map(|each| each.bind(scale).unwrap()).collect();
        let number = joint.join(&instruments, scale, false).unwrap();
        let account = Account::new(cash * scale.one(), traded);
        let desk = Self { instruments, scale, account, open: vec![OpenOrders::NONE; traded], number };
        (0..traded).for_each(|each| desk.tell(joint, each));
        desk
    }

    fn tell(&self, joint: &mut JointBook, instrument: usize) {
        let (account, open) = (&self.account, &self.open[instrument]);
        joint.follow(&Part { desk: self.number, instrument, account, open }).unwrap();
    }

    fn trade(&mut self, joint: &mut JointBook, instrument: usize, side: Side, lots: i64, ticks: i64) {
        let traded = &self.instruments[instrument];
        let fill = Fill::new(traded, side, lots, ticks, Rate::ZERO).unwrap();
        self.account.fill(instrument, traded, &fill).unwrap();
        self.tell(joint, instrument);
    }

    fn wait(&mut self, joint: &mut JointBook, instrument: usize, intent: &Intent) {
        let pending = Pending::new(intent, intent.lots, &self.instruments[instrument], 1).unwrap();
        self.open[instrument].add(&pending);
        self.tell(joint, instrument);
    }
}

fn buy(lots: i64, price: i64) -> Intent {
    let (side, kind, reason) = (Side::Buy, OrderKind::Limit(price), Reason::Strategy);
    Intent { instrument: 0, side, lots, kind, reduce_only: false, reason }
}

#[test]
fn equity_is_that_of_all_desks_whatever_they_hold_against_one_another() {
    let mut joint = JointBook::new(&spec(), false, false).unwrap();
    let (mut one, mut two) = (Desk::new(&mut joint, 1, 1_000), Desk::new(&mut joint, 2, 500));
    assert_eq!((one.scale.digits(), two.scale.digits(), joint.scale().digits()), (12, 14, 14));
    joint.begin();
    one.trade(&mut joint, 0, Side::Buy, 5, 100);
    assert_eq!((joint.lots(0), joint.equity()), (5, None));
    joint.see(0, 0, 110, Market::quoted(109, 111, 1), 1).unwrap();
    assert_eq!(joint.equity(), Some(1_550.0));
    // Nothing is held together, and what the two were apart is won.
    two.trade(&mut joint, 0, Side::Sell, 5, 120);
    assert_eq!((joint.lots(0), joint.equity(), joint.exposure().unwrap()), (0, Some(1_600.0), (0.0, 0.0)));
    joint.see(1, 0, 50, Market::quoted(49, 51, 2), 2).unwrap();
    assert_eq!((joint.equity(), joint.take_passed()), (Some(1_600.0), false));
    one.trade(&mut joint, 0, Side::Sell, 5, 50);
    assert_eq!((joint.lots(0), joint.equity()), (-5, Some(1_600.0)));
    joint.see(1, 0, 90, Market::quoted(89, 91, 3), 3).unwrap();
    assert_eq!((joint.equity(), joint.take_passed()), (Some(1_400.0), true));
    assert_eq!(joint.standing().unwrap().check, Check::Drawdown);
}

#[test]
fn what_waits_at_one_desk_counts_for_another_and_a_state_is_the_gates_alone() {
    let mut joint = JointBook::new(&spec(), false, false).unwrap();
    let mut desks = [Desk::new(&mut joint, 1, 5_000), Desk::new(&mut joint, 2, 5_000)];
    joint.see(0, 0, 100, Market::quoted(99, 101, 1), 1).unwrap();
    assert_eq!(joint.check(0, &buy(7, 100), None, 2).unwrap(), Ok(()));
    desks[0].wait(&mut joint, 0, &buy(7, 100));
    let refusal = joint.check(1, &buy(4, 100), None, 3).unwrap().unwrap_err();
    assert_eq!((refusal.check, refusal.limit, refusal.value), (Check::MaxPosition, 10.0, 11.0));
    assert_eq!(joint.check(1, &buy(3, 98), None, 4).unwrap(), Ok(()));
    desks[1].wait(&mut joint, 0, &buy(3, 98));
    assert_eq!(joint.open(0).best, [Some(100), None]);
    desks[0].open[0] = OpenOrders::NONE;
    desks[0].tell(&mut joint, 0);
    assert_eq!((joint.open(0).best, joint.open(0).count), ([Some(98), None], 1));

    let mut again = JointBook::new(&spec(), false, false).unwrap();
    let desks_again = [Desk::new(&mut again, 1, 5_000), Desk::new(&mut again, 2, 5_000)];
    again
        .follow(&Part {
            desk: desks_again[1].number,
            instrument: 0,
            account: &desks[1].account,
            open: &desks[1].open[0],
        })
        .unwrap();
    let kept = serde_json::to_string(&joint.state()).unwrap();
    again.restore(serde_json::from_str(&kept).unwrap()).unwrap();
    assert_eq!((again.state(), again.equity(), again.open(0)), (joint.state(), joint.equity(), joint.open(0)));
}

#[test]
fn a_desk_of_other_instruments_cannot_join() {
    let mut joint = JointBook::new(&spec(), false, false).unwrap();
    let mut other = spec().instruments[0].clone();
    other.symbol = "Z".to_owned();
    let bound = other.bind(joint.scale()).unwrap();
    let scale = joint.scale();
    assert_eq!(joint.join(&[bound], scale, false), Err(JointError::Instrument { symbol: "Z".to_owned() }));
    let listed = joint.instruments().to_vec();
    assert_eq!(joint.join(&listed, scale, true), Err(JointError::Mode));
}
