//! How the process keeps the memory that it frees.

/// So much freed memory at the top of the heap is kept for the next allocation.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_MAX: i32 = 64 * 1024 * 1024;

/// Blocks below this come from the heap rather than from the system: glibc's own upper limit, which it reaches by
/// itself once a block of that size was freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_MIN: i32 = 32 * 1024 * 1024;

/// Tells the allocator to keep what a run frees: otherwise it goes back to the system, and the next run takes it page
/// by page, each of them cleared first (a fifth of the time of a run over a year of minutes). Someone who has set the
/// allocator's environment is left alone.
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let chosen = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];
        if chosen.iter().any(|name| std::env::var_os(name).is_some()) {
            return;
        }
        // SAFETY: `mallopt` takes any two numbers and only changes when memory is given back; it is called once, while
        // the module is imported.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_MAX);
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_MIN);
        }
    }
}
