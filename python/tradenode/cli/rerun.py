"""`tradenode rerun`: the same run again, compared byte for byte."""

import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console


def rerun(
    folder: Path,
    /,
    *,
    base: Path | None = None,
    catalogue: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run a run folder's config on the same data again and compare every file byte for byte.

    Exit status 1 where what it reads has changed or a file differs.

    Args:
        folder: a folder that `tradenode backtest` wrote.
        base: the folder that the config's paths are relative to, where it has moved.
        catalogue: the catalogue's folder, where it has moved.
        json: answer as one JSON object: folder, files, differs.
    """
    from importlib.metadata import version

    import msgspec

    from tradenode.config.diagnose import load
    from tradenode.report.run_folder import CONFIG_FILE, read_record, write_run_folder
    from tradenode.research.backtest import run_source
    from tradenode.research.portfolio import with_portfolio

    record = read_record(folder)
    for name, then in record.versions.items():
        if version(name) != then:
            console.note(f"the folder was written with {name} {then}; this is {version(name)}")
    config, source = load(folder / CONFIG_FILE)
    with console.working(f"running {folder}"):
        result = run_source(
            config,
            source,
            base if base is not None else Path(record.base),
            catalogue=catalogue if catalogue is not None else record.catalogue,
            expected=record.inputs,
        )
        result = with_portfolio(result) if record.report else result
    with tempfile.TemporaryDirectory(prefix="tradenode-") as scratch:
        again = write_run_folder(
            Path(scratch),
            # The places of the first run: where its data lies now makes no other result.
            msgspec.structs.replace(result, base=record.base, catalogue=record.catalogue),
            report=record.report,
        )
        files, differs = _compare(folder, again)
    if json:
        console.answer_json({"folder": str(folder), "files": files, "differs": differs})
    else:
        for text in differs:
            console.answer(text)
        console.answer(f"{folder}: {len(files)} files, {len(differs) or 'no'} difference{'s' * (len(differs) != 1)}")
    return 1 if differs else 0


def _compare(before: Path, again: Path) -> tuple[list[str], list[str]]:
    """The names of all files, and what differs, in words."""
    names = {str(path.relative_to(root)) for root in (before, again) for path in root.rglob("*") if path.is_file()}
    differs = []
    for name in sorted(names):
        old, new = before / name, again / name
        if not old.exists() or not new.exists():
            differs.append(f"{name}: only in the {'new run' if new.exists() else 'old folder'}")
        elif (first := old.read_bytes()) != (second := new.read_bytes()):
            differs.append(f"{name}: {_first_difference(first, second)}")
    return sorted(names), differs


def _first_difference(old: bytes, new: bytes) -> str:
    place = next((at for at, (left, right) in enumerate(zip(old, new, strict=False)) if left != right), None)
    if place is None:
        return f"{len(old)} bytes before, {len(new)} now"
    line = old.count(b"\n", 0, place) + 1
    return f"differs from byte {place} (line {line}) on"
