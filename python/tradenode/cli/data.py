"""`tradenode data`: bars and events in, out, and looked at."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts
from cyclopts import Parameter

from tradenode.cli import console
from tradenode.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tradenode.data.staging import Mode

app = cyclopts.App(
    name="data",
    help="Import, check, list, show, export, resample and download bars and events.",
    help_format="plaintext",
    help_formatter="plain",
    version_flags=(),
)

app.command("tradenode.cli.data_bars:bars", name="bars", help="Make bars of the trades of an entry of events.")
app.command("tradenode.cli.data_tapes:layouts", name="layouts", help="List how files of events may be laid out.")
app.command("tradenode.cli.data_synth:synth", name="synth", help="Make a synthetic market's trades and book.")

CataloguePath = Annotated[
    Path | None,
    Parameter(name="--catalogue", help="The catalogue's folder; else $TRADENODE_DATA, else ./data."),
]
TimeframeWord = Annotated[str | None, Parameter(name="--timeframe", help="The length of a bar: 1m, 4h, 1d.")]
PolicyWord = Annotated[
    Literal["refuse", "drop", "fill"],
    Parameter(name="--policy", help="Faults: refuse them all, drop faulty rows, or drop them and fill gaps."),
]
Events = Annotated[
    bool, Parameter(name="--events", negative=(), help="Of an instrument with both: its events, not its bars.")
]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Answer with one JSON object.")]
Replace = Annotated[bool, Parameter(name="--replace", negative=(), help="Put the rows in place of those stored.")]
Append = Annotated[bool, Parameter(name="--append", negative=(), help="Add later rows to those stored.")]
Start = Annotated[str | None, Parameter(name="--start", help="The first opening time (ISO, UTC).")]
End = Annotated[str | None, Parameter(name="--end", help="Bars open before this time (ISO, UTC).")]


@app.command(name="import")
def import_(
    files: Annotated[list[Path], Parameter(name="FILE", negative=())],
    /,
    *,
    instrument: Annotated[str | None, Parameter(help="VENUE/SYMBOL or SYMBOL; else the file's name says it.")] = None,
    timeframe: TimeframeWord = None,
    layout: Annotated[
        str | None, Parameter(help="How files of events are laid out; else what they hold says it.")
    ] = None,
    tick: Annotated[
        str | None, Parameter(help="Events: the price grid; else the finest decimal of all prices.")
    ] = None,
    lot: Annotated[
        str | None, Parameter(help="Events: the quantity grid; else the finest decimal of all sizes.")
    ] = None,
    symbol: Annotated[
        str | None, Parameter(help="Events: one of several instruments in a file, by its name there.")
    ] = None,
    least_latency: Annotated[
        float | None, Parameter(help="Events: ms; moves times of receipt that a clock behind the venue's has given.")
    ] = None,
    policy: PolicyWord = "refuse",
    catalogue: CataloguePath = None,
    replace: Replace = False,
    append: Append = False,
    json: Json = False,
) -> None:
    """Import bars or events (trades, quotes, books) from files: all of them, or none.

    Bars: CSV, Parquet, Feather; files of one instrument and timeframe are joined in order of time.
    Events: see `tradenode data layouts`; files of one instrument are merged by time of receipt.
    """
    from tradenode.cli.data_tapes import TapeOptions, are_tapes, import_events
    from tradenode.cli.data_view import show_imports
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.importing import import_files
    from tradenode.data.naming import EntryName
    from tradenode.messages.timeframe import Timeframe

    if layout or are_tapes(files):
        if timeframe:
            raise ConfigError("--timeframe is for bars; these files hold events")
        options = TapeOptions(instrument, layout, symbol, tick, lot, policy, least_latency)
        import_events(Catalogue(catalogue), files, options, mode_of(replace, append), json)
        return
    if tick or lot or symbol or least_latency is not None:
        raise ConfigError("--tick, --lot, --symbol and --least-latency are for events; these files hold bars")
    with console.working(f"importing {', '.join(path.name for path in files)}"):
        manifests = import_files(
            Catalogue(catalogue),
            files,
            name=EntryName.parse(instrument) if instrument else None,
            timeframe=Timeframe.parse(timeframe) if timeframe else None,
            policy=policy,
            mode=mode_of(replace, append),
        )
    show_imports(manifests, json)


@app.command
def check(
    source: Annotated[str, Parameter(name="NAME|FILE")],
    /,
    *,
    timeframe: TimeframeWord = None,
    catalogue: CataloguePath = None,
    events: Events = False,
    layout: Annotated[str | None, Parameter(help="How a file of events is laid out; else it says so itself.")] = None,
    symbol: Annotated[str | None, Parameter(help="One of several instruments in a file of events.")] = None,
    verify: Annotated[bool, Parameter(negative=(), help="Hash every stored byte as well.")] = False,
    limit: Annotated[int, Parameter(help="Name at most so many faults of each kind; 0 for all.")] = 20,
    json: Json = False,
) -> int:
    """Look for faults in a file or an entry of the catalogue: gaps, duplicates, disorder, impossible values.

    Of events also crossed and locked books. Exit status 1 where there are any.
    """
    from tradenode.cli.data_events import check_entry, check_file, means_events
    from tradenode.cli.data_tapes import are_tapes
    from tradenode.cli.data_view import show_check
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.check import check as find_faults
    from tradenode.data.files import KINDS, read_bars
    from tradenode.messages.timeframe import Timeframe

    if limit < 0:
        raise ConfigError(f"--limit {limit}: it cannot be negative")
    path = Path(source)
    if path.is_file() or path.suffix.lower() in KINDS:
        if verify:
            raise ConfigError("--verify is for entries of the catalogue: a file has no hash to compare with")
        if layout or (timeframe is None and are_tapes([path])):
            return check_file(path, layout, symbol, limit or None, json)
        bars = read_bars(path, timeframe=Timeframe.parse(timeframe) if timeframe else None)
    else:
        store = Catalogue(catalogue)
        if means_events(store, source, timeframe, events):
            return check_entry(store, source, verify, limit or None, json)
        bars = store.bars(source, timeframe)
        if verify:
            store.verify(store.find(source, timeframe))
    report = find_faults(bars)
    show_check(report, limit or None, json)
    return 0 if report.clean else 1


@app.command(name="list")
def list_(*, catalogue: CataloguePath = None, json: Json = False) -> int:
    """List the entries of the catalogue; exit status 1 where one is damaged."""
    from tradenode.cli.data_events import list_entries
    from tradenode.data.catalogue import Catalogue

    return list_entries(Catalogue(catalogue), json)


@app.command
def show(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    timeframe: TimeframeWord = None,
    events: Events = False,
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Show one entry: what it holds, where it came from, its first and last bars or events."""
    from tradenode.cli.data_events import means_events, show_tape
    from tradenode.cli.data_view import show_entry
    from tradenode.data.catalogue import Catalogue

    store = Catalogue(catalogue)
    if means_events(store, name, timeframe, events):
        show_tape(store, name, json)
        return
    entry = store.find(name, timeframe)
    show_entry(entry, entry.manifest(), store.bars(name, timeframe), json)


