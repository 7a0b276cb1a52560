//! The venue on hand-made tapes, and on whatever tapes and requests can be drawn.

mod any_tape;
mod by_order;
mod drawn_orders;
mod links;
mod queue;
mod stage;
mod stretches;
mod taking;
mod trust;
mod waiting;
