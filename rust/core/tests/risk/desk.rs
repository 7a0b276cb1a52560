//! A gate of three instruments, two of one asset, and intents for it.

use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Market, RiskBook, RiskSpec};

pub(crate) const SECOND: i64 = 1_000_000_000;

pub(crate) fn spec(limits: &str) -> RiskSpec {
    let instrument = |symbol: &str, base: &str, lot: &str| {
        format!(
            r#"{{"symbol":"{symbol}","base":"{base}","quote":"USD","settlement":"USD","tick":"1","lot":"{lot}",
            "maker_fee":"0","taker_fee":"0.001"}}"#
        )
    };
    let instruments =
        [instrument("X-USD", "X", "1"), instrument("X-PERP", "X", "1"), instrument("Y-USD", "Y", "0.5")].join(",");
    serde_json::from_str(&format!(
        r#"{{"currency":"USD","leverage":"10","instruments":[{instruments}],"limits":{limits}}}"#
    ))
    .unwrap()
}

pub(crate) fn book(limits: &str) -> RiskBook {
    let mut book = RiskBook::new(&spec(limits)).unwrap();
    book.set_account(10_000 * book.scale().one(), &[(0, 0); 3]).unwrap();
    (0..3).for_each(|instrument| book.on_market(instrument, Market::quoted(99, 101, 0)).unwrap());
    book
}

pub(crate) fn intent(instrument: usize, side: Side, lots: i64, kind: OrderKind) -> Intent {
    Intent { instrument, side, lots, kind, reduce_only: false, reason: Reason::Strategy }
}
