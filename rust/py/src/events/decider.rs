//! What decides on events: call-backs of a Python object, or the rules of the description, which Python may only size.

use std::rc::Rc;

use pyo3::prelude::*;
use serde::{Deserialize, Serialize};
use tradenode_core::bars::TradeBar;
use tradenode_core::event::Event;
use tradenode_core::instrument::Instrument;
use tradenode_sim::error::{RunError, StateError};
use tradenode_sim::sizing::Sizer;
use tradenode_sim::ticks::{self, Interest, RuleState, RuleTrader, TickSpec, TickStrategy};
use tradenode_sim::venue::Report;

use super::callback::EventCallback;
use super::kept::CallbackState;
use crate::backtest::raise;
use crate::policy::{Failures, Policy};
use crate::sizer::PythonSizer;

/// One of the two.
#[expect(clippy::large_enum_variant, reason = "there is one a trader, and it stays where it is")]
pub(crate) enum Decider {
    Calls(EventCallback),
    Rules(RuleTrader, Rc<Failures>),
}

/// The state of a [`Decider`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one at a time, and not for long")]
pub(crate) enum DeciderState {
    Calls(CallbackState),
    Rules {
        rules: RuleState,
        begun: bool,
        /// How often its sizes have failed, and whether for good.
        errors: u32,
        failed: bool,
    },
}

impl Decider {
    /// The rules, where the description has some, sized by the strategy, where there is one; else its call-backs.
    pub(crate) fn new(spec: &TickSpec, strategy: Option<&Bound<'_, PyAny>>, policy: Policy) -> PyResult<Self> {
        match strategy {
            Some(strategy) if spec.plan.is_none() => EventCallback::new(strategy, policy).map(Self::Calls),
            strategy => {
                let failures = Rc::new(Failures::new(policy));
                let sizer = strategy.map(|given| PythonSizer::new(given, Rc::clone(&failures))).transpose()?;
                let sizer = sizer.map(|sizer| Box::new(sizer) as Box<dyn Sizer>);
                RuleTrader::new(spec, sizer).map(|rules| Self::Rules(rules, failures)).map_err(raise)
            }
        }
    }

    /// What the strategy logged: instrument, time and line.
    pub(crate) fn logs(&self, py: Python<'_>) -> Vec<(usize, i64, String)> {
        match self {
            Self::Calls(calls) => calls.logs(py),
            Self::Rules(_, failures) => failures.take_log(),
        }
    }

    /// From now on it does nothing.
    pub(crate) const fn retire(&mut self) {
        match self {
            Self::Calls(calls) => calls.retire(),
            Self::Rules(rules, _) => rules.retire(),
        }
    }

    /// From now on it acts again.
    pub(crate) fn recall(&mut self) {
        match self {
            Self::Calls(calls) => calls.recall(),
            Self::Rules(rules, failures) => {
                failures.retired().set(false);
                rules.recall();
            }
        }
    }

    /// Whether it does nothing.
    pub(crate) const fn is_retired(&self) -> bool {
        match self {
            Self::Calls(calls) => calls.is_retired(),
            Self::Rules(rules, _) => rules.is_retired(),
        }
    }

    /// The state as of now.
    pub(crate) fn state(&mut self, py: Python<'_>, begun: bool) -> DeciderState {
        match self {
            Self::Calls(calls) => DeciderState::Calls(calls.state(py)),
            Self::Rules(rules, failures) => DeciderState::Rules {
                rules: rules.state(),
                begun,
                errors: failures.errors().get(),
                failed: failures.retired().get(),
            },
        }
    }

