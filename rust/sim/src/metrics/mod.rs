//! The figures of a run, from its equity curve and its trades.
