//! The merge of tapes allocates when it begins and never again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tradenode_core::event::{Merge, Tape};

struct Counting;

thread_local! {
    /// Of this thread: the harness has threads of its own.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn nothing_is_allocated_per_event() {
    let times: Vec<Vec<i64>> = (0..5).map(|tape| (0..10_000).map(|row| row * (tape + 1)).collect()).collect();
    let tapes: Vec<_> = times.iter().map(|ts| Tape { ts_event: ts, ts_recv: ts, ..Tape::default() }).collect();
    let merge = Merge::new(tapes);
    let before = ALLOCATIONS.get();
    let mut sum = 0;
    for (tape, row) in merge {
        sum += tape + row;
    }
    let after = ALLOCATIONS.get();
    assert_eq!(sum, 5 * (9_999 * 10_000 / 2) + 10 * 10_000);
    assert_eq!(after - before, 0);
}
