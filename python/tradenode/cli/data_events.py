"""`tradenode data check`, `show` and `export` where they are about events."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tradenode.cli import console
from tradenode.cli.data_tapes import show_tapes, tape_summary
from tradenode.data.times import time_text
from tradenode.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.tape_check import TapeReport
    from tradenode.messages.tape import Tape

SHOWN_ROWS = 3
"""So many first and last events stand for all of them."""


def means_events(store: "Catalogue", name: str, timeframe: str | None, events: bool) -> bool:
    """Whether a name stands for events: they are asked for, or the instrument has nothing else."""
    if events and timeframe:
        raise ConfigError("--timeframe is for bars, --events for events")
    if events or timeframe:
        return events
    names = [(str(entry.name), entry.name.symbol) for entry in store.entries()]
    tapes = [(str(entry.name), entry.name.symbol) for entry in store.tapes()]
    return any(name in each for each in tapes) and not any(name in each for each in names)


def check_entry(store: "Catalogue", name: str, verify: bool, limit: int | None, as_json: bool) -> int:
    """Looks a tape of the catalogue through; 1 where there are faults."""
    from tradenode.data.tape_check import check_tape

    if verify:
        store.verify(store.find_tape(name))
    with console.working(f"checking {name}"):
        report = check_tape(store.tape(name), limit)
    return _show_reports([report], limit, as_json)


def check_file(path: Path, layout: str | None, symbol: str | None, limit: int | None, as_json: bool) -> int:
    """Looks a file of events through; 1 where there are faults."""
    from tradenode.data.tape_check import check_tape_file

    with console.working(f"checking {path.name}"):
        reports = check_tape_file(path, layout, symbol, limit)
    return _show_reports(reports, limit, as_json)


def _show_reports(reports: "list[TapeReport]", limit: int | None, as_json: bool) -> int:
    if as_json:
        answers = [
            {
                "instrument": report.instrument,
                "rows": report.rows,
                "clean": report.clean,
                "counts": report.counts,
                "findings": [finding._asdict() for finding in report.findings],
            }
            for report in reports
        ]
        console.answer_json(answers[0] if len(answers) == 1 else {"reports": answers})
    else:
        for report in reports:
            _show_report(report, limit)
    return 0 if all(report.clean for report in reports) else 1


def _show_report(report: "TapeReport", limit: int | None) -> None:
    for found in report.findings:
        console.answer("  ".join(filter(None, (found.place, found.time, f"{found.kind}: {found.text}"))))
    name = f"{report.instrument} events, {report.rows:,} rows"
    if report.clean:
        console.note(f"{name}: no faults")
        return
    console.note(f"{name}: {', '.join(f'{kind}: {count:,}' for kind, count in report.counts.items())}")
    if limit is not None and max(report.counts.values()) > limit:
        console.note(f"the first {limit} of each kind are named; --limit 0 names all")


def show_tape(store: "Catalogue", name: str, as_json: bool) -> None:
    """Everything of one entry of events."""
    entry = store.find_tape(name)
    manifest, tape = entry.manifest(), store.tape(name)
    if as_json:
        console.answer_json({"folder": str(entry.folder), **msgspec.to_builtins(manifest)})
        return
    show_tapes([manifest])
    facts = [
        ["folder", str(entry.folder)],
        ["content hash", manifest.content_hash],
        ["kinds", ", ".join(f"{kind} {count:,}" for kind, count in manifest.kinds.items())],
        ["numbers", manifest.sequence_rule],
    ]
    if manifest.synthetic:
        facts.append(["synthetic", manifest.synthetic])
    for record in manifest.imports:
        sources = ", ".join(source.name for source in record.sources) or "no file"
        found = ", ".join(f"{kind}: {count:,}" for kind, count in record.repair.found.items()) or "no faults"
        facts.append(["imported", f"{record.rows:,} rows from {sources} (policy {record.policy}): {found}"])
    console.answer("\n" + console.table(["", ""], facts, left=2))
    head = ["received", "event", "kind", "side", "price", "size", "flags"]
    console.answer("\n" + console.table(head, _outer_rows(tape), left=4))


def _outer_rows(tape: "Tape") -> list[list[str]]:
    """The first and last events, with dots for those between."""
    from tradenode.messages.tape import GAP, LAST, SNAPSHOT, EventKind

    def row_text(row: int) -> list[str]:
        part, flags = tape.take(slice(row, row + 1)), int(tape.flags[row])
        words = ((LAST, "last"), (SNAPSHOT, "snapshot"), (GAP, "gap"))
        return [
            time_text(int(part.ts_recv[0])),
            time_text(int(part.ts_event[0])),
            EventKind(int(part.kind[0])).word,
            ("", "buy", "sell")[int(part.side[0])],
            f"{part.prices()[0]:.12g}",
            f"{part.sizes()[0]:.12g}",
            " ".join(word for flag, word in words if flags & flag),
        ]

    count = len(tape)
    rows = [
        row_text(row) for row in (*range(min(SHOWN_ROWS, count)), *range(max(SHOWN_ROWS, count - SHOWN_ROWS), count))
    ]
    if count > 2 * SHOWN_ROWS:
        rows.insert(SHOWN_ROWS, ["..."] * 7)
    return rows


def export_tape(
    store: "Catalogue",
    name: str,
    to: str,
    out: Path | None,
    span: tuple[int | None, int | None],
    replace: bool,
    as_json: bool,
) -> None:
    """Writes the events received in a span of time to a file."""
    from tradenode.data.tape_export import SUFFIXES, write_tape

    entry = store.find_tape(name)
    path = out or Path(f"{entry.name.symbol}-events.{SUFFIXES.get(to, to)}")
    if path.exists() and not replace:
        raise DataError(f"{path}: exists already", hint="--replace writes over it, --out names another")
    tape = store.tape(name, *span)
    if not len(tape):
        raise DataError(f"{entry} has no rows in that range")
    with console.working(f"writing {path.name}"):
        write_tape(tape, path, to)
    if as_json:
        console.answer_json({"file": str(path), "rows": len(tape)})
    else:
        console.answer(str(path))
        console.note(f"wrote {len(tape):,} rows of {entry}")


def list_entries(store: "Catalogue", as_json: bool) -> int:
    """Every entry, of bars and of events; 1 where one is damaged."""
    from tradenode.cli.data_view import show_entries, summary

    bars, tapes, damaged = [], [], 0
    for entry in store.entries():
        try:
            bars.append(entry.manifest())
        except DataError as error:
            damaged += 1
            console.note(str(error))
    for tape in store.tapes():
        try:
            tapes.append(tape.manifest())
        except DataError as error:
            damaged += 1
            console.note(str(error))
    if as_json:
        answer = {"entries": [summary(each) for each in bars], "events": [tape_summary(each) for each in tapes]}
        console.answer_json({"catalogue": str(store.path), **answer})
    else:
        show_entries(bars)
        if bars and tapes:
            console.answer("")
        show_tapes(tapes)
    if not bars and not tapes and not damaged:
        console.note(f"catalogue {store.path} is empty; `tradenode data import FILE` fills it")
    return 1 if damaged else 0
