//! Runs over events: the market as it happens at the venue, as it is received, and orders in between.

mod alarm;
mod calls;
mod clearing;
mod desk;
mod engine;
mod exchange;
mod feed;
mod glances;
mod joint;
mod kill;
mod liquidation;
mod lone_venue;
mod maker;
mod mids;
mod outcomes;
mod owner;
mod reload;
mod rules;
mod run;
mod settle;
mod spec;
mod state;
mod strategy;
mod terms;
mod trader;
mod view;
mod wire;

pub use desk::{Desk, Ticket};
pub use engine::{TickEngine, TickRun};
pub use feed::Feed;
pub use joint::Joint;
pub use lone_venue::LoneVenue;
pub use maker::{Maker, MakerSpec};
pub use mids::mids;
pub use outcomes::Outcomes;
pub use owner::OwnOrder;
pub use rules::{RuleState, RuleTrader};
pub use run::{run, run_described};
pub use spec::{LatencySpec, TickSpec};
pub use state::TraderState;
pub use strategy::{Interest, TickStrategy};
pub use terms::{LiquidationSpec, MarginMode, PositionMode};
pub use trader::Trader;
pub use view::View;
pub use wire::{News, Payment, Wire};

#[cfg(test)]
mod money_tests;
#[cfg(test)]
mod tests;
