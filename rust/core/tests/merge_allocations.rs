//! The merge of tapes allocates when it begins and never again.

mod counting;

use counting::allocations;
use tradenode_core::event::{Merge, Tape};

#[test]
fn nothing_is_allocated_per_event() {
    let times: Vec<Vec<i64>> = (0..5).map(|tape| (0..10_000).map(|row| row * (tape + 1)).collect()).collect();
    let tapes: Vec<_> = times.iter().map(|ts| Tape { ts_event: ts, ts_recv: ts, ..Tape::default() }).collect();
    let merge = Merge::new(tapes);
    let mut sum = 0;
    let counted = allocations(|| merge.for_each(|(tape, row)| sum += tape + row));
    assert_eq!(sum, 5 * (9_999 * 10_000 / 2) + 10 * 10_000);
    assert_eq!(counted, 0);
}