@app.command
def export(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    to: Annotated[
        Literal["csv", "parquet", "feather", "hftbacktest"],
        Parameter(help="The kind of file; hftbacktest's .npz is for events."),
    ],
    out: Annotated[Path | None, Parameter(help="The file; else SYMBOL-TIMEFRAME in the current folder.")] = None,
    timeframe: TimeframeWord = None,
    events: Events = False,
    start: Start = None,
    end: End = None,
    catalogue: CataloguePath = None,
    replace: Annotated[bool, Parameter(name="--replace", negative=(), help="Write over the file.")] = False,
    json: Json = False,
) -> None:
    """Export bars or events to a file."""
    from tradenode.cli.data_events import export_tape, means_events
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.files import write_bars

    first_ns, end_ns = time_of(start), time_of(end)
    store = Catalogue(catalogue)
    if means_events(store, name, timeframe, events):
        export_tape(store, name, to, out, (first_ns, end_ns), replace, json)
        return
    if to == "hftbacktest":
        raise ConfigError("--to hftbacktest is for events; this is an entry of bars")
    entry = store.find(name, timeframe)
    path = out or Path(f"{entry.name.symbol}-{entry.timeframe}.{to}")
    if path.exists() and not replace:
        raise DataError(f"{path}: exists already", hint="--replace writes over it, --out names another")
    bars = store.bars(name, timeframe, first_ns, end_ns)
    if not len(bars):
        raise DataError(f"{entry} has no bars in that range")
    write_bars(bars, path, to)
    if json:
        console.answer_json({"file": str(path), "rows": len(bars)})
    else:
        console.answer(str(path))
        console.note(f"wrote {len(bars):,} bars of {entry}")


