"""What is committed runs anywhere: no machine's path, no registry's host, one lock file and no other."""

import re
from pathlib import Path

import pytest

from source_tree import REPOSITORY, files, text

# The patterns are put together here, so that this file does not match itself.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"), ("npmjs", "org"))]
REGISTRY = re.compile("|".join(map(re.escape, HOSTS)))
FOLDERS = "|".join(("root", "home", "Users", "work", "workspace", "github"))
MACHINE = re.compile(rf"(?<![\w.~\-/]){'/'}(?:{FOLDERS})/\w")

LOCK = Path("Cargo.lock")
"""Cargo writes the name of its registry's index beside each package."""


def matching(pattern: re.Pattern[str], *, but: tuple[Path, ...] = ()) -> list[str]:
    """Where a committed text matches."""
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in files()
        if path not in but
        for number, line in enumerate(text(path).split("\n"), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("name", ["root", "home"])
def test_a_path_of_a_machine_is_recognised(name: str) -> None:
    assert MACHINE.search(f'open("/{name}/someone/file")')
    assert not MACHINE.search(f"tests/{name}/file")


def test_no_file_names_a_package_registry() -> None:
    faults = matching(REGISTRY, but=(LOCK,))
    assert not faults, "\n".join(faults)


def test_no_file_names_a_path_of_a_machine() -> None:
    here = re.compile(rf"{re.escape(str(REPOSITORY))}|{re.escape(str(Path.home()))}/")
    faults = [*matching(MACHINE), *matching(here)]
    assert not faults, "\n".join(faults)


def test_cargo_is_locked_and_python_is_not() -> None:
    names = {path.name for path in files()}
    assert LOCK in files()
    assert not names & {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock"}
