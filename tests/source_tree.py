"""The repository's files and the package's modules, read once for the tests of this folder."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "python" / "tradenode"


class Import(NamedTuple):
    """One import statement's target.

    Attributes:
        base: the dotted name of the module.
        target: the same, with the name that is taken from it.
        line: of the statement.
        lazy: it stands inside a function, or is for type checkers only.
    """

    base: str
    target: str
    line: int
    lazy: bool


class Module(NamedTuple):
    """A module of the package: its dotted name, its path within the package and its syntax tree."""

    name: str
    path: str
    tree: ast.Module

    @property
    def folder(self) -> str:
        """The first part below the package: a folder, or a module that lies at the root."""
        return self.name.split(".")[1] if "." in self.name else ""


@cache
def files() -> tuple[Path, ...]:
    """What git tracks or would add, as paths within the repository; skips where there is no git checkout."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout")
    # In continuous integration the checkout may belong to another user, which git would refuse.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (REPOSITORY / name).is_file())


def code(*suffixes: str) -> list[Path]:
    """The files with one of those suffixes."""
    return [path for path in files() if path.suffix in suffixes]


@cache
def text(path: Path) -> str:
    """A file of the repository, which is UTF-8."""
    return (REPOSITORY / path).read_text(encoding="utf-8")


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        parts = [part for part in inside.with_suffix("").parts if part != "__init__"]
        name = ".".join(["tradenode", *parts])
        found.append(Module(name, inside.as_posix(), ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def imports(module: Module) -> Iterator[Import]:
    """Every import of a module, wherever it stands."""
    yield from _imports(module, module.tree, lazy=False)


def _imports(module: Module, node: ast.AST, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, alias.name, child.lineno, lazy) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _absolute(module, child)
            yield from (Import(base, f"{base}.{alias.name}", child.lineno, lazy) for alias in child.names)
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _for_type_checkers(child)
            yield from _imports(module, child, lazy or later)


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    if not module.path.endswith("__init__.py"):
        package = package[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
