"""`tradenode data bars`: bars from the trades of an entry of events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.data import CataloguePath, End, Json, Replace, Start, mode_of, time_of
from tradenode.errors import ConfigError, DataError
from tradenode.messages.bars import VALUE_COLUMNS

if TYPE_CHECKING:
    from tradenode.data.trade_bars import TradeBarColumns


def bars(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    by: Annotated[
        str,
        Parameter(
            help="time:1m, tick:100, volume:10 (base units), notional:1e6 (quote units), "
            "imbalance:MEASURE:TRADES[:SPAN] or run:MEASURE:TRADES[:SPAN]; a measure is tick, volume or notional."
        ),
    ],
    to: Annotated[Literal["csv", "parquet", "feather"] | None, Parameter(help="The kind of file.")] = None,
    out: Annotated[Path | None, Parameter(help="The file; else SYMBOL-RULE in the current folder.")] = None,
    start: Start = None,
    end: End = None,
    catalogue: CataloguePath = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Make bars of an entry's trades: time bars are stored beside it, others are written to a file.

    A bar takes trades until it is full; the trade that fills it is not split. The first and last bars may be partial.
    """
    from tradenode.cli.data_view import show_imports
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.manifest import Source
    from tradenode.data.trade_bars import BarRule, bars_of_trades
    from tradenode.data.writer import store_bars

    rule = BarRule.parse(by)
    store = Catalogue(catalogue)
    tape = store.tape(name, time_of(start), time_of(end))
    if not len(tape):
        raise DataError(f"{tape.instrument} events: none in that range")
    with console.working(f"making bars of {tape.instrument}"):
        made = bars_of_trades(tape, rule)
    if rule.kind == "time" and to is None and out is None:
        source = Source(f"trades of {tape.instrument} events {tape.content_hash}", len(tape))
        # An interval without a trade leaves a gap.
        manifest = store_bars(store, made.bars, mode=mode_of(replace, False), policy="drop", sources=[source])
        show_imports([manifest], json)
        return
    path = out or Path(f"{tape.instrument.partition('/')[2]}-{by.replace(':', '-')}.{to or 'parquet'}")
    kind = to or path.suffix.removeprefix(".")
    if kind not in ("csv", "parquet", "feather"):
        raise ConfigError(f"{path}: cannot tell what kind of file", hint="--to is csv, parquet or feather")
    if path.exists() and not replace:
        raise DataError(f"{path}: exists already", hint="--replace writes over it, --out names another")
    _write(made, path, kind)
    if json:
        console.answer_json({"file": str(path), "rows": len(made)})
    else:
        console.answer(str(path))
        console.note(f"wrote {len(made):,} bars of {tape.instrument} by {by}")


def _write(made: "TradeBarColumns", path: Path, kind: str) -> None:
    from tradenode.data.files import write_table

    facts = {"last": made.last_ts, "buy_volume": made.buy_volume, "notional": made.notional, "trades": made.trades}
    columns = {"date": made.bars.ts, **dict(zip(VALUE_COLUMNS, made.bars.values(), strict=True))}
    write_table(columns | facts, path, kind, times=("date", "last"))
