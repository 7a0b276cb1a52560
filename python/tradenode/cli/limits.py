"""The limits and protections of a config and the worst of its days, as `tradenode check` tells them."""

from collections.abc import Sequence
from decimal import Decimal

from tradenode.cli import console
from tradenode.config.values import plain
from tradenode.config.worst_day import AccountDay, WorstDay
from tradenode.messages.limits import BoundLimit
from tradenode.messages.protections import BoundProtection
from tradenode.messages.wording import money, percent, short_duration


def limits_text(limits: Sequence[BoundLimit]) -> str:
    """A table: each limit, its value, and the line that sets it."""
    if not limits:
        return "no limit binds but the account's margin"
    rows = [(each.name, _value(each), "default" if each.line is None else f"line {each.line}") for each in limits]
    return console.table(("limit", "at most", "set by"), rows, left=3)


def protections_text(protections: Sequence[BoundProtection]) -> str:
    """A table: each protection, what it locks and for how long, what it judges by, and the line that sets it."""
    rows = [
        (
            each.kind,
            ("all" if each.scope == "global" else "instrument") + (", side" if each.per_side else ""),
            f"to {each.unlock_at} UTC" if each.lock_ns is None else _lock(each.lock_ns),
            ", ".join(_setting(name, value) for name, value in each.settings.items()),
            f"line {each.line}",
        )
        for each in protections
    ]
    return console.table(("protection", "locks", "for", "by", "set by"), rows, left=5)


def _lock(ns: int) -> str:
    return short_duration(ns) if ns else "as long as it lasts"


def _setting(name: str, value: float | int | str) -> str:
    plain_name, ns, _ = name.partition("_ns")
    if isinstance(value, str):
        return f"{plain_name} {value}"
    return f"{plain_name} {short_duration(value) if ns else _digits(value)}"


def _value(limit: BoundLimit) -> str:
    value = limit.value
    if isinstance(value, str):
        return f"{value} {limit.unit}".rstrip()
    if limit.unit == "ratio":
        return f"{plain(Decimal(repr(value)).scaleb(2))} %"
    if limit.unit == "s":
        return short_duration(value * 1e9)
    return f"{_digits(value)} {limit.unit}"


def _digits(value: float) -> str:
    whole, point, fraction = plain(Decimal(repr(value))).partition(".")
    return f"{int(whole):,}{point}{fraction}"


def worst_day_text(day: WorstDay) -> str:
    """What a day can cost, and where it comes from."""
    equity, rest = money(day.equity, day.currency), _beyond(day)
    if day.limit is None:
        more = " or more, as what is short or on credit can lose more than there is" if day.beyond_equity else ""
        return f"the most that a day can lose: all of {equity}{more}; no limit on losses binds\n  {rest}"
    part = percent(day.part, signed=False)
    return (
        f"the most that a day can lose: {money(day.loss, day.currency)}, and what open positions lose beyond that\n"
        f"  = {day.limit} {part} of the equity of {equity}; then no new risk is taken, but nothing is closed\n  {rest}"
    )


def account_text(limits: Sequence[BoundLimit], day: AccountDay) -> str:
    """The limits of a node's account and what a day can cost it."""
    table = limits_text(limits) if limits else "no limit of the account binds but its margin"
    whole = "what its strategies begin with together" if day.capital is None else money(day.capital, day.currency)
    if day.limit is None:
        return (
            f"the account of the node\n{table}\nthe most that a day can lose in all: {whole}; no limit on losses binds"
        )
    share = f"{percent(day.part, signed=False)} of {whole}"
    amount = share if day.loss is None else f"{money(day.loss, day.currency)} = {share}"
    return (
        f"the account of the node\n{table}\nthe most that a day can lose in all: {amount} ({day.limit}), and what open"
        " positions lose beyond that; then no strategy takes new risk, but nothing is closed"
    )


def _beyond(day: WorstDay) -> str:
    apart = f", at most {money(day.position, day.currency)} in one instrument" if day.position < day.held else ""
    held = f"{money(day.held, day.currency)} may be held{apart}"
    unknown = f" ({', '.join(day.uncounted)} may allow less)" if day.uncounted else ""
    cost = f"a gap of {percent(day.gap, 0, signed=False)} through every stop costs {money(day.gap_loss, day.currency)}"
    return f"{held}{unknown}: {cost}; no limit bounds it"
