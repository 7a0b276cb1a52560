"""Synthetic order flow in a catalogue: the same bytes for the same seed, sound, and said to be synthetic."""

from pathlib import Path

import numpy as np
import pytest

from tradenode._core import EVENT_KINDS, TapeAudit
from tradenode.data.catalogue import Catalogue
from tradenode.data.manifest import TapeManifest
from tradenode.data.naming import EntryName
from tradenode.data.synthetic_tape import SyntheticTape, store_synthetic_tape
from tradenode.errors import ConfigError
from tradenode.messages.tape import EventKind


def made(folder: Path, **what: object) -> TapeManifest:
    wanted = SyntheticTape(**what)  # type: ignore[arg-type]
    return store_synthetic_tape(Catalogue(folder), EntryName.parse("syn/X"), wanted, mode="replace")


def test_the_same_seed_gives_the_same_bytes_and_more_rows_add_to_the_end(tmp_path: Path) -> None:
    first = made(tmp_path / "a", seed=5, rows=150_000)
    assert made(tmp_path / "b", seed=5, rows=150_000).content_hash == first.content_hash
    assert made(tmp_path / "b", seed=6, rows=150_000).content_hash != first.content_hash
    assert first.synthetic == "synthetic order flow, preset market, seed 5, 150000 events"
    made(tmp_path / "c", seed=5, rows=200_000)
    long, short = (Catalogue(tmp_path / name).tape("X") for name in ("c", "a"))
    for column in ("ts_recv", "kind", "price", "size"):
        assert (getattr(long, column)[: len(short)] == getattr(short, column)).all(), column


@pytest.mark.parametrize("by_order", [False, True])
@pytest.mark.parametrize("preset", ["market", "touch"])
def test_it_is_sound(tmp_path: Path, preset: str, by_order: bool) -> None:
    manifest = made(tmp_path, seed=1, seconds=300.0, preset=preset, by_order=by_order)
    assert manifest.fidelity == ("L3" if by_order else "L2")
    tape = Catalogue(tmp_path).tape("X")
    assert 295 < (int(tape.ts_event[-1]) - int(tape.ts_event[0])) / 1e9 < 300
    assert (np.diff(tape.ts_recv) >= 0).all()
    assert (tape.ts_recv > tape.ts_event).all()
    audit = TapeAudit(3)
    audit.take(tape.columns())
    assert not audit.findings()


def test_what_cannot_be_made_is_refused() -> None:
    for what, text in (
        ({}, "either a number of events or a number of seconds"),
        ({"rows": 0}, "0 events: from 1"),
        ({"seconds": float("nan")}, "nan seconds"),
        ({"rows": 5, "preset": "toch"}, "preset 'toch': there are market, touch"),
        ({"rows": 5, "seed": -1}, "seed -1"),
    ):
        with pytest.raises(ConfigError, match=text):
            SyntheticTape(**{"seed": 1, **what})  # type: ignore[arg-type]


def test_kinds_are_those_of_the_core() -> None:
    assert [kind.word for kind in EventKind] == EVENT_KINDS
