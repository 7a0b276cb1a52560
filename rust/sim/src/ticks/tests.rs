//! Runs over hand-made tapes.
