//! Runs over events: the market as it happens at the venue, as it is received, and orders in between.

mod calls;
mod desk;
mod engine;
mod feed;
mod maker;
mod mids;
mod outcomes;
mod owner;
mod run;
mod spec;
mod strategy;
mod wire;

pub use desk::{Desk, Ticket, View};
pub use engine::{TickEngine, TickRun};
pub use feed::Feed;
pub use maker::{Maker, MakerSpec};
pub use mids::mids;
pub use outcomes::Outcomes;
pub use owner::OwnOrder;
pub use run::{run, run_maker};
pub use spec::{LatencySpec, TickSpec};
pub use strategy::{Interest, TickStrategy};
pub use wire::Wire;

#[cfg(test)]
mod tests;
