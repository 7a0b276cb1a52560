"""Which layout a file has, told from what it holds."""

import csv
from importlib import import_module
from pathlib import Path

from tradenode.data.layouts.reading import Layout
from tradenode.data.streams import head
from tradenode.errors import ConfigError, DataError

MODULES = (
    "binance_capture",
    "hftbacktest",
    "lobster",
    "ccxt_capture",
    "own_columns",
    "tardis",
    "binance_files",
    "trades_table",
)
"""The modules of the layouts, in the order in which a file is compared with them."""

HEAD_LINES = 5


def layouts() -> list[Layout]:
    """Every layout."""
    return [import_module(f"tradenode.data.layouts.{name}").LAYOUT for name in MODULES]


def layout_named(name: str) -> Layout:
    """The layout of a name.

    Raises:
        ConfigError: there is none.
    """
    import difflib

    known = {layout.name: layout for layout in layouts()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise ConfigError(f"--layout {name}: unknown", hint=hint)


def recognised(path: Path) -> Layout | None:
    """The layout of a file of events; None where it has none of those known.

    Raises:
        DataError: the file cannot be read.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    lines = head(path, HEAD_LINES)
    return next((layout for layout in layouts() if layout.recognise(path, lines)), None)


def column_names(path: Path, lines: list[bytes]) -> list[str]:
    """The columns' names of a table, as they stand; none where the file is no table with a header."""
    from tradenode.data.layouts.tables import Table, table_kind
    from tradenode.data.tape_faults import TapeFaults

    if table_kind(path) != "csv":
        return Table(path, TapeFaults("refuse")).names
    try:
        return [name.strip() for name in next(csv.reader([lines[0].decode("utf-8-sig")]))] if lines else []
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return []
