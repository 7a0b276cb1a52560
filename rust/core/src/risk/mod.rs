//! The risk gate: the only maker of an [`Approved`] order.
//!
//! Every intent is checked in the order of [`Check::ALL`]: whether instrument, account and prices are known and sound, what
//! the order itself is, whether trading goes on, how fast, and what would be held. Open orders count as if they were
//! filled, from when they are approved, in the order that is worst. Where something that a check needs is not known, it
//! refuses.
//!
//! An intent that only shrinks its position is cut to the position and passes every limit on new risk; a halt it passes
//! if it is marked as reduce-only. A reduce-only one that does not meet the market at once may be as large as the position
//! and the open orders that could add to it: how much there is to reduce when it executes, the venue sees to.
//!
//! Where margins are isolated, the free balance must cover the margin of what an order would open; otherwise the equity
//! that of all positions. Where long and short are held side by side (hedging), each leg is a position of its own to
//! every limit, and their margins add up.

mod approved;
mod book;
mod exposure;
mod gate;
mod guarded;
mod hours;
mod intent_checks;
mod joint;
mod kill;
mod limits;
mod losses;
mod pace;
mod plenty;
mod refusal;
mod reload;
mod restart;
mod situation;
mod state;

pub use approved::{Approved, Permit};
pub use book::{RiskBook, RiskError, RiskSpec};
pub use gate::RiskGate;
pub use hours::Window;
pub use joint::{JointBook, JointError, JointRefusal, JointState, Part};
pub use kill::{CANCEL_AGAIN_NS, Command, Exposed, Kill, KillSwitch, LIMIT_NS, MARKET_AGAIN_NS};
pub use limits::{CorrelationLimits, InstrumentLimits, LimitError, Limits};
pub use losses::Losses;
pub use refusal::{Check, Refusal};
pub use restart::RiskState;
pub use situation::{Filled, Market, OpenOrders, Pending, Situation};
pub use state::{Latch, LatchError, StateChange, TradingState};
