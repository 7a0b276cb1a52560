"""`tradenode demo`: the newcomer's first minute, offline."""

from pathlib import Path

from tradenode.cli import console
from tradenode.cli.starter import starter_config
from tradenode.errors import ConfigError, DataError, TradenodeError

CONFIG_FILE = "demo.toml"
SYMBOL = "SYN-USD"
QUARTER_OF_MINUTES = 129_600
"""Ninety days."""


def demo(*, dir: Path = Path("demo"), seed: int = 7, bars: int = QUARTER_OF_MINUTES) -> int:
    """Make a synthetic market and a config, backtest the one on the other, and name what to do next.

    Run again it makes the same market, keeps an edited config, and runs that.

    Args:
        dir: the folder for data, config and runs.
        seed: another seed is another market.
        bars: how many minutes of it; an hour-long strategy wants some thousands.
    """
    from tradenode.cli.backtest import run_and_show

    try:
        dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TradenodeError(f"cannot make {dir}: {(error.strerror or str(error)).lower()}") from None
    with console.working(f"making {bars:,} minutes of a synthetic market"):
        made = _market(dir / "data", seed, bars)
    console.note(f"{made} {bars:,} one-minute bars of {SYMBOL}, a synthetic market from seed {seed}: no real prices")
    config = dir / CONFIG_FILE
    _config(config)
    code = run_and_show(config, json=False, out=dir / "runs", report=True)
    console.note(f"next: edit a number in {config}, then `tradenode backtest {config} --out {dir / 'runs'}`")
    return code


def _market(folder: Path, seed: int, bars: int) -> str:
    """Stores the market, unless it is there; says which."""
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.manifest import Source
    from tradenode.data.market import INSTRUMENT, MINUTE, make_market
    from tradenode.data.writer import store_bars

    catalogue = Catalogue(folder)
    source = Source(f"synthetic market, seed {seed}", bars)
    try:
        stored = catalogue.find(INSTRUMENT, MINUTE).manifest()
    except DataError:
        stored = None
    if stored is not None and stored.imports[-1].sources == [source] and stored.rows == bars:
        return "found"
    store_bars(catalogue, make_market(bars, seed), mode="replace", sources=[source])
    return "made"


def _config(path: Path) -> None:
    about = "The demo: an EMA crossover on a synthetic market, where no rule has an edge and only its costs are sure."
    text = starter_config(SYMBOL, title="Demo EMA crossover", about=about)
    if path.exists():
        return
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
