"""The package as pip sees it: every extra resolves with every other, and the version is said once."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

import tradenode._core
from conftest import REPOSITORY

UNREACHABLE = re.compile("connection broken by|Could not fetch URL|NewConnectionError|ReadTimeout|SSLError")
IMPOSSIBLE = re.compile("ResolutionImpossible|conflicting dependencies")
MOST_SECONDS = 900
"""A registry that needs longer counts as one that does not answer."""


def manifest(name: str) -> dict[str, Any]:
    """A TOML file at the root of the repository."""
    return tomllib.loads((REPOSITORY / name).read_text(encoding="utf-8"))


def test_the_version_is_the_same_everywhere() -> None:
    version = manifest("pyproject.toml")["project"]["version"]
    assert manifest("Cargo.toml")["workspace"]["package"]["version"] == version
    assert tradenode._core.__version__ == version


def test_the_tests_meet_the_clients_that_users_get() -> None:
    extras = manifest("pyproject.toml")["project"]["optional-dependencies"]
    assert set(extras["ccxt"]) <= set(extras["test"])


def test_all_extras_resolve_together() -> None:
    """The requirements alone, so that nothing is built; pip still downloads what has no metadata of its own."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip")
    project = manifest("pyproject.toml")["project"]
    extras = project["optional-dependencies"].values()
    requirements = [*project["dependencies"], *(line for extra in extras for line in extra)]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-input", *requirements]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the package registry did not answer within {MOST_SECONDS} s")
    if ended.returncode and UNREACHABLE.search(ended.stderr) and not IMPOSSIBLE.search(ended.stderr):
        pytest.skip("the package registry cannot be reached")
    assert ended.returncode == 0, ended.stderr
    assert "Would install" in ended.stdout
