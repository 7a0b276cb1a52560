"""The instruments of a run in full: the config's tables over the catalogue's manifests over the defaults."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import msgspec

from tradenode.config.costs import Costs
from tradenode.config.faults import Fault
from tradenode.config.instruments import InstrumentTable
from tradenode.config.locate import Path
from tradenode.config.model import Config
from tradenode.config.values import RATE_PLACES, plain

FINEST_LOT = Decimal("0.00000001")
"""The quantity step where neither the config nor the volumes of the data give one."""


class Grid(msgspec.Struct, frozen=True):
    """What the catalogue knows of an instrument.

    Attributes:
        venue: its venue.
        symbol: its symbol.
        price_step: the finest decimal step of its prices, None where there is none.
        volume_step: that of its volumes.
    """

    venue: str
    symbol: str
    price_step: str | None
    volume_step: str | None


def contracts(config: Config, grids: Mapping[str, Grid]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The core's description of every instrument in the config's order, and what keeps it from being complete."""
    faults: list[Fault] = []
    described = []
    symbols: dict[str, str] = {}
    for index, name in enumerate(config.data.instruments):
        grid = grids[name]
        table = config.instruments.get(name, InstrumentTable())
        path: Path = ("instruments", name) if name in config.instruments else ("data", "instruments", index)
        contract, missing = _contract(config, name, table, grid, path)
        described.append(contract)
        faults += missing
        if grid.symbol in symbols:
            message = f"`{name}` has the symbol of `{symbols[grid.symbol]}`, by which a run tells instruments apart"
            faults.append(Fault(message=message, path=("data", "instruments", index)))
        symbols[grid.symbol] = name
    return described, faults


def _contract(
    config: Config, name: str, table: InstrumentTable, grid: Grid, path: Path
) -> tuple[dict[str, Any], list[Fault]]:
    faults: list[Fault] = []

    def needed(key: str, value: Any, hint: str) -> Any:
        if value is None:
            faults.append(Fault(message=f"`{name}` has no `{key}`", path=path, part="key", hint=hint))
        return value

    parts = grid.symbol.split("-")
    pair = f'write it in [instruments."{name}"]; a symbol like BTC-USD would say it'
    base = needed("base", table.base or (parts[0] if len(parts) > 1 else None), pair)
    quote = needed("quote", table.quote or (parts[1] if len(parts) > 1 else None), pair)
    settlement = table.settlement or (base if table.inverse else quote)
    tick = needed("tick", table.tick or grid.price_step, "its prices show no decimal step; write the exchange's")
    fees = {}
    for key in ("maker_fee", "taker_fee"):
        own, shared = getattr(table, key), _shared_fee(config.costs, key)
        hint = f'write {key} = "0.05%" in `[costs]`; 0 is allowed, but has to be said'
        fees[key] = needed(key, shared if own is None else own, hint)
    if settlement is not None and settlement != config.account.currency:
        message = f"`{name}` settles in {settlement}, the account holds {config.account.currency}"
        faults.append(Fault(message=message, path=("account", "currency")))
    initial = _initial_margin(table, config.account.leverage)
    maintenance = table.maintenance_margin
    if maintenance is None:
        maintenance = Decimal(0) if initial == 1 else _rate(initial / 2)
    contract = {
        "venue": table.venue or grid.venue,
        "symbol": grid.symbol,
        "base": base,
        "quote": quote,
        "settlement": settlement,
        "tick": tick,
        "lot": table.lot or grid.volume_step or FINEST_LOT,
        "min_quantity": table.min_quantity or 0,
        "max_quantity": table.max_quantity or 0,
        "min_notional": table.min_notional or 0,
        "multiplier": table.multiplier or 1,
        "inverse": bool(table.inverse),
        **fees,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
    }
    return {key: _text(value) for key, value in contract.items()}, faults


def _shared_fee(costs: Costs, key: str) -> Decimal | None:
    """The fee of instruments that give none; with tiers that of the first."""
    given: Decimal | None = getattr(costs, key)
    if given is None and costs.tiers:
        return costs.tiers[0].maker if key == "maker_fee" else costs.tiers[0].taker
    return given


def _initial_margin(table: InstrumentTable, leverage: Decimal) -> Decimal:
    """Without a margin of its own an instrument allows the account's whole leverage."""
    return _rate(1 / leverage) if table.initial_margin is None else table.initial_margin


def _rate(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-RATE_PLACES), ROUND_FLOOR)


def _text(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value
    return plain(Decimal(value)) if isinstance(value, Decimal | int) else value
