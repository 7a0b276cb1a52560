"""Why the risk gate refused an order, in plain words, its numbers in their units."""

import math
from collections.abc import Callable

from tradenode.messages.wording import money, number, percent, short_duration


def _ratio(value: float, currency: str) -> str:
    return percent(value, signed=False)


def _times(value: float, currency: str) -> str:
    return f"{number(value, 3)} times the equity"


def _seconds(value: float, currency: str) -> str:
    return short_duration(value * 1e9)


def _plain(value: float, currency: str) -> str:
    return number(value, 0 if value == int(value) else 4)


def _price(value: float, currency: str) -> str:
    return number(value, 4)


Unit = Callable[[float, str], str]
_QUANTITY = _COUNT = _plain
_MONEY: Unit = money

CHECKS: dict[str, tuple[str, Unit | None]] = {
    "instrument": ("the instrument is unknown or cannot be traded now", None),
    "account": ("the account is not known", None),
    "price_grid": ("the price is not above zero or off the grid", _price),
    "order_size": ("smaller or larger than an order may be, or nothing to reduce", _QUANTITY),
    "no_price": ("there is no price to judge it by", None),
    "stale_quote": ("the last quote is too old", _seconds),
    "broken_book": ("the book misses messages or is crossed", None),
    "collar": ("the price is too far on the wrong side of the market", _ratio),
    "price_band": ("the price is too far from the last one", _ratio),
    "duplicate": ("the same order was sent just before", _seconds),
    "self_trade": ("it would meet an order of ours", _price),
    "halted": ("trading is halted", None),
    "max_drawdown": ("the equity has fallen too far from its peak", _ratio),
    "max_daily_loss": ("the day has lost too much", _ratio),
    "max_daily_drawdown": ("the equity has fallen too far from the day's peak", _ratio),
    "max_consecutive_losses": ("too many trades in a row have lost", _COUNT),
    "trading_hours": ("outside of the trading hours", None),
    "locked": ("a protection has locked it", None),
    "max_orders_per_second": ("too many orders within a second", _COUNT),
    "max_orders_per_minute": ("too many orders within a minute", _COUNT),
    "max_cancels_per_second": ("too many cancels within a second", _COUNT),
    "unknown_order": ("the order to cancel is not open", None),
    "max_open_orders": ("too many open orders in the instrument", _COUNT),
    "min_notional": ("worth less than an order must be", _MONEY),
    "max_order_notional": ("worth more than an order may be", _MONEY),
    "max_position": ("the position would be too large", _QUANTITY),
    "max_notional": ("the position would be worth too much", _MONEY),
    "max_open_positions": ("too many positions would be open", _COUNT),
    "max_gross_exposure": ("all positions together would be worth too much", _MONEY),
    "max_net_exposure": ("too much would be left of long and short set against each other", _MONEY),
    "max_leverage": ("all positions together would be worth too much for the equity", _times),
    "max_concentration": ("too much of the equity would be in one asset", _times),
    "max_correlated": ("too much of the equity would be in what moves together", _times),
    "margin": ("the equity does not cover the margin and the fee", _MONEY),
    "undefined": ("a rule gave no price, or no distance for a stop or a target", None),
}
"""By the core's name of a check: what it says, and how its numbers are read; None where they say nothing."""


def refusal_words(check: str) -> str:
    """What a check says; its name where it is not known."""
    return CHECKS.get(check, (check.replace("_", " "), None))[0]


def refusal_figures(check: str, value: float, limit: float, currency: str) -> str:
    """The value that was refused and the limit, in the check's unit; empty where there are none.

    Args:
        check: the core's name.
        value: as the core gives it: ratios as parts, times in seconds.
        limit: likewise.
        currency: the account's.
    """
    unit = CHECKS.get(check, ("", None))[1]
    if unit is None or not (math.isfinite(value) and math.isfinite(limit)):
        return ""
    return f"{unit(value, currency)}, limit {unit(limit, currency)}"
