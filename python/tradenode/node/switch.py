"""What an operator wants: files in a run's folder, and words from this process, become inputs of the node.

A file is moved aside, acted upon, and removed when the journal has it for good: what was lost with a process that died
in between happens again.
"""

import asyncio
import os
from collections import deque
from contextlib import suppress
from pathlib import Path

from tradenode.messages.node import Kill
from tradenode.node.mailbox import (
    KILL,
    RELOAD,
    RESUME,
    TAKEN,
    Told,
    Wish,
    answer,
    read_kill,
    read_reload,
    read_resume,
)
from tradenode.node.node import Node
from tradenode.node.reloading import Reloader

LOOK_S = 0.2
"""How often the folder is looked at."""

WORDS_MOST = 100
"""So many words from this process may wait."""


class Switch:
    """Looks for what an operator wants of a node, and lets it be done."""

    def __init__(self, node: Node, folder: Path, reloader: Reloader) -> None:
        self._node, self._folder, self._reloader = node, folder, reloader
        self._words: deque[Kill] = deque()
        self._wish: Wish | None = None
        self._said, self._empty, self._pulled = asyncio.Event(), False, False

    def pull(self, kill: Kill) -> None:
        """Pull the kill switch as soon as the node may be told."""
        if len(self._words) < WORDS_MOST:
            self._words.append(kill)
        self._said.set()

    def reread(self, by: str) -> None:
        """Read all configs and strategies again as soon as the node runs."""
        self._wish = Wish("signal", by)
        self._said.set()

    async def keep(self) -> None:
        """Look until cancelled. Raises JournalError where the node's journal cannot be written."""
        while True:
            self._resume()
            while self._words:
                self._node.kill(self._words.popleft())
            self._kill()
            self._reload()
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
            if not self._pulled:
                self._node.kill(read_kill(path))
            # A lane that has not begun is told later: until then the file stays, as the process may die.
            self._pulled = not self._node.told
            if self._node.told:
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
            self._node.note(reopen)
        else:
            self._node.reopen(reopen)
        self._done(path)

    def _reload(self) -> None:
        if self._node.state != "running":
            return
        wish, self._wish = self._wish, None
        if wish is not None:
            self._reloader.reload(wish)
        if (path := self._found(RELOAD)) is None:
            return
        read = read_reload(path)
        if isinstance(read, str):
            self._node.note(read)
            told = Told("", [], read, faulty=True)
        else:
            told = self._reloader.reload(read)
        self._node.sync()
        answer(self._folder, told)
        path.unlink(missing_ok=True)

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
