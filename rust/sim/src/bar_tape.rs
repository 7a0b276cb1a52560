//! A tape of trades out of bars, for runs over events where nothing finer was recorded.
//!
//! A bar becomes four trades: its open, one extreme, the other, its close; at the start of the bar, after a third and two
//! thirds of it, and in its last ns. The extreme that is nearer to the open comes first, which is the shorter way; of two
//! that are equally near the low of a bar that rises or stays, the high of one that falls. A quarter of the bar's lots is
//! traded each time, what is left of the division one lot each from the open on: none is lost. A trade without lots
//! tells its price and fills nothing. Who took is not told.

use tradenode_core::event::{Event, Kind, LAST, TapeColumns};
use tradenode_core::units::Grid;

use crate::frames::{FrameError, SoundBars};

/// Trades a bar.
const TRADES: usize = 4;

/// How far from a whole number of lots a volume may be, lots and a part of it: sums of recorded doubles are not exact.
const OFF_GRID_MAX: f64 = 1e-3;
const OFF_GRID_PART_MAX: f64 = 1e-9;

/// The trades of bars of a length in ns, in ticks and lots of these grids, each received as it happens.
///
/// # Errors
/// A length too short for four times, a bar that begins before the one above has ended, a price off the grid, a volume
/// that is no whole number of lots.
pub fn tape_of_bars(
    bars: &SoundBars<'_>,
    length_ns: i64,
    price: &Grid,
    quantity: &Grid,
) -> Result<TapeColumns, FrameError> {
    bars.check_grid(price)?;
    let columns = bars.bars();
    check_times(columns.ts, length_ns)?;
    let mut tape = TapeColumns::with_capacity(columns.ts.len() * TRADES);
    for (row, &start) in columns.ts.iter().enumerate() {
        let lots = lots_of(columns.volume[row], quantity).ok_or_else(|| {
            fault("volume", row, format!("{} is no whole number of lots of {}", columns.volume[row], quantity.step()))
        })?;
        let steps =
            |column: &'static str, value| price.steps(value).map_err(|error| fault(column, row, error.to_string()));
        let [open, high] = [steps("open", columns.open[row])?, steps("high", columns.high[row])?];
        let [low, close] = [steps("low", columns.low[row])?, steps("close", columns.close[row])?];
        let (first, second) = extremes(open, high, low, close);
        let times = [0, length_ns / 3, length_ns / 3 * 2, length_ns - 1];
        for (place, (after, price)) in times.into_iter().zip([open, first, second, close]).enumerate() {
            let ts = start + after;
            let size = share(lots, place as i64);
            let (kind, side, sequence, order_id) = (Kind::Trade, None, 0, 0);
            tape.push(Event { ts_event: ts, ts_recv: ts, kind, side, flags: LAST, price, size, sequence, order_id });
        }
    }
    Ok(tape)
}

fn fault(column: &'static str, row: usize, reason: String) -> FrameError {
    FrameError { column, row, reason }
}

fn check_times(ts: &[i64], length_ns: i64) -> Result<(), FrameError> {
    if length_ns < TRADES as i64 {
        return Err(fault("ts", 0, format!("a length of {length_ns} ns has no room for {TRADES} trades")));
    }
    if let Some(last) = ts.last().filter(|last| last.checked_add(length_ns).is_none()) {
        return Err(fault("ts", ts.len() - 1, format!("{last} ns is too late to be a time")));
    }
    match ts.windows(2).position(|pair| pair[1].saturating_sub(pair[0]) < length_ns) {
        None => Ok(()),
        Some(before) => {
            let reason = format!(
                "begins {} ns after the bar above, of {length_ns} ns",
                ts[before + 1].saturating_sub(ts[before])
            );
            Err(fault("ts", before + 1, reason))
        }
    }
}

fn lots_of(volume: f64, quantity: &Grid) -> Option<i64> {
    let lots = volume * quantity.inverse();
    let whole = lots.round();
    let near = (lots - whole).abs() <= OFF_GRID_MAX.max(whole * OFF_GRID_PART_MAX);
    (near && whole < (1_i64 << 53) as f64).then_some(whole as i64)
}

/// The part of the lots that the trade of that place, from 0, has.
const fn share(lots: i64, place: i64) -> i64 {
    let trades = TRADES as i64;
    lots / trades + (place < lots % trades) as i64
}

