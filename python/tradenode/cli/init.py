"""`tradenode init`: a project folder to start from."""

import os
import re
import shutil
from pathlib import Path

from tradenode.cli import console
from tradenode.cli.starter import starter_config
from tradenode.errors import ConfigError, TradenodeError

README = """\
# {name}

1. `tradenode data import FILE.csv --instrument {instrument}` puts bars into `data/` (run it in this folder).
2. `tradenode check strategy.toml` names every fault of the strategy, `tradenode backtest strategy.toml` runs it.
3. Each run leaves a folder in `runs/` with its report; `tradenode rerun FOLDER` makes the same bytes again.
"""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def init(name: Path, /, *, instrument: str = "BTC-USD") -> None:
    """Start a project folder: a config, a folder for data, a folder for strategies in Python, a README.

    Args:
        name: the folder to make; it must not exist.
        instrument: the instrument of the config, BASE-QUOTE.
    """
    if not _NAME.fullmatch(name.name):
        raise ConfigError(f"{str(name)!r} is no name for a project", hint="letters, digits, dot, dash and underscore")
    if not re.fullmatch(r"[A-Za-z0-9]{1,20}-[A-Za-z0-9]{1,20}", instrument):
        raise ConfigError(f"{instrument!r} is not BASE-QUOTE", hint="for instance BTC-USD")
    if name.exists():
        raise ConfigError(f"{name} exists already", hint="choose another name; nothing was changed")
    aside = name.parent / f".{name.name}-{os.getpid()}"
    try:
        aside.mkdir(parents=True)
        for folder in ("data", "strategies"):
            (aside / folder).mkdir()
        config = starter_config(instrument, title=name.name)
        (aside / "strategy.toml").write_text(config, encoding="utf-8")
        (aside / "README.md").write_text(README.format(name=name.name, instrument=instrument), encoding="utf-8")
        aside.rename(name)
    except OSError as error:
        raise TradenodeError(f"cannot make {name}: {(error.strerror or str(error)).lower()}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    console.answer(f"made {name} with strategy.toml, data, strategies and README.md")
    console.note(f"next: cd {name} && tradenode data import FILE.csv --instrument {instrument}")