    /// Takes over a state, of one that was made alike; whether that had begun. The strategy is not called.
    pub(crate) fn restore(&mut self, py: Python<'_>, desks: &[Instrument], state: DeciderState) -> PyResult<bool> {
        match (self, state) {
            (Self::Calls(calls), DeciderState::Calls(state)) if state.is_sound(desks.len()) => {
                calls.restore(py, desks, state)?;
                Ok(calls.has_begun())
            }
            (Self::Rules(rules, failures), DeciderState::Rules { rules: state, begun, errors, failed }) => {
                rules.restore(state).map_err(refused)?;
                failures.errors().set(errors);
                failures.retired().set(failed);
                Ok(begun)
            }
            (Self::Calls(_), DeciderState::Calls(_)) => Err(refused(StateError::Broken("strategy's orders"))),
            (Self::Calls(_), _) => Err(refused(other("rules", "call-backs"))),
            (Self::Rules(..), _) => Err(refused(other("call-backs", "rules"))),
        }
    }

    /// Whether one of the two can go on where the other has stopped.
    pub(crate) fn can_follow(&self, before: &Self) -> Result<(), StateError> {
        match (self, before) {
            (Self::Calls(_), Self::Calls(_)) | (Self::Rules(..), Self::Rules(..)) => Ok(()),
            (Self::Calls(_), _) => Err(other("rules", "call-backs")),
            (Self::Rules(..), _) => Err(other("call-backs", "rules")),
        }
    }

    /// Takes over what the other one has under way, which it [can](Self::can_follow); for one that has not begun.
    pub(crate) fn take_over(&mut self, before: &mut Self) {
        match (self, before) {
            (Self::Calls(calls), Self::Calls(before)) => calls.take_desks(before),
            (Self::Rules(rules, failures), Self::Rules(before, failed)) => {
                rules.take_over(before);
                failures.errors().set(failed.errors().get());
                failures.retired().set(failed.retired().get());
            }
            (Self::Calls(_) | Self::Rules(..), _) => {}
        }
    }

    /// Follows a policy that has everything closed once the sizes of rules have failed.
    fn follow(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        match self {
            Self::Rules(rules, failures) if failures.retired().get() => rules.give_up(desk),
            _ => Ok(()),
        }
    }
}

/// A state that is not taken over, as Python is told.
pub(crate) fn refused(error: StateError) -> PyErr {
    raise(RunError::State(Box::new(error)))
}

fn other(was: &str, is: &str) -> StateError {
    StateError::Other { what: "strategy", was: format!("one of {was}"), is: format!("of {is}") }
}

impl TickStrategy for Decider {
    fn interest(&self) -> Interest {
        match self {
            Self::Calls(calls) => calls.interest(),
            Self::Rules(rules, _) => rules.interest(),
        }
    }

    fn on_start(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_start(desk),
            Self::Rules(rules, _) => rules.on_start(desk),
        }
    }

    #[inline]
    fn on_trade(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, trade: &Event) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_trade(desk, instrument, trade),
            Self::Rules(rules, _) => {
                rules.on_trade(desk, instrument, trade)?;
                self.follow(desk)
            }
        }
    }

    #[inline]
    fn on_bar(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, bar: &TradeBar) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_bar(desk, instrument, bar),
            Self::Rules(rules, _) => rules.on_bar(desk, instrument, bar),
        }
    }

    fn on_funding(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize, funding: &Event) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_funding(desk, instrument, funding),
            Self::Rules(rules, _) => rules.on_funding(desk, instrument, funding),
        }
    }

    #[inline]
    fn on_book(&mut self, desk: &mut ticks::Desk<'_>, instrument: usize) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_book(desk, instrument),
            Self::Rules(rules, _) => rules.on_book(desk, instrument),
        }
    }

    fn on_timer(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_timer(desk),
            Self::Rules(rules, _) => rules.on_timer(desk),
        }
    }

    #[inline]
    fn on_report(&mut self, desk: &mut ticks::Desk<'_>, report: &Report) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_report(desk, report),
            Self::Rules(rules, _) => {
                rules.on_report(desk, report)?;
                self.follow(desk)
            }
        }
    }

    fn on_stop(&mut self, desk: &mut ticks::Desk<'_>) -> Result<(), RunError> {
        match self {
            Self::Calls(calls) => calls.on_stop(desk),
            Self::Rules(rules, _) => rules.on_stop(desk),
        }
    }
}
