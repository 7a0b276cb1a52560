"""An actor-based, low-latency crypto trading node with a Rust core."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradenode.research.backtest import backtest

__all__ = ["backtest"]

_PLACES = {"backtest": "tradenode.research.backtest"}


def __getattr__(name: str) -> Any:
    """What the package offers is imported when it is first used, so that importing the package costs nothing."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tradenode' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
