"""The most that a configuration can lose in a day: what the limits on losses let go, and what they cannot bound."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.account_limits import account_binding
from tradenode.config.instruments import InstrumentTable
from tradenode.config.limits import binding
from tradenode.config.model import Config
from tradenode.config.risk import InstrumentRisk

GAP = Decimal("0.1")
"""The adverse jump of every price whose cost is told."""

OF_LOSSES = ("max_daily_loss", "max_daily_drawdown", "max_drawdown")
"""Limits that end new risk within a day; from the start of a run each is a part of the same equity."""


class WorstDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day's losses, money in the account's currency, for the equity at the start.

    A limit on losses only ends new risk: what is open is not closed by it, and a price can jump past every stop. What
    is lost beyond the limit is therefore told for one jump, and bounded by nothing.

    Attributes:
        currency: the account's.
        equity: at the start.
        limit: the limit on losses that is passed first; None where none binds, and all can be lost.
        part: its value, a part of the equity; 1 where none binds.
        loss: that part of the equity.
        beyond_equity: whether more than the equity can be lost: something is sold short, or bought on credit.
        position: the largest notional of one instrument that the limits allow.
        held: that of all positions together.
        gap: the jump of prices, a part of them.
        gap_loss: what it costs on all that may be held.
        uncounted: limits on quantities, which bound what may be held besides; their worth depends on the price.
    """

    currency: str
    equity: float
    limit: str | None
    part: float
    loss: float
    beyond_equity: bool
    position: float
    held: float
    gap: float
    gap_loss: float
    uncounted: list[str]


class AccountDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day's losses of all strategies of a node together, before their account takes no new risk.

    Attributes:
        currency: the account's.
        capital: what it trades with; None where that is what the strategies count on together.
        limit: the limit on losses of the account that is passed first; None where none binds.
        part: its value, a part of the capital; 1 where none binds.
        loss: that part of the capital, where it is known.
    """

    currency: str
    capital: float | None
    limit: str | None
    part: float
    loss: float | None


def account_day(config: Config) -> AccountDay | None:
    """What a day can cost a node in all; None for a config without `[node.risk]`."""
    if (table := config.node.risk) is None:
        return None
    first, part = _first_loss(account_binding(table))
    capital = None if table.capital is None else float(table.capital)
    loss = None if table.capital is None else float(part * table.capital)
    return AccountDay(currency=config.account.currency, capital=capital, limit=first, part=float(part), loss=loss)


def _first_loss(limits: Mapping[str, Any]) -> tuple[str | None, Decimal]:
    """The limit on losses that is passed first, and its value; 1 where there is none."""
    parts = {name: limits[name] for name in OF_LOSSES if name in limits}
    first = min(parts, key=lambda name: parts[name], default=None)
    return first, Decimal(1) if first is None else parts[first]


def worst_day(config: Config) -> WorstDay:
    """What a day can cost; an instrument without a margin of its own in the config allows the account's leverage."""
    limits, equity = binding(config), config.account.cash
    first, part = _first_loss(limits)
    caps = [_cap(config, limits, name) for name in config.data.instruments]
    held = _held(config, limits, caps)
    return WorstDay(
        currency=config.account.currency,
        equity=float(equity),
        limit=first,
        part=float(part),
        loss=float(part * equity),
        beyond_equity=held > equity or _sells_short(config),
        position=float(min(max(caps), held)),
        held=float(held),
        gap=float(GAP),
        gap_loss=float(GAP * held),
        uncounted=_quantities(config, limits),
    )


def _leverage(config: Config, name: str) -> Decimal:
    """Notional over equity that the margin of an instrument allows."""
    margin = config.instruments.get(name, InstrumentTable()).initial_margin
    own = config.account.leverage
    return own if margin is None else min(own, 1 / margin)


def _shares_margin(config: Config) -> bool:
    """Whether the gate looks at limits on all positions together."""
    return config.venue.margin != "isolated"


def _cap(config: Config, limits: dict[str, Any], name: str) -> Decimal:
    """The largest notional of an instrument."""
    equity, own = config.account.cash, config.risk.instruments.get(name, InstrumentRisk())
    bounds = [equity * _leverage(config, name), own.max_notional or limits.get("max_notional")]
    if _shares_margin(config):
        bounds += [equity * limits[key] for key in ("max_leverage", "max_concentration") if key in limits]
        bounds.append(limits.get("max_gross_exposure"))
    return min(bound for bound in bounds if bound is not None)


def _held(config: Config, limits: dict[str, Any], caps: list[Decimal]) -> Decimal:
    """The largest sum of the notionals of all positions."""
    equity = config.account.cash
    legs = 2 if config.venue.positions == "hedging" else 1
    several = sorted(caps * legs, reverse=True)[: limits.get("max_open_positions")]
    bounds = [sum(several, Decimal(0)), equity * max(_leverage(config, name) for name in config.data.instruments)]
    if _shares_margin(config):
        bounds += [equity * limits["max_leverage"]] if "max_leverage" in limits else []
        bounds += [limits["max_gross_exposure"]] if "max_gross_exposure" in limits else []
    return min(bounds)


def _sells_short(config: Config) -> bool:
    """Whether it may sell what it does not have: a strategy in Python may."""
    return config.entry.long is None or config.entry.short is not None


def _quantities(config: Config, limits: dict[str, Any]) -> list[str]:
    tables = config.risk.instruments.items()
    own = [f"instruments.{name}.max_position" for name, table in tables if table.max_position is not None]
    return [*(["max_position"] if "max_position" in limits else []), *own]
