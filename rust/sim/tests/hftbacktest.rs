//! The market maker on a synthetic feed, fill for fill as hftbacktest has it.
//!
//! The figures are those of hftbacktest 2.4.4 (`HashMapMarketDepthBacktest`, `no_partial_fill_exchange`,
//! `constant_order_latency` of 10 ms each way, maker fee -0.5 bp), run once on the same 200,000 rows (`tradenode data
//! synth --preset touch --seed 1`, exported by `data export --to hftbacktest`) with the same market maker written in its
//! own way.

use tradenode_core::event::TapeColumns;
use tradenode_sim::models::latency::LegSpec;
use tradenode_sim::models::queue::QueueModel;
use tradenode_sim::synth::{Flow, Shape};
use tradenode_sim::ticks::{self, LatencySpec, MakerSpec, TickSpec};
use tradenode_sim::venue::{Fills, VenueSpec};

const ROWS: usize = 200_000;
/// 2024-01-01, where synthetic markets begin.
const START_NS: i64 = 1_704_067_200_000_000_000;

/// What a run ends with: fills, lots held, lots traded, fees.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outcome {
    fills: usize,
    position: i64,
    traded: i64,
    fees: f64,
}

fn feed() -> TapeColumns {
    let shape = Shape::preset("touch").expect("a preset");
    let mut flow = Flow::new(1, shape, false, START_NS);
    let mut columns = TapeColumns::with_capacity(ROWS);
    while columns.len() < ROWS {
        flow.advance(&mut columns);
    }
    columns.truncate(ROWS);
    columns
}

fn spec(venue: VenueSpec) -> TickSpec {
    let text = r#"{"account":{"currency":"USD","cash":"100000000"},"instruments":[{"symbol":"SYN-USD","base":"SYN",
        "quote":"USD","settlement":"USD","tick":"0.1","lot":"0.001","maker_fee":"-0.00005","taker_fee":"0.0007"}],
        "sample_ns":60000000000}"#;
    TickSpec { venue, ..serde_json::from_str(text).expect("a description") }
}

fn run(columns: &TapeColumns, venue: VenueSpec) -> Outcome {
    let leg = LegSpec::Constant { ns: 10_000_000 };
    let latency = LatencySpec { request: leg, report: leg, ..LatencySpec::default() };
    let every_ns = 100_000_000;
    let maker = MakerSpec { every_ns, lots: 5, max_lots: 50, skew_ticks: 0.1, half_spread_ticks: 0.5 };
    let spec = TickSpec { latency, maker: Some(maker), ..spec(venue) };
    let record = ticks::run_described(&spec, &[columns.view()], None).expect("a run").0;
    let fills = &record.fills;
    let lots = |index: usize| (fills.quantity[index] * 1e3).round() as i64;
    Outcome {
        fills: fills.ts.len(),
        position: (0..fills.ts.len()).map(|index| i64::from(fills.side[index]) * lots(index)).sum(),
        traded: (0..fills.ts.len()).map(lots).sum(),
        fees: fills.fee.iter().sum(),
    }
}

#[test]
fn every_queue_model_fills_as_in_hftbacktest() {
    let columns = feed();
    for (queue, fills, position, traded, fees) in [
        (QueueModel::RiskAverse, 5020, 0, 25_100, -75.299_783),
        (QueueModel::Power(2.0), 5143, 5, 25_715, -77.144_781),
        (QueueModel::PowerWhole(2.0), 5237, 5, 26_185, -78.554_773),
        (QueueModel::PowerComplement(3.0), 5056, 0, 25_280, -75.839_783),
        (QueueModel::Log, 5167, 5, 25_835, -77.504_778),
        (QueueModel::LogWhole, 5135, 5, 25_675, -77.024_781),
    ] {
        let outcome = run(&columns, VenueSpec { fills: Fills::Whole, queue, ..VenueSpec::default() });
        let theirs = Outcome { fills, position, traded, fees: outcome.fees };
        assert_eq!(outcome, theirs, "{queue:?}");
        assert!((outcome.fees - fees).abs() < 1e-5, "{queue:?}: {} and {fees}", outcome.fees);
    }
}

#[test]
fn the_same_run_is_the_same_run() {
    let columns = feed();
    for fills in [Fills::Whole, Fills::Partial] {
        let venue = VenueSpec { fills, ..VenueSpec::default() };
        assert_eq!(run(&columns, venue), run(&columns, venue));
    }
}
