//! Books against plain twins, over generated operations.

mod chance;
mod levels;
mod levels_twin;
mod orders;
mod orders_twin;
mod uncross;
