//! Runs over events: the market as it happens at the venue, as it is received, and orders in between.

mod desk;
mod engine;
mod feed;
mod maker;
mod owner;
mod strategy;
mod wire;

pub use desk::{Desk, Ticket, View};
pub use engine::{TickEngine, TickSpec};
pub use feed::Feed;
pub use maker::{Maker, MakerSpec};
pub use owner::OwnOrder;
pub use strategy::{Interest, TickStrategy};
pub use wire::Wire;

#[cfg(test)]
mod tests;
