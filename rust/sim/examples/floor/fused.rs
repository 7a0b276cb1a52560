//! The EMA crossing as one bare pass over two columns: what the machine can do, with nothing of an engine in it.

/// Fast and slow periods, in bars.
const PERIODS: (f64, f64) = (12.0, 26.0);
/// The first bar on whose close a decision is made.
const FIRST_DECISION: usize = 25;
/// The part of the notional paid on each fill.
pub(crate) const FEE: f64 = 0.001;
/// The cash at the start.
pub(crate) const CASH: f64 = 1e9;

/// When an order made on a close is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FillAt {
    /// At that close.
    Close,
    /// At the next open.
    NextOpen,
}

/// One fill.
pub(crate) struct Fill {
    /// The bar in which it happened.
    pub(crate) bar: u32,
    /// +1 bought, -1 sold.
    pub(crate) side: i8,
    /// The price.
    pub(crate) price: f64,
    /// The quantity.
    pub(crate) quantity: f64,
}

/// What a run leaves behind.
pub(crate) struct Outcome {
    /// Every fill in order.
    pub(crate) fills: Vec<Fill>,
    /// The account's worth at each close.
    pub(crate) equity: Vec<f64>,
    /// The largest fall from a high of the equity, as a part of that high.
    pub(crate) max_drawdown: f64,
}

/// Two recursive means, the crossing, all-in fills, equity curve, drawdown and fill log, fused.
///
/// Panics where the columns differ in length or are empty.
pub(crate) fn run(opens: &[f64], closes: &[f64], fill_at: FillAt) -> Outcome {
    match fill_at {
        FillAt::Close => pass::<false>(opens, closes),
        FillAt::NextOpen => pass::<true>(opens, closes),
    }
}

fn pass<const AT_OPEN: bool>(opens: &[f64], closes: &[f64]) -> Outcome {
    assert_eq!(opens.len(), closes.len(), "columns of one length");
    let (fast_alpha, slow_alpha) = (2.0 / (PERIODS.0 + 1.0), 2.0 / (PERIODS.1 + 1.0));
    let (mut fast, mut slow) = (closes[0], closes[0]);
    let (mut cash, mut held, mut wanted) = (CASH, 0.0_f64, false);
    let (mut high, mut max_drawdown) = (CASH, 0.0_f64);
    let mut fills = Vec::with_capacity(closes.len() / 16);
    let mut equity = Vec::with_capacity(closes.len());
    for (bar, (&open, &close)) in opens.iter().zip(closes).enumerate() {
        fast += fast_alpha * (close - fast);
        slow += slow_alpha * (close - slow);
        let decided = bar >= FIRST_DECISION && fast > slow;
        if !AT_OPEN {
            wanted = decided;
        }
        if wanted != (held > 0.0) {
            let price = if AT_OPEN { open } else { close };
            if wanted {
                held = cash / (price * (1.0 + FEE));
                cash = 0.0;
                fills.push(Fill { bar: bar as u32, side: 1, price, quantity: held });
            } else {
                fills.push(Fill { bar: bar as u32, side: -1, price, quantity: held });
                cash = held * price * (1.0 - FEE);
                held = 0.0;
            }
        }
        if AT_OPEN {
            wanted = decided;
        }
        let worth = cash + held * close;
        equity.push(worth);
        high = high.max(worth);
        max_drawdown = max_drawdown.max(1.0 - worth / high);
    }
    Outcome { fills, equity, max_drawdown }
}
