"""Faults of `[risk]` that lie between its keys and other tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from tradenode.config.data import Data
from tradenode.config.faults import Fault
from tradenode.config.values import near

INSTRUMENTS_SHOWN = 8
"""So many of the run's instruments a hint names."""


def risk_faults(tree: Mapping[str, object], data: Data | None) -> Iterator[Fault]:
    """What `[risk]` says of instruments that are not traded, and hours that never are.

    `tree` holds the document's plain values; a table that has faults is None.
    """
    table = tree.get("risk")
    if not isinstance(table, dict):
        return
    yield from _of_instruments(table.get("instruments"), data)
    if table.get("trading_hours") == []:
        message = "`trading_hours` is empty: there would be nothing to trade in"
        yield Fault(message=message, path=("risk", "trading_hours"), hint="leave it out to trade at all hours")


def _of_instruments(tables: Any, data: Data | None) -> Iterator[Fault]:
    if data is None or not isinstance(tables, dict):
        return
    for name, table in tables.items():
        path = ("risk", "instruments", name)
        if name not in data.instruments:
            whole = next((known for known in data.instruments if known.rpartition("/")[2] == name), None)
            close = f"did you mean `{whole}`?" if whole else near(name, data.instruments)
            hint = close or f"they are {', '.join(data.instruments[:INSTRUMENTS_SHOWN])}"
            yield Fault(message=f"`{name}` is not one of the run's instruments", path=path, part="key", hint=hint)
        elif table == {}:
            hint = "max_position, max_notional, max_order_notional or max_open_orders"
            yield Fault(message=f"no limit of `{name}` is given", path=path, part="key", hint=hint)
