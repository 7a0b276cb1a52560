"""The kill switch from outside: files in a run's folder, and words from this process, become inputs of the node.

`kill` in the folder holds what is to happen: JSON, or plain words of which the first is it and the rest the reason; an
empty one halts. `resume` holds JSON, as only a person with a reason opens the latch. A file is moved aside, acted
upon, and removed when the journal has it for good: what was lost with a process that died in between happens again.
"""

import asyncio
import os
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec

from tradenode.messages.node import Kill, KillWord, Reopen
from tradenode.node.node import Node

KILL, RESUME, TAKEN = "kill", "resume", ".taken"

LOOK_S = 0.2
"""How often the folder is looked at."""

WORDS_MOST = 100
"""So many words from this process may wait."""

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


class Switch:
    """Looks for what an operator wants of a node, and lets it be done."""

    def __init__(self, node: Node, folder: Path) -> None:
        self._node, self._folder = node, folder
        self._words: deque[Kill] = deque()
        self._said, self._empty = asyncio.Event(), False

    def pull(self, kill: Kill) -> None:
        """Pull the kill switch as soon as the node may be told."""
        if len(self._words) < WORDS_MOST:
            self._words.append(kill)
        self._said.set()

    async def keep(self) -> None:
        """Look until cancelled. Raises JournalError where the node's journal cannot be written."""
        while True:
            self._resume()
            while self._words:
                self._node.kill(self._words.popleft())
            self._kill()
            # Not `wait_for`: up to CPython 3.11 it may swallow a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._said.wait()
            self._said.clear()

    def _kill(self) -> None:
        empty, self._empty = self._empty, False
        if not empty and self._is_empty():
            # Whoever writes it may just have made it: what it says is read at the next look.
            self._empty = True
        elif (path := self._found(KILL)) is not None:
            self._node.kill(read_kill(path))
            self._done(path)

    def _resume(self) -> None:
        """Trading may go on only when the node was held against its venue; a kill that came with it comes after it."""
        if self._node.state != "running":
            return
        path = self._found(RESUME)
        if path is None:
            return
        reopen = read_resume(path)
        if isinstance(reopen, str):
            self._node.core.note(self._node.time, reopen)
        else:
            self._node.reopen(reopen)
        self._done(path)

    def _is_empty(self) -> bool:
        try:
            return (self._folder / KILL).stat().st_size == 0
        except FileNotFoundError:
            return False

    def _found(self, name: str) -> Path | None:
        """The file, moved aside; before it one that was when the process before this one died."""
        path, taken = self._folder / name, self._folder / (name + TAKEN)
        if taken.exists():
            return taken
        try:
            os.rename(path, taken)
        except FileNotFoundError:
            return None
        return taken

    def _done(self, path: Path) -> None:
        self._node.sync()
        path.unlink(missing_ok=True)


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
