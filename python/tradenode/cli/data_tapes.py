"""`tradenode data` where it is about events: what is imported, listed and shown of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from cyclopts import Parameter

from tradenode.cli import console
from tradenode.data.times import time_text
from tradenode.errors import ConfigError

if TYPE_CHECKING:
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.manifest import TapeManifest
    from tradenode.data.staging import Mode
    from tradenode.data.tape_import import Imported


MAX_LATENCY_MS = 3_600_000
"""More than an hour is no latency."""


class TapeOptions(NamedTuple):
    """How files of events are to be read, where they do not say it themselves, and what becomes of faults."""

    instrument: str | None
    layout: str | None
    symbol: str | None
    tick: str | None
    lot: str | None
    policy: str
    least_latency: float | None


def are_tapes(files: Sequence[Path]) -> bool:
    """Whether the first file, which stands for all, holds events."""
    from tradenode.data.layouts.recognise import recognised

    return files[0].is_file() and recognised(files[0]) is not None


def import_events(
    catalogue: "Catalogue", files: Sequence[Path], options: TapeOptions, mode: "Mode", as_json: bool
) -> None:
    """Imports files of events and shows what is stored."""
    from tradenode.data.naming import EntryName
    from tradenode.data.tape_import import import_tapes

    latency = options.least_latency
    if latency is not None and not 0 <= latency < MAX_LATENCY_MS:
        raise ConfigError(f"--least-latency {latency:g}: from 0 to below {MAX_LATENCY_MS:,} ms")
    if options.policy == "fill":
        raise ConfigError("--policy fill is for bars; these files hold events")
    with console.working(f"importing {', '.join(path.name for path in files)}"):
        imported = import_tapes(
            catalogue,
            files,
            name=EntryName.parse(options.instrument) if options.instrument else None,
            layout=options.layout,
            symbol=options.symbol,
            tick=options.tick,
            lot=options.lot,
            policy="drop" if options.policy == "drop" else "refuse",
            mode=mode,
            least_latency_ns=None if latency is None else round(latency * 1e6),
        )
    show_imported(imported, as_json)


def show_imported(imported: "Sequence[Imported]", as_json: bool) -> None:
    """What is stored after an import; on stderr what was dropped, what is missing, what was passed over."""
    for manifest, notes, faults in imported:
        for note in (*notes, *faults):
            console.note(str(note))
        repair = manifest.imports[-1].repair
        if repair.dropped:
            console.note(f"{manifest.instrument} events: {repair.dropped:,} rows dropped")
        if manifest.gaps:
            console.note(f"{manifest.instrument} events: gaps in the venue's numbers, flagged: {manifest.gaps:,}")
    if as_json:
        answer = [
            tape_summary(each.manifest)
            | {"import": msgspec.to_builtins(each.manifest.imports[-1]), "notes": each.notes}
            for each in imported
        ]
        console.answer_json({"imported": answer})
    else:
        show_tapes([each.manifest for each in imported])


def tape_summary(manifest: "TapeManifest") -> dict[str, Any]:
    """An entry of events as `list` and `import` answer it with --json."""
    return {
        "instrument": manifest.instrument,
        "rows": manifest.rows,
        "first": time_text(manifest.first_ns),
        "last": time_text(manifest.last_ns),
        "content_hash": manifest.content_hash,
        "tick": manifest.tick,
        "lot": manifest.lot,
        "kinds": manifest.kinds,
        "fidelity": manifest.fidelity,
        "sequence_rule": manifest.sequence_rule,
        "gaps": manifest.gaps,
        "synthetic": manifest.synthetic,
    }


def show_tapes(manifests: "Sequence[TapeManifest]") -> None:
    """One line an entry, in columns; nothing where there are none."""
    rows = [
        [
            manifest.instrument,
            manifest.fidelity + (" (synthetic)" if manifest.synthetic else ""),
            f"{manifest.rows:,}",
            time_text(manifest.first_ns),
            time_text(manifest.last_ns),
            manifest.tick,
            manifest.lot,
            f"{manifest.gaps:,}",
        ]
        for manifest in manifests
    ]
    if rows:
        console.answer(
            console.table(["instrument", "events", "rows", "first", "last", "tick", "lot", "gaps"], rows, left=2)
        )


def layouts(*, json: Annotated[bool, Parameter(negative=(), help="Answer with one JSON object.")] = False) -> None:
    """List how files of events may be laid out; the first that a file fits is taken, or --layout names it."""
    from tradenode.data.layouts.recognise import layouts as known

    if json:
        console.answer_json({"layouts": [{"name": layout.name, "about": layout.about} for layout in known()]})
    else:
        console.answer(console.table(["layout", "what"], [[layout.name, layout.about] for layout in known()], left=2))
