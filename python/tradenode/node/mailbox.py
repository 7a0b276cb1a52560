"""What an operator leaves in a run's folder for the node that trades it: files that it takes.

`kill` holds what is to happen: JSON, or plain words of which the first is it and the rest the reason; an empty one
halts. `resume` holds JSON, as only a person with a reason opens the latch. A file that the node is about to follow has
another name until its journal has it for good.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec

from tradenode.messages.node import Kill, KillWord, Reopen

KILL, RESUME, TAKEN = "kill", "resume", ".taken"

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


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(BYTES_MOST).decode(errors="replace")


def leave(folder: Path, name: str, order: Order) -> bool:
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
