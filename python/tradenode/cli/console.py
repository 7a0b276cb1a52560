"""The only place that writes to the terminal: answers to stdout, everything else to stderr."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

PROGRESS_AFTER_S = 1.0
"""Work shorter than this shows no progress."""


def answer(text: str) -> None:
    """What the command was asked for, as text."""
    sys.stdout.write(text + "\n")


def answer_json(value: object) -> None:
    """What the command was asked for, as one JSON document."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def flush() -> None:
    """Lets whoever waits for the answer have it before the command ends."""
    sys.stdout.flush()


def note(text: str) -> None:
    """What the user may like to know besides."""
    sys.stderr.write(text + "\n")


def error(message: str, hint: str | None = None) -> None:
    """Why the command failed, and what to do about it."""
    sys.stderr.write(f"{_styled('error:', '1;31', sys.stderr)} {message}\n")
    if hint:
        sys.stderr.write(f"{_styled('hint:', '1;36', sys.stderr)} {hint}\n")


def fault_frames(texts: Sequence[str]) -> None:
    """Faults of a config, each already laid out as plain text, with a blank line behind each."""
    for text in texts:
        lines = text.split("\n")
        marked = [_styled(line, "1;31", sys.stderr) if line.strip(" |^\t") == "" else line for line in lines[1:]]
        sys.stderr.write("\n".join([_styled(lines[0], "1", sys.stderr), *marked]) + "\n\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Aligned columns under a head: the first `left` to the left, the others to the right."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    return "\n".join(line(cells) for cells in ([head, *rows] if any(head) else rows))


def verdict(holds: bool) -> str:
    """A mark that reads without colour."""
    return _styled("ok  ", "32", sys.stdout) if holds else _styled("FAIL", "1;31", sys.stdout)


@contextmanager
def working(label: str) -> Iterator[None]:
    """Shows on a terminal that work is under way and how long it has taken, once it takes long."""
    if not _is_terminal(sys.stderr):
        yield
        return
    import threading

    done = threading.Event()

    def show() -> None:
        if done.wait(PROGRESS_AFTER_S):
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(
            *columns, console=Console(stderr=True, no_color=not _coloured(sys.stderr)), transient=True
        ) as bar:
            bar.add_task(label, total=None)
            done.wait()

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to be told how much is done and how much there is: a bar on a terminal, once it takes long."""
    if not _is_terminal(sys.stderr):
        yield lambda done, total: None
        return
    import threading

    late = threading.Event()
    timer = threading.Timer(PROGRESS_AFTER_S, late.set)
    timer.daemon = True
    timer.start()
    bars: list[Any] = []

    def tell(done: int, total: int) -> None:
        if not late.is_set():
            return
        if not bars:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            shown = Progress(*columns, console=Console(stderr=True, no_color=not _coloured(sys.stderr)), transient=True)
            shown.start()
            bars.append((shown, shown.add_task(label, total=total)))
        shown, task = bars[0]
        shown.update(task, completed=done)

    try:
        yield tell
    finally:
        timer.cancel()
        for shown, _ in bars:
            shown.stop()


@contextmanager
def standing() -> Iterator[Callable[[str], None] | None]:
    """On a terminal gives a function that shows a text in place of the one before; None elsewhere."""
    if not _is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, no_color=not _coloured(sys.stderr))
    with Live(console=console, auto_refresh=False) as live:
        yield lambda text: live.update(Text(text), refresh=True)


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _coloured(stream: TextIO) -> bool:
    return _is_terminal(stream) and not os.environ.get("NO_COLOR")


def _styled(text: str, codes: str, stream: TextIO) -> str:
    return f"\x1b[{codes}m{text}\x1b[0m" if _coloured(stream) else text
