//! What kind of order flow is made.

/// The names that [`Shape::preset`] knows.
pub const PRESETS: [&str; 2] = ["market", "touch"];

/// The numbers behind a flow; grids are decimals as text, sizes are in lots, prices in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// The price grid.
    pub tick: &'static str,
    /// The quantity grid.
    pub lot: &'static str,
    /// The first price, ticks.
    pub start_price: i64,
    /// Market orders a second, both sides together.
    pub market_rate: f64,
    /// Limit orders and cancels a second, both sides together.
    pub book_rate: f64,
    /// The children of a market order on its own side (they come in runs), on the other side and in the book.
    pub market_children: [f64; 3],
    /// The children of a book event: market orders of each side, and book events.
    pub book_children: [f64; 2],
    /// Intensities fall by e in one over this, seconds.
    pub decay: f64,
    /// Resting orders a side around which the book settles.
    pub orders: usize,
    /// The mean distance of a limit order from the best price, ticks.
    pub distance: f64,
    /// The part of the limit orders that go far away instead, log-uniformly up to `far` ticks.
    pub far_share: f64,
    /// See `far_share`.
    pub far: f64,
    /// The part of the limit orders that improve a price where the spread has room.
    pub improve: f64,
    /// The mean size of a limit order, lots.
    pub limit_size: f64,
    /// The mean size of a market order, lots.
    pub market_size: f64,
    /// What every message takes from the venue, ns.
    pub latency_ns: f64,
    /// The mean of what is added to it, exponentially distributed, ns.
    pub latency_extra_ns: f64,
}

const MARKET: Shape = Shape {
    tick: "0.1",
    lot: "0.001",
    start_price: 600_000,
    market_rate: 12.0,
    book_rate: 180.0,
    market_children: [0.45, 0.1, 1.5],
    book_children: [0.003, 0.55],
    decay: 8.0,
    orders: 600,
    distance: 6.0,
    far_share: 0.25,
    far: 5_000.0,
    improve: 0.6,
    limit_size: 300.0,
    market_size: 450.0,
    latency_ns: 4_000_000.0,
    latency_extra_ns: 2_000_000.0,
};

/// The feed that hftbacktest is measured on: 232 rows a second, 13.8 % of them trades, everything near the touch,
/// received 5 ms and an exponential ms later.
const TOUCH: Shape = Shape {
    tick: "0.1",
    lot: "0.001",
    start_price: 600_000,
    market_rate: 22.75,
    book_rate: 168.0,
    market_children: [0.3, 0.05, 0.5],
    book_children: [0.01, 0.4],
    decay: 10.0,
    orders: 120,
    distance: 3.0,
    far_share: 0.0,
    far: 1.0,
    improve: 0.7,
    limit_size: 300.0,
    market_size: 300.0,
    latency_ns: 5_000_000.0,
    latency_extra_ns: 1_000_000.0,
};

impl Shape {
    /// The shape of a name: "market", a deep book whose levels reach far away; "touch", hftbacktest's benchmark feed.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        [MARKET, TOUCH].into_iter().zip(PRESETS).find(|(_, preset)| *preset == name).map(|(shape, _)| shape)
    }
}