@app.command
def resample(
    name: Annotated[str, Parameter(name="NAME")],
    /,
    *,
    to: Annotated[str, Parameter(help="The new timeframe, a whole multiple of the old one.")],
    timeframe: TimeframeWord = None,
    keep_partial: Annotated[bool, Parameter(negative=(), help="Keep unfilled first and last bars.")] = False,
    catalogue: CataloguePath = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Make coarser bars of an entry and store them beside it."""
    from tradenode.cli.data_view import show_imports
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.manifest import Source
    from tradenode.data.resample import resample as coarsen
    from tradenode.data.writer import store_bars
    from tradenode.messages.timeframe import Timeframe

    store = Catalogue(catalogue)
    bars = store.bars(name, timeframe)
    coarse = coarsen(bars, Timeframe.parse(to), keep_partial=keep_partial)
    if not len(coarse.bars):
        raise DataError(f"{bars!r} do not fill one {to} bar", hint="--keep-partial keeps what is there")
    for which, partial in (("first", coarse.first_partial), ("last", coarse.last_partial)):
        if partial:
            console.note(f"the {which} bar is made from a part of its {to}")
    source = Source(f"{bars.instrument} {bars.timeframe} {bars.content_hash}", len(bars))
    # An interval without a bar in it leaves a gap, as it did in the finer bars.
    manifest = store_bars(store, coarse.bars, mode=mode_of(replace, False), policy="drop", sources=[source])
    show_imports([manifest], json)


@app.command
def download(
    exchange: Annotated[str, Parameter(name="EXCHANGE")],
    symbol: Annotated[str, Parameter(name="SYMBOL")],
    /,
    *,
    timeframe: Annotated[str, Parameter(name="--timeframe", help="The length of a bar: 1m, 4h, 1d.")],
    start: Annotated[str, Parameter(name="--start", help="The first opening time (ISO, UTC).")],
    end: End = None,
    policy: PolicyWord = "refuse",
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Download bars from an exchange through ccxt; where some are stored already, go on after the last one.

    SYMBOL is ccxt's: BTC/USDT, BTC/USDT:USDT.
    """
    from tradenode.cli.data_download import download as fetch
    from tradenode.cli.data_view import show_imports
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.times import parse_time
    from tradenode.messages.timeframe import Timeframe

    length = Timeframe.parse(timeframe)
    manifest = fetch(Catalogue(catalogue), exchange, symbol, length, parse_time(start), time_of(end), policy)
    show_imports([manifest], json)


def mode_of(replace: bool, append: bool) -> "Mode":
    """What becomes of an entry that exists."""
    if replace and append:
        raise ConfigError("--replace and --append exclude each other")
    return "replace" if replace else "append" if append else "new"


def time_of(text: str | None) -> int | None:
    """A time given as text, ns UTC."""
    from tradenode.data.times import parse_time

    return None if text is None else parse_time(text)
