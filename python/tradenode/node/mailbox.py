"""What an operator leaves in a run's folder for the node that trades it: files that it takes.

`kill` holds what is to happen: JSON, or plain words of which the first is it and the rest the reason; an empty one
halts. `resume` holds JSON, as only a person with a reason opens the latch. `reload` holds JSON or plain words, which
are the reason; what came of it is in `reload.answer`. A file that the node is about to follow has another name until
its journal has it for good.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec

from tradenode.messages.node import Kill, KillWord, Reopen

KILL, RESUME, RELOAD, TAKEN, ANSWER = "kill", "resume", "reload", ".taken", ".answer"

BYTES_MOST = 10_000
"""So much of a file is read."""

WORDS: tuple[KillWord, ...] = get_args(KillWord)


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file asks for.

    Attributes:
        by: who asks.
        reason: why.
        what: of `kill`.
    """

    by: str
    reason: str
    what: KillWord = "halt"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `reload` file asks for.

    Attributes:
        by: who asks.
        reason: why.
        strategy: the name of which; None for the one of the config, or, without one, for all.
        config: the file of a config to go on with; None for the ones that the node has read.
        key: what the answer repeats, so that who asks knows it as its own.
    """

    by: str
    reason: str
    strategy: str | None = None
    config: str | None = None
    key: str = ""


class Told(msgspec.Struct, frozen=True):
    """What came of a wish.

    Attributes:
        key: that of the wish.
        reloaded: the names of those that were.
        refused: why the others were not, or what was wrong; empty where nothing was.
        notes: what is open beyond the limits that hold now.
        faulty: whether it was refused for a fault of config or strategy, before anything was tried.
    """

    key: str
    reloaded: list[str]
    refused: str = ""
    notes: list[str] = []
    faulty: bool = False


def read_kill(path: Path) -> Kill:
    """What a `kill` file asks for. What cannot be understood halts."""
    text = _text(path)
    with suppress(msgspec.DecodeError):
        order = msgspec.json.decode(text, type=Order)
        return Kill(order.what, order.by, order.reason)
    word, _, reason = text.strip().partition(" ")
    if not word:
        return Kill("halt", "file", f"{KILL} is in the run's folder")
    if word not in WORDS:
        return Kill("halt", "file", f"{KILL} has {text.strip()[:80]!r}, which is none of {', '.join(WORDS)}")
    return Kill(word, "file", reason.strip() or f"{KILL} is in the run's folder")


def read_resume(path: Path) -> Reopen | str:
    """What a `resume` file asks for, or why it is not followed."""
    try:
        order = msgspec.json.decode(_text(path), type=Order)
    except msgspec.DecodeError as error:
        return f"{RESUME} is not followed: {error}"
    if not order.by.strip() or not order.reason.strip():
        return f"{RESUME} is not followed: somebody has to resume, for a reason"
    return Reopen(order.by, order.reason)


def read_reload(path: Path) -> Wish | str:
    """What a `reload` file asks for, or why it is not followed."""
    text = _text(path).strip()
    if not text.startswith("{"):
        return Wish("file", text or f"{RELOAD} is in the run's folder")
    try:
        wish = msgspec.json.decode(text, type=Wish)
    except msgspec.DecodeError as error:
        return f"{RELOAD} is not followed: {error}"
    if not wish.by.strip() or not wish.reason.strip():
        return f"{RELOAD} is not followed: somebody has to reload, for a reason"
    return wish


def answer(folder: Path, told: Told) -> None:
    """Leave what came of a reload in a run's folder, whole at once, in place of any before."""
    aside = folder / f"{RELOAD}{ANSWER}.{os.getpid()}"
    aside.write_bytes(msgspec.json.encode(told))
    aside.replace(folder / (RELOAD + ANSWER))


def answered(folder: Path, key: str) -> Told | None:
    """What came of the wish with that key, taken out; None where it is not there yet."""
    path = folder / (RELOAD + ANSWER)
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Told)
    except (OSError, msgspec.DecodeError):
        return None
    if told.key != key:
        return None
    path.unlink(missing_ok=True)
    return told


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(BYTES_MOST).decode(errors="replace")


def leave(folder: Path, name: str, order: Order | Wish) -> bool:
    """Leave an order in a run's folder, whole at once; False where one waits that is not taken yet."""
    aside = folder / f"{name}.{os.getpid()}"
    aside.write_bytes(msgspec.json.encode(order))
    try:
        os.link(aside, folder / name)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def waits(folder: Path, name: str) -> bool:
    """Whether an order is in a run's folder that the node has not taken for good."""
    return (folder / name).exists() or (folder / (name + TAKEN)).exists()
