//! Money in runs over events: on hand-made tapes with figures worked out by hand, and beside a plain twin.

mod stage;
mod tables;
mod twin;
