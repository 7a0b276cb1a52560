"""A real browser that opens reports, where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tradenode.report.html import write_report
from tradenode.report.view import RunView

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--force-device-scale-factor=1",
    "--virtual-time-budget=8000",
]
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def browse(folder: Path, run: RunView, *flags: str) -> tuple[str, list[str]]:
    """The page's document after its scripts ran, and what they and the browser complained of."""
    write_report(folder / "report.html", run)
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(CHROMIUM), *FLAGS, profile, *flags, (folder / "report.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    # A layout that takes two frames is told as a ResizeObserver's loop, and is none.
    known = ("document idle", "ResizeObserver loop")
    lines = (line for line in done.stderr.splitlines() if "CONSOLE" in line)
    console = [line for line in lines if not any(word in line for word in known)]
    return done.stdout, console
