"""The folder of a run: everything needed to read its result and to run it again, the same bytes each time."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec

from tradenode.errors import ConfigError, TradenodeError
from tradenode.messages.run import Run
from tradenode.report.columns import labelled, write_csv, write_npy
from tradenode.report.html import write_report
from tradenode.report.lock_table import lock_columns
from tradenode.report.run_view import run_view
from tradenode.report.series import held_points

CONFIG_FILE = "config.toml"
RECORD_FILE = "run.json"
REPORT_FILE = "report.html"
HASH_CHARACTERS = 8
"""So much of the run's hash stands in the folder's name."""

_ASIDE = re.compile(r"\.(?:new|old)-([0-9]+)-.+")


class RunRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a run was made from: `run.json`.

    Attributes:
        title: as the config says.
        base: the folder that the config's paths are relative to.
        catalogue: the catalogue's folder where it is not the config's own.
        report: whether a report belongs to the run.
        inputs: hashes of everything read, by name.
        versions: of what computed the result.
        spec: what the core ran.
    """

    title: str
    base: str
    catalogue: str | None
    report: bool
    inputs: dict[str, str]
    versions: dict[str, str]
    spec: msgspec.Raw


def write_run_folder(parent: Path, run: Run, *, report: bool = True) -> Path:
    """Writes the run into `parent/<title>-<hash>` and returns that folder; one from the same run before is replaced.

    The folder is written aside and then renamed: whoever looks sees the whole of it or none.

    Raises:
        TradenodeError: the file system refuses.
    """
    record = record_of(run, report=report)
    folder = parent / folder_name(run, record)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(parent)
        with _aside(folder) as aside:
            _fill(aside, run, record)
    except OSError as error:
        raise TradenodeError(f"cannot write {folder}: {(error.strerror or str(error)).lower()}") from None
    return folder


def record_of(run: Run, *, report: bool) -> RunRecord:
    """The run's record."""
    return RunRecord(
        title=run.title,
        base=run.base,
        catalogue=run.catalogue,
        report=report,
        inputs=dict(sorted(run.hashes.items())),
        versions={name: version(name) for name in ("tradenode", "numpy")},
        spec=msgspec.Raw(run.spec),
    )


def read_record(folder: Path) -> RunRecord:
    """The record in a run's folder.

    Raises:
        ConfigError: it is no run folder.
        TradenodeError: its record is damaged.
    """
    path = folder / RECORD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunRecord)
    except OSError:
        raise ConfigError(
            f"{folder} is no run folder: it has no {RECORD_FILE}",
            hint="`tradenode backtest` prints the folder it writes",
        ) from None
    except msgspec.DecodeError as error:
        raise TradenodeError(f"{path}: damaged: {error}") from None


def folder_name(run: Run, record: RunRecord) -> str:
    """The title as a file name, and a hash of what the run was made from."""
    digest = hashlib.sha256()
    for part in (run.config.encode(), run.spec, msgspec.json.encode(record.inputs)):
        digest.update(len(part).to_bytes(8, "big") + part)
    slug = re.sub(r"[^a-z0-9]+", "-", run.title.lower()).strip("-")[:60] or "run"
    return f"{slug}-{digest.hexdigest()[:HASH_CHARACTERS]}"


def _fill(folder: Path, run: Run, record: RunRecord) -> None:
    (folder / CONFIG_FILE).write_bytes(run.config.encode())
    (folder / RECORD_FILE).write_bytes(_json(record))
    (folder / "metrics.json").write_bytes(_json({"metrics": run.metrics, "expect": run.verdicts}))
    tables = {"equity": run.equity, "trades": run.trades, "fills": run.fills, "refusals": run.refusals}
    for name, columns in tables.items():
        write_csv(folder / f"{name}.csv", labelled(columns, run.labels))
        write_npy(folder / name, columns)
    if run.protections is not None:
        write_csv(folder / "locks.csv", lock_columns(run.locks, run.protections))
        (folder / "protections.json").write_bytes(_json(run.protections))
    if run.prevented is not None:
        write_csv(folder / "prevented.csv", labelled(run.prevented, run.labels))
    if len(run.payments["ts"]):
        write_csv(folder / "payments.csv", labelled(run.payments, run.labels))
    if run.marks:
        write_csv(folder / "marks.csv", {"ts": run.equity["ts"], **dict(zip(run.instruments, run.marks, strict=True))})
    if run.held is not None:
        write_csv(folder / "held.csv", held_points(run.held))
    if run.portfolio_facts is not None:
        (folder / "portfolio.json").write_bytes(_json(run.portfolio_facts))
    if run.events is not None:
        (folder / "events.json").write_bytes(_json(run.events))
    if run.logs:
        (folder / "log.json").write_bytes(_json(run.logs))
    if record.report:
        write_report(folder / REPORT_FILE, run_view(run))


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `folder` once it is full."""
    mark = f"{os.getpid()}-{folder.name}"
    new, old = folder.parent / f".new-{mark}", folder.parent / f".old-{mark}"
    new.mkdir()
    try:
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _clear_leftovers(parent: Path) -> None:
    """Removes what killed processes left half-written."""
    for path in parent.iterdir():
        match = _ASIDE.fullmatch(path.name)
        if match and int(match[1]) != os.getpid() and not _alive(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
