"""The sets of a sweep as a file: CSV for people and spreadsheets, Parquet for programs."""

import os
from pathlib import Path

from tradenode.errors import ConfigError, TradenodeError
from tradenode.messages.sweep import Sweep
from tradenode.report.columns import write_csv

SUFFIXES = (".csv", ".parquet")


def check_out(path: Path) -> None:
    """Refuses a file that could not be written when all the work is done.

    Raises:
        ConfigError: of another kind, or in a folder that is not there.
    """
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path} is neither a .csv nor a .parquet file")
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: there is no folder {path.parent}")


def write_table(path: Path, sweep: Sweep) -> None:
    """Every set with its parameters and figures, in the order of the grid, aside and then renamed.

    Raises:
        TradenodeError: the file system refuses.
    """
    try:
        if path.suffix == ".csv":
            write_csv(path, sweep.columns())
        else:
            _write_parquet(path, sweep)
    except OSError as error:
        raise TradenodeError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def _write_parquet(path: Path, sweep: Sweep) -> None:
    import pyarrow
    from pyarrow import parquet

    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        parquet.write_table(pyarrow.table(sweep.columns()), aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