/// The extremes in the order in which they come.
const fn extremes(open: i64, high: i64, low: i64, close: i64) -> (i64, i64) {
    let (up, down) = (high - open, open - low);
    if up < down || (up == down && close < open) { (high, low) } else { (low, high) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradenode_core::bars::{BarColumns, Rule, TradeBars};
    use tradenode_core::event::Tape;

    use super::*;

    fn grid(step: &str) -> Grid {
        Grid::new(step.parse().unwrap()).unwrap()
    }

    fn made(bars: &BarColumns, length_ns: i64) -> Result<TapeColumns, FrameError> {
        tape_of_bars(&SoundBars::new(bars.view()).unwrap(), length_ns, &grid("0.5"), &grid("0.1"))
    }

    /// Bars of opening time, open, high, low, close and volume.
    fn bars(rows: &[(i64, [f64; 4], f64)]) -> BarColumns {
        let price = |at: usize| rows.iter().map(|row| row.1[at]).collect();
        BarColumns {
            ts: rows.iter().map(|row| row.0).collect(),
            open: price(0),
            high: price(1),
            low: price(2),
            close: price(3),
            volume: rows.iter().map(|row| row.2).collect(),
        }
    }

    fn trades(tape: Tape<'_>) -> Vec<(i64, i64, i64)> {
        (0..tape.len()).map(|row| (tape.ts_event[row], tape.price[row], tape.size[row])).collect()
    }

    #[test]
    fn a_bar_is_four_trades() {
        // Nearer to the low; nearer to the high, with fewer lots than trades; as near to both, rising and falling.
        let bars = bars(&[
            (0, [100.0, 103.0, 99.5, 102.0], 1.4),
            (60, [100.0, 101.0, 98.0, 100.0], 0.2),
            (150, [100.0, 101.0, 99.0, 100.0], 0.0),
            (210, [100.0, 101.0, 99.0, 99.5], 0.4),
        ]);
        let tape = made(&bars, 60).unwrap();
        assert_eq!(tape.view().check(), Ok(()));
        assert_eq!(
            trades(tape.view()),
            [
                (0, 200, 4),
                (20, 199, 4),
                (40, 206, 3),
                (59, 204, 3),
                (60, 200, 1),
                (80, 202, 1),
                (100, 196, 0),
                (119, 200, 0),
                (150, 200, 0),
                (170, 198, 0),
                (190, 202, 0),
                (209, 200, 0),
                (210, 200, 1),
                (230, 202, 1),
                (250, 198, 1),
                (269, 199, 1),
            ]
        );
    }

    #[test]
    fn what_is_no_tape_is_named() {
        let flat = |ts, price, volume| (ts, [price; 4], volume);
        let error = |rows: &[(i64, [f64; 4], f64)], length| made(&bars(rows), length).unwrap_err().to_string();
        assert_eq!(error(&[flat(0, 1.0, 0.0)], 3), "ts of bar 0: a length of 3 ns has no room for 4 trades");
        assert_eq!(
            error(&[flat(0, 1.0, 0.0), flat(59, 1.0, 0.0)], 60),
            "ts of bar 1: begins 59 ns after the bar above, of 60 ns"
        );
        assert_eq!(
            error(&[flat(i64::MAX - 5, 1.0, 0.0)], 60),
            "ts of bar 0: 9223372036854775802 ns is too late to be a time"
        );
        let text = error(&[flat(0, 1.0, 0.0), flat(60, 1.25, 0.0)], 60);
        assert!(text.starts_with("open of bar 1: "), "{text}");
        for volume in [0.05, f64::INFINITY, 1e300] {
            let text = error(&[flat(0, 1.0, volume)], 60);
            assert_eq!(text, format!("volume of bar 0: {volume} is no whole number of lots of 0.1"));
        }
    }

    proptest! {
        /// Bars of the trades are the bars again, and no lot is lost.
        #[test]
        fn bars_of_the_tape_are_the_bars(
            rows in prop::collection::vec((1..4_i64, 1..500_i64, 0..40_i64, 0..40_i64, 0..=1_000_i64, 0..90_i64), 1..40),
            length in prop::sample::select(&[4_i64, 60, 1_000_000_007][..]),
        ) {
            let mut start = 0;
            let rows: Vec<_> = rows
                .into_iter()
                .map(|(gap, low, open, over, part, lots)| {
                    start += gap * length;
                    let (open, high) = (low + open, low + open + over);
                    let close = low + (high - low) * part / 1_000;
                    (start, [open, high, low, close], lots)
                })
                .collect();
            let doubles: Vec<_> = rows
                .iter()
                .map(|(ts, prices, lots)| (*ts, prices.map(|price| price as f64 * 0.5), *lots as f64 * 0.1))
                .collect();
            let tape = made(&bars(&doubles), length).unwrap();
            prop_assert_eq!(tape.view().check(), Ok(()));
            let mut maker = TradeBars::new(Rule::Time(length)).unwrap();
            let mut again: Vec<_> =
                trades(tape.view()).into_iter().filter_map(|(ts, price, size)| maker.trade(ts, None, price, size)).collect();
            again.extend(maker.finish());
            let again: Vec<_> = again
                .iter()
                .map(|bar| (bar.ts, [bar.open, bar.high, bar.low, bar.close], bar.volume))
                .collect();
            prop_assert_eq!(again, rows);
        }
    }
}
