"""What a call-back strategy is called for, and how often: a method that it defines is a subscription."""

from collections.abc import Callable
from typing import Any, TypeVar

from tradenode.errors import ConfigError
from tradenode.messages.span import span_ns
from tradenode.strategy.callback import Strategy
from tradenode.strategy.knob import Knob

Method = TypeVar("Method", bound=Callable[..., None])

_THROTTLED = ("on_trade", "on_book")
_TIMED = ("on_bar", "on_timer")
_PLAIN = ("on_start", "on_fill", "on_order", "on_funding", "on_stop")


def every(interval: str) -> Callable[[Method], Method]:
    """Says how often a call-back is wanted: `@every("100ms")`, or a knob of the class, `@every(pace)`.

    For `on_timer` the time between calls, at whole multiples of it since 1970 UTC; for `on_bar` the length of the bars,
    made of the trades that are received; for `on_book` and `on_trade` the least time between two calls: what happens in
    between calls nothing.
    """

    def mark(method: Method) -> Method:
        method.every = interval  # type: ignore[attr-defined]
        return method

    return mark


def wanted(strategy: object) -> dict[str, int]:
    """The call-backs that a strategy has, each with its interval in ns, 0 where it has none; for runs over events.

    Raises:
        ConfigError: `on_timer` or `on_bar` without an interval, one elsewhere, one that is no length of time; a
            `custom_size`, which nobody would ask.
    """
    if has(strategy, "custom_size"):
        name = type(strategy).__name__
        message = f"{name}.custom_size is for rules, or runs over bars: a call-back on events gives the quantity"
        raise ConfigError(message)
    found = {name: _interval(strategy, name) for name in (*_PLAIN, *_THROTTLED, *_TIMED) if has(strategy, name)}
    if not any(name in found for name in (*_THROTTLED, *_TIMED, "on_funding")):
        name = type(strategy).__name__
        raise ConfigError(f"{name} is never called: it has none of {', '.join((*_TIMED, *_THROTTLED))}")
    return found


def has(strategy: object, name: str) -> bool:
    """Whether a strategy defines the call-back of that name."""
    own = getattr(type(strategy), name, None)
    return callable(own) and own is not getattr(Strategy, name)


def _interval(strategy: object, name: str) -> int:
    given: Any = getattr(getattr(type(strategy), name), "every", None)
    place = f"{type(strategy).__name__}.{name}"
    if given is None:
        if name in _TIMED:
            raise ConfigError(f"{place} does not say how often it is called", hint=f'@every("1s") above def {name}')
        return 0
    if name in _PLAIN:
        raise ConfigError(f"{place} is called whenever there is something to tell: it takes no @every")
    text = getattr(strategy, given.name) if isinstance(given, Knob) else given
    try:
        length = span_ns(text)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    if length == 0 and name in _TIMED:
        raise ConfigError(f"{place}: @every must be above zero, got {text!r}")
    return length
