"""What the gate over the strategies of an account is made of: `[node.risk]` of the first config, what they trade."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.account_limits import account_limits
from tradenode.config.faults import Fault
from tradenode.config.node_risk import NodeRisk
from tradenode.config.values import near, plain
from tradenode.errors import ConfigError
from tradenode.messages.node import AccountLife, SeatLife
from tradenode.node.assembly import Given

HINT = "one account has one currency, and one mode of positions and of margins; give it a node of its own"


def account_life(givens: Sequence[Given], seats: Sequence[SeatLife]) -> AccountLife | None:
    """The gate's description, of the configs and seats on one venue; None for a single one without `[node.risk]`.

    Raises:
        ConfigError: strategies that cannot share an account, a later config with limits of the account, limits of
            instruments that nobody trades.
    """
    for given in givens[1:]:
        if given.config.node.risk is not None:
            fault = Fault(
                message="the account's limits are those of the first config on its venue", path=("node", "risk")
            )
            raise given.source.error([fault])
    table = givens[0].config.node.risk
    if table is None and len(seats) == 1:
        return None
    specs = [msgspec.json.decode(seat.spec) for seat in seats]
    instruments = _instruments(specs)
    limits = {} if table is None else account_limits(table, _named(givens[0], table, instruments))
    spec = {
        "currency": _common(seats, specs, "currency", lambda spec: spec["account"]["currency"]),
        "leverage": max((str(spec["account"].get("leverage", "1")) for spec in specs), key=Decimal),
        "instruments": list(instruments.values()),
        "limits": limits,
    }
    return AccountLife(
        msgspec.Raw(msgspec.json.encode(spec)),
        isolated=_common(seats, specs, "margin", lambda spec: spec.get("margin", "cross")) == "isolated",
        hedging=_common(seats, specs, "positions", lambda spec: spec.get("positions", "netting")) == "hedging",
        capital="" if table is None or table.capital is None else plain(table.capital),
    )


def _instruments(specs: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is traded by symbol, as the first seat describes it that trades it; margins are the least of all seats'."""
    found: dict[str, dict[str, Any]] = {}
    for spec in specs:
        for each in spec["instruments"]:
            there = found.setdefault(each["symbol"], dict(each))
            there["initial_margin"] = min(_margin(there), _margin(each), key=Decimal)
    return found


def _margin(instrument: Mapping[str, Any]) -> str:
    return str(instrument.get("initial_margin", "1"))


def _common(seats: Sequence[SeatLife], specs: Sequence[dict[str, Any]], what: str, of: Any) -> str:
    """What all seats have in common."""
    words = [str(of(spec)) for spec in specs]
    other = next((place for place, word in enumerate(words) if word != words[0]), None)
    if other is not None:
        pair = f"{seats[0].name} has {words[0]}, {seats[other].name} {words[other]}"
        raise ConfigError(f"the strategies differ in `{what}`: {pair}", hint=HINT)
    return words[0]


def _named(given: Given, table: NodeRisk, instruments: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The symbol of each instrument with limits of its own, which are named as `[data]` does or by the symbol."""
    faults, named = [], {}
    for name in table.instruments:
        symbol = name.rpartition("/")[2]
        found = instruments.get(symbol)
        if found is None or name not in (symbol, f"{found.get('venue', '')}/{symbol}"):
            hint = near(name, list(instruments)) or f"they trade {', '.join(list(instruments)[:10])}"
            path = ("node", "risk", "instruments", name)
            message = f"no strategy of the account trades `{name}`"
            faults.append(Fault(message=message, path=path, part="key", hint=hint))
        named[name] = symbol
    if faults:
        raise given.source.error(faults)
    return named
