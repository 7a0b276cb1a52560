//! The mid of an instrument at given times, as the venue had it: what fills are measured against afterwards.

use tradenode_core::event::{Kind, LAST, Tape};

use super::feed::Feed;
use super::view::View;
use crate::venue::BookSource;

/// The mid in ticks at each of some ascending times (ns UTC, the venue's), after all rows of that time.
///
/// A book is looked at where a message is whole; of trades the last one's price stands for the mid. NaN before there is
/// one, while the book is stale or crossed, and where a side is empty. The tape has been checked.
#[must_use]
pub fn mids(tape: Tape<'_>, source: BookSource, times: &[i64]) -> Vec<f64> {
    let (mut feed, mut view) = (Feed::new(tape, source), View::new(source));
    let mut mid = f64::NAN;
    let mut at_time = |&time: &i64| {
        while feed.venue_time() <= time && feed.venue_time() != i64::MAX {
            let event = feed.take_venue();
            view.on_event(&event);
            if event.flags & LAST != 0 && (event.kind.makes_book() || matches!(event.kind, Kind::Quote | Kind::Trade)) {
                mid = trusted_mid(&view, source);
            }
        }
        mid
    };
    times.iter().map(&mut at_time).collect()
}

fn trusted_mid(view: &View, source: BookSource) -> f64 {
    let known = match source {
        BookSource::Trades => view.last > 0,
        _ => view.touch().is_some(),
    };
    if known { view.mid() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use tradenode_core::event::{Event, GAP, SNAPSHOT, TapeColumns};
    use tradenode_core::orders::Side;

    use super::*;

    /// Rows of time, kind, side, price, flags; each of one lot.
    fn tape(rows: &[(i64, Kind, Side, i64, u8)]) -> TapeColumns {
        let mut columns = TapeColumns::with_capacity(rows.len());
        for &(at, kind, side, price, flags) in rows {
            columns.push(Event {
                ts_event: at,
                ts_recv: at + 5,
                kind,
                side: Some(side),
                flags,
                price,
                size: 1,
                sequence: 0,
                order_id: 0,
            });
        }
        columns
    }

    fn told(rows: &[(i64, Kind, Side, i64, u8)], source: BookSource, times: &[i64]) -> Vec<String> {
        mids(tape(rows).view(), source, times).iter().map(ToString::to_string).collect()
    }

    const BID: (Kind, Side) = (Kind::Depth, Side::Buy);
    const ASK: (Kind, Side) = (Kind::Depth, Side::Sell);

    #[test]
    fn a_book_has_a_mid_once_both_sides_are_there_and_its_message_is_whole() {
        let rows = [(10, BID.0, BID.1, 100, LAST), (20, ASK.0, ASK.1, 103, 0), (30, ASK.0, ASK.1, 102, LAST)];
        assert_eq!(
            told(&rows, BookSource::Depth, &[5, 10, 20, 29, 30, 99]),
            ["NaN", "NaN", "NaN", "NaN", "101", "101"]
        );
    }

    #[test]
    fn a_stale_or_crossed_book_has_none_and_a_locked_one_has() {
        let rows = [
            (10, BID.0, BID.1, 100, 0),
            (10, ASK.0, ASK.1, 102, LAST),
            (20, BID.0, BID.1, 102, LAST),
            (30, BID.0, BID.1, 103, LAST),
            (40, Kind::Clear, Side::Buy, 0, GAP),
            (40, BID.0, BID.1, 101, LAST),
            (50, BID.0, BID.1, 101, SNAPSHOT | LAST),
        ];
        assert_eq!(told(&rows, BookSource::Depth, &[10, 20, 30, 40, 50]), ["101", "102", "NaN", "NaN", "101.5"]);
    }

    #[test]
    fn quotes_and_trades_have_their_own() {
        let rows = [
            (10, Kind::Trade, Side::Buy, 90, LAST),
            (20, Kind::Quote, Side::Buy, 100, 0),
            (20, Kind::Quote, Side::Sell, 104, LAST),
        ];
        assert_eq!(told(&rows, BookSource::Trades, &[9, 10, 20]), ["NaN", "90", "90"]);
        assert_eq!(told(&rows, BookSource::Quotes, &[10, 20]), ["NaN", "102"]);
        assert_eq!(told(&rows, BookSource::Depth, &[20]), ["NaN"]);
    }
}
