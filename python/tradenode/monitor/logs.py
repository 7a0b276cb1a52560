"""The log of a node: a line of JSON an event, through a bounded queue into a file that is rotated.

The standard library's logging, so that what other packages log is there too. Who logs never waits: a thread writes, and
lines that the queue has no room for are dropped and counted.
"""

import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tradenode.errors import ConfigError

LINES_MOST = 10_000
"""So many lines wait to be written."""

BATCH_MOST = 500
"""So many are written at once."""

FILE_BYTES_MOST, FILES_KEPT = 64 << 20, 4
"""The size at which a file is put aside, and how many of those are kept."""

PAUSE_S = 0.1
"""How often the queue is looked at: who logs does not wake the writer, which would cost more than the line."""

HIDDEN = "***"
SECRET = r"(?:secret|token|passw(?:or)?d|passphrase|credential|api_?key|private_?key|authorization|signature)"
IS_SECRET = re.compile(SECRET, re.IGNORECASE)
IN_TEXT = re.compile(
    rf"({SECRET}\w*[\"']?\s*[=:]\s*)(?:Bearer\s+|Basic\s+)?[^\s,;&\"']*[\"']?[^\s,;&\"']*", re.IGNORECASE
)
IN_ADDRESS = re.compile(r"(://)[^/\s@]+@")

NODE = "tradenode.node"


class JsonFormatter(logging.Formatter):
    """A record as a line of JSON: `time` (UTC), `level`, `logger`, `message` and its own fields."""

    def __init__(self) -> None:
        super().__init__()
        self._encode = msgspec.json.Encoder(enc_hook=repr).encode

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _shown(record.getMessage()),
        }
        if (fields := getattr(record, "fields", None)) is not None:
            line |= _open(fields())
        if record.exc_info:
            line["exception"] = _shown(self.formatException(record.exc_info))
        return self._encode(line).decode()


def _shown(text: str) -> str:
    """A text without what looks like a secret in it."""
    if "://" not in text and not IS_SECRET.search(text):
        return text
    return IN_ADDRESS.sub(rf"\1{HIDDEN}@", IN_TEXT.sub(rf"\1{HIDDEN}", text))


def _open(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields without those whose names say that they are secret, to any depth."""
    return {name: HIDDEN if IS_SECRET.search(name) else _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return _shown(value)
    if isinstance(value, dict):
        return _open(value)
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    return value


class _Waiting(logging.Handler):
    """Takes records, and drops those that there is no room for."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.records: deque[logging.LogRecord] = deque()
        self.dropped, self._most = 0, most

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.records) >= self._most:
            self.dropped += 1
        else:
            self.records.append(record)


class _Files:
    """The file that is written and those before it, `NAME.1` the youngest."""

    def __init__(self, path: Path, bytes_most: int) -> None:
        self._path, self._most = path, bytes_most
        self._file = path.open("ab")
        self._size = path.stat().st_size

    def write(self, lines: Iterable[bytes]) -> None:
        """Writes lines, each whole in one file."""
        for line in lines:
            if self._size and self._size + len(line) > self._most:
                self._next()
            self._size += len(line)
            self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _next(self) -> None:
        self._file.close()
        for number in range(FILES_KEPT - 1, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(self._old(number), self._old(number + 1))
        os.replace(self._path, self._old(1))
        self._file, self._size = self._path.open("ab"), 0

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class LogFile:
    """The log of this process, from now on until it is closed."""

    def __init__(self, path: Path, *, file_bytes: int = FILE_BYTES_MOST, lines_most: int = LINES_MOST) -> None:
        """Begin to write. Raises ConfigError where the file cannot be made."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files = _Files(path, file_bytes)
        except OSError as error:
            raise ConfigError(f"cannot write the log {path}: {error.strerror}") from error
        self._format, self._lost = JsonFormatter().format, 0
        self._waiting, self._over = _Waiting(lines_most), threading.Event()
        self._logger = logging.getLogger(NODE)
        self._logger.setLevel(logging.INFO)
        logging.getLogger().addHandler(self._waiting)
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many lines were dropped or could not be written."""
        return self._waiting.dropped + self._lost

    def line(self, name: str, fields: Callable[[], dict[str, object]]) -> None:
        """Log a line of the node: its message, and its fields as they are made of what does not change any more."""
        # Not `info`, which would look for the line of code that has called it.
        record = self._logger.makeRecord(NODE, logging.INFO, "", 0, name, (), None, extra={"fields": fields})
        self._logger.handle(record)

    def close(self) -> None:
        """Write what waits, and no more."""
        logging.getLogger().removeHandler(self._waiting)
        self._over.set()
        self._thread.join()
        # What could not be written is counted already.
        with suppress(OSError):
            self._files.close()

    def _write(self) -> None:
        over = False
        while not over:
            over = self._over.wait(PAUSE_S)
            while batch := self._batch():
                try:
                    self._files.write(batch)
                except OSError:
                    # Nobody is there to be told.
                    self._lost += len(batch)

    def _batch(self) -> list[bytes]:
        """Lines that wait, with their ends; at most so many."""
        records = self._waiting.records
        count = min(len(records), BATCH_MOST)
        return [self._format(records.popleft()).encode() + b"\n" for _ in range(count)]
