"""An actor-based, low-latency crypto trading node with a Rust core."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradenode._core import Bar, Desk, Fill, Funding, Intent, Order, PriceBook, Proposal, Trade
    from tradenode.research.backtest import backtest
    from tradenode.research.sweep import sweep
    from tradenode.strategy.bar_strategy import BarStrategy, Signals
    from tradenode.strategy.callback import Strategy
    from tradenode.strategy.knob import knob
    from tradenode.strategy.rules import Rules
    from tradenode.strategy.subscription import every

__all__ = [
    "Bar",
    "BarStrategy",
    "Desk",
    "Fill",
    "Funding",
    "Intent",
    "Order",
    "PriceBook",
    "Proposal",
    "Rules",
    "Signals",
    "Strategy",
    "Trade",
    "backtest",
    "every",
    "knob",
    "sweep",
]

_PLACES = {
    "Bar": "tradenode._core",
    "BarStrategy": "tradenode.strategy.bar_strategy",
    "Desk": "tradenode._core",
    "Fill": "tradenode._core",
    "Funding": "tradenode._core",
    "Intent": "tradenode._core",
    "Order": "tradenode._core",
    "PriceBook": "tradenode._core",
    "Proposal": "tradenode._core",
    "Rules": "tradenode.strategy.rules",
    "Signals": "tradenode.strategy.bar_strategy",
    "Strategy": "tradenode.strategy.callback",
    "Trade": "tradenode._core",
    "backtest": "tradenode.research.backtest",
    "every": "tradenode.strategy.subscription",
    "knob": "tradenode.strategy.knob",
    "sweep": "tradenode.research.sweep",
}


def __getattr__(name: str) -> Any:
    """What the package offers is imported when it is first used, so that importing the package costs nothing."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tradenode' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
