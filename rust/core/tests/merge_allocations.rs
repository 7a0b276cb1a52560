//! The merge of tapes allocates when it begins and never again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use tradenode_core::event::{Merge, Tape};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
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
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let mut sum = 0;
    for (tape, row) in merge {
        sum += tape + row;
    }
    let after = ALLOCATIONS.load(Ordering::Relaxed);
    assert_eq!(sum, 5 * (9_999 * 10_000 / 2) + 10 * 10_000);
    assert_eq!(after - before, 0);
}
