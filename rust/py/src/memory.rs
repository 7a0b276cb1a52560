//! How the process keeps the memory that it frees.

use pyo3::prelude::*;

/// So much freed memory at the top of the heap is kept for the next allocation.
const KEPT_MAX: i32 = 64 * 1024 * 1024;

/// Blocks below this come from the heap rather than from the system: glibc's own upper limit, which it reaches by
/// itself once a block of that size was freed.
const MAPPED_MIN: i32 = 32 * 1024 * 1024;

/// Tells the allocator to keep what a run frees: otherwise it goes back to the system, and the next run takes it page
/// by page, each of them cleared first (a fifth of the time of a run over a year of minutes). Someone who has set the
/// allocator's environment is left alone.
pub(crate) fn keep_freed() {
    limits(KEPT_MAX, MAPPED_MIN);
}

/// From now on blocks of at least this size come from the system.
const TABLE_MIN: i32 = 64 * 1024;

/// For a process that holds many books for long: the window of a book takes memory where it was written to, and no more.
#[pyfunction]
pub(crate) fn lazy_tables() {
    limits(KEPT_MAX, TABLE_MIN);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn limits(kept: i32, mapped: i32) {
    let chosen = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];
    if chosen.iter().any(|name| std::env::var_os(name).is_some()) {
        return;
    }
    // SAFETY: `mallopt` takes any two numbers and only changes when memory is given back.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, kept);
        libc::mallopt(libc::M_MMAP_THRESHOLD, mapped);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn limits(_: i32, _: i32) {}
