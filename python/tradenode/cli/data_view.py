"""How the answers of `tradenode data` read: lines for people, objects for programs."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.cli import console
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


def show_entries(manifests: "list[Manifest]") -> None:
    """One line an entry, in columns; nothing where there are none."""
    rows = [
        [
            manifest.instrument,
            manifest.timeframe,
            f"{manifest.rows:,}",
            time_text(manifest.first_ns),
            time_text(manifest.last_ns),
        ]
        for manifest in manifests
    ]
    if rows:
        console.answer(console.table(["instrument", "timeframe", "bars", "first", "last"], rows))


def show_imports(manifests: "list[Manifest]", as_json: bool) -> None:
    """What is stored after an import, and on stderr what had to be done for it."""
    for manifest in manifests:
        done = _repaired(manifest.imports[-1].repair)
        if done:
            console.note(f"{manifest.instrument} {manifest.timeframe}: {done}")
    if as_json:
        imported = [summary(manifest) | {"import": msgspec.to_builtins(manifest.imports[-1])} for manifest in manifests]
        console.answer_json({"imported": imported})
    else:
        show_entries(manifests)


def _repaired(repair: "Repair") -> str:
    done = ((repair.dropped, "dropped"), (repair.moved, "put in order"), (repair.filled, "filled in"))
    return ", ".join(f"{count:,} row{'' if count == 1 else 's'} {verb}" for count, verb in done if count)


def show_entry(entry: "Entry", manifest: "Manifest", bars: "Bars", as_json: bool) -> None:
    """Everything of one entry."""
    if as_json:
        console.answer_json({"folder": str(entry.folder), **msgspec.to_builtins(manifest)})
        return
    show_entries([manifest])
    facts = [
        ["folder", str(entry.folder)],
        ["content hash", manifest.content_hash],
        ["price step", manifest.price_step or "none: prices lie on no decimal grid"],
        ["volume step", manifest.volume_step or "none: volumes lie on no decimal grid"],
    ]
    for record in manifest.imports:
        sources = ", ".join(source.name for source in record.sources) or "no file"
        done = _repaired(record.repair) or "as it was"
        facts.append(["imported", f"{record.rows:,} bars from {sources} (policy {record.policy}): {done}"])
    console.answer("\n" + console.table(["", ""], facts, left=2))
    console.answer("\n" + console.table(["time", *VALUE_COLUMNS], _outer_rows(bars)))


def _outer_rows(bars: "Bars") -> list[list[str]]:
    """The first and last bars, with dots for those between."""
    head, tail = range(min(SHOWN_ROWS, len(bars))), range(max(SHOWN_ROWS, len(bars) - SHOWN_ROWS), len(bars))
    rows = [
        [time_text(int(bars.ts[row])), *(f"{column[row]:.10g}" for column in bars.values())] for row in (*head, *tail)
    ]
    if len(bars) > 2 * SHOWN_ROWS:
        rows.insert(SHOWN_ROWS, ["..."] * (1 + len(VALUE_COLUMNS)))
    return rows


def show_check(report: "CheckReport", most_of_a_kind: int | None, as_json: bool) -> None:
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
        console.answer_json(answer)
        return
    for found in report.findings(most_of_a_kind):
        console.answer(f"row {found.row + 1}  {time_text(found.ts)}  {found.kind}: {found.text}")
    name = f"{report.bars.instrument} {report.bars.timeframe}, {len(report.bars):,} bars"
    if report.clean:
        console.note(f"{name}: no faults")
        return
    console.note(f"{name}: {', '.join(f'{kind}: {count:,}' for kind, count in counts.items())}")
    if most_of_a_kind is not None and max(counts.values()) > most_of_a_kind:
        console.note(f"the first {most_of_a_kind} of each kind are named; --limit 0 names all")
