"""Files as streams of bytes, unpacked as they are read, whatever they are packed with."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from tradenode.data.tape_faults import CUT_SHORT, TapeFaults
from tradenode.errors import DataError

MAX_LINE_BYTES = 1 << 26
"""A line longer than this is no message."""

BROKEN = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zlib.error)
"""What a packed file that ends too early, or is damaged, raises while it is read."""


def open_stream(path: Path) -> IO[bytes]:
    """A file's bytes; gzip, xz and a zip of one file are unpacked, told by their first bytes.

    Raises:
        DataError: it cannot be opened, or a zip does not hold one file.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(6)
        if magic.startswith(b"\x1f\x8b"):
            return cast("IO[bytes]", gzip.open(path))
        if magic.startswith(b"\xfd7zXZ"):
            return lzma.open(path)
        if not magic.startswith(b"PK"):
            return path.open("rb")
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not a readable zip file: {error}") from error
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        raise DataError(f"{path}: a zip of {len(names)} files: {', '.join(names[:5])}", hint="unpack it first")
    return archive.open(names[0])


def head(path: Path, lines: int) -> list[bytes]:
    """The first lines of a file, without their ends; fewer where it is shorter or damaged."""
    found: list[bytes] = []
    try:
        with open_stream(path) as stream:
            while len(found) < lines and (line := stream.readline(MAX_LINE_BYTES)):
                found.append(line.rstrip(b"\r\n"))
    except BROKEN:
        pass  # whoever reads the file through says so, with the place
    return found


def numbered_lines(path: Path, faults: TapeFaults) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not empty, with their numbers from 1; a file cut short is noted as a fault."""
    number = 0
    with open_stream(path) as stream:
        try:
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                if text := line.strip():
                    yield number, text
        except BROKEN as error:
            faults.note(CUT_SHORT, f"{path}, after line {number}", str(error))
