"""How the answers of `tradenode data` read: lines for people, objects for programs."""

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.data.times import time_text
from tradenode.messages.bars import VALUE_COLUMNS

if TYPE_CHECKING:
    from tradenode.data.catalogue import Entry
    from tradenode.data.check import CheckReport
    from tradenode.data.manifest import Manifest
    from tradenode.data.repair import Repair
    from tradenode.messages.bars import Bars

SHOWN_ROWS = 3
"""So many first and last bars stand for all of them."""


def say(text: str) -> None:
    """Something beside the answer: to stderr."""
    print(text, file=sys.stderr)


def print_json(answer: dict[str, Any]) -> None:
    """The whole answer as one JSON object on stdout."""
    print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def summary(manifest: "Manifest") -> dict[str, Any]:
    """An entry as `list`, `import`, `resample` and `download` answer it with --json."""
    return {
        "instrument": manifest.instrument,
        "timeframe": manifest.timeframe,
        "rows": manifest.rows,
        "first": time_text(manifest.first_ns),
        "last": time_text(manifest.last_ns),
        "content_hash": manifest.content_hash,
        "price_step": manifest.price_step,
        "volume_step": manifest.volume_step,
    }


def print_entries(manifests: "list[Manifest]") -> None:
    """One line an entry, in columns."""
    rows = [
        (
            manifest.instrument,
            manifest.timeframe,
            f"{manifest.rows:,}",
            f"{time_text(manifest.first_ns)} to {time_text(manifest.last_ns)}",
        )
        for manifest in manifests
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for name, timeframe, count, span in rows:
        print(f"{name:<{widths[0]}}  {timeframe:>{widths[1]}}  {count:>{widths[2]}} bars  {span}")


def print_imports(manifests: "list[Manifest]", as_json: bool) -> None:
    """What is stored after an import, and on stderr what had to be done for it."""
    for manifest in manifests:
        done = _repaired(manifest.imports[-1].repair)
        if done:
            say(f"{manifest.instrument} {manifest.timeframe}: {done}")
    if as_json:
        imported = [summary(manifest) | {"import": msgspec.to_builtins(manifest.imports[-1])} for manifest in manifests]
        print_json({"imported": imported})
    else:
        print_entries(manifests)


def _repaired(repair: "Repair") -> str:
    done = ((repair.dropped, "dropped"), (repair.moved, "put in order"), (repair.filled, "filled in"))
    return ", ".join(f"{count:,} row{'' if count == 1 else 's'} {verb}" for count, verb in done if count)


def print_entry(entry: "Entry", manifest: "Manifest", bars: "Bars", as_json: bool) -> None:
    """Everything of one entry."""
    if as_json:
        print_json({"folder": str(entry.folder), **msgspec.to_builtins(manifest)})
        return
    print_entries([manifest])
    facts = {
        "folder": str(entry.folder),
        "content hash": manifest.content_hash,
        "price step": manifest.price_step or "none: prices lie on no decimal grid",
        "volume step": manifest.volume_step or "none: volumes lie on no decimal grid",
    }
    for name, text in facts.items():
        print(f"  {name:<12}  {text}")
    for record in manifest.imports:
        sources = ", ".join(source.name for source in record.sources) or "no file"
        done = _repaired(record.repair)
        print(f"  {'imported':<12}  {record.rows:,} bars from {sources} ({record.policy}{'; ' if done else ''}{done})")
    _print_bars(bars)


def _print_bars(bars: "Bars") -> None:
    rows = list(range(len(bars)))
    shown = rows if len(rows) <= 2 * SHOWN_ROWS else [*rows[:SHOWN_ROWS], -1, *rows[-SHOWN_ROWS:]]
    lines = [["time", *VALUE_COLUMNS]]
    for row in shown:
        values = [f"{column[row]:.10g}" for column in bars.values()] if row >= 0 else ["..."] * 5
        lines.append([time_text(int(bars.ts[row])) if row >= 0 else "...", *values])
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    for line in lines:
        print("  " + "  ".join(f"{text:>{width}}" for text, width in zip(line, widths, strict=True)))


def print_check(report: "CheckReport", most_of_a_kind: int | None, as_json: bool) -> None:
    """The findings, one a line; on stderr how many there are in all."""
    counts = report.counts()
    if as_json:
        findings = [
            {"kind": found.kind, "row": found.row + 1, "time": time_text(found.ts), "text": found.text}
            for found in report.findings(most_of_a_kind)
        ]
        answer = {
            "instrument": report.bars.instrument,
            "timeframe": str(report.bars.timeframe),
            "rows": len(report.bars),
            "clean": report.clean,
            "counts": counts,
            "findings": findings,
        }
        print_json(answer)
        return
    for found in report.findings(most_of_a_kind):
        print(f"row {found.row + 1}  {time_text(found.ts)}  {found.kind}: {found.text}")
    name = f"{report.bars.instrument} {report.bars.timeframe}, {len(report.bars):,} bars"
    if report.clean:
        say(f"{name}: no faults")
        return
    say(f"{name}: {', '.join(f'{kind}: {count:,}' for kind, count in counts.items())}")
    if most_of_a_kind is not None and max(counts.values()) > most_of_a_kind:
        say(f"the first {most_of_a_kind} of each kind are named; --limit 0 names all")
