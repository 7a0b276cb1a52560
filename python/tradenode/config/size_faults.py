"""Faults of a size that show only beside the stops and the account's leverage."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tradenode.config.account import Account
from tradenode.config.exits import Exits
from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.size import EqualRisk, EquityFraction, Kelly, RiskPerTrade, Size
from tradenode.config.values import plain

_STOP_HINT = 'add stop_loss = "2%" to `[exits]`'


def size_faults(
    size: Size, written: Mapping[str, object], path: Path, exits: Exits | None, account: Account | None
) -> Iterator[Fault]:
    """What does not go together with a size at `path`; `written` are its plain values, tables with faults are None."""
    if exits is not None:
        yield from _of_stops(size, path, exits)
    if account is None:
        return
    leveraged = {"fraction": size.fraction} if isinstance(size, EquityFraction) else {}
    if isinstance(size, Kelly):
        leveraged = {"initial": size.initial, "cap": size.cap}
    if size.max_position_percent is not None:
        leveraged["max_position_percent"] = size.max_position_percent
    for key, part in leveraged.items():
        if part > account.leverage:
            yield _leverage(part, account.leverage, (*path, key), bare=not isinstance(written[key], str))


def _of_stops(size: Size, path: Path, exits: Exits) -> Iterator[Fault]:
    if isinstance(size, RiskPerTrade) and exits.stop_loss is None:
        message = "`risk_per_trade` sizes by the distance to the stop, and there is none"
        yield Fault(message=message, path=(*path, "kind"), hint=_STOP_HINT)
    if not isinstance(size, EqualRisk):
        return
    # A trailing stop with an offset does not stand at the entry.
    trailing = exits.trailing is not None and exits.trailing.offset == 0
    if exits.stop_loss is None and not trailing and size.distance is None:
        message = "`equal_risk` sizes by the distance to the stop, and there is none"
        hint = f'{_STOP_HINT}, or distance = "2 * atr(14)" here'
        yield Fault(message=message, path=(*path, "kind"), hint=hint)
    elif (exits.stop_loss is not None or trailing) and size.distance is not None:
        message = "`distance` is for runs without a stop: the stop in `[exits]` says what is at risk"
        yield Fault(message=message, path=(*path, "distance"), part="key", hint="keep one of them")


def _leverage(part: Decimal, leverage: Decimal, path: Path, *, bare: bool) -> Fault:
    message = (
        f"{plain(part * 100)}% of the equity needs a leverage of {plain(part)}; the account's is {plain(leverage)}"
    )
    meant = bare and part / 100 <= leverage
    hint = f'did you mean "{plain(part)}%"?' if meant else "raise `leverage` in `[account]`"
    return Fault(message=message, path=path, hint=hint)
